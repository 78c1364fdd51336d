/* Column types: from a definition to what goes on the wire and into SHOW. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/world/my_def.h"
#include "protocol/mysql/world/my_world.h"

static uint32_t int_width(const struct my_type_def *t)
{
    if (t->has_len)
        return t->len;
    switch (t->type) {
    case MY_T_TINY:
        return t->unsigned_ ? 3 : 4;
    case MY_T_SHORT:
        return t->unsigned_ ? 5 : 6;
    case MY_T_INT24:
        return t->unsigned_ ? 8 : 9;
    case MY_T_LONG:
        return t->unsigned_ ? 10 : 11;
    default:
        return 20;
    }
}

static const char *int_name(uint8_t type)
{
    switch (type) {
    case MY_T_TINY:
        return "tinyint";
    case MY_T_SHORT:
        return "smallint";
    case MY_T_INT24:
        return "mediumint";
    case MY_T_LONG:
        return "int";
    default:
        return "bigint";
    }
}

static uint32_t values_len(const struct my_type_def *t)
{
    uint32_t max = 0, sum = 0;
    for (size_t i = 0; i < t->n_values; i++) {
        uint32_t n = (uint32_t)strlen(t->values[i]);
        max = n > max ? n : max;
        sum += n + (i > 0);
    }
    return t->type == MY_T_ENUM ? max : sum;
}

static void type_text(const struct my_type_def *t, bool show_width, struct wr *w)
{
    static const char *const blobs[] = {"", "tiny", "", "medium", "long"};
    switch (t->type) {
    case MY_T_TINY:
    case MY_T_SHORT:
    case MY_T_INT24:
    case MY_T_LONG:
    case MY_T_LONGLONG:
        if (show_width || t->has_len)
            wr_fmt(w, "%s(%u)", int_name(t->type), int_width(t));
        else
            wr_str(w, int_name(t->type));
        break;
    case MY_T_FLOAT:
    case MY_T_DOUBLE:
        wr_str(w, t->type == MY_T_FLOAT ? "float" : "double");
        if (t->has_dec)
            wr_fmt(w, "(%u,%u)", t->len, t->dec);
        break;
    case MY_T_NEWDECIMAL:
        wr_fmt(w, "decimal(%u,%u)", t->len, t->dec);
        break;
    case MY_T_BIT:
        wr_fmt(w, "bit(%u)", t->len);
        break;
    case MY_T_YEAR:
        wr_fmt(w, "year(%u)", t->len);
        break;
    case MY_T_DATE:
        wr_str(w, "date");
        break;
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP:
        wr_str(w, t->type == MY_T_TIME ? "time" : t->type == MY_T_DATETIME ? "datetime" : "timestamp");
        if (t->dec)
            wr_fmt(w, "(%u)", t->dec);
        break;
    case MY_T_STRING:
        wr_fmt(w, "%s(%u)", t->is_binary_string ? "binary" : "char", t->has_len ? t->len : 1);
        break;
    case MY_T_VARCHAR:
        wr_fmt(w, "%s(%u)", t->is_binary_string ? "varbinary" : "varchar", t->len);
        break;
    case MY_T_ENUM:
    case MY_T_SET:
        wr_str(w, t->type == MY_T_ENUM ? "enum(" : "set(");
        for (size_t i = 0; i < t->n_values; i++) {
            wr_str(w, i ? ",'" : "'");
            for (const char *s = t->values[i]; *s; s++) {
                if (*s == '\'')
                    wr_u8(w, '\'');
                wr_u8(w, (uint8_t)*s);
            }
            wr_u8(w, '\'');
        }
        wr_u8(w, ')');
        break;
    case MY_T_GEOMETRY:
        wr_str(w, "geometry");
        break;
    default:
        wr_fmt(w, "%s%s", blobs[t->blob < 5 ? t->blob : 0], t->is_binary_string ? "blob" : "text");
        break;
    }
    if (t->unsigned_ && t->type != MY_T_BIT && t->type != MY_T_YEAR)
        wr_str(w, " unsigned");
    if (t->zerofill)
        wr_str(w, " zerofill");
}

static void numeric_wire(struct my_column *c)
{
    const struct my_type_def *t = &c->type;
    c->wire_type = t->type;
    switch (t->type) {
    case MY_T_FLOAT:
        c->len = t->has_len && t->has_dec ? t->len : 12;
        c->dec = t->has_dec ? t->dec : MY_DEC_FLOAT;
        break;
    case MY_T_DOUBLE:
        c->len = t->has_len && t->has_dec ? t->len : 22;
        c->dec = t->has_dec ? t->dec : MY_DEC_FLOAT;
        break;
    case MY_T_NEWDECIMAL:
        c->len = t->len + (t->dec > 0) + !t->unsigned_;
        c->dec = t->dec;
        break;
    case MY_T_BIT:
        c->len = t->len;
        c->flags |= MY_F_UNSIGNED;
        break;
    case MY_T_YEAR:
        c->len = t->len;
        c->flags |= MY_F_UNSIGNED | MY_F_ZEROFILL;
        break;
    default:
        c->len = int_width(t);
        break;
    }
    if (t->unsigned_)
        c->flags |= MY_F_UNSIGNED;
    if (t->zerofill)
        c->flags |= MY_F_ZEROFILL;
}

static void temporal_wire(const struct my_kit *k, struct my_column *c)
{
    c->wire_type = c->type.type;
    c->flags |= MY_F_BINARY;
    c->dec = c->type.dec;
    switch (c->type.type) {
    case MY_T_DATE:
        c->len = 10;
        break;
    case MY_T_TIME:
        c->len = k->version >= 50600 ? 10 : 8;
        break;
    default:
        c->len = 19;
        break;
    }
    if (c->type.dec)
        c->len += 1u + c->type.dec;
    if (c->type.type == MY_T_TIMESTAMP) {
        if (k->version < 50600 || k->mariadb)
            c->flags |= MY_F_UNSIGNED | (k->mariadb ? 0 : MY_F_ZEROFILL);
        if (c->default_now || c->on_update_now)
            c->flags |= MY_F_TIMESTAMP;
        if (c->on_update_now && k->version >= 50100)
            c->flags |= MY_F_ON_UPDATE_NOW;
    }
}

static void text_wire(struct my_column *c)
{
    static const uint32_t blob_len[] = {0, 255, 65535, 16777215, 4294967295u};
    const struct my_type_def *t = &c->type;
    if (c->coll->bin)
        c->flags |= MY_F_BINARY;
    if (t->blob) {
        c->wire_type = MY_T_BLOB;
        c->flags |= MY_F_BLOB;
        c->len = blob_len[t->blob];
    } else if (t->type == MY_T_ENUM || t->type == MY_T_SET) {
        c->wire_type = MY_T_STRING;
        c->flags |= t->type == MY_T_ENUM ? MY_F_ENUM : MY_F_SET;
        c->len = values_len(t) * c->coll->maxlen;
    } else if (t->type == MY_T_GEOMETRY) {
        c->wire_type = MY_T_GEOMETRY;
        c->flags |= MY_F_BLOB | MY_F_BINARY;
        c->len = 4294967295u;
    } else {
        c->wire_type = t->type == MY_T_VARCHAR ? MY_T_VAR_STRING : MY_T_STRING;
        c->len = (t->type == MY_T_STRING && !t->has_len ? 1 : t->len) * c->coll->maxlen;
    }
}

void my_column_finish(const struct my_kit *k, struct my_column *c)
{
    c->flags = c->key_flags;
    c->dec = 0;
    switch (c->type.type) {
    case MY_T_TINY:
    case MY_T_SHORT:
    case MY_T_INT24:
    case MY_T_LONG:
    case MY_T_LONGLONG:
    case MY_T_FLOAT:
    case MY_T_DOUBLE:
    case MY_T_NEWDECIMAL:
    case MY_T_BIT:
    case MY_T_YEAR:
        c->coll = k->binary;
        numeric_wire(c);
        break;
    case MY_T_DATE:
    case MY_T_TIME:
    case MY_T_DATETIME:
    case MY_T_TIMESTAMP:
        c->coll = k->binary;
        temporal_wire(k, c);
        break;
    default:
        if (c->type.is_binary_string)
            c->coll = k->binary;
        text_wire(c);
        break;
    }
    if (c->not_null)
        c->flags |= MY_F_NOT_NULL;
    if (c->auto_inc)
        c->flags |= MY_F_AUTO_INCREMENT;
    c->no_default = c->not_null && !c->dflt && !c->auto_inc && !c->default_now;
    if (c->no_default && !(c->type.type == MY_T_TIMESTAMP && c->on_update_now))
        c->flags |= MY_F_NO_DEFAULT;
}

static char *text_of_type(struct my_table *t, const struct my_type_def *type, bool width)
{
    struct wr w = wr_of(65536);
    type_text(type, width, &w);
    char *s = w.bad ? NULL : arena_copy(&t->arena, w.bytes, w.len);
    wr_done(&w);
    return s;
}

void my_table_finish(const struct my_kit *k, struct my_table *t)
{
    bool width = k->mariadb || k->version < 80019;
    for (size_t i = 0; i < t->n_cols; i++)
        t->cols[i].key_flags = 0;
    for (size_t i = 0; i < t->n_keys; i++) {
        const struct my_key *key = &t->keys[i];
        if (key->kind == MY_KEY_FOREIGN)
            continue;
        for (size_t j = 0; j < key->n_cols; j++) {
            struct my_column *c = &t->cols[key->cols[j]];
            c->key_flags |= MY_F_PART_KEY;
            if (key->kind == MY_KEY_PRIMARY) {
                c->key_flags |= MY_F_PRI_KEY;
                c->not_null = true;
            } else if (j == 0) {
                c->key_flags |= key->kind == MY_KEY_UNIQUE && key->n_cols == 1 ? MY_F_UNIQUE_KEY : MY_F_MULTIPLE_KEY;
            }
        }
    }
    t->auto_col = -1;
    t->create_text = NULL;
    for (size_t i = 0; i < t->n_cols; i++) {
        struct my_column *c = &t->cols[i];
        my_column_finish(k, c);
        if (!c->type_text)
            c->type_text = text_of_type(t, &c->type, width);
        if (c->auto_inc)
            t->auto_col = (int)i;
    }
    if (t->auto_col >= 0 && t->auto_inc == 0)
        t->auto_inc = 1;
}

/* ---- from CREATE TABLE ---- */
static const struct my_coll *column_coll(const struct my_kit *k, const struct my_type_def *t, const struct my_coll *table)
{
    const struct my_coll *c = table;
    if (t->national)
        c = k->utf8;
    if (t->charset)
        c = my_coll_default(k, t->charset);
    if (t->collate)
        c = my_coll_by_name(k, t->collate);
    if (c && t->binary)
        c = my_coll_bin(k, c);
    return c ? c : table;
}

static bool build_column(const struct my_kit *k, const struct my_col_def *d, struct my_table *t, struct my_column *c)
{
    *c = (struct my_column){.type = d->type, .not_null = d->not_null, .auto_inc = d->auto_inc, .default_now = d->default_now,
                            .on_update_now = d->on_update_now};
    c->name = my_table_str(t, d->name);
    c->comment = my_table_str(t, d->comment ? d->comment : "");
    c->coll = column_coll(k, &d->type, t->coll);
    if (c->type.n_values) {
        const char **v = arena_new(&t->arena, c->type.n_values * sizeof *v);
        for (size_t i = 0; v && i < c->type.n_values; i++)
            v[i] = my_table_str(t, d->type.values[i]);
        c->type.values = v;
        if (!v)
            return false;
    }
    c->type.charset = c->type.collate = NULL;
    if (c->type.type == MY_T_TIMESTAMP && !d->null_given) { /* NOT NULL unless said otherwise; the first one moves by itself */
        c->not_null = true;
        bool first = true;
        for (size_t i = 0; i < t->n_cols; i++)
            first &= t->cols[i].type.type != MY_T_TIMESTAMP;
        if (first && !d->has_default && !d->on_update_now)
            c->default_now = c->on_update_now = true;
        else if (!d->has_default && !c->default_now)
            c->dflt = my_table_str(t, "0000-00-00 00:00:00");
        if (c->dflt)
            c->dflt_len = strlen(c->dflt);
    }
    return c->name && c->comment;
}

static bool build_key(const struct my_key_def *d, struct my_table *t, struct my_key *key)
{
    *key = (struct my_key){.kind = d->kind, .using_ = d->using_ && strcmp(d->using_, "HASH") == 0 ? "HASH" : NULL};
    for (size_t i = 0; i < d->n_parts && i < 16; i++) {
        int col = my_table_col(t, d->parts[i].col);
        if (col < 0)
            return false;
        key->cols[i] = (uint16_t)col;
        key->lens[i] = d->parts[i].len;
        key->n_cols++;
    }
    char name[80];
    const char *base = d->kind == MY_KEY_PRIMARY ? "PRIMARY" : d->name ? d->name : t->cols[key->cols[0]].name;
    (void)snprintf(name, sizeof name, "%.64s", base);
    for (unsigned n = 2; !d->name && d->kind != MY_KEY_PRIMARY && n < 100; n++) {
        bool taken = false;
        for (size_t i = 0; i < t->n_keys; i++)
            taken |= strcasecmp(t->keys[i].name, name) == 0;
        if (!taken)
            break;
        (void)snprintf(name, sizeof name, "%.60s_%u", base, n);
    }
    key->name = my_table_str(t, name);
    return key->name != NULL;
}

static int key_rank(const struct my_key *k)
{
    return k->kind == MY_KEY_PRIMARY ? 0 : k->kind == MY_KEY_UNIQUE ? 1 : 2;
}

int my_table_build(const struct my_kit *k, const struct my_col_def *defs, const struct my_key_def *keys, const struct my_table_opts *opts,
                   struct my_table *t, const struct my_coll *db_coll)
{
    size_t n = 0, n_keys = 0;
    for (const struct my_col_def *d = defs; d; d = d->next) {
        n++;
        n_keys += d->primary + d->unique;
    }
    for (const struct my_key_def *d = keys; d; d = d->next)
        n_keys++;
    t->coll = opts->collate ? my_coll_by_name(k, opts->collate) : opts->charset ? my_coll_default(k, opts->charset) : db_coll;
    if (!t->coll)
        t->coll = db_coll;
    t->cols = arena_new(&t->arena, (n + 1) * sizeof *t->cols);
    t->keys = arena_new(&t->arena, (n_keys + 1) * sizeof *t->keys);
    if (opts->comment)
        t->comment = my_table_str(t, opts->comment);
    if (opts->row_format)
        t->row_format = my_table_str(t, opts->row_format);
    t->auto_inc = opts->has_auto_inc ? opts->auto_inc : 0;
    if (!t->cols || !t->keys)
        return -ENOMEM;
    for (const struct my_col_def *d = defs; d; d = d->next, t->n_cols++)
        if (!build_column(k, d, t, &t->cols[t->n_cols]))
            return -ENOMEM;
    for (const struct my_col_def *d = defs; d; d = d->next)
        if (d->primary || d->unique) {
            struct my_keypart part = {.col = d->name};
            struct my_key_def made = {.kind = d->primary ? MY_KEY_PRIMARY : MY_KEY_UNIQUE, .parts = &part, .n_parts = 1};
            if (!build_key(&made, t, &t->keys[t->n_keys]))
                return -ENOMEM;
            t->n_keys++;
        }
    for (const struct my_key_def *d = keys; d; d = d->next) {
        if (d->kind == MY_KEY_FOREIGN)
            continue;
        if (!build_key(d, t, &t->keys[t->n_keys]))
            return -ENOMEM;
        t->n_keys++;
    }
    for (size_t i = 1; i < t->n_keys; i++) /* primary, unique, others: the order SHOW gives */
        for (size_t j = i; j > 0 && key_rank(&t->keys[j]) < key_rank(&t->keys[j - 1]); j--) {
            struct my_key swap = t->keys[j];
            t->keys[j] = t->keys[j - 1];
            t->keys[j - 1] = swap;
        }
    my_table_finish(k, t);
    return 0;
}
