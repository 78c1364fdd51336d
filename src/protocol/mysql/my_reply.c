/* Packets of the reply: OK, error, column definitions, rows in text and binary form. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_charset.h"
#include "protocol/mysql/my_ses.h"

uint16_t my_status(const struct my_run *r)
{
    uint16_t s = r->binary ? (uint16_t)(r->status & ~MY_STATUS_SESSION_CHANGED) : r->status; /* a prepared view is open */
    if (r->c->autocommit)
        s |= MY_STATUS_AUTOCOMMIT;
    if (r->c->in_trans)
        s |= r->c->read_only ? MY_STATUS_IN_TRANS | MY_STATUS_IN_TRANS_READONLY : MY_STATUS_IN_TRANS;
    if (r->more)
        s |= MY_STATUS_MORE_RESULTS;
    if (r->c->no_backslash)
        s |= MY_STATUS_NO_BACKSLASH;
    if (r->c->ansi_quotes && r->kit->mariadb)
        s |= MY_STATUS_ANSI_QUOTES;
    return s;
}

static uint16_t warnings_of(const struct my_run *r)
{
    unsigned n = r->c->conds_old ? 0 : r->c->total_conds;
    return (uint16_t)(n > 65535 ? 65535 : n);
}

/* One variable that changed: kind 0, length, name, value (manual, "Session State Information"). */
static void track_variable(struct wr *w, const char *name, const char *value)
{
    size_t n = strlen(name), v = strlen(value);
    wr_u8(w, 0);
    my_wr_lenenc(w, n + v + 2); /* both are shorter than 251 bytes */
    my_wr_lenstr(w, name, n);
    my_wr_lenstr(w, value, v);
}

static void track_changes(struct my_run *r, struct wr *w)
{
    const struct my_conn *c = r->c;
    const struct my_sysvar *zone = my_sysvar_find(r->kit, "time_zone");
    const char *text = zone ? my_var_text(r, zone, MY_SCOPE_SESSION) : NULL;
    if (c->track & MY_TRACK_AUTOCOMMIT)
        track_variable(w, "autocommit", c->autocommit ? "ON" : "OFF");
    if (c->track & MY_TRACK_CLIENT)
        track_variable(w, "character_set_client", c->cs_client->charset);
    if (c->track & MY_TRACK_CONNECTION)
        track_variable(w, "character_set_connection", c->cs_conn->charset);
    if (c->track & MY_TRACK_RESULTS)
        track_variable(w, "character_set_results", c->cs_results ? c->cs_results->charset : "NULL");
    if ((c->track & MY_TRACK_TIME_ZONE) && text)
        track_variable(w, "time_zone", text);
    if (c->track & MY_TRACK_SCHEMA) {
        wr_u8(w, 1);
        my_wr_lenenc(w, strlen(c->db) + 1);
        my_wr_lenstr(w, c->db, strlen(c->db));
    }
}

/* An OK, or with head 0xfe the end of rows to a client that wants no EOF. */
static void ok_packet(struct my_run *r, uint8_t head)
{
    struct my_out *o = r->out;
    bool track = (r->ses->caps & MY_CAP_SESSION_TRACK) && r->c->track;
    my_out_begin(o);
    wr_u8(&o->w, head);
    my_wr_lenenc(&o->w, head ? 0 : r->affected);
    my_wr_lenenc(&o->w, head ? 0 : r->insert_id);
    if (r->ses->caps & MY_CAP_PROTOCOL_41) {
        uint16_t status = my_status(r);
        if (!(r->ses->caps & MY_CAP_SESSION_TRACK)) /* an OK, unlike an EOF, says it only to who asked for it */
            status &= (uint16_t)~MY_STATUS_SESSION_CHANGED;
        wr_le16(&o->w, status | (track ? MY_STATUS_SESSION_CHANGED : 0));
        wr_le16(&o->w, r->sub_statement ? 0 : warnings_of(r));
    } else if (r->ses->caps & MY_CAP_TRANSACTIONS) {
        wr_le16(&o->w, my_status(r));
    }
    if ((r->info[0] && !head) || track)
        my_wr_lenstr(&o->w, r->info, head ? 0 : strlen(r->info));
    if (track) {
        struct wr changes = wr_of(4096);
        track_changes(r, &changes);
        my_wr_lenstr(&o->w, changes.bytes, changes.len);
        wr_done(&changes);
    }
    my_out_end(o);
    r->c->track = 0;
}

void my_send_ok(struct my_run *r)
{
    ok_packet(r, 0);
    r->sent = true;
    r->c->row_count = (int64_t)r->affected;
    (void)snprintf(r->reply, sizeof r->reply, "OK");
}

void my_send_raw_error(struct my_ses *ses, struct my_out *o, enum my_err e, bool state, const char *text)
{
    const struct my_errdef *d = my_errdef(e);
    (void)ses;
    my_out_begin(o);
    wr_u8(&o->w, 0xff);
    wr_le16(&o->w, d->number);
    if (state) {
        wr_u8(&o->w, '#');
        wr_bytes(&o->w, d->state, 5);
    }
    wr_str(&o->w, text);
    my_out_end(o);
}

void my_send_error(struct my_run *r)
{
    struct my_out *o = r->out;
    my_out_begin(o);
    wr_u8(&o->w, 0xff);
    wr_le16(&o->w, r->err_code);
    if (r->ses->caps & MY_CAP_PROTOCOL_41) {
        wr_u8(&o->w, '#');
        wr_bytes(&o->w, r->err_state, 5);
    }
    wr_bytes(&o->w, r->err_text, strnlen(r->err_text, 511));
    my_out_end(o);
    r->sent = true;
    r->c->row_count = -1;
    (void)snprintf(r->reply, sizeof r->reply, "ERROR %u (%s): %.60s", r->err_code, r->err_state, r->err_text);
}

static void eof_packet(struct my_run *r)
{
    struct my_out *o = r->out;
    my_out_begin(o);
    wr_u8(&o->w, 0xfe);
    if (r->ses->caps & MY_CAP_PROTOCOL_41) {
        wr_le16(&o->w, warnings_of(r));
        wr_le16(&o->w, my_status(r));
    }
    my_out_end(o);
}

void my_send_eof(struct my_run *r)
{
    if (r->ses->caps & MY_CAP_DEPRECATE_EOF)
        ok_packet(r, 0xfe);
    else
        eof_packet(r);
}

void my_send_columns_end(struct my_run *r)
{
    if (!(r->ses->caps & MY_CAP_DEPRECATE_EOF))
        eof_packet(r);
}

/* What character_set_results makes of a column's collation and length (Protocol::send_fields). */
static void on_the_wire(const struct my_run *r, const struct my_meta *m, uint16_t *ret_cs, uint32_t *ret_len)
{
    const struct my_coll *to = r->c->cs_results;
    *ret_cs = m->coll ? m->coll->id : 63;
    *ret_len = m->len;
    if (!m->coll || my_coll_is_binary(m->coll) || !to)
        return;
    *ret_cs = to->id;
    bool blob = m->type >= MY_T_TINY_BLOB && m->type <= MY_T_BLOB;
    uint64_t chars = m->len / (blob ? m->coll->minlen : m->coll->maxlen), len = chars * to->maxlen;
    *ret_len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

static uint16_t flags_of(const struct my_meta *m)
{
    if (m->is_field)
        return m->flags;
    uint16_t f = m->flags;
    if (!m->maybe_null)
        f |= MY_F_NOT_NULL;
    if (!m->coll || m->coll->bin)
        f |= MY_F_BINARY;
    if (m->unsigned_)
        f |= MY_F_UNSIGNED;
    return f;
}

/* NOT_FIXED_DEC is 39 in MariaDB, which only a real shows as 31 (sql/item.cc: Item::init_make_send_field). */
static uint8_t type_on_wire(const struct my_run *r, const struct my_meta *m)
{
    return (uint8_t)(r->kit->mariadb && my_is_narrow(m) ? MY_T_LONG : m->type);
}

static uint8_t decimals_on_wire(const struct my_run *r, const struct my_meta *m)
{
    bool real = m->type == MY_T_DOUBLE || m->type == MY_T_FLOAT;
    return r->kit->mariadb && m->dec == MY_DEC_FLOAT && !real ? 39 : m->dec;
}

static void lenstr0(struct wr *w, const char *s)
{
    my_wr_lenstr(w, s ? s : "", s ? strlen(s) : 0);
}

void my_send_coldef(struct my_run *r, const struct my_result_col *col, const char *dflt, bool with_default)
{
    struct my_out *o = r->out;
    const struct my_meta *m = &col->m;
    uint16_t cs;
    uint32_t len;
    size_t name_max = r->kit->mariadb ? 255 : 256; /* MAX_ALIAS_NAME */
    on_the_wire(r, m, &cs, &len);
    my_out_begin(o);
    if (r->ses->caps & MY_CAP_PROTOCOL_41) {
        lenstr0(&o->w, "def");
        lenstr0(&o->w, m->db);
        lenstr0(&o->w, m->table);
        lenstr0(&o->w, m->org_table);
        size_t n_name = col->name ? strlen(col->name) : 0;
        my_wr_lenstr(&o->w, col->name, n_name > name_max ? name_max : n_name);
        lenstr0(&o->w, m->org_name);
        if (r->ses->caps_ext & MY_EXT_METADATA)
            wr_u8(&o->w, 0); /* no type name, no format */
        wr_u8(&o->w, 12);
        wr_le16(&o->w, cs);
        wr_le32(&o->w, len);
        wr_u8(&o->w, type_on_wire(r, m));
        wr_le16(&o->w, flags_of(m));
        wr_u8(&o->w, decimals_on_wire(r, m));
        wr_le16(&o->w, 0);
    } else { /* before 4.1 */
        lenstr0(&o->w, m->table);
        lenstr0(&o->w, col->name);
        wr_u8(&o->w, 3);
        wr_le24(&o->w, len);
        wr_u8(&o->w, 1);
        wr_u8(&o->w, m->type);
        wr_u8(&o->w, 3);
        wr_le16(&o->w, flags_of(m));
        wr_u8(&o->w, m->dec);
    }
    if (with_default) {
        if (dflt)
            my_wr_lenstr(&o->w, dflt, strlen(dflt));
        else
            wr_u8(&o->w, 0xfb);
    }
    my_out_end(o);
}

uint64_t my_columns_hash(const struct my_out *o, size_t from)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a, without the frames' sequence numbers */
    for (size_t at = from; at + 4 <= o->w.len;) {
        size_t len = (size_t)o->w.bytes[at] | (size_t)o->w.bytes[at + 1] << 8 | (size_t)o->w.bytes[at + 2] << 16;
        for (size_t i = 0; i < len && at + 4 + i < o->w.len; i++)
            h = (h ^ o->w.bytes[at + 4 + i]) * 1099511628211u;
        at += 4 + len;
    }
    return h;
}

static void keep_described(struct my_run *r, const struct my_result_col *cols, size_t n)
{
    r->described = arena_new(r->arena, (n + 1) * sizeof *cols);
    if (!r->described)
        return;
    memcpy(r->described, cols, n * sizeof *cols);
    r->n_described = n;
}

/* A client that keeps the definitions of its prepared statement gets them again only when they have changed. */
void my_send_columns(struct my_run *r, const struct my_result_col *cols, size_t n)
{
    struct my_out *o = r->out;
    if (r->describe_only) {
        keep_described(r, cols, n);
        return;
    }
    bool cache = (r->ses->caps_ext & MY_EXT_CACHE_METADATA) != 0;
    my_out_begin(o);
    if (r->ses->caps & MY_CAP_OPTIONAL_METADATA)
        wr_u8(&o->w, 1); /* all of it */
    my_wr_lenenc(&o->w, n);
    if (cache)
        wr_u8(&o->w, 1);
    my_out_end(o);
    size_t from = o->w.len;
    uint8_t seq = o->seq;
    for (size_t i = 0; i < n; i++)
        my_send_coldef(r, &cols[i], NULL, false);
    if (cache && r->prepared && !o->w.bad) {
        uint64_t h = my_columns_hash(o, from);
        if (h == r->prepared->cols_hash) {
            o->w.bytes[from - 1] = 0;
            o->w.len = from;
            o->seq = seq;
        }
        r->prepared->cols_hash = h;
    }
    if (r->cursor_of) {
        r->status |= MY_STATUS_CURSOR;
        my_send_eof(r);
    } else {
        my_send_columns_end(r);
    }
    r->sent = true;
}

static void text_cell(struct my_run *r, struct wr *w, const struct my_meta *m, const struct my_val *v)
{
    if (v->kind == MY_V_NULL) {
        wr_u8(w, 0xfb);
        return;
    }
    struct my_val t = my_val_text(r->arena, v, m);
    const struct my_coll *to = r->c->cs_results;
    if (v->kind == MY_V_STR && to && m->coll && !my_is_temporal(m->type) && my_converts(m->coll, to) && t.s.n < (16u << 20)) {
        size_t n = 0;
        char *out = my_convert(r->arena, m->coll, to, t.s.p, t.s.n, &n);
        if (out)
            t = my_str(out, n);
    }
    if (m->zerofill && t.s.n < m->len) {
        my_wr_lenenc(w, m->len);
        for (size_t i = t.s.n; i < m->len; i++)
            wr_u8(w, '0');
        wr_bytes(w, t.s.p, t.s.n);
        return;
    }
    my_wr_lenstr(w, t.s.p, t.s.n);
}

static void binary_time(struct wr *w, uint8_t type, const struct my_val *t)
{
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    unsigned us = 0;
    char buf[64];
    size_t n = t->s.n < sizeof buf - 1 ? t->s.n : sizeof buf - 1;
    memcpy(buf, t->s.p, n);
    buf[n] = '\0';
    const char *dot = strchr(buf, '.');
    if (dot) {
        unsigned digits = 0;
        for (const char *p = dot + 1; *p >= '0' && *p <= '9' && digits < 6; p++, digits++)
            us = us * 10 + (unsigned)(*p - '0');
        for (; digits < 6; digits++)
            us *= 10;
    }
    if (type == MY_T_TIME) {
        bool neg = buf[0] == '-';
        (void)sscanf(buf + neg, "%d:%d:%d", &h, &mi, &s);
        if (!h && !mi && !s && !us) {
            wr_u8(w, 0);
            return;
        }
        wr_u8(w, us ? 12 : 8);
        wr_u8(w, neg);
        wr_le32(w, (uint32_t)(h / 24));
        wr_u8(w, (uint8_t)(h % 24));
        wr_u8(w, (uint8_t)mi);
        wr_u8(w, (uint8_t)s);
        if (us)
            wr_le32(w, us);
        return;
    }
    (void)sscanf(buf, "%d-%d-%d %d:%d:%d", &y, &mo, &d, &h, &mi, &s);
    uint8_t len = us ? 11 : h || mi || s ? 7 : y || mo || d ? 4 : 0;
    if (type == MY_T_DATE && len > 4)
        len = 4;
    wr_u8(w, len);
    if (len >= 4) {
        wr_le16(w, (uint16_t)y);
        wr_u8(w, (uint8_t)mo);
        wr_u8(w, (uint8_t)d);
    }
    if (len >= 7) {
        wr_u8(w, (uint8_t)h);
        wr_u8(w, (uint8_t)mi);
        wr_u8(w, (uint8_t)s);
    }
    if (len >= 11)
        wr_le32(w, us);
}

static void binary_cell(struct my_run *r, struct wr *w, const struct my_meta *m, const struct my_val *v)
{
    switch (type_on_wire(r, m)) {
    case MY_T_TINY:
        wr_u8(w, (uint8_t)my_val_i64(v, NULL));
        return;
    case MY_T_SHORT:
    case MY_T_YEAR:
        wr_le16(w, (uint16_t)my_val_i64(v, NULL));
        return;
    case MY_T_LONG:
    case MY_T_INT24:
        wr_le32(w, (uint32_t)my_val_i64(v, NULL));
        return;
    case MY_T_LONGLONG:
        wr_le64(w, (uint64_t)my_val_i64(v, NULL));
        return;
    case MY_T_FLOAT: {
        float f = (float)my_val_real(v);
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        wr_le32(w, bits);
        return;
    }
    case MY_T_DOUBLE: {
        double d = my_val_real(v);
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        wr_le64(w, bits);
        return;
    }
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP: {
        struct my_val t = my_val_text(r->arena, v, m);
        binary_time(w, m->type, &t);
        return;
    }
    default:
        text_cell(r, w, m, v);
        return;
    }
}

static void row_payload(struct my_run *r, struct wr *w, const struct my_result_col *cols, const struct my_val *vals, size_t n)
{
    if (!r->binary) {
        for (size_t i = 0; i < n; i++)
            text_cell(r, w, &cols[i].m, &vals[i]);
        return;
    }
    wr_u8(w, 0);
    size_t nulls = (n + 9) / 8, at = w->len;
    wr_zero(w, nulls);
    for (size_t i = 0; i < n && !w->bad; i++) {
        if (vals[i].kind == MY_V_NULL)
            w->bytes[at + (i + 2) / 8] |= (uint8_t)(1u << ((i + 2) % 8));
        else
            binary_cell(r, w, &cols[i].m, &vals[i]);
    }
}

/* What the journal shows of a result of one row. */
static void keep_first(struct my_run *r, const struct my_meta *m, const struct my_val *v)
{
    r->has_first = v->kind != MY_V_NULL;
    struct my_val t = my_val_text(r->arena, v, m);
    size_t n = t.kind == MY_V_NULL ? 0 : t.s.n < sizeof r->first_cell - 1 ? t.s.n : sizeof r->first_cell - 1;
    for (size_t i = 0; i < n; i++)
        r->first_cell[i] = (char)(t.s.p[i] >= ' ' && t.s.p[i] < 127 ? t.s.p[i] : '.');
    r->first_cell[n] = '\0';
}

void my_send_row(struct my_run *r, const struct my_result_col *cols, const struct my_val *vals, size_t n)
{
    if (r->describe_only)
        return;
    if (n && !r->has_first)
        keep_first(r, &cols[0].m, &vals[0]);
    if (r->cursor_of) {
        struct wr *w = &r->cursor_of->cursor;
        size_t at = w->len;
        wr_le32(w, 0);
        row_payload(r, w, cols, vals, n);
        if (w->bad)
            return;
        size_t len = w->len - at - 4;
        for (int i = 0; i < 4; i++)
            w->bytes[at + (size_t)i] = (uint8_t)(len >> (8 * i));
        return;
    }
    my_out_begin(r->out);
    row_payload(r, &r->out->w, cols, vals, n);
    my_out_end(r->out);
}

void my_send_end(struct my_run *r, uint64_t rows)
{
    if (r->describe_only)
        return;
    if (!r->cursor_of)
        my_send_eof(r);
    r->c->row_count = -1;
    r->c->found_rows = (int64_t)rows;
    bool show = rows == 1 && r->has_first;
    (void)snprintf(r->reply, sizeof r->reply, "%llu row%s%s%s", (unsigned long long)rows, rows == 1 ? "" : "s", show ? ": " : "", show ? r->first_cell : "");
}
