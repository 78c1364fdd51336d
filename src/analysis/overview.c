#include "analysis/overview.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/scope.h"
#include "base/ip.h"
#include "base/ts.h"

#define PORTS_MAX   50
#define SOURCES_MAX 1000

enum port_column { KIND, PROTO, PORT, SOURCES, PACKETS, ADDRESSES, TO_POINTS, SHARE };

static const struct result_field port_fields[] = {
    [KIND] = {"kind", "", "request or backscatter (SYN-ACK or RST to a dark address, ICMP reply or error)",
              VALUE_TEXT, false},
    [PROTO] = {"proto", "", "IP protocol number", VALUE_U64, false},
    [PORT] = {"port", "", "destination port; of backscatter the source port; empty: the protocol has none",
              VALUE_U64, false},
    [SOURCES] = {"sources", "addresses", "distinct", VALUE_U64, false},
    [PACKETS] = {"packets", "packets", "", VALUE_U64, false},
    [ADDRESSES] = {"addresses", "addresses", "distinct destinations", VALUE_U64, false},
    [TO_POINTS] = {"to_points", "packets", "to observation points", VALUE_U64, false},
    [SHARE] = {"share", "", "of all packets to the darknet", VALUE_F64, false},
    {0},
};

static const char *proto_text(uint64_t proto, char buf[static 32])
{
    static const char *const names[] = {[1] = "ICMP", [6] = "TCP", [17] = "UDP"};
    if (proto < sizeof names / sizeof *names && names[proto])
        return names[proto];
    (void)snprintf(buf, 32, "protocol %llu", (unsigned long long)proto);
    return buf;
}

static int count_outside(const struct scope *s, struct store *store, uint64_t *ret, uint64_t *ret_sources,
                         struct err *err)
{
    struct rows *rows;
    int rc = scope_query(store, &rows, err,
                         "SELECT (SELECT count(*) FROM packet WHERE true%s) - (SELECT count(*) FROM packet "
                         "WHERE true%s AND %s),"
                         " (SELECT count(DISTINCT src) FROM packet WHERE %s)",
                         s->filter, s->filter, s->where, s->where);
    if (rc < 0)
        return rc;
    *ret = (uint64_t)rows_i64(rows, 0, 0);
    *ret_sources = (uint64_t)rows_i64(rows, 1, 0);
    rows_free(rows);
    return 0;
}

static void put_port(struct result *r, const struct rows *rows, size_t i, const struct scope *s)
{
    result_row(r);
    result_set_text(r, KIND, rows_i64(rows, 0, i) ? "backscatter" : "request");
    result_set_u64(r, PROTO, (uint64_t)rows_i64(rows, 1, i));
    if (!rows_is_null(rows, 2, i))
        result_set_u64(r, PORT, (uint64_t)rows_i64(rows, 2, i));
    result_set_u64(r, SOURCES, (uint64_t)rows_i64(rows, 3, i));
    result_set_u64(r, PACKETS, (uint64_t)rows_i64(rows, 4, i));
    result_set_u64(r, ADDRESSES, (uint64_t)rows_i64(rows, 5, i));
    result_set_u64(r, TO_POINTS, (uint64_t)rows_i64(rows, 6, i));
    result_set_f64(r, SHARE, (double)rows_i64(rows, 4, i) / (double)s->n_packets);
}

/* The port that most sources ask for. */
static void say_port(struct result *r)
{
    char proto[32];
    for (size_t i = 0; i < result_rows(r); i++) {
        if (result_is_null(r, PORT, i) || strcmp(result_text(r, KIND, i), "request") != 0)
            continue;
        result_finding(
            r, "Most sources (%llu) ask for %s port %llu.", (unsigned long long)result_u64(r, SOURCES, i),
            proto_text(result_u64(r, PROTO, i), proto), (unsigned long long)result_u64(r, PORT, i));
        return;
    }
}

static void say_overview(struct result *r, const struct scope *s, uint64_t outside, uint64_t sources)
{
    char from[TS_TEXT_MAX], until[TS_TEXT_MAX];
    if (s->n_packets == 0) {
        result_finding(r, "No packet to the darknet in this range.");
    } else {
        result_finding(r,
                       "%llu packets of %llu sources to a darknet of %llu addresses, %zu of them observation "
                       "points, from %.19s to %.19s UTC.",
                       (unsigned long long)s->n_packets, (unsigned long long)sources,
                       (unsigned long long)s->n_addresses, s->n_points, ts_format(s->first_us, from),
                       ts_format(s->last_us, until));
        say_port(r);
    }
    if (outside)
        result_note(r,
                    "%llu stored packets go to no address of the configured darknet; no analysis counts them",
                    (unsigned long long)outside);
}

static int run_overview(struct store *store, const struct analysis_params *params, struct result **ret,
                        struct err *err)
{
    struct scope s;
    struct rows *rows = NULL;
    struct result *r = NULL;
    uint64_t outside = 0, sources = 0;
    int rc = scope_init(&s, store, params, 6, 0, err);
    if (rc < 0)
        return rc;
    rc =
        scope_query(store, &rows, err,
                    "WITH p AS (SELECT src, dst, proto, sport, dport, dst IN %s AS point, coalesce(CASE proto"
                    " WHEN 6 THEN (tcp_flags & 18) = 18 OR ((tcp_flags & 4) <> 0 AND dst NOT IN %s)"
                    " WHEN 1 THEN icmp_type IN (0, 3, 4, 5, 11, 12, 14, 16, 18) ELSE false END, false) AS "
                    "back FROM packet WHERE %s)"
                    " SELECT back, proto, CASE WHEN proto IN (6, 17) THEN CASE WHEN back THEN sport ELSE "
                    "dport END END AS port,"
                    " count(DISTINCT src) AS sources, count(*) AS n, count(DISTINCT dst), count(*) FILTER "
                    "(WHERE point) FROM p"
                    " GROUP BY 1, 2, 3 ORDER BY sources DESC, n DESC, 1, 2, 3 LIMIT %d",
                    s.point_list, s.point_list, s.where, PORTS_MAX);
    if (rc == 0)
        rc = count_outside(&s, store, &outside, &sources, err);
    if (rc == 0)
        rc = result_new(analysis_overview.name, analysis_overview.title, port_fields, &r);
    if (rc == 0) {
        for (size_t i = 0; i < rows_count(rows); i++)
            put_port(r, rows, i, &s);
        say_overview(r, &s, outside, sources);
        rc = scope_finish(&s, store, params, r, err);
    }
    if (rc == 0) {
        rc = result_finish(r, ret, err);
        r = NULL;
    }
    result_free(r);
    rows_free(rows);
    scope_done(&s);
    return rc;
}

const struct analysis analysis_overview = {
    .name = "overview",
    .title = "Ports by number of sources",
    .doc = "packets, sources and the 50 ports that most sources ask for",
    .fields = port_fields,
    .run = run_overview,
};

/* ---- top-sources ---- */

enum source_column { S_SRC, S_PACKETS, S_SHARE, S_ADDRESSES, S_NETS, S_TO_POINTS, S_FIRST, S_LAST };

static const struct result_field source_fields[] = {
    [S_SRC] = {"src", "", "source address", VALUE_U64, true},
    [S_PACKETS] = {"packets", "packets", "", VALUE_U64, false},
    [S_SHARE] = {"share", "", "of all packets in range", VALUE_F64, false},
    [S_ADDRESSES] = {"addresses", "addresses", "distinct destinations", VALUE_U64, false},
    [S_NETS] = {"nets", "/24s", "distinct", VALUE_U64, false},
    [S_TO_POINTS] = {"to_points", "packets", "to observation points", VALUE_U64, false},
    [S_FIRST] = {"first", "UTC", "first packet", VALUE_TS, false},
    [S_LAST] = {"last", "UTC", "last packet", VALUE_TS, false},
    {0},
};

static void put_source(struct result *r, const struct rows *rows, size_t i, const struct scope *s)
{
    result_row(r);
    result_set_u64(r, S_SRC, (uint64_t)rows_i64(rows, 0, i));
    result_set_u64(r, S_PACKETS, (uint64_t)rows_i64(rows, 1, i));
    result_set_f64(r, S_SHARE, (double)rows_i64(rows, 1, i) / (double)s->n_packets);
    result_set_u64(r, S_ADDRESSES, (uint64_t)rows_i64(rows, 2, i));
    result_set_u64(r, S_NETS, (uint64_t)rows_i64(rows, 3, i));
    result_set_u64(r, S_TO_POINTS, (uint64_t)rows_i64(rows, 4, i));
    result_set_i64(r, S_FIRST, rows_i64(rows, 5, i));
    result_set_i64(r, S_LAST, rows_i64(rows, 6, i));
}

static void say_top(struct result *r, const struct scope *s)
{
    char src[IP4_TEXT_MAX];
    uint64_t sum = 0;
    size_t n = 0;
    while (n < result_rows(r) && sum * 2 < s->n_packets)
        sum += result_u64(r, S_PACKETS, n++);
    if (result_rows(r) == 0)
        result_finding(r, "No packet in this range.");
    else if (sum * 2 >= s->n_packets)
        result_finding(r, "%zu source%s half of the %llu packets; %s alone sends %.1f %%.", n,
                       n == 1 ? " sends" : "s send", (unsigned long long)s->n_packets,
                       ip4_format((uint32_t)result_u64(r, S_SRC, 0), src), 100 * result_f64(r, S_SHARE, 0));
    else
        result_finding(r, "The %zu largest sources send %.1f %% of the %llu packets.", n,
                       100 * (double)sum / (double)s->n_packets, (unsigned long long)s->n_packets);
}

static int run_top(struct store *store, const struct analysis_params *params, struct result **ret,
                   struct err *err)
{
    struct scope s;
    struct rows *rows = NULL;
    struct result *r = NULL;
    int rc = scope_init(&s, store, params, 6, 0, err);
    if (rc < 0)
        return rc;
    rc = scope_query(store, &rows, err,
                     "SELECT src, count(*) AS n, count(DISTINCT dst), count(DISTINCT dst >> 8), count(*) "
                     "FILTER (WHERE dst IN %s),"
                     " epoch_us(min(ts)), epoch_us(max(ts)) FROM packet WHERE %s GROUP BY src ORDER BY n "
                     "DESC, src LIMIT %d",
                     s.point_list, s.where, SOURCES_MAX);
    if (rc == 0)
        rc = result_new(analysis_top_sources.name, analysis_top_sources.title, source_fields, &r);
    if (rc == 0) {
        for (size_t i = 0; i < rows_count(rows); i++)
            put_source(r, rows, i, &s);
        say_top(r, &s);
        rc = scope_finish(&s, store, params, r, err);
    }
    if (rc == 0) {
        rc = result_finish(r, ret, err);
        r = NULL;
    }
    result_free(r);
    rows_free(rows);
    scope_done(&s);
    return rc;
}

const struct analysis analysis_top_sources = {
    .name = "top-sources",
    .title = "Sources by packets",
    .doc = "the 1,000 sources with most packets (--port: to one port), their destinations and times",
    .fields = source_fields,
    .run = run_top,
};
