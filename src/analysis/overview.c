#include "analysis/overview.h"

#include <errno.h>
#include <stdio.h>
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

static int count_all(const struct scope *s, uint64_t *ret_packets, uint64_t *ret_outside, uint64_t *ret_sources,
                     struct err *err)
{
    struct rows *rows;
    int rc = scope_packets(s, ret_packets, err);
    if (rc == 0)
        rc = scope_ask(s, &rows, err,
                       "SELECT (SELECT coalesce(sum(packets), 0) FROM %s)::BIGINT,"
                       " (SELECT count(*) FROM (SELECT DISTINCT src FROM %s))",
                       s->anywhere, s->cells);
    if (rc < 0)
        return rc;
    *ret_outside = (uint64_t)rows_i64(rows, 0, 0) - *ret_packets;
    *ret_sources = (uint64_t)rows_i64(rows, 1, 0);
    rows_free(rows);
    return 0;
}

static void put_port(struct result *r, const struct rows *rows, size_t i, uint64_t packets)
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
    result_set_f64(r, SHARE, (double)rows_i64(rows, 4, i) / (double)packets);
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

static void say_overview(struct result *r, const struct scope *s, uint64_t packets, uint64_t outside, uint64_t sources)
{
    char from[TS_TEXT_MAX], until[TS_TEXT_MAX];
    if (packets == 0) {
        result_finding(r, "No packet to the darknet in this range.");
    } else {
        result_finding(r,
                       "%llu packets of %llu sources to a darknet of %llu addresses, %zu of them observation "
                       "points, from %.19s to %.19s UTC.",
                       (unsigned long long)packets, (unsigned long long)sources,
                       (unsigned long long)s->n_addresses, s->n_points, ts_format(s->first_us, from),
                       ts_format(s->last_us, until));
        say_port(r);
    }
    if (outside)
        result_note(r,
                    "%llu stored packets go to no address of the configured darknet; no analysis counts them",
                    (unsigned long long)outside);
}

/* A RST from a point's peer ends a dialogue, one to a dark address is backscatter. Which 50 ports are shown is settled before
 * their destinations are told apart: memory is for the sources of all ports and the addresses of 50. Only RSTs need the
 * counts per address for that. */
static int query_ports(const struct scope *s, struct rows **ret, struct err *err)
{
    char *is_back = NULL;
    if (asprintf(&is_back, "((kind & 2) <> 0 OR ((kind & 4) <> 0 AND dst NOT IN %s))", s->point_list) < 0)
        return err_set(err, -ENOMEM, "no memory for a statement");
    int rc = scope_ask(
        s, ret, err,
        "WITH p AS (SELECT %s AS back, proto, CASE WHEN proto IN (6, 17) THEN CASE WHEN %s THEN sport ELSE dport END END AS port,"
        " kind, src, dst, packets FROM %s),"
        " q AS (SELECT (kind & 2) <> 0 AS back, proto, CASE WHEN proto IN (6, 17) THEN CASE WHEN (kind & 2) <> 0 THEN sport"
        "  ELSE dport END END AS port, src, packets FROM %s WHERE (kind & 4) = 0 UNION ALL SELECT back, proto, port, src, packets"
        "  FROM p WHERE (kind & 4) <> 0),"
        " s AS (SELECT back, proto, port, count(*) AS sources, sum(n)::BIGINT AS n FROM (SELECT back, proto, port, src,"
        "  sum(packets) AS n FROM q GROUP BY 1, 2, 3, 4) GROUP BY 1, 2, 3 ORDER BY sources DESC, n DESC, 1, 2, 3 LIMIT %d),"
        " d AS (SELECT back, proto, port, count(*) AS addresses, coalesce(sum(n) FILTER (WHERE dst IN %s), 0)::BIGINT AS m"
        "  FROM (SELECT p.back, p.proto, p.port, dst, sum(packets) AS n FROM p SEMI JOIN s ON p.back = s.back AND"
        "  p.proto = s.proto AND p.port IS NOT DISTINCT FROM s.port GROUP BY 1, 2, 3, 4) GROUP BY 1, 2, 3)"
        " SELECT s.back, s.proto, s.port, sources, n, addresses, m FROM s JOIN d ON s.back = d.back AND s.proto = d.proto AND"
        " s.port IS NOT DISTINCT FROM d.port ORDER BY sources DESC, n DESC, 1, 2, 3",
        is_back, is_back, s->hits, s->cells, PORTS_MAX, s->point_list);
    free(is_back);
    return rc;
}

static int run_overview(struct store *store, const struct analysis_params *params, struct result **ret,
                        struct err *err)
{
    struct scope s;
    struct rows *rows = NULL;
    struct result *r = NULL;
    uint64_t packets = 0, outside = 0, sources = 0;
    int rc = scope_init(&s, store, params, 6, 0, err);
    if (rc < 0)
        return rc;
    rc = query_ports(&s, &rows, err);
    if (rc == 0)
        rc = scope_range(&s, err);
    if (rc == 0)
        rc = count_all(&s, &packets, &outside, &sources, err);
    if (rc == 0)
        rc = result_new(analysis_overview.name, analysis_overview.title, port_fields, &r);
    if (rc == 0) {
        for (size_t i = 0; i < rows_count(rows); i++)
            put_port(r, rows, i, packets);
        say_overview(r, &s, packets, outside, sources);
    }
    rc = scope_result(&s, params, rc, r, ret, err);
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

static void put_source(struct result *r, const struct rows *rows, size_t i, uint64_t packets)
{
    result_row(r);
    result_set_u64(r, S_SRC, (uint64_t)rows_i64(rows, 0, i));
    result_set_u64(r, S_PACKETS, (uint64_t)rows_i64(rows, 1, i));
    result_set_f64(r, S_SHARE, (double)rows_i64(rows, 1, i) / (double)packets);
    result_set_u64(r, S_ADDRESSES, (uint64_t)rows_i64(rows, 2, i));
    result_set_u64(r, S_NETS, (uint64_t)rows_i64(rows, 3, i));
    result_set_u64(r, S_TO_POINTS, (uint64_t)rows_i64(rows, 4, i));
    result_set_i64(r, S_FIRST, rows_i64(rows, 5, i));
    result_set_i64(r, S_LAST, rows_i64(rows, 6, i));
}

static void say_top(struct result *r, uint64_t packets)
{
    char src[IP4_TEXT_MAX];
    uint64_t sum = 0;
    size_t n = 0;
    while (n < result_rows(r) && sum * 2 < packets)
        sum += result_u64(r, S_PACKETS, n++);
    if (result_rows(r) == 0)
        result_finding(r, "No packet in this range.");
    else if (sum * 2 >= packets)
        result_finding(r, "%zu source%s half of the %llu packets; %s alone sends %.1f %%.", n,
                       n == 1 ? " sends" : "s send", (unsigned long long)packets,
                       ip4_format((uint32_t)result_u64(r, S_SRC, 0), src), 100 * result_f64(r, S_SHARE, 0));
    else
        result_finding(r, "The %zu largest sources send %.1f %% of the %llu packets.", n,
                       100 * (double)sum / (double)packets, (unsigned long long)packets);
}

/* Who they are comes from the counts; only their times need their packets. */
static int query_top(const struct scope *s, struct rows **ret, struct err *err)
{
    return scope_ask(
        s, ret, err,
        "WITH top AS (SELECT src, sum(packets)::BIGINT AS n FROM %s GROUP BY src ORDER BY n DESC, src LIMIT %d),"
        " d AS (SELECT src, count(*) AS addresses, count(DISTINCT dst >> 8) AS nets, coalesce(sum(n) FILTER (WHERE dst IN %s), 0)::BIGINT"
        "  AS points FROM (SELECT src, dst, sum(packets) AS n FROM %s WHERE src IN (SELECT src FROM top) GROUP BY 1, 2) GROUP BY 1),"
        " t AS (SELECT src, min(ts) AS a, max(ts) AS b FROM packet WHERE %s AND src IN (SELECT src FROM top) GROUP BY src)"
        " SELECT top.src, n, addresses, nets, points, epoch_us(a), epoch_us(b) FROM top JOIN d USING (src) JOIN t USING (src)"
        " ORDER BY n DESC, top.src",
        s->cells, SOURCES_MAX, s->point_list, s->hits, s->where);
}

static int run_top(struct store *store, const struct analysis_params *params, struct result **ret,
                   struct err *err)
{
    struct scope s;
    struct rows *rows = NULL;
    struct result *r = NULL;
    uint64_t packets = 0;
    int rc = scope_init(&s, store, params, 6, 0, err);
    if (rc < 0)
        return rc;
    rc = query_top(&s, &rows, err);
    if (rc == 0)
        rc = scope_packets(&s, &packets, err);
    if (rc == 0)
        rc = result_new(analysis_top_sources.name, analysis_top_sources.title, source_fields, &r);
    if (rc == 0) {
        for (size_t i = 0; i < rows_count(rows); i++)
            put_source(r, rows, i, packets);
        say_top(r, packets);
    }
    rc = scope_result(&s, params, rc, r, ret, err);
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
