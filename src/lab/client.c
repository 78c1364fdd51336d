#include "lab/client.h"

void client_start(struct client *c, enum dialogue kind)
{
    *c = (struct client){.kind = kind, .out = wr_of(CLIENT_OUT_MAX)};
    if (kind == DIALOGUE_CONNECT)
        c->done = c->answered = true; /* the handshake was all it wanted */
    else if (kind == DIALOGUE_SMB_NEGOTIATE)
        client_smb_start(c);
}

size_t client_input(struct client *c, const uint8_t *in, size_t n)
{
    if (c->done)
        return n;
    size_t used =
        c->kind == DIALOGUE_MYSQL_VERSION ? client_mysql_input(c, in, n) : client_smb_input(c, in, n);
    if (!c->done && (n - used >= CLIENT_IN_MAX || c->out.bad))
        c->done = true;
    return used;
}

void client_free(struct client *c)
{
    wr_done(&c->out);
}
