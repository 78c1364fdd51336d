#include "analysis/batch.h"

#include <stdlib.h>

#include "base/wr.h"

size_t batch_next(const struct batch_source *sources, size_t n, size_t at, char **ret_sql)
{
    size_t end = at + 1;
    uint64_t sum = sources[at].packets;
    while (end < n && sum + sources[end].packets <= BATCH_PACKETS)
        sum += sources[end++].packets;
    struct wr w = wr_of((size_t)1 << 20);
    wr_fmt(&w, " src BETWEEN %lu AND %lu AND src IN (", (unsigned long)sources[at].src, (unsigned long)sources[end - 1].src);
    for (size_t i = at; i < end; i++)
        wr_fmt(&w, "%s%lu", i > at ? "," : "", (unsigned long)sources[i].src);
    wr_bytes(&w, ")", 2);
    if (w.bad)
        wr_done(&w);
    *ret_sql = w.bad ? NULL : (char *)w.bytes;
    return end;
}
