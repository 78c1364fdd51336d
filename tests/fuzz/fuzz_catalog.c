/* Input: one byte of flags, then a generation's file. Flag 1: what follows is its line alone, and gets the right checksum, so that
 * what stands behind the checksum is reached. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
    if (!ok)
        abort();
}

/* What the catalog may name: files under the store, whose names are whole. */
static void look(const struct catalog *c)
{
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (size_t i = 0; i < c->tables[t].n; i++) {
            const struct part *p = &c->tables[t].at[i];
            require(memchr(p->path, 0, sizeof p->path) != NULL && p->path[0] && p->path[0] != '/');
            require(!strstr(p->path, "..") && !strchr(p->path, '\''));
        }
    }
    for (size_t i = 0; i < c->segments.n; i++)
        require(!strchr(c->segments.at[i].name, '/') && mark_list_has(&c->segments, c->segments.at[i].name));
    for (size_t i = 0; i < c->imports.n; i++)
        require(memchr(c->imports.at[i].frame_sum, 0, sizeof c->imports.at[i].frame_sum) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > (1 << 18))
        return 0;
    size_t n = size - 1;
    char *text = malloc(n + 32);
    if (!text)
        return 0;
    memcpy(text, data + 1, n);
    text[n] = '\0';
    if (data[0] & 1) {
        for (size_t i = 0; i < n; i++)
            text[i] = text[i] == '\n' ? ' ' : text[i];
        uint64_t sum = XXH3_64bits(text, n);
        n += (size_t)snprintf(text + n, 32, "\n%016" PRIx64 "\n", sum);
    }
    struct catalog c = {0}, copy;
    int rc = catalog_parse(text, n, 7, &c);
    require(rc == 0 || rc == -EBADMSG || rc == -EPROTO || rc == -ENOMEM);
    if (rc == 0) {
        look(&c);
        require(c.generation == 7 && catalog_copy(&c, &copy) == 0);
        look(&copy);
        catalog_done(&copy);
    }
    catalog_done(&c);
    free(text);
    return 0;
}
