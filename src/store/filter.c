#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "store/store.h"

static bool put(char *buf, size_t n, size_t *used, const char *name, const char *op, int64_t value)
{
    int put_n = snprintf(buf + *used, n - *used, " AND %s %s %" PRId64, name, op, value);
    if (put_n < 0 || (size_t)put_n >= n - *used)
        return false;
    *used += (size_t)put_n;
    return true;
}

static bool put_ts(char *buf, size_t n, size_t *used, const char *op, int64_t ts_us)
{
    int put_n = snprintf(buf + *used, n - *used, " AND ts %s make_timestamp(%" PRId64 ")", op, ts_us);
    if (put_n < 0 || (size_t)put_n >= n - *used)
        return false;
    *used += (size_t)put_n;
    return true;
}

static bool put_prefix(char *buf, size_t n, size_t *used, const char *name, struct ip4_prefix p)
{
    if (p.len_bits == 32)
        return put(buf, n, used, name, "=", p.base);
    if (p.len_bits == 0)
        return true;
    return put(buf, n, used, name, ">=", p.base) &&
           put(buf, n, used, name, "<=", (int64_t)p.base + (int64_t)ip4_prefix_size(p) - 1);
}

int filter_sql(const struct filter *f, char *buf, size_t n)
{
    size_t used = 0;
    if (n == 0)
        return -ENOSPC;
    buf[0] = '\0';
    bool fits = (!f->has_src || put_prefix(buf, n, &used, "src", f->src)) &&
                (!f->has_dst || put_prefix(buf, n, &used, "dst", f->dst)) &&
                (!f->has_proto || put(buf, n, &used, "proto", "=", f->proto)) &&
                (!f->has_port || put(buf, n, &used, "dport", "=", f->port)) &&
                (f->since_us == 0 || put_ts(buf, n, &used, ">=", f->since_us)) &&
                (f->until_us == 0 || put_ts(buf, n, &used, "<", f->until_us));
    return fits ? 0 : -ENOSPC;
}
