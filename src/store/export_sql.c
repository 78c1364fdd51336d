/* The SELECTs of an export. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "store/anon.h"
#include "store/export.h"

#define FILTER_MAX 1024

static bool is_address(enum packet_column c)
{
    return c == COLUMN_src || c == COLUMN_dst || c == COLUMN_inner_src || c == COLUMN_inner_dst;
}

static bool is_id(enum packet_column c)
{
    return c == COLUMN_ip_id || c == COLUMN_tcp_seq || c == COLUMN_tcp_ack;
}

static bool is_table(const struct export_options *o)
{
    return o->form == EXPORT_CSV || o->form == EXPORT_JSON;
}

/* What stands for a column of a family; sql: its type when nothing does. */
static void put_value(struct wr *w, const struct export_options *o, enum row_family family, enum packet_column c,
                      const char *name, const char *sql, bool there)
{
    bool address = is_address(c);
    if (!there || (o->drop_ids && is_id(c)) || (o->drop_payload && c == COLUMN_payload)) {
        wr_fmt(w, "NULL::%s", sql);
        return;
    }
    if (!address) {
        wr_fmt(w, c == COLUMN_ip_len ? "%s::UINTEGER" : "%s", name);
        return;
    }
    const char *text = family == ROW_IP4 ? "ip(" : "ip6(";
    if (is_table(o))
        wr_fmt(w, "CASE WHEN %s IS NOT NULL THEN %s", name, text);
    if (o->anon)
        wr_fmt(w, "%s(%s)", family == ROW_IP4 ? "anon4" : "anon6", name);
    else
        wr_str(w, name);
    if (is_table(o))
        wr_str(w, ") END");
}

static const struct {
    const char *name, *sql4, *sql6;
} columns[COLUMN_COUNT] = {
#define X(name, sql4, sql6, needs, unit, source) {#name, sql4, sql6},
    PACKET_COLUMNS(X)
#undef X
};

static void put_rows(struct wr *w, const struct export_options *o, enum row_family family)
{
    bool six = family == ROW_IP6, packets = o->form == EXPORT_PCAP || o->form == EXPORT_PCAPNG;
    bool both = packets || is_table(o);
    if (both)
        wr_fmt(w, "%d::UTINYINT AS ip_version, ", six ? 6 : 4);
    bool comma = false;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        enum packet_column c = (enum packet_column)i;
        const char *own = six ? columns[i].sql6 : columns[i].sql4;
        bool apart = packets && six && is_address(c); /* in columns of their own, behind the others */
        if (!both && !own)
            continue;
        wr_str(w, comma ? ", " : "");
        put_value(w, o, family, c, columns[i].name, columns[i].sql4 ? columns[i].sql4 : own, own && !apart);
        wr_fmt(w, " AS %s", columns[i].name);
        if (c == COLUMN_dst && !packets && o->anon && anon_has_darknet(o->anon))
            wr_fmt(w, ", %s AS dst_offset", six ? "NULL::UINTEGER" : "dark_offset(dst)");
        comma = true;
    }
    static const enum packet_column addresses[] = {COLUMN_src, COLUMN_dst, COLUMN_inner_src, COLUMN_inner_dst};
    for (size_t i = 0; packets && i < 4; i++) {
        wr_str(w, ", ");
        put_value(w, o, family, addresses[i], columns[addresses[i]].name, "BLOB", six);
        wr_fmt(w, " AS %s6", columns[addresses[i]].name);
    }
}

static int put_where(struct wr *w, const struct export_options *o, int64_t from_us, int64_t until_us, struct err *err)
{
    char filter[FILTER_MAX];
    if (filter_sql(&o->filter, filter, sizeof filter) < 0)
        return err_set(err, -E2BIG, "the filter is too long");
    wr_fmt(w, " WHERE true%s", filter);
    if (from_us != INT64_MIN)
        wr_fmt(w, " AND ts >= make_timestamp(%" PRId64 ")", from_us);
    if (until_us != INT64_MAX)
        wr_fmt(w, " AND ts < make_timestamp(%" PRId64 ")", until_us);
    return 0;
}

/* Which tables: the filter's addresses are IPv4. */
static bool wants(const struct export_options *o, enum row_family family)
{
    return family == ROW_IP4 ? o->ip4 : o->ip6 && !o->filter.has_src && !o->filter.has_dst;
}

int export_select(const struct export_options *o, int64_t from_us, int64_t until_us, struct wr *w, struct err *err)
{
    bool any = false;
    int rc = 0;
    for (int f = ROW_IP4; f <= ROW_IP6 && rc == 0; f++) {
        enum row_family family = (enum row_family)f;
        /* Without any, an empty table still has its columns. */
        bool wanted = wants(o, family);
        if (!wanted && (family == ROW_IP4 ? wants(o, ROW_IP6) : any))
            continue;
        wr_str(w, any ? " UNION ALL SELECT " : "SELECT ");
        put_rows(w, o, family);
        wr_fmt(w, " FROM %s", catalog_table_names[family == ROW_IP6 ? TABLE_PACKET6 : TABLE_PACKET]);
        rc = put_where(w, o, from_us, until_us, err);
        if (!wanted)
            wr_str(w, " AND false");
        any = true;
    }
    return rc;
}

int export_count(const struct export_options *o, int64_t from_us, int64_t until_us, int64_t width_us, struct wr *w, struct err *err)
{
    int rc = 0;
    bool any = false;
    wr_fmt(w, "SELECT (us - ((us %% %" PRId64 ") + %" PRId64 ") %% %" PRId64 ")::BIGINT AS bucket, count(*)::BIGINT FROM (", width_us,
           width_us, width_us);
    for (int f = ROW_IP4; f <= ROW_IP6 && rc == 0; f++) {
        if (!wants(o, (enum row_family)f))
            continue;
        wr_fmt(w, "%sSELECT epoch_us(ts) AS us FROM %s", any ? " UNION ALL " : "",
               catalog_table_names[f == ROW_IP6 ? TABLE_PACKET6 : TABLE_PACKET]);
        rc = put_where(w, o, from_us, until_us, err);
        any = true;
    }
    wr_str(w, any ? ") GROUP BY bucket ORDER BY bucket" : "SELECT 0::BIGINT AS us WHERE false) GROUP BY bucket");
    return rc;
}
