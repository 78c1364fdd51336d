/* First and last packet that a condition lets through: the files are asked in the order of their times until no other can hold
 * an earlier, or later, one. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/ask.h"

#define BATCH_FIRST ((size_t)2)
#define BATCH_MORE  ((size_t)4) /* times the one before, while nothing is found */

struct span {
    bool found;
    int64_t ts_us; /* the smallest; of "last" with its sign turned */
};

static int64_t key_of(const struct part *p, bool last)
{
    return last ? -p->max_ts_us : p->min_ts_us;
}

static int compare_first(const void *a, const void *b)
{
    int64_t x = key_of(a, false), y = key_of(b, false);
    return (x > y) - (x < y);
}

static int compare_last(const void *a, const void *b)
{
    int64_t x = key_of(a, true), y = key_of(b, true);
    return (x > y) - (x < y);
}

/* One source of packets; what it has joins *ret. */
static int ask_source(struct store *s, const struct part_list *parts, const char *where, bool last, struct span *ret,
                      struct err *err)
{
    struct wr w = wr_of(VIEW_SQL_MAX);
    int64_t ts_us;
    wr_fmt(&w, "SELECT epoch_us(%s(ts)) FROM ", last ? "max" : "min");
    if (parts) {
        wr_str(&w, "read_parquet(");
        view_put_list(&w, s->dir, parts);
        wr_str(&w, ", hive_partitioning = false)");
    } else {
        wr_str(&w, "spool_packet()");
    }
    wr_str(&w, " WHERE ");
    wr_str(&w, where);
    wr_u8(&w, 0);
    int rc = w.bad ? err_set(err, -ENOMEM, "no memory for a statement")
                   : duck_number(s->duck.con, (const char *)w.bytes, &ts_us, err);
    wr_done(&w);
    if (rc == -ENODATA)
        return 0;
    ts_us = last ? -ts_us : ts_us;
    if (rc == 0 && (!ret->found || ts_us < ret->ts_us))
        *ret = (struct span){true, ts_us};
    return rc;
}

static int find(struct store *s, const char *where, bool last, struct span *ret, struct err *err)
{
    struct part_list all;
    size_t batch = BATCH_FIRST;
    *ret = (struct span){0};
    int rc = focus_parts(s, TABLE_PACKET, &all);
    if (rc < 0)
        return err_set(err, rc, "no memory to choose files");
    if (all.n)
        qsort(all.at, all.n, sizeof *all.at, last ? compare_last : compare_first);
    if (s->now.n_segments)
        rc = ask_source(s, NULL, where, last, ret, err);
    for (size_t i = 0; i < all.n && rc == 0 && !(ret->found && key_of(&all.at[i], last) > ret->ts_us); i += batch, batch *= BATCH_MORE) {
        struct part_list some = {.at = all.at + i, .n = all.n - i < batch ? all.n - i : batch};
        rc = ask_source(s, &some, where, last, ret, err);
    }
    free(all.at);
    return rc;
}

struct find_both {
    const char *where;
    struct span first, last;
};

static int find_both(struct store *s, void *arg, struct err *err)
{
    struct find_both *f = arg;
    int rc = find(s, f->where, false, &f->first, err);
    return rc == 0 && f->first.found ? find(s, f->where, true, &f->last, err) : rc;
}

int store_span(struct store *s, const char *where, int64_t *ret_first_us, int64_t *ret_last_us, struct err *err)
{
    struct find_both f = {.where = where};
    int rc = ask_with(s, find_both, &f, err);
    if (rc < 0)
        return rc;
    *ret_first_us = f.first.found ? f.first.ts_us : 0;
    *ret_last_us = f.last.found ? -f.last.ts_us : -1;
    return f.first.found;
}
