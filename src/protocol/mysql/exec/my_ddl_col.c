/* Columns under construction: which definitions stand, what a default or a converted value becomes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_ddl.h"

/* ---- definitions ---- */
static bool is_int(uint8_t type)
{
    return type == MY_T_TINY || type == MY_T_SHORT || type == MY_T_INT24 || type == MY_T_LONG || type == MY_T_LONGLONG;
}

static void precision_fails(struct my_run *r, unsigned given, const char *name)
{
    if (r->kit->mariadb)
        my_ddl_fail(r, 1426, "42000", "Too big precision specified for '%s'. Maximum is 65", name);
    else
        my_ddl_fail(r, 1426, "42000", "Too big precision %u specified for column '%s'. Maximum is 65.", given, name);
}

/* What the servers look at as soon as a column is read. */
bool my_ddl_width_ok(struct my_run *r, const struct my_col_def *d)
{
    const struct my_type_def *t = &d->type;
    bool ma = r->kit->mariadb;
    if (t->type == MY_T_STRING && t->has_len && t->len > 255)
        my_fail(r, MY_ER_TOO_BIG_FIELDLENGTH, d->name, 255);
    else if (is_int(t->type) && t->has_len && t->len > 255)
        my_ddl_fail(r, 1439, "42000", "Display width out of range for %s'%s' (max = %d)", ma ? "" : "column ", d->name, 255);
    else if (t->type == MY_T_NEWDECIMAL && t->dec > 30)
        my_ddl_fail(r, 1425, "42000", "Too big scale %d specified for column '%s'. Maximum is %d.", t->dec, d->name, 30);
    else if (t->type == MY_T_NEWDECIMAL && t->len > 65)
        precision_fails(r, t->len, d->name);
    else if ((t->type == MY_T_NEWDECIMAL || ((t->type == MY_T_FLOAT || t->type == MY_T_DOUBLE) && t->has_dec)) && t->dec > t->len)
        my_ddl_fail(r, 1427, "42000", "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '%s')%s", d->name, ma ? "" : ".");
    else if (t->type == MY_T_BIT && t->len > 64)
        my_ddl_fail(r, 1439, "42000", "Display width out of range for %s'%s' (max = %d)", ma ? "" : "column ", d->name, 64);
    else if (ma && t->type == MY_T_FLOAT && t->has_dec && t->len > 255)
        my_ddl_fail(r, 1439, "42000", "Display width out of range for '%s' (max = %d)", d->name, 255);
    return my_ok(r);
}

static bool length_ok(struct my_run *r, const struct my_col_def *d, const struct my_ddl_kind *kind)
{
    const struct my_type_def *t = &d->type;
    const struct my_coll *c = t->collate ? my_coll_by_name(r->kit, t->collate) : t->charset ? my_coll_default(r->kit, t->charset) : NULL;
    uint32_t width = t->is_binary_string ? 1 : c ? c->maxlen : kind->coll->maxlen;
    if (t->type == MY_T_VARCHAR && t->len > 65535 / width)
        my_fail(r, MY_ER_TOO_BIG_FIELDLENGTH, d->name, (int)(65535 / width));
    return my_ok(r) && my_ddl_width_ok(r, d);
}

static bool column_ok(struct my_run *r, const struct my_col_def *d, const struct my_ddl_kind *kind)
{
    if (!my_ddl_name_ok(r, d->name, MY_ER_WRONG_COLUMN_NAME) || !my_ddl_charset_ok(r, d->type.charset, d->type.collate) || !length_ok(r, d, kind))
        return false;
    if (d->auto_inc && !is_int(d->type.type) && d->type.type != MY_T_FLOAT && d->type.type != MY_T_DOUBLE)
        my_ddl_fail(r, 1063, "42000", "Incorrect column specifier for column '%s'", d->name);
    else if (d->auto_inc && d->has_default)
        my_fail(r, MY_ER_INVALID_DEFAULT, d->name);
    else if (d->primary && d->null_given)
        my_fail(r, MY_ER_PRIMARY_CANT_HAVE_NULL);
    else if (d->default_now && d->type.type != MY_T_TIMESTAMP && !(d->type.type == MY_T_DATETIME && r->kit->version >= 50605))
        my_fail(r, MY_ER_INVALID_DEFAULT, d->name);
    else if (d->on_update_now && d->type.type != MY_T_TIMESTAMP && !(d->type.type == MY_T_DATETIME && r->kit->version >= 50605))
        my_ddl_fail(r, 1294, "HY000", "Invalid ON UPDATE clause for '%s' column", d->name);
    return my_ok(r);
}

static const struct my_col_def *def_named(const struct my_col_def *defs, const char *name)
{
    for (; defs; defs = defs->next)
        if (strcasecmp(defs->name, name) == 0)
            return defs;
    return NULL;
}

static uint32_t key_max(struct my_run *r, const struct my_ddl_kind *kind, bool whole)
{
    if (strcasecmp(kind->engine, "InnoDB") != 0)
        return 1000;
    return whole || r->kit->version >= 50700 ? 3072 : 767;
}

static bool part_ok(struct my_run *r, const struct my_col_def *defs, const struct my_key_def *k, size_t i, const struct my_ddl_kind *kind,
                    uint64_t *total)
{
    struct my_keypart *part = &k->parts[i];
    const struct my_col_def *d = def_named(defs, part->col);
    if (!d) {
        my_fail(r, MY_ER_KEY_COLUMN_DOES_NOT_EXIST, part->col);
        return false;
    }
    for (size_t j = 0; j < i; j++)
        if (strcasecmp(k->parts[j].col, part->col) == 0)
            my_fail(r, MY_ER_DUP_FIELDNAME, part->col);
    if (k->kind == MY_KEY_FULLTEXT || k->kind == MY_KEY_SPATIAL)
        return my_ok(r);
    bool text = d->type.type == MY_T_STRING || d->type.type == MY_T_VARCHAR || d->type.blob;
    const struct my_coll *c = d->type.collate ? my_coll_by_name(r->kit, d->type.collate) : d->type.charset ? my_coll_default(r->kit, d->type.charset) : NULL;
    uint32_t width = d->type.is_binary_string ? 1 : c ? c->maxlen : kind->coll->maxlen;
    uint32_t chars = part->len ? part->len : d->type.len;
    uint32_t max = key_max(r, kind, false);
    bool innodb = max != 1000;
    uint64_t bytes = text ? chars * (uint64_t)width : 8;
    *total += innodb && bytes > max ? max : bytes;
    if (d->type.blob && !part->len && r->kit->mariadb && k->kind == MY_KEY_INDEX) { /* cut to what a key may hold */
        char note[120];
        part->len = max / width;
        (void)snprintf(note, sizeof note, "Specified key was too long; max key length is %u bytes", max);
        my_warn_text(r, MY_NOTE, 1071, note);
    } else if (d->type.blob && !part->len)
        my_fail(r, MY_ER_BLOB_KEY_WITHOUT_LENGTH, part->col);
    else if (part->len && (!text || (!d->type.blob && part->len > d->type.len)))
        my_fail(r, MY_ER_WRONG_SUB_KEY);
    else if (k->kind == MY_KEY_PRIMARY && d->null_given && !d->not_null)
        my_fail(r, MY_ER_PRIMARY_CANT_HAVE_NULL);
    else if (bytes > max && (k->kind == MY_KEY_PRIMARY || k->kind == MY_KEY_UNIQUE || !innodb))
        my_ddl_fail(r, 1071, "42000", "Specified key was too long; max key length is %u bytes", max);
    else if (*total > key_max(r, kind, true))
        my_ddl_fail(r, 1071, "42000", "Specified key was too long; max key length is %u bytes", key_max(r, kind, true));
    return my_ok(r);
}

static bool keys_ok(struct my_run *r, const struct my_col_def *defs, const struct my_key_def *keys, const struct my_ddl_kind *kind)
{
    unsigned primary = 0, n_keys = 0;
    for (const struct my_col_def *d = defs; d; d = d->next) {
        primary += d->primary;
        n_keys += d->primary || d->unique;
    }
    for (const struct my_key_def *k = keys; k && my_ok(r); k = k->next) {
        if (k->kind == MY_KEY_FOREIGN && !k->n_parts)
            continue; /* CHECK */
        primary += k->kind == MY_KEY_PRIMARY;
        n_keys += k->kind != MY_KEY_FOREIGN;
        if (primary > 1)
            my_fail(r, MY_ER_MULTIPLE_PRI_KEY);
        else if (n_keys > 64)
            my_ddl_fail(r, 1069, "42000", "Too many keys specified; max 64 keys allowed");
        else if (k->n_parts > 16)
            my_ddl_fail(r, 1070, "42000", "Too many key parts specified; max 16 parts allowed");
        else if (k->name && k->kind != MY_KEY_PRIMARY && strcasecmp(k->name, "PRIMARY") == 0)
            my_ddl_fail(r, 1280, "42000", "Incorrect index name '%s'", k->name);
        uint64_t total = 0;
        for (size_t i = 0; i < k->n_parts && my_ok(r); i++)
            (void)part_ok(r, defs, k, i, kind, &total);
        for (const struct my_key_def *o = keys; o != k && my_ok(r); o = o->next)
            if (k->name && o->name && k->kind != MY_KEY_FOREIGN && o->kind != MY_KEY_FOREIGN && k->kind != MY_KEY_PRIMARY &&
                strcasecmp(k->name, o->name) == 0)
                my_fail(r, MY_ER_DUP_KEYNAME, k->name);
    }
    if (primary > 1)
        my_fail(r, MY_ER_MULTIPLE_PRI_KEY);
    return my_ok(r);
}

static bool auto_ok(struct my_run *r, const struct my_col_def *defs, const struct my_key_def *keys, const char *engine)
{
    const struct my_col_def *a = NULL;
    for (const struct my_col_def *d = defs; d; d = d->next) {
        if (!d->auto_inc)
            continue;
        if (a) {
            my_fail(r, MY_ER_WRONG_AUTO_KEY);
            return false;
        }
        a = d;
    }
    if (!a)
        return true;
    bool keyed = a->primary || a->unique;
    for (const struct my_key_def *k = keys; k; k = k->next)
        for (size_t i = 0; k->kind != MY_KEY_FOREIGN && i < k->n_parts; i++)
            keyed |= strcasecmp(k->parts[i].col, a->name) == 0 && (i == 0 || strcasecmp(engine, "InnoDB") != 0);
    if (!keyed)
        my_fail(r, MY_ER_WRONG_AUTO_KEY);
    return keyed;
}

bool my_ddl_columns_ok(struct my_run *r, const struct my_col_def *defs, const struct my_key_def *keys, const struct my_ddl_kind *kind)
{
    size_t n = 0;
    for (const struct my_col_def *d = defs; d && my_ok(r); d = d->next, n++) {
        if (n >= MY_TABLE_COLS_MAX) {
            my_fail(r, MY_ER_TOO_MANY_FIELDS);
            break;
        }
        if (!column_ok(r, d, kind))
            break;
        for (const struct my_col_def *o = defs; o != d; o = o->next)
            if (strcasecmp(o->name, d->name) == 0)
                my_fail(r, MY_ER_DUP_FIELDNAME, d->name);
    }
    if (my_ok(r) && n == 0)
        my_fail(r, MY_ER_TABLE_MUST_HAVE_COLUMNS);
    return my_ok(r) && keys_ok(r, defs, keys, kind) && auto_ok(r, defs, keys, kind->engine);
}

/* ---- values ---- */
static bool put(struct my_run *r, const char *s, size_t n, struct my_cell *ret)
{
    char *own = arena_copy(r->arena, s, n);
    if (!own || n > UINT32_MAX)
        return false;
    *ret = (struct my_cell){.p = own, .n = (uint32_t)n};
    return true;
}

static void cut_warning(struct my_run *r, const struct my_column *c, long row, bool range)
{
    my_warn(r, MY_WARNING, range ? MY_ER_WARN_DATA_OUT_OF_RANGE : MY_ER_WARN_DATA_TRUNCATED, c->name, row);
}

static bool store_int(struct my_run *r, const struct my_column *c, const struct my_val *v, bool strict, long row, struct my_cell *ret)
{
    static const unsigned bits[] = {[MY_T_TINY] = 8, [MY_T_SHORT] = 16, [MY_T_LONG] = 32, [MY_T_LONGLONG] = 64, [MY_T_INT24] = 24};
    unsigned n = bits[c->type.type];
    bool bad = false, uns = false, range = false;
    int64_t i;
    if (v->kind == MY_V_STR) {
        double d = my_text_real(v->s.p, v->s.n, &bad);
        bool whole = d >= -9007199254740992.0 && d <= 9007199254740992.0;
        i = whole ? (int64_t)(d < 0 ? d - 0.5 : d + 0.5) : my_text_i64(v->s.p, v->s.n, NULL, &uns);
    } else {
        i = my_val_i64(v, &uns);
    }
    uint64_t umax = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1, smax = umax >> 1;
    char buf[32];
    int len;
    if (c->type.unsigned_) {
        uint64_t u = !uns && i < 0 ? 0 : (uint64_t)i > umax ? umax : (uint64_t)i;
        range = (!uns && i < 0) || u != (uint64_t)i;
        len = snprintf(buf, sizeof buf, "%llu", (unsigned long long)u);
    } else {
        int64_t low = -(int64_t)smax - 1, high = (int64_t)smax;
        int64_t s = uns && i < 0 ? high : i < low ? low : i > high ? high : i;
        range = (uns && i < 0) || s != i;
        len = snprintf(buf, sizeof buf, "%lld", (long long)s);
    }
    if ((bad || range) && strict)
        return false;
    if (bad || range)
        cut_warning(r, c, row, range);
    return put(r, buf, (size_t)len, ret);
}

static bool store_real(struct my_run *r, const struct my_column *c, const struct my_val *v, bool strict, long row, struct my_cell *ret)
{
    bool bad = false;
    char buf[MY_NUM_TEXT];
    size_t n;
    if (c->type.type == MY_T_NEWDECIMAL) {
        struct my_dec d = v->kind == MY_V_STR ? my_dec_of_text(v->s.p, v->s.n, &bad) : my_val_dec(v);
        n = my_dec_text(my_dec_round(d, c->type.dec, false), buf, sizeof buf);
    } else {
        double d = v->kind == MY_V_STR ? my_text_real(v->s.p, v->s.n, &bad) : my_val_real(v);
        n = my_real_text(d, c->type.has_dec ? c->type.dec : MY_DEC_FLOAT, c->type.type == MY_T_FLOAT, buf, sizeof buf);
    }
    if (bad && strict)
        return false;
    if (bad)
        cut_warning(r, c, row, false);
    return put(r, buf, n, ret);
}

static bool store_time(struct my_run *r, const struct my_column *c, const struct my_val *v, bool strict, long row, struct my_cell *ret)
{
    struct my_time t = {0};
    bool ok = c->type.type == MY_T_TIME ? my_time_parse_time(v->s.p, v->s.n, &t) : my_time_parse(v->s.p, v->s.n, &t);
    bool zero = v->s.n == 0 || strspn(v->s.p, "0-: .") >= v->s.n;
    if (!ok)
        t = (struct my_time){.is_time = c->type.type == MY_T_TIME};
    if (!ok && !(zero && v->s.n) && strict)
        return false;
    if (!ok && !zero)
        cut_warning(r, c, row, false);
    char buf[64];
    return put(r, buf, my_time_text(&t, c->type.type, c->type.dec, buf, sizeof buf), ret);
}

static bool store_member(struct my_run *r, const struct my_column *c, const struct my_val *v, bool strict, long row, struct my_cell *ret)
{
    struct wr w = wr_of(65536);
    bool bad = false, set = c->type.type == MY_T_SET;
    for (size_t at = 0; at <= v->s.n && (v->s.n || !set);) {
        const char *from = v->s.p + at, *comma = set ? memchr(from, ',', v->s.n - at) : NULL;
        size_t n = comma ? (size_t)(comma - from) : v->s.n - at, i = 0;
        while (i < c->type.n_values && (strlen(c->type.values[i]) != n || strncasecmp(c->type.values[i], from, n) != 0))
            i++;
        if (i < c->type.n_values)
            wr_fmt(&w, "%s%s", w.len ? "," : "", c->type.values[i]);
        else
            bad = true;
        at += n + 1;
        if (!set)
            break;
    }
    if (bad && !strict)
        cut_warning(r, c, row, false);
    bool ok = !(bad && strict) && put(r, w.bytes ? (const char *)w.bytes : "", w.len, ret);
    wr_done(&w);
    return ok;
}

static bool store_string(struct my_run *r, const struct my_column *c, const struct my_val *v, bool strict, long row, struct my_cell *ret)
{
    static const size_t blob_max[] = {0, 255, 65535, 16777215, UINT32_MAX};
    size_t n = v->s.n;
    if (c->type.blob) {
        n = n > blob_max[c->type.blob] ? blob_max[c->type.blob] : n;
    } else {
        size_t max = c->type.type == MY_T_STRING && !c->type.has_len ? 1 : c->type.len;
        if (c->type.type == MY_T_STRING && !c->type.is_binary_string)
            while (n && v->s.p[n - 1] == ' ')
                n--;
        if (my_chars(c->coll, v->s.p, n) > max)
            n = my_char_bytes(c->coll, v->s.p, n, max);
    }
    bool cut = n < v->s.n && strspn(v->s.p + n, " ") < v->s.n - n;
    if (cut && strict)
        return false;
    if (cut)
        cut_warning(r, c, row, false);
    return put(r, v->s.p, n, ret);
}

bool my_ddl_store(struct my_run *r, const struct my_column *c, const struct my_val *v, const struct my_meta *m, bool strict, long row,
                  struct my_cell *ret)
{
    *ret = (struct my_cell){.null = true};
    if (v->kind == MY_V_NULL)
        return !c->not_null || put(r, my_result_of(c->wire_type) == MY_RES_STR ? "" : "0", my_result_of(c->wire_type) != MY_RES_STR, ret);
    if (is_int(c->type.type))
        return store_int(r, c, v, strict, row, ret);
    if (c->type.type == MY_T_FLOAT || c->type.type == MY_T_DOUBLE || c->type.type == MY_T_NEWDECIMAL)
        return store_real(r, c, v, strict, row, ret);
    struct my_val text = my_val_text(r->arena, v, m);
    if (text.kind != MY_V_STR)
        return false;
    switch (c->type.type) {
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP:
        return store_time(r, c, &text, strict, row, ret);
    case MY_T_ENUM:
    case MY_T_SET:
        return store_member(r, c, &text, strict, row, ret);
    case MY_T_YEAR:
    case MY_T_BIT:
    case MY_T_GEOMETRY:
        return put(r, text.s.p, text.s.n, ret);
    default:
        return store_string(r, c, &text, strict, row, ret);
    }
}

/* DEFAULT of a definition into the column. */
bool my_ddl_default(struct my_run *r, struct my_table *t, struct my_column *c, struct my_expr *dflt)
{
    my_fix_const(r, dflt);
    struct my_val v = my_ok(r) ? my_eval_const(r, dflt) : my_null();
    if (!my_ok(r))
        return false;
    c->dflt = NULL;
    c->dflt_len = 0;
    if (v.kind == MY_V_NULL) {
        if (c->not_null)
            my_fail(r, MY_ER_INVALID_DEFAULT, c->name);
        return my_ok(r);
    }
    if ((c->type.blob || c->type.type == MY_T_GEOMETRY) && !r->kit->mariadb) {
        if (my_sql_mode(r, "STRICT_TRANS_TABLES") || my_sql_mode(r, "STRICT_ALL_TABLES") || v.kind != MY_V_STR || v.s.n)
            my_fail(r, MY_ER_BLOB_CANT_HAVE_DEFAULT, c->name);
        else
            my_warn(r, MY_WARNING, MY_ER_BLOB_CANT_HAVE_DEFAULT, c->name);
        return my_ok(r);
    }
    struct my_cell cell;
    if (!my_ddl_store(r, c, &v, &dflt->m, true, 1, &cell)) {
        my_fail(r, MY_ER_INVALID_DEFAULT, c->name);
        return false;
    }
    c->dflt = arena_copy(&t->arena, cell.p, cell.n);
    c->dflt_len = c->dflt ? cell.n : 0;
    return c->dflt != NULL;
}

struct my_cell my_ddl_missing(struct my_run *r, const struct my_column *c)
{
    struct my_cell cell = {.null = true};
    if (c->default_now) {
        struct my_time now;
        char buf[64];
        my_local_time(r->now_us, &now);
        (void)put(r, buf, my_time_text(&now, c->type.type, c->type.dec, buf, sizeof buf), &cell);
    } else if (c->dflt) {
        cell = (struct my_cell){.p = c->dflt, .n = (uint32_t)c->dflt_len};
    } else if (c->not_null) {
        struct my_val none = my_int(0);
        struct my_meta m = {.type = MY_T_LONGLONG, .len = 1};
        struct my_time zero = {.is_time = c->type.type == MY_T_TIME};
        char buf[64];
        if (c->type.type == MY_T_ENUM && c->type.n_values)
            (void)put(r, c->type.values[0], strlen(c->type.values[0]), &cell);
        else if (my_is_temporal(c->type.type))
            (void)put(r, buf, my_time_text(&zero, c->type.type, c->type.dec, buf, sizeof buf), &cell);
        else if (my_result_of(c->wire_type) == MY_RES_STR)
            (void)put(r, "", 0, &cell);
        else
            (void)my_ddl_store(r, c, &none, &m, false, 1, &cell);
    }
    return cell;
}

/* ---- columns out of a result ---- */
static void def_of_text(const struct my_meta *m, struct my_type_def *t)
{
    bool binary = m->coll->id == 63;
    uint32_t chars = m->len / (m->coll->maxlen ? m->coll->maxlen : 1);
    t->is_binary_string = binary;
    if (!binary)
        t->collate = m->coll->name;
    if (m->type == MY_T_BLOB || m->type == MY_T_LONG_BLOB || m->type == MY_T_MEDIUM_BLOB || m->type == MY_T_TINY_BLOB || chars > 512) {
        static const uint8_t types[] = {0, MY_T_TINY_BLOB, MY_T_BLOB, MY_T_MEDIUM_BLOB, MY_T_LONG_BLOB};
        t->blob = m->len < 256 ? 1 : m->len < 65536 ? 2 : m->len < 16777216 ? 3 : 4;
        t->type = types[t->blob];
        t->is_text = !binary;
        return;
    }
    t->type = m->type == MY_T_STRING ? MY_T_STRING : MY_T_VARCHAR;
    t->has_len = true;
    t->len = chars;
    if (t->type == MY_T_STRING && chars > 255)
        t->type = MY_T_VARCHAR;
}

void my_ddl_def_of(struct my_run *r, const struct my_result_col *col, struct my_col_def *ret, const struct my_column **ret_from)
{
    const struct my_meta *m = &col->m;
    struct my_type_def *t = &ret->type;
    *ret = (struct my_col_def){.name = col->name, .not_null = !m->maybe_null, .null_given = m->type == MY_T_TIMESTAMP};
    *ret_from = NULL;
    struct my_table *org = m->is_field && m->db && m->org_table && m->org_name && !my_is_info_schema(m->db)
                               ? my_find_table(r, m->db, m->org_table, NULL, true) : NULL;
    int at = org ? my_table_col(org, m->org_name) : -1;
    if (at >= 0) {
        const struct my_column *c = &org->cols[at];
        *ret_from = c;
        *t = c->type;
        if (c->coll && c->coll->id != 63)
            t->collate = c->coll->name;
        ret->not_null = c->not_null;
        ret->default_now = c->default_now;
        ret->on_update_now = c->on_update_now;
        ret->comment = c->comment;
        return;
    }
    t->type = m->type;
    t->unsigned_ = m->unsigned_;
    switch (m->type) {
    case MY_T_TINY:
    case MY_T_SHORT:
    case MY_T_INT24:
    case MY_T_LONG:
    case MY_T_LONGLONG:
        t->has_len = true;
        t->len = m->len > 255 ? 20 : m->len;
        if (m->type == MY_T_LONGLONG && m->len < 10) /* an expression's integers are as wide as their digits */
            t->type = MY_T_LONG;
        break;
    case MY_T_FLOAT:
    case MY_T_DOUBLE:
        t->has_len = t->has_dec = m->dec < MY_DEC_FLOAT;
        t->len = m->len;
        t->dec = m->dec;
        break;
    case MY_T_NEWDECIMAL:
        t->dec = m->dec;
        t->len = m->len - (m->dec > 0) - !m->unsigned_;
        if (t->len > 65)
            t->len = 65;
        if (t->len < t->dec || t->len == 0)
            t->len = t->dec ? t->dec : 1;
        break;
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP:
        t->dec = m->dec <= 6 ? m->dec : 0;
        break;
    case MY_T_YEAR:
        t->len = 4;
        break;
    case MY_T_BIT:
        t->len = m->len > 64 ? 64 : m->len;
        break;
    case MY_T_NULL:
        *t = (struct my_type_def){.type = MY_T_STRING, .has_len = true, .is_binary_string = true};
        break;
    default:
        def_of_text(m, t);
        break;
    }
}

/* ---- unique keys over rows that are there ---- */
struct order {
    const struct my_table *t;
    const struct my_key *k;
};

static int by_key(const void *a, const void *b, void *arg)
{
    const struct order *o = arg;
    const struct my_row *x = *(struct my_row *const *)a, *y = *(struct my_row *const *)b;
    for (size_t i = 0; i < o->k->n_cols; i++) {
        const struct my_cell *p = &x->cell[o->k->cols[i]], *q = &y->cell[o->k->cols[i]];
        if (p->null || q->null) { /* NULLs never meet: any order, as long as it is one */
            if (p->null != q->null)
                return p->null ? -1 : 1;
            continue;
        }
        const struct my_column *c = &o->t->cols[o->k->cols[i]];
        size_t n = p->n, m = q->n;
        if (o->k->lens[i]) {
            n = my_char_bytes(c->coll, p->p, n, o->k->lens[i]);
            m = my_char_bytes(c->coll, q->p, m, o->k->lens[i]);
        }
        int cmp = my_coll_compare(c->coll, p->p, n, q->p, m);
        if (cmp)
            return cmp;
    }
    return 0;
}

static bool has_null(const struct my_row *row, const struct my_key *k)
{
    for (size_t i = 0; i < k->n_cols; i++)
        if (row->cell[k->cols[i]].null)
            return true;
    return false;
}

static void duplicate(struct my_run *r, const struct my_key *k, const struct my_row *row)
{
    struct wr w = wr_of(400);
    for (size_t i = 0; i < k->n_cols; i++)
        wr_fmt(&w, "%s%.64s", i ? "-" : "", row->cell[k->cols[i]].p);
    const char *text = arena_copy(r->arena, w.bytes ? (const char *)w.bytes : "", w.len);
    my_fail(r, MY_ER_DUP_ENTRY, text ? text : "", k->name);
    wr_done(&w);
}

bool my_ddl_unique_ok(struct my_run *r, const struct my_table *t)
{
    struct my_row **rows = t->n_rows > 1 ? malloc(t->n_rows * sizeof *rows) : NULL;
    if (!rows)
        return t->n_rows <= 1;
    for (size_t i = 0; i < t->n_keys && my_ok(r); i++) {
        struct order o = {t, &t->keys[i]};
        if (o.k->kind != MY_KEY_PRIMARY && o.k->kind != MY_KEY_UNIQUE)
            continue;
        memcpy(rows, t->rows, t->n_rows * sizeof *rows);
        qsort_r(rows, t->n_rows, sizeof *rows, by_key, &o);
        for (size_t j = 1; j < t->n_rows && my_ok(r); j++)
            if (!has_null(rows[j], o.k) && by_key(&rows[j - 1], &rows[j], &o) == 0)
                duplicate(r, o.k, rows[j]);
    }
    free(rows);
    return my_ok(r);
}
