/* The actors' dialogue clients (lab/client.h) against any answers. The first byte chooses the dialogue and the size of the
 * pieces; the pieces must come to the same as the whole. */
#include <stdlib.h>
#include <string.h>

#include "lab/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct client *c, const uint8_t *bytes, size_t n, size_t step)
{
    size_t used = 0;
    for (size_t have = 0; have < n && !c->done;) {
        have += n - have < step ? n - have : step;
        for (size_t took = 1; took && used < have && !c->done; used += took) {
            took = client_input(c, bytes + used, have - used);
            if (took > have - used)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > CLIENT_IN_MAX)
        return 0;
    enum dialogue kind = data[0] & 1 ? DIALOGUE_MYSQL_VERSION : DIALOGUE_SMB_NEGOTIATE;
    struct client whole, pieces;
    client_start(&whole, kind);
    client_start(&pieces, kind);
    feed(&whole, data + 1, size - 1, size);
    feed(&pieces, data + 1, size - 1, 1 + (size_t)(data[0] >> 1));
    if (whole.answered != pieces.answered || whole.done != pieces.done || whole.out.len != pieces.out.len ||
        strcmp(whole.version, pieces.version) != 0 || (whole.answered && !whole.done) ||
        whole.out.len > CLIENT_OUT_MAX)
        abort();
    for (const char *v = whole.version; *v; v++) /* it is shown to people and written as JSON */
        if (*v < 0x20 || *v > 0x7e)
            abort();
    client_free(&whole);
    client_free(&pieces);
    return 0;
}
