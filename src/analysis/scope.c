#include "analysis/scope.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

#define SQL_MAX_BYTES (UINT64_C(4) << 20) /* 65,536 points as text are 0.7 MB */

int scope_query(struct store *store, struct rows **ret, struct err *err, const char *fmt, ...)
{
    char *sql = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&sql, fmt, ap);
    va_end(ap);
    if (n < 0)
        return err_set(err, -ENOMEM, "no memory for a statement");
    int rc = store_query(store, sql, NULL, 0, ret, err);
    free(sql);
    return rc;
}

static int u32_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool scope_is_point(const struct scope *s, uint32_t ip)
{
    return s->n_points && bsearch(&ip, s->points, s->n_points, sizeof ip, u32_compare);
}

static int net_compare(const void *a, const void *b)
{
    return u32_compare(&((const struct scope_net *)a)->net, &((const struct scope_net *)b)->net);
}

const struct scope_net *scope_net_of(const struct scope *s, uint32_t ip)
{
    struct scope_net key = {.net = ip >> 8};
    return bsearch(&key, s->nets, s->n_nets, sizeof key, net_compare);
}

const char *scope_probe_sql(const struct scope *s)
{
    return s->proto == 6 ? "(tcp_flags & 18) = 2" : "true";
}

/* The /24s of every prefix; two prefixes in one /24 become one entry. */
static int make_nets(struct scope *s)
{
    size_t cap = 0, k = 0;
    for (size_t i = 0; i < s->config->n_darknet; i++)
        cap += (size_t)(ip4_prefix_size(s->config->darknet[i]) >> 8) + 1;
    s->nets = calloc(cap, sizeof *s->nets);
    if (!s->nets)
        return -ENOMEM;
    for (size_t i = 0; i < s->config->n_darknet; i++) {
        uint64_t size = ip4_prefix_size(s->config->darknet[i]);
        uint64_t base = s->config->darknet[i].base;
        s->n_addresses += size;
        for (uint64_t at = base; at < base + size; at = (at | 255) + 1) {
            uint64_t end = (at | 255) + 1 < base + size ? (at | 255) + 1 : base + size;
            s->nets[k++] = (struct scope_net){(uint32_t)(at >> 8), (uint32_t)(end - at), 0};
        }
    }
    qsort(s->nets, k, sizeof *s->nets, net_compare);
    for (size_t i = 0; i < k; i++) {
        if (s->n_nets && s->nets[s->n_nets - 1].net == s->nets[i].net)
            s->nets[s->n_nets - 1].n_addresses += s->nets[i].n_addresses;
        else
            s->nets[s->n_nets++] = s->nets[i];
    }
    return 0;
}

static void darknet_sql(const struct scope *s, struct wr *w)
{
    wr_str(w, "(");
    for (size_t i = 0; i < s->config->n_darknet; i++) {
        struct ip4_prefix p = s->config->darknet[i];
        wr_fmt(w, "%sdst BETWEEN %lu AND %lu", i ? " OR " : "", (unsigned long)p.base,
               (unsigned long)(p.base + (ip4_prefix_size(p) - 1)));
    }
    wr_str(w, ")");
}

static int take_text(struct wr *w, char **ret)
{
    wr_u8(w, 0);
    if (w->bad) {
        wr_done(w);
        return -ENOMEM;
    }
    *ret = (char *)w->bytes; /* malloc'd: now the scope's */
    return 0;
}

static int make_where(struct scope *s, const struct filter *given, struct err *err)
{
    struct wr w = wr_of(SQL_MAX_BYTES);
    struct filter rest = *given;
    rest.has_port = rest.has_proto = false;
    int rc = filter_sql(&rest, s->filter, sizeof s->filter);
    if (rc < 0)
        return err_set(err, rc, "the filter is too long");
    if (s->port)
        wr_fmt(&w, "proto = %u AND dport = %u AND ", s->proto, s->port);
    else if (given->has_proto)
        wr_fmt(&w, "proto = %u AND ", given->proto);
    darknet_sql(s, &w);
    wr_str(&w, s->filter);
    return take_text(&w, &s->where);
}

static int make_point_list(struct scope *s)
{
    struct wr w = wr_of(SQL_MAX_BYTES);
    wr_str(&w, "(");
    for (size_t i = 0; i < s->n_points; i++)
        wr_fmt(&w, "%s%lu", i ? "," : "", (unsigned long)s->points[i]);
    wr_str(&w, s->n_points ? ")" : "4294967296)"); /* no IPv4 address */
    return take_text(&w, &s->point_list);
}

/* First and last packet, how many. */
static int read_range(struct scope *s, struct store *store, struct err *err)
{
    struct rows *rows;
    int rc = scope_query(store, &rows, err,
                         "SELECT count(*), coalesce(epoch_us(min(ts)), 0), coalesce(epoch_us(max(ts)), -1) "
                         "FROM packet WHERE %s",
                         s->where);
    if (rc < 0)
        return rc;
    s->n_packets = (uint64_t)rows_i64(rows, 0, 0);
    s->first_us = rows_i64(rows, 1, 0);
    s->last_us = rows_i64(rows, 2, 0);
    rows_free(rows);
    return 0;
}

/* Points from the ledger: every address lit at some time between the range's ends; how long each, overlaps once. */
static int read_ledger(struct scope *s, struct store *store, const struct filter *f, struct err *err)
{
    struct rows *rows;
    int64_t from = f->since_us ? f->since_us : s->first_us,
            until = f->until_us ? f->until_us : s->last_us + 1;
    int rc = scope_query(
        store, &rows, err,
        "WITH span AS (SELECT dst, greatest(epoch_us(ts_from), %lld) AS a,"
        " least(coalesce(epoch_us(ts_until), %lld), %lld) AS b FROM lighting),"
        " seen AS (SELECT dst, a, b, coalesce(max(b) OVER (PARTITION BY dst ORDER BY a, b"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), a) AS before FROM span WHERE a < b)"
        " SELECT dst, sum(greatest(b - greatest(a, before), 0))::BIGINT FROM seen GROUP BY dst ORDER BY dst",
        (long long)from, (long long)until, (long long)until);
    if (rc < 0)
        return rc;
    size_t n = rows_count(rows);
    s->points = calloc(n ? n : 1, sizeof *s->points);
    if (!s->points) {
        rows_free(rows);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t ip = (uint32_t)rows_i64(rows, 0, i);
        if (!scope_net_of(s, ip))
            continue;
        s->points[s->n_points++] = ip;
        s->n_partly += (double)rows_i64(rows, 1, i) < 0.95 * (double)(until - from);
    }
    s->from_ledger = n > 0;
    rows_free(rows);
    return 0;
}

static int ledger_has_rows(struct store *store, bool *ret, struct err *err)
{
    struct rows *rows;
    int rc = scope_query(store, &rows, err, "SELECT count(*) FROM lighting");
    if (rc < 0)
        return rc;
    *ret = rows_i64(rows, 0, 0) > 0;
    rows_free(rows);
    return 0;
}

static int read_points(struct scope *s, struct store *store, const struct filter *f, struct err *err)
{
    bool ledger = false;
    int rc = ledger_has_rows(store, &ledger, err);
    if (rc == 0 && ledger)
        rc = read_ledger(s, store, f, err);
    if (rc < 0)
        return rc;
    s->from_ledger = ledger;
    if (!ledger) {
        s->points = calloc(s->config->n_points ? s->config->n_points : 1, sizeof *s->points);
        if (!s->points)
            return -ENOMEM;
        s->n_points = s->config->n_points;
        if (s->n_points)
            memcpy(s->points, s->config->points, s->n_points * sizeof *s->points);
    }
    for (size_t i = 0; i < s->n_points; i++) {
        struct scope_net key = {.net = s->points[i] >> 8};
        struct scope_net *net = bsearch(&key, s->nets, s->n_nets, sizeof key, net_compare);
        if (net)
            s->n_lit += net->n_points++ == 0;
    }
    return make_point_list(s);
}

int scope_init(struct scope *s, struct store *store, const struct analysis_params *params, uint8_t proto,
               uint16_t port, struct err *err)
{
    const struct filter *f = &params->filter;
    memset(s, 0, sizeof *s);
    s->config = params->config;
    s->proto = f->has_proto ? f->proto : proto;
    s->port = f->has_port ? f->port : port;
    if (!s->config || s->config->n_darknet == 0)
        return err_set(err, -EINVAL, "no darknet is configured: name it in the file given with --config");
    int rc = make_nets(s);
    if (rc == 0)
        rc = make_where(s, f, err);
    if (rc == 0)
        rc = read_range(s, store, err);
    if (rc == 0)
        rc = read_points(s, store, f, err);
    if (rc < 0) {
        if (rc == -ENOMEM)
            err_set(err, rc, "no memory for the darknet's /24s");
        scope_done(s);
    }
    return rc;
}

void scope_done(struct scope *s)
{
    free(s->points);
    free(s->nets);
    free(s->where);
    free(s->point_list);
    memset(s, 0, sizeof *s);
}

int scope_loss(struct store *store, const struct filter *f, struct result_loss *ret, struct err *err)
{
    struct rows *rows;
    struct filter time_only = {.since_us = f->since_us, .until_us = f->until_us};
    char where[256];
    int rc = filter_sql(&time_only, where, sizeof where);
    if (rc < 0)
        return err_set(err, rc, "the filter is too long");
    rc = scope_query(store, &rows, err,
                     "SELECT (SELECT count(*) FROM packet WHERE true%s) + (SELECT count(*) FROM packet6 WHERE true%s),"
                     " count(*), coalesce(sum(lost), 0)::BIGINT FROM loss WHERE stage <> 'journal'%s",
                     where, where, where);
    if (rc < 0)
        return rc;
    ret->stored = (uint64_t)rows_i64(rows, 0, 0);
    ret->known = rows_i64(rows, 1, 0) > 0;
    ret->lost = (uint64_t)rows_i64(rows, 2, 0);
    ret->received = ret->stored + ret->lost;
    rows_free(rows);
    return 0;
}

/* Packets that `hotaru simulate` made are said to be such wherever a result is shown. */
static int synthetic_note(struct store *store, struct result *r, struct err *err)
{
    struct rows *rows;
    int rc = scope_query(store, &rows, err, "SELECT count(*) FROM loss WHERE stage = 'simulated'");
    if (rc < 0)
        return rc;
    if (rows_i64(rows, 0, 0) > 0)
        result_note(r, "synthetic: the store holds simulated packets, which were never on a network");
    rows_free(rows);
    return 0;
}

int scope_finish(const struct scope *s, struct store *store, const struct analysis_params *params,
                 struct result *r, struct err *err)
{
    struct result_loss loss = {false, 0, 0, 0};
    int rc = scope_loss(store, &params->filter, &loss, err);
    if (rc < 0)
        return rc;
    result_set_loss(r, loss);
    rc = synthetic_note(store, r, err);
    if (rc < 0)
        return rc;
    if (s->n_points == 0)
        result_note(r,
                    "no observation point was lit in this range: nothing here can be an effect of an answer");
    if (s->n_partly)
        result_note(r,
                    "%zu of %zu observation points were dark for part of the range; they count as lit "
                    "throughout: narrow the "
                    "range with --since and --until for a clean comparison",
                    s->n_partly, s->n_points);
    return 0;
}
