#include "analysis/scope.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

#define SQL_MAX_BYTES (UINT64_C(4) << 20) /* 65,536 points as text are 0.7 MB */

static int query(struct store *store, struct rows **ret, struct err *err, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));
static int query(struct store *store, struct rows **ret, struct err *err, const char *fmt, va_list ap)
{
    char *sql = NULL;
    if (vasprintf(&sql, fmt, ap) < 0)
        return err_set(err, -ENOMEM, "no memory for a statement");
    int rc = store_query(store, sql, NULL, 0, ret, err);
    free(sql);
    return rc;
}

int scope_query(struct store *store, struct rows **ret, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = query(store, ret, err, fmt, ap);
    va_end(ap);
    return rc;
}

int scope_ask(const struct scope *s, struct rows **ret, struct err *err, const char *fmt, ...)
{
    va_list ap;
    store_focus(s->store, &s->focus);
    va_start(ap, fmt);
    int rc = query(s->store, ret, err, fmt, ap);
    va_end(ap);
    return rc;
}

static int u32_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

size_t scope_point_index(const struct scope *s, uint32_t ip)
{
    const uint32_t *at = s->n_points ? bsearch(&ip, s->points, s->n_points, sizeof ip, u32_compare) : NULL;
    return at ? (size_t)(at - s->points) : s->n_points;
}

bool scope_is_point(const struct scope *s, uint32_t ip)
{
    return scope_point_index(s, ip) < s->n_points;
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

const char *scope_probe_kind_sql(const struct scope *s)
{
    return s->proto == 6 ? "(kind & 1) <> 0" : "true";
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

/* "(dst BETWEEN a AND b OR …)"; shift 8: of /24s. */
static void darknet_sql(const struct scope *s, const char *column, unsigned shift, struct wr *w)
{
    wr_str(w, "(");
    for (size_t i = 0; i < s->config->n_darknet; i++) {
        struct ip4_prefix p = s->config->darknet[i];
        wr_fmt(w, "%s%s BETWEEN %lu AND %lu", i ? " OR " : "", column, (unsigned long)(p.base >> shift),
               (unsigned long)((p.base + (ip4_prefix_size(p) - 1)) >> shift));
    }
    wr_str(w, ")");
}

static void port_sql(const struct scope *s, const struct filter *given, struct wr *w)
{
    if (s->port)
        wr_fmt(w, "proto = %u AND dport = %u AND ", s->proto, s->port);
    else if (given->has_proto)
        wr_fmt(w, "proto = %u AND ", given->proto);
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
    port_sql(s, given, &w);
    darknet_sql(s, "dst", 0, &w);
    wr_str(&w, s->filter);
    return take_text(&w, &s->where);
}

static bool whole_nets(struct ip4_prefix p)
{
    return p.len_bits <= 24;
}

/* Counts of the filter's packets from by_net or by_dst, to the darknet or to anywhere. */
static int counts_sql(const struct scope *s, const struct filter *given, bool nets, bool anywhere, char **ret)
{
    struct filter rest = {.has_src = given->has_src, .src = given->src, .has_dst = given->has_dst && !nets, .dst = given->dst};
    struct wr w = wr_of(SQL_MAX_BYTES);
    char text[400];
    if (filter_sql(&rest, text, sizeof text) < 0)
        return -ENOSPC;
    wr_fmt(&w, "(SELECT * FROM %s WHERE ", nets ? "by_net" : "by_dst");
    port_sql(s, given, &w);
    if (anywhere)
        wr_str(&w, "true");
    else
        darknet_sql(s, nets ? "net" : "dst", nets ? 8 : 0, &w);
    if (nets && given->has_dst)
        wr_fmt(&w, " AND net BETWEEN %lu AND %lu", (unsigned long)(given->dst.base >> 8),
               (unsigned long)((given->dst.base + (ip4_prefix_size(given->dst) - 1)) >> 8));
    wr_fmt(&w, "%s)", text);
    return take_text(&w, ret);
}

/* The counts that hold the same packets as `where`. Prefixes longer than a /24 need the counts per address. */
static int make_counts(struct scope *s, const struct filter *given, struct err *err)
{
    bool nets = !given->has_dst || whole_nets(given->dst);
    for (size_t i = 0; i < s->config->n_darknet; i++)
        nets = nets && whole_nets(s->config->darknet[i]);
    int rc = counts_sql(s, given, false, false, &s->hits);
    if (rc == 0)
        rc = counts_sql(s, given, nets, true, &s->anywhere);
    if (rc == 0 && nets)
        rc = counts_sql(s, given, true, false, &s->cells);
    if (rc == 0 && !nets && asprintf(&s->cells,
                                     "(SELECT proto, dport, kind, sport, src, CAST(dst >> 8 AS UINTEGER) AS net, packets FROM %s)",
                                     s->hits) < 0)
        rc = -ENOMEM;
    return rc < 0 ? err_set(err, rc, "cannot say what to count") : 0;
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

int scope_range(struct scope *s, struct err *err)
{
    if (s->has_range)
        return 0;
    store_focus(s->store, &s->focus);
    int rc = store_span(s->store, s->where, &s->first_us, &s->last_us, err);
    s->has_range = rc >= 0;
    return rc < 0 ? rc : 0;
}

int scope_packets(const struct scope *s, uint64_t *ret, struct err *err)
{
    struct rows *rows;
    int rc = scope_ask(s, &rows, err, "SELECT coalesce(sum(packets), 0)::BIGINT FROM %s", s->cells);
    if (rc < 0)
        return rc;
    *ret = (uint64_t)rows_i64(rows, 0, 0);
    rows_free(rows);
    return 0;
}

/* Points from the ledger: every address lit at some time between the range's ends; how long each, overlaps once. */
static int read_ledger(struct scope *s, struct store *store, const struct filter *f, struct err *err)
{
    struct rows *rows;
    int rc = f->since_us && f->until_us ? 0 : scope_range(s, err);
    if (rc < 0)
        return rc;
    int64_t from = f->since_us ? f->since_us : s->first_us,
            until = f->until_us ? f->until_us : s->last_us + 1;
    rc = scope_query(
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

static int ask_ledgers(struct scope *s, struct store *store, bool *ret_lighting, struct err *err)
{
    struct rows *rows;
    int rc = scope_query(store, &rows, err, "SELECT EXISTS (SELECT 1 FROM lighting), EXISTS (SELECT 1 FROM session)");
    if (rc < 0)
        return rc;
    *ret_lighting = rows_i64(rows, 0, 0) != 0;
    s->has_sessions = rows_i64(rows, 1, 0) != 0;
    rows_free(rows);
    return 0;
}

static int read_points(struct scope *s, struct store *store, const struct filter *f, struct err *err)
{
    bool ledger = false;
    int rc = ask_ledgers(s, store, &ledger, err);
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
    s->store = store;
    s->focus = (struct filter){.has_src = f->has_src, .src = f->src, .since_us = f->since_us, .until_us = f->until_us};
    s->proto = f->has_proto ? f->proto : proto;
    s->port = f->has_port ? f->port : port;
    if (!s->config || s->config->n_darknet == 0)
        return err_set(err, -EINVAL, "no darknet is configured: name it in the file given with --config");
    store_focus(store, &s->focus);
    int rc = make_nets(s);
    if (rc == 0)
        rc = make_where(s, f, err);
    if (rc == 0)
        rc = make_counts(s, f, err);
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
    if (s->store)
        store_focus(s->store, NULL);
    free(s->points);
    free(s->nets);
    free(s->cells);
    free(s->hits);
    free(s->anywhere);
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
    store_focus(store, f);
    rc = scope_query(store, &rows, err,
                     "SELECT (SELECT packets FROM stored), count(*), coalesce(sum(lost), 0)::BIGINT FROM loss WHERE stage <> 'journal'%s",
                     where);
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

static int finish(const struct scope *s, const struct analysis_params *params, struct result *r, struct err *err)
{
    struct result_loss loss = {false, 0, 0, 0};
    int rc = scope_loss(s->store, &params->filter, &loss, err);
    if (rc < 0)
        return rc;
    result_set_loss(r, loss);
    rc = synthetic_note(s->store, r, err);
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

int scope_result(const struct scope *s, const struct analysis_params *params, int rc, struct result *r, struct result **ret,
                 struct err *err)
{
    if (rc == 0)
        rc = finish(s, params, r, err);
    if (rc == 0)
        return result_finish(r, ret, err);
    result_free(r);
    return rc;
}
