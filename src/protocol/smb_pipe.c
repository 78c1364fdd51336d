#include "protocol/smb_pipe.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PDU_HEADER = 16, PDU_LEN_AT = 8, PDU_MAX = 5840, ID_FIRST = 0x4000 };

/* The pipes that a null session reached on Windows 2000, XP and 2003 and that scanners ask for. */
static const char *const reachable[] = {"srvsvc", "browser", "wkssvc", "lsarpc", "samr", "spoolss", NULL};

static const char *bare_name(const char *name)
{
    while (*name == '\\')
        name++;
    if (strncasecmp(name, "pipe\\", 5) == 0)
        name += 5;
    return name;
}

uint32_t smb_pipe_open(struct smb_turn *t, const char *name, struct smb_pipe **ret)
{
    const char *bare = bare_name(name), *const *p = reachable;
    while (*p && strcasecmp(*p, bare) != 0)
        p++;
    if (t->host.major >= 6 || !*p)
        return SMB_ACCESS_DENIED;
    for (int i = 0; i < SMB_PIPES; i++) {
        if (t->c->pipes[i])
            continue;
        struct smb_pipe *pipe = calloc(1, sizeof *pipe);
        if (!pipe)
            break;
        pipe->id = ID_FIRST + t->c->pipes_made++;
        strncpy(pipe->name, *p, sizeof pipe->name - 1);
        pipe->in = wr_of(PDU_MAX);
        pipe->stub = wr_of(SMB_PIPE_HELD_MAX);
        pipe->out = wr_of(SMB_PIPE_HELD_MAX);
        t->c->pipes[i] = *ret = pipe;
        return SMB_OK;
    }
    return SMB_INSUFF_SERVER_RESOURCES;
}

struct smb_pipe *smb_pipe_find(struct smb *c, uint32_t id)
{
    for (int i = 0; i < SMB_PIPES; i++)
        if (c->pipes[i] && c->pipes[i]->id == id)
            return c->pipes[i];
    return NULL;
}

void smb_pipe_close(struct smb *c, struct smb_pipe *pipe)
{
    if (!pipe)
        return;
    for (int i = 0; i < SMB_PIPES; i++)
        if (c->pipes[i] == pipe)
            c->pipes[i] = NULL;
    wr_done(&pipe->in);
    wr_done(&pipe->stub);
    wr_done(&pipe->out);
    free(pipe);
}

/* Length of the PDU under way, of its header while that is not whole; 0: it is none. */
static size_t wanted(const struct smb_pipe *pipe)
{
    if (pipe->in.len < PDU_HEADER)
        return PDU_HEADER;
    size_t n = (size_t)(pipe->in.bytes[PDU_LEN_AT] | pipe->in.bytes[PDU_LEN_AT + 1] << 8);
    return n >= PDU_HEADER && n <= PDU_MAX ? n : 0;
}

uint32_t smb_pipe_write(struct smb_turn *t, struct smb_pipe *pipe, const uint8_t *bytes, size_t n)
{
    struct rd r = rd_of(bytes, n);
    while (rd_left(&r)) {
        size_t want = wanted(pipe);
        if (!want)
            return SMB_INVALID_PARAMETER;
        size_t take = want - pipe->in.len < rd_left(&r) ? want - pipe->in.len : rd_left(&r);
        wr_bytes(&pipe->in, rd_take(&r, take), take);
        if (pipe->in.bad)
            return SMB_INSUFF_SERVER_RESOURCES;
        if (pipe->in.len != wanted(pipe))
            continue;
        bool good = smb_rpc_pdu(t, pipe, pipe->in.bytes, pipe->in.len) && !pipe->out.bad;
        wr_clear(&pipe->in);
        if (!good)
            return SMB_INVALID_PARAMETER;
    }
    return SMB_OK;
}

uint32_t smb_pipe_read(struct smb_pipe *pipe, size_t n, struct wr *w, size_t *ret_n)
{
    size_t left = pipe->out.len - pipe->out_at, take = left < n ? left : n;
    *ret_n = take;
    if (!left)
        return SMB_PIPE_EMPTY;
    wr_bytes(w, pipe->out.bytes + pipe->out_at, take);
    pipe->out_at += take;
    if (take < left)
        return SMB_BUFFER_OVERFLOW;
    wr_clear(&pipe->out);
    pipe->out_at = 0;
    return SMB_OK;
}
