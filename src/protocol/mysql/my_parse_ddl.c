/* CREATE, ALTER, DROP, RENAME; column types. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/my_def.h"
#include "protocol/mysql/my_parse.h"

/* ---- types ---- */
static uint32_t int_token(struct my_parse *p)
{
    if (p->tok.kind != MY_TOK_INT) {
        my_p_fail(p);
        return 0;
    }
    uint64_t v = (uint64_t)my_text_i64(p->tok.text, p->tok.len, NULL, NULL);
    my_p_next(p);
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static void type_len(struct my_parse *p, struct my_type_def *t, bool dec_ok, bool required)
{
    if (!my_p_take_op(p, '(')) {
        if (required)
            my_p_fail(p);
        return;
    }
    t->has_len = true;
    t->len = int_token(p);
    if (dec_ok && my_p_take_op(p, ',')) {
        t->has_dec = true;
        t->dec = (uint8_t)int_token(p);
    }
    my_p_want_op(p, ')');
}

static void type_numeric_attrs(struct my_parse *p, struct my_type_def *t)
{
    for (; my_p_ok(p); my_p_next(p)) {
        if (my_p_is(p, MY_K_UNSIGNED))
            t->unsigned_ = true;
        else if (my_p_is(p, MY_K_ZEROFILL))
            t->zerofill = t->unsigned_ = true;
        else if (!my_p_is(p, MY_K_SIGNED))
            return;
    }
}

static void type_text_attrs(struct my_parse *p, struct my_type_def *t)
{
    for (; my_p_ok(p);) {
        if (my_p_take(p, MY_K_BINARY)) {
            t->binary = true;
        } else if (my_p_take(p, MY_K_CHARSET)) {
            t->charset = my_p_charset_name(p);
        } else if (my_p_is(p, MY_K_CHARACTER)) {
            my_p_next(p);
            my_p_want(p, MY_K_SET);
            t->charset = my_p_charset_name(p);
        } else if (my_p_take(p, MY_K_ASCII)) {
            t->charset = "latin1";
        } else if (my_p_take(p, MY_K_UNICODE)) {
            t->charset = "ucs2";
        } else {
            return;
        }
    }
}

static void type_values(struct my_parse *p, struct my_type_def *t)
{
    my_p_want_op(p, '(');
    t->values = my_p_new(p, 256 * sizeof *t->values);
    do {
        const char *s = my_p_string(p, NULL);
        if (t->n_values < 256)
            t->values[t->n_values++] = s;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    my_p_want_op(p, ')');
    type_text_attrs(p, t);
}

static void type_int(struct my_parse *p, struct my_type_def *t, uint8_t type)
{
    t->type = type;
    type_len(p, t, false, false);
    type_numeric_attrs(p, t);
}

static void type_blob(struct my_parse *p, struct my_type_def *t, uint8_t size, bool text)
{
    static const uint8_t types[] = {0, MY_T_TINY_BLOB, MY_T_BLOB, MY_T_MEDIUM_BLOB, MY_T_LONG_BLOB};
    t->type = types[size];
    t->blob = size;
    t->is_text = text;
    t->is_binary_string = !text;
    if (size == 2)
        type_len(p, t, false, false);
    if (text)
        type_text_attrs(p, t);
}

static void type_char(struct my_parse *p, struct my_type_def *t)
{
    t->type = MY_T_STRING;
    if (my_p_take(p, MY_K_VARYING))
        t->type = MY_T_VARCHAR;
    type_len(p, t, false, t->type == MY_T_VARCHAR);
    type_text_attrs(p, t);
}

static void type_fraction(struct my_parse *p, struct my_type_def *t, uint8_t type)
{
    t->type = type;
    if ((p->env->version >= 50600 || type == MY_T_TIMESTAMP) && my_p_take_op(p, '(')) {
        t->has_dec = true;
        t->dec = (uint8_t)int_token(p);
        my_p_want_op(p, ')');
    }
}

void my_p_type(struct my_parse *p, struct my_type_def *t)
{
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    *t = (struct my_type_def){0};
    if (kw == MY_KW_NONE) {
        my_p_fail(p);
        return;
    }
    my_p_next(p);
    switch (kw) {
    case MY_K_TINYINT:
    case MY_K_INT1:
        type_int(p, t, MY_T_TINY);
        return;
    case MY_K_SMALLINT:
    case MY_K_INT2:
        type_int(p, t, MY_T_SHORT);
        return;
    case MY_K_MEDIUMINT:
    case MY_K_MIDDLEINT:
    case MY_K_INT3:
        type_int(p, t, MY_T_INT24);
        return;
    case MY_K_INT:
    case MY_K_INTEGER:
    case MY_K_INT4:
        type_int(p, t, MY_T_LONG);
        return;
    case MY_K_BIGINT:
    case MY_K_INT8:
        type_int(p, t, MY_T_LONGLONG);
        return;
    case MY_K_SERIAL:
        t->type = MY_T_LONGLONG;
        t->unsigned_ = t->is_serial = true;
        return;
    case MY_K_BOOL:
    case MY_K_BOOLEAN:
        t->type = MY_T_TINY;
        t->has_len = t->is_bool = true;
        t->len = 1;
        return;
    case MY_K_BIT:
        t->type = MY_T_BIT;
        t->len = 1;
        type_len(p, t, false, false);
        return;
    case MY_K_FLOAT:
    case MY_K_FLOAT4:
        t->type = MY_T_FLOAT;
        type_len(p, t, true, false);
        if (t->has_len && !t->has_dec) { /* FLOAT(p) */
            t->type = t->len > 24 ? MY_T_DOUBLE : MY_T_FLOAT;
            t->has_len = false;
        }
        type_numeric_attrs(p, t);
        return;
    case MY_K_DOUBLE:
    case MY_K_REAL:
    case MY_K_FLOAT8:
        if (kw == MY_K_DOUBLE)
            (void)my_p_take(p, MY_K_PRECISION);
        t->type = MY_T_DOUBLE;
        type_len(p, t, true, false);
        type_numeric_attrs(p, t);
        return;
    case MY_K_DECIMAL:
    case MY_K_NUMERIC:
    case MY_K_DEC:
    case MY_K_FIXED:
        t->type = MY_T_NEWDECIMAL;
        type_len(p, t, true, false);
        if (!t->has_len)
            t->len = 10;
        type_numeric_attrs(p, t);
        return;
    case MY_K_DATE:
        t->type = MY_T_DATE;
        return;
    case MY_K_TIME:
        type_fraction(p, t, MY_T_TIME);
        return;
    case MY_K_DATETIME:
        type_fraction(p, t, MY_T_DATETIME);
        return;
    case MY_K_TIMESTAMP:
        type_fraction(p, t, MY_T_TIMESTAMP);
        return;
    case MY_K_YEAR:
        t->type = MY_T_YEAR;
        t->len = 4;
        type_len(p, t, false, false);
        type_numeric_attrs(p, t);
        return;
    case MY_K_CHAR:
    case MY_K_CHARACTER:
        type_char(p, t);
        return;
    case MY_K_NCHAR:
    case MY_K_NATIONAL:
        t->national = true;
        if (kw == MY_K_NATIONAL && !my_p_take(p, MY_K_CHAR) && !my_p_take(p, MY_K_CHARACTER)) {
            my_p_want(p, MY_K_VARCHAR);
            t->type = MY_T_VARCHAR;
            type_len(p, t, false, true);
            return;
        }
        type_char(p, t);
        t->national = true;
        return;
    case MY_K_VARCHAR:
    case MY_K_VARCHARACTER:
    case MY_K_NVARCHAR:
        t->type = MY_T_VARCHAR;
        t->national = kw == MY_K_NVARCHAR;
        type_len(p, t, false, true);
        type_text_attrs(p, t);
        return;
    case MY_K_BINARY:
        t->type = MY_T_STRING;
        t->is_binary_string = true;
        type_len(p, t, false, false);
        return;
    case MY_K_VARBINARY:
        t->type = MY_T_VARCHAR;
        t->is_binary_string = true;
        type_len(p, t, false, true);
        return;
    case MY_K_TINYBLOB:
    case MY_K_TINYTEXT:
        type_blob(p, t, 1, kw == MY_K_TINYTEXT);
        return;
    case MY_K_BLOB:
    case MY_K_TEXT:
        type_blob(p, t, 2, kw == MY_K_TEXT);
        return;
    case MY_K_MEDIUMBLOB:
    case MY_K_MEDIUMTEXT:
        type_blob(p, t, 3, kw == MY_K_MEDIUMTEXT);
        return;
    case MY_K_LONGBLOB:
    case MY_K_LONGTEXT:
        type_blob(p, t, 4, kw == MY_K_LONGTEXT);
        return;
    case MY_K_LONG:
        if (my_p_take(p, MY_K_VARBINARY)) {
            type_blob(p, t, 3, false);
        } else {
            (void)my_p_take(p, MY_K_VARCHAR);
            type_blob(p, t, 3, true);
        }
        return;
    case MY_K_ENUM:
    case MY_K_SET:
        t->type = kw == MY_K_ENUM ? MY_T_ENUM : MY_T_SET;
        type_values(p, t);
        return;
    case MY_K_JSON:
        if (p->env->version >= 50708 || p->env->mariadb) {
            t->is_json = true;
            type_blob(p, t, 4, true);
            return;
        }
        break;
    case MY_K_GEOMETRY:
    case MY_K_POINT:
    case MY_K_LINESTRING:
    case MY_K_POLYGON:
    case MY_K_MULTIPOINT:
    case MY_K_MULTILINESTRING:
    case MY_K_MULTIPOLYGON:
    case MY_K_GEOMETRYCOLLECTION:
        t->type = MY_T_GEOMETRY;
        t->is_binary_string = true;
        return;
    default:
        break;
    }
    my_p_fail(p);
}

/* ---- columns and keys ---- */
static void references(struct my_parse *p, struct my_key_def *k)
{
    my_p_table_name(p, &k->ref_db, &k->ref_table);
    if (my_p_take_op(p, '(')) {
        k->ref_cols = my_p_new(p, 32 * sizeof *k->ref_cols);
        do {
            const char *c = my_p_ident(p);
            if (k->n_ref < 32)
                k->ref_cols[k->n_ref++] = c;
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        my_p_want_op(p, ')');
    }
    while (my_p_ok(p)) {
        if (my_p_take(p, MY_K_MATCH)) {
            if (!my_p_take(p, MY_K_FULL) && !my_p_take(p, MY_K_PARTIAL))
                my_p_want(p, MY_K_SIMPLE);
        } else if (my_p_take(p, MY_K_ON)) {
            bool del = my_p_take(p, MY_K_DELETE);
            if (!del)
                my_p_want(p, MY_K_UPDATE);
            const char *what = "NO ACTION";
            if (my_p_take(p, MY_K_RESTRICT)) {
                what = "RESTRICT";
            } else if (my_p_take(p, MY_K_CASCADE)) {
                what = "CASCADE";
            } else if (my_p_take(p, MY_K_SET)) {
                what = my_p_is(p, MY_K_NULL) ? "SET NULL" : "SET DEFAULT";
                if (!my_p_take(p, MY_K_NULL))
                    my_p_want(p, MY_K_DEFAULT);
            } else {
                my_p_want(p, MY_K_NO);
                my_p_want(p, MY_K_ACTION);
            }
            if (del)
                k->on_delete = what;
            else
                k->on_update = what;
        } else {
            return;
        }
    }
}

static void column_attrs(struct my_parse *p, struct my_col_def *c)
{
    for (; my_p_ok(p);) {
        if (my_p_take(p, MY_K_NULL)) {
            c->not_null = false;
            c->null_given = true;
        } else if (my_p_take(p, MY_K_NOT)) {
            my_p_want(p, MY_K_NULL);
            c->not_null = true;
        } else if (my_p_take(p, MY_K_DEFAULT)) {
            c->has_default = true;
            if (my_p_is(p, MY_K_NOW) || my_p_is(p, MY_K_CURRENT_TIMESTAMP) || my_p_is(p, MY_K_LOCALTIME) || my_p_is(p, MY_K_LOCALTIMESTAMP)) {
                (void)my_p_simple_expr(p);
                c->default_now = true;
            } else if (p->env->mariadb || (p->env->version >= 80013 && my_p_is_op(p, '('))) {
                c->dflt = my_p_bit_expr(p);
            } else {
                bool sign = my_p_is_op(p, '-') || my_p_is_op(p, '+'), minus = my_p_is_op(p, '-');
                if (sign)
                    my_p_next(p);
                c->dflt = my_p_literal(p);
                if (!c->dflt)
                    my_p_fail(p);
                else if (minus)
                    c->dflt = my_p_func(p, "neg", 1, c->dflt);
            }
        } else if (my_p_take(p, MY_K_ON)) {
            my_p_want(p, MY_K_UPDATE);
            if (!my_p_is(p, MY_K_NOW) && !my_p_is(p, MY_K_CURRENT_TIMESTAMP) && !my_p_is(p, MY_K_LOCALTIME) && !my_p_is(p, MY_K_LOCALTIMESTAMP))
                my_p_fail(p);
            (void)my_p_simple_expr(p);
            c->on_update_now = true;
        } else if (my_p_take(p, MY_K_AUTO_INCREMENT)) {
            c->auto_inc = true;
            c->not_null = true;
        } else if (my_p_take(p, MY_K_SERIAL)) {
            my_p_want(p, MY_K_DEFAULT);
            my_p_want(p, MY_K_VALUE);
            c->auto_inc = c->not_null = c->unique = true;
        } else if (my_p_is(p, MY_K_PRIMARY) || my_p_is(p, MY_K_KEY)) {
            (void)my_p_take(p, MY_K_PRIMARY);
            my_p_want(p, MY_K_KEY);
            c->primary = c->not_null = true;
        } else if (my_p_take(p, MY_K_UNIQUE)) {
            (void)my_p_take(p, MY_K_KEY);
            c->unique = true;
        } else if (my_p_take(p, MY_K_COMMENT)) {
            c->comment = my_p_string(p, NULL);
        } else if (my_p_take(p, MY_K_COLLATE)) {
            c->type.collate = my_p_charset_name(p);
        } else if (my_p_take(p, MY_K_COLUMN_FORMAT)) {
            (void)my_p_ident(p);
        } else if (my_p_take(p, MY_K_STORAGE)) {
            (void)my_p_ident(p);
        } else if (my_p_take(p, MY_K_REFERENCES)) {
            struct my_key_def *k = my_p_new(p, sizeof *k);
            references(p, k); /* read and, inline, ignored: as MySQL does */
        } else if (my_p_is(p, MY_K_CHECK)) {
            my_p_next(p);
            my_p_want_op(p, '(');
            (void)my_p_expr(p);
            my_p_want_op(p, ')');
        } else {
            return;
        }
    }
}

static struct my_col_def *column_def(struct my_parse *p)
{
    struct my_col_def *c = my_p_new(p, sizeof *c);
    c->name = my_p_ident(p);
    my_p_type(p, &c->type);
    if (c->type.is_serial)
        c->auto_inc = c->not_null = c->unique = true;
    column_attrs(p, c);
    return c;
}

static void key_parts(struct my_parse *p, struct my_key_def *k)
{
    my_p_want_op(p, '(');
    k->parts = my_p_new(p, 32 * sizeof *k->parts);
    do {
        struct my_keypart part = {.col = my_p_ident(p)};
        if (my_p_take_op(p, '(')) {
            part.len = int_token(p);
            my_p_want_op(p, ')');
        }
        part.desc = my_p_take(p, MY_K_DESC);
        if (!part.desc)
            (void)my_p_take(p, MY_K_ASC);
        if (k->n_parts < 32)
            k->parts[k->n_parts++] = part;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
    my_p_want_op(p, ')');
}

static void key_options(struct my_parse *p, struct my_key_def *k)
{
    for (; my_p_ok(p);) {
        if (my_p_is(p, MY_K_USING) || my_p_is(p, MY_K_TYPE)) {
            my_p_next(p);
            if (!my_p_is(p, MY_K_BTREE) && !my_p_is(p, MY_K_HASH) && !my_p_is(p, MY_K_RTREE))
                my_p_fail(p);
            k->using_ = my_p_is(p, MY_K_BTREE) ? "BTREE" : my_p_is(p, MY_K_HASH) ? "HASH" : "RTREE";
            my_p_next(p);
        } else if (my_p_take(p, MY_K_KEY_BLOCK_SIZE)) {
            (void)my_p_take_op(p, '=');
            (void)int_token(p);
        } else if (my_p_is(p, MY_K_COMMENT) && p->env->version >= 50500) {
            my_p_next(p);
            (void)my_p_string(p, NULL);
        } else if (my_p_take(p, MY_K_WITH)) {
            my_p_want(p, MY_K_PARSER);
            (void)my_p_ident(p);
        } else {
            return;
        }
    }
}

/* A key definition when one begins here, else NULL. */
static struct my_key_def *key_def(struct my_parse *p)
{
    struct my_key_def *k = my_p_new(p, sizeof *k);
    bool constraint = my_p_take(p, MY_K_CONSTRAINT);
    if (constraint && !my_p_is(p, MY_K_PRIMARY) && !my_p_is(p, MY_K_UNIQUE) && !my_p_is(p, MY_K_FOREIGN) && !my_p_is(p, MY_K_CHECK))
        k->name = my_p_ident(p);
    if (my_p_take(p, MY_K_PRIMARY)) {
        my_p_want(p, MY_K_KEY);
        k->kind = MY_KEY_PRIMARY;
        key_options(p, k);
    } else if (my_p_take(p, MY_K_UNIQUE)) {
        k->kind = MY_KEY_UNIQUE;
        if (!my_p_take(p, MY_K_KEY))
            (void)my_p_take(p, MY_K_INDEX);
        if (my_p_is_ident(p) && !my_p_is(p, MY_K_TYPE))
            k->name = my_p_ident(p);
        key_options(p, k);
    } else if (!constraint && (my_p_is(p, MY_K_FULLTEXT) || my_p_is(p, MY_K_SPATIAL))) {
        k->kind = my_p_is(p, MY_K_FULLTEXT) ? MY_KEY_FULLTEXT : MY_KEY_SPATIAL;
        my_p_next(p);
        if (!my_p_take(p, MY_K_KEY))
            (void)my_p_take(p, MY_K_INDEX);
        if (my_p_is_ident(p))
            k->name = my_p_ident(p);
    } else if (my_p_take(p, MY_K_FOREIGN)) {
        my_p_want(p, MY_K_KEY);
        k->kind = MY_KEY_FOREIGN;
        if (my_p_is_ident(p)) {
            const char *name = my_p_ident(p);
            if (!k->name)
                k->name = name;
        }
        key_parts(p, k);
        my_p_want(p, MY_K_REFERENCES);
        references(p, k);
        return k;
    } else if (!constraint && (my_p_is(p, MY_K_KEY) || my_p_is(p, MY_K_INDEX))) {
        my_p_next(p);
        k->kind = MY_KEY_INDEX;
        if (my_p_is_ident(p) && !my_p_is(p, MY_K_TYPE))
            k->name = my_p_ident(p);
        key_options(p, k);
    } else if (my_p_take(p, MY_K_CHECK)) {
        my_p_want_op(p, '(');
        (void)my_p_expr(p);
        my_p_want_op(p, ')');
        k->kind = MY_KEY_FOREIGN; /* parsed, not kept */
        return k;
    } else {
        if (constraint)
            my_p_fail(p);
        return NULL;
    }
    key_parts(p, k);
    key_options(p, k);
    return k;
}

static void text_or_word(struct my_parse *p, const char **ret)
{
    if (p->tok.kind == MY_TOK_STRING)
        *ret = my_p_string(p, NULL);
    else
        *ret = my_p_ident(p);
}

/* One table option when one begins here. */
static bool table_option(struct my_parse *p, struct my_table_opts *o)
{
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    const char *text = NULL;
    switch (kw) {
    case MY_K_TYPE: /* gone in 5.5 */
        if (p->env->version >= 50500)
            return false;
        /* fall through */
    case MY_K_ENGINE:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        text_or_word(p, &o->engine);
        return true;
    case MY_K_AUTO_INCREMENT:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        o->has_auto_inc = true;
        o->auto_inc = p->tok.kind == MY_TOK_INT ? (uint64_t)my_text_i64(p->tok.text, p->tok.len, NULL, NULL) : 0;
        if (p->tok.kind != MY_TOK_INT)
            my_p_fail(p);
        my_p_next(p);
        return true;
    case MY_K_DEFAULT:
        my_p_next(p);
        if (my_p_is(p, MY_K_COLLATE) || my_p_is(p, MY_K_CHARSET) || my_p_is(p, MY_K_CHARACTER))
            return table_option(p, o);
        my_p_fail(p);
        return false;
    case MY_K_CHARSET:
    case MY_K_CHARACTER:
        my_p_next(p);
        if (kw == MY_K_CHARACTER)
            my_p_want(p, MY_K_SET);
        (void)my_p_take_op(p, '=');
        o->charset = my_p_is(p, MY_K_DEFAULT) ? NULL : my_p_charset_name(p);
        (void)my_p_take(p, MY_K_DEFAULT);
        return true;
    case MY_K_COLLATE:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        o->collate = my_p_charset_name(p);
        return true;
    case MY_K_COMMENT:
    case MY_K_PASSWORD:
    case MY_K_CONNECTION:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        text = my_p_string(p, NULL);
        if (kw == MY_K_COMMENT)
            o->comment = text;
        return true;
    case MY_K_ROW_FORMAT:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        o->row_format = p->tok.text;
        if (!my_p_take(p, MY_K_DEFAULT))
            (void)my_p_ident(p);
        return true;
    case MY_K_AVG_ROW_LENGTH:
    case MY_K_MAX_ROWS:
    case MY_K_MIN_ROWS:
    case MY_K_CHECKSUM:
    case MY_K_TABLE_CHECKSUM:
    case MY_K_DELAY_KEY_WRITE:
    case MY_K_KEY_BLOCK_SIZE:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        (void)int_token(p);
        return true;
    case MY_K_PACK_KEYS:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        if (!my_p_take(p, MY_K_DEFAULT))
            (void)int_token(p);
        return true;
    case MY_K_INSERT_METHOD:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        (void)my_p_ident(p);
        return true;
    case MY_K_DATA:
    case MY_K_INDEX: {
        const struct my_tok *a = my_p_ahead(p);
        if (a->kind != MY_TOK_WORD || a->kw != MY_K_DIRECTORY)
            return false;
        my_p_next(p);
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        (void)my_p_string(p, NULL);
        return true;
    }
    default:
        return false;
    }
}

static void table_options(struct my_parse *p, struct my_table_opts *o)
{
    while (my_p_ok(p) && p->tok.kind == MY_TOK_WORD && table_option(p, o))
        (void)my_p_take_op(p, ',');
}

/* PARTITION BY … to the end of the statement: its parts are read for balance only. */
static void partition_by(struct my_parse *p)
{
    int depth = 0;
    while (my_p_ok(p) && p->tok.kind != MY_TOK_END && !(depth == 0 && my_p_is_op(p, ';'))) {
        if (my_p_is_op(p, '('))
            depth++;
        if (my_p_is_op(p, ')') && --depth < 0) {
            my_p_fail(p);
            return;
        }
        if (p->tok.kind == MY_TOK_BAD) {
            my_p_fail(p);
            return;
        }
        my_p_next(p);
    }
    if (depth)
        my_p_fail(p);
}

static bool if_not_exists(struct my_parse *p)
{
    if (!my_p_take(p, MY_K_IF))
        return false;
    my_p_want(p, MY_K_NOT);
    my_p_want(p, MY_K_EXISTS);
    return true;
}

static bool if_exists(struct my_parse *p)
{
    if (!my_p_take(p, MY_K_IF))
        return false;
    my_p_want(p, MY_K_EXISTS);
    return true;
}

static bool like_or_columns(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_take(p, MY_K_LIKE)) {
        st->like_table = true;
        st->names = my_p_new(p, sizeof *st->names);
        my_p_table_name(p, &st->names->db, &st->names->name);
        return true;
    }
    return false;
}

static void create_table(struct my_parse *p, struct my_stmt *st)
{
    st->com = MY_Q_CREATE_TABLE;
    st->if_not_exists = if_not_exists(p);
    my_p_table_name(p, &st->db, &st->name);
    if (like_or_columns(p, st))
        return;
    if (my_p_is_op(p, '(')) {
        const struct my_tok *a = my_p_ahead(p);
        bool sel = a->kind == MY_TOK_WORD && a->kw == MY_K_SELECT;
        if (!sel) {
            my_p_next(p);
            if (my_p_is(p, MY_K_LIKE)) {
                (void)like_or_columns(p, st);
                my_p_want_op(p, ')');
                return;
            }
            struct my_col_def **last_col = &st->col_defs;
            struct my_key_def **last_key = &st->key_defs;
            do {
                struct my_key_def *k = p->tok.kind == MY_TOK_WORD && my_kw_reserved(&p->lex, p->tok.kw) ? key_def(p) : NULL;
                if (k) {
                    *last_key = k;
                    last_key = &k->next;
                } else {
                    struct my_col_def *c = column_def(p);
                    *last_col = c;
                    last_col = &c->next;
                }
            } while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
        }
    }
    table_options(p, &st->opts);
    if (my_p_is(p, MY_K_PARTITION))
        partition_by(p);
    if (my_p_take(p, MY_K_IGNORE))
        st->ignore = true;
    else
        (void)my_p_take(p, MY_K_REPLACE);
    (void)my_p_take(p, MY_K_AS);
    if (my_p_is(p, MY_K_SELECT) || my_p_is_op(p, '('))
        st->select = my_p_select(p, false);
}

static void db_options(struct my_parse *p, struct my_stmt *st)
{
    while (my_p_ok(p) && (my_p_is(p, MY_K_DEFAULT) || my_p_is(p, MY_K_CHARACTER) || my_p_is(p, MY_K_CHARSET) || my_p_is(p, MY_K_COLLATE))) {
        (void)my_p_take(p, MY_K_DEFAULT);
        if (my_p_take(p, MY_K_COLLATE)) {
            (void)my_p_take_op(p, '=');
            st->opts.collate = my_p_charset_name(p);
        } else {
            if (!my_p_take(p, MY_K_CHARSET)) {
                my_p_want(p, MY_K_CHARACTER);
                my_p_want(p, MY_K_SET);
            }
            (void)my_p_take_op(p, '=');
            st->opts.charset = my_p_charset_name(p);
        }
    }
}

/* The rest of the statement as it stands: bodies of routines, triggers, events, views. */
static void rest_as_body(struct my_parse *p, struct my_stmt *st, const char *from)
{
    st->body = from;
    st->text = from;
    st->text_len = (size_t)(p->text_end - from);
    while (my_p_ok(p) && p->tok.kind != MY_TOK_END) {
        if (p->tok.kind == MY_TOK_BAD)
            my_p_fail(p);
        my_p_next(p);
    }
}

static void create_function(struct my_parse *p, struct my_stmt *st, bool procedure)
{
    my_p_table_name(p, &st->db, &st->name);
    if (!procedure && my_p_take(p, MY_K_RETURNS)) {
        if (!my_p_is(p, MY_K_STRING) && !my_p_is(p, MY_K_REAL) && !my_p_is(p, MY_K_DECIMAL) && !my_p_is(p, MY_K_INT) &&
            !my_p_is(p, MY_K_INTEGER))
            my_p_fail(p);
        st->word = p->tok.kw;
        my_p_next(p);
        my_p_want(p, MY_K_SONAME);
        st->text = my_p_string(p, &st->text_len);
        st->com = MY_Q_CREATE_UDF;
        if (st->db)
            my_p_fail(p);
        return;
    }
    st->com = MY_Q_CREATE_ROUTINE;
    st->is_function = !procedure;
    const char *from = p->tok.raw;
    my_p_want_op(p, '(');
    while (my_p_ok(p) && !my_p_is_op(p, ')')) {
        if (procedure && (my_p_is(p, MY_K_IN) || my_p_is(p, MY_K_OUT) || my_p_is(p, MY_K_INOUT)))
            my_p_next(p);
        (void)my_p_ident(p);
        struct my_type_def t;
        my_p_type(p, &t);
        if (!my_p_take_op(p, ','))
            break;
    }
    my_p_want_op(p, ')');
    if (!procedure) {
        my_p_want(p, MY_K_RETURNS);
        struct my_type_def t;
        my_p_type(p, &t);
    }
    if (my_p_ok(p) && p->tok.kind == MY_TOK_END)
        my_p_fail(p);
    rest_as_body(p, st, from);
}

static void create_index(struct my_parse *p, struct my_stmt *st, enum my_key_kind kind)
{
    st->com = MY_Q_CREATE_INDEX;
    my_p_want(p, MY_K_INDEX);
    struct my_key_def *k = my_p_new(p, sizeof *k);
    k->kind = kind;
    k->name = my_p_ident(p);
    key_options(p, k);
    my_p_want(p, MY_K_ON);
    my_p_table_name(p, &st->db, &st->name);
    key_parts(p, k);
    key_options(p, k);
    st->key_defs = k;
}

static void definer(struct my_parse *p)
{
    if (!my_p_take(p, MY_K_DEFINER))
        return;
    my_p_want_op(p, '=');
    if (!my_p_take(p, MY_K_CURRENT_USER))
        (void)my_p_user(p, false);
    else if (my_p_take_op(p, '('))
        my_p_want_op(p, ')');
}

static void create(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_take(p, MY_K_OR)) {
        my_p_want(p, MY_K_REPLACE);
        st->or_replace = true;
    }
    if (my_p_take(p, MY_K_TEMPORARY)) {
        st->temporary = true;
        my_p_want(p, MY_K_TABLE);
        create_table(p, st);
        return;
    }
    if (my_p_take(p, MY_K_ALGORITHM)) {
        my_p_want_op(p, '=');
        (void)my_p_ident(p);
    }
    definer(p);
    if (my_p_take(p, MY_K_SQL)) {
        my_p_want(p, MY_K_SECURITY);
        (void)my_p_ident(p);
    }
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    if (st->or_replace && kw != MY_K_VIEW && !p->env->mariadb) {
        my_p_fail(p);
        return;
    }
    switch (kw) {
    case MY_K_TABLE:
        my_p_next(p);
        create_table(p, st);
        return;
    case MY_K_DATABASE:
    case MY_K_SCHEMA:
        my_p_next(p);
        st->com = MY_Q_CREATE_DB;
        st->if_not_exists = if_not_exists(p);
        st->name = my_p_ident(p);
        db_options(p, st);
        return;
    case MY_K_AGGREGATE:
        my_p_next(p);
        st->aggregate = true;
        my_p_want(p, MY_K_FUNCTION);
        create_function(p, st, false);
        return;
    case MY_K_FUNCTION:
    case MY_K_PROCEDURE:
        my_p_next(p);
        if (p->env->mariadb)
            st->if_not_exists = if_not_exists(p);
        create_function(p, st, kw == MY_K_PROCEDURE);
        return;
    case MY_K_USER:
        my_p_next(p);
        st->com = MY_Q_CREATE_USER;
        if (p->env->version >= 50700)
            st->if_not_exists = if_not_exists(p);
        {
            struct my_user_spec **last = &st->users;
            do {
                *last = my_p_user(p, true);
                last = &(*last)->next;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
        }
        return;
    case MY_K_UNIQUE:
    case MY_K_FULLTEXT:
    case MY_K_SPATIAL:
        my_p_next(p);
        create_index(p, st, kw == MY_K_UNIQUE ? MY_KEY_UNIQUE : kw == MY_K_FULLTEXT ? MY_KEY_FULLTEXT : MY_KEY_SPATIAL);
        return;
    case MY_K_INDEX:
        create_index(p, st, MY_KEY_INDEX);
        return;
    case MY_K_VIEW: {
        my_p_next(p);
        st->com = MY_Q_CREATE_VIEW;
        my_p_table_name(p, &st->db, &st->name);
        if (my_p_take_op(p, '(')) {
            st->cols = my_p_new(p, 256 * sizeof *st->cols);
            do {
                const char *c = my_p_ident(p);
                if (st->n_cols < 256)
                    st->cols[st->n_cols++] = c;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
        }
        my_p_want(p, MY_K_AS);
        st->text = p->tok.raw;
        st->select = my_p_select(p, false);
        st->text_len = (size_t)((p->tok.raw ? p->tok.raw : p->text_end) - st->text);
        if (my_p_take(p, MY_K_WITH)) {
            if (!my_p_take(p, MY_K_CASCADED))
                (void)my_p_take(p, MY_K_LOCAL);
            my_p_want(p, MY_K_CHECK);
            my_p_want(p, MY_K_OPTION);
        }
        return;
    }
    case MY_K_TRIGGER:
        my_p_next(p);
        st->com = MY_Q_CREATE_TRIGGER;
        my_p_table_name(p, &st->db, &st->name);
        {
            const char *from = p->tok.raw;
            if (!my_p_take(p, MY_K_BEFORE))
                my_p_want(p, MY_K_AFTER);
            if (!my_p_take(p, MY_K_INSERT) && !my_p_take(p, MY_K_UPDATE))
                my_p_want(p, MY_K_DELETE);
            my_p_want(p, MY_K_ON);
            st->names = my_p_new(p, sizeof *st->names);
            my_p_table_name(p, &st->names->db, &st->names->name);
            my_p_want(p, MY_K_FOR);
            my_p_want(p, MY_K_EACH);
            my_p_want(p, MY_K_ROW);
            if (p->tok.kind == MY_TOK_END)
                my_p_fail(p);
            rest_as_body(p, st, from);
        }
        return;
    case MY_K_EVENT:
        my_p_next(p);
        st->com = MY_Q_CREATE_EVENT;
        st->if_not_exists = if_not_exists(p);
        my_p_table_name(p, &st->db, &st->name);
        {
            const char *from = p->tok.raw;
            my_p_want(p, MY_K_ON);
            my_p_want(p, MY_K_SCHEDULE);
            if (!my_p_is(p, MY_K_AT) && !my_p_is(p, MY_K_EVERY))
                my_p_fail(p);
            rest_as_body(p, st, from);
        }
        return;
    default:
        my_p_fail(p);
    }
}

static void drop(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->temporary = my_p_take(p, MY_K_TEMPORARY);
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    if (st->temporary && kw != MY_K_TABLE && kw != MY_K_TABLES) {
        my_p_fail(p);
        return;
    }
    switch (kw) {
    case MY_K_TABLE:
    case MY_K_TABLES:
    case MY_K_VIEW:
        my_p_next(p);
        st->com = kw == MY_K_VIEW ? MY_Q_DROP_VIEW : MY_Q_DROP_TABLE;
        st->if_exists = if_exists(p);
        my_p_name_list(p, &st->names);
        if (!my_p_take(p, MY_K_RESTRICT))
            (void)my_p_take(p, MY_K_CASCADE);
        return;
    case MY_K_DATABASE:
    case MY_K_SCHEMA:
        my_p_next(p);
        st->com = MY_Q_DROP_DB;
        st->if_exists = if_exists(p);
        st->name = my_p_ident(p);
        return;
    case MY_K_FUNCTION:
    case MY_K_PROCEDURE:
        my_p_next(p);
        st->com = MY_Q_DROP_ROUTINE;
        st->is_function = kw == MY_K_FUNCTION;
        st->if_exists = if_exists(p);
        my_p_table_name(p, &st->db, &st->name);
        return;
    case MY_K_TRIGGER:
        my_p_next(p);
        st->com = MY_Q_DROP_TRIGGER;
        st->if_exists = if_exists(p);
        my_p_table_name(p, &st->db, &st->name);
        return;
    case MY_K_EVENT:
        my_p_next(p);
        st->com = MY_Q_DROP_EVENT;
        st->if_exists = if_exists(p);
        my_p_table_name(p, &st->db, &st->name);
        return;
    case MY_K_INDEX:
        my_p_next(p);
        st->com = MY_Q_DROP_INDEX;
        st->name2 = my_p_is(p, MY_K_PRIMARY) ? "PRIMARY" : my_p_ident(p);
        (void)my_p_take(p, MY_K_PRIMARY);
        my_p_want(p, MY_K_ON);
        my_p_table_name(p, &st->db, &st->name);
        return;
    case MY_K_USER:
        my_p_next(p);
        st->com = MY_Q_DROP_USER;
        if (p->env->version >= 50700)
            st->if_exists = if_exists(p);
        {
            struct my_user_spec **last = &st->users;
            do {
                *last = my_p_user(p, false);
                last = &(*last)->next;
            } while (my_p_ok(p) && my_p_take_op(p, ','));
        }
        return;
    case MY_K_PREPARE:
        my_p_next(p);
        st->com = MY_Q_DEALLOCATE;
        st->name = my_p_ident(p);
        return;
    default:
        my_p_fail(p);
    }
}

static void position(struct my_parse *p, struct my_col_def *c)
{
    if (my_p_take(p, MY_K_FIRST))
        c->after = "";
    else if (my_p_take(p, MY_K_AFTER))
        c->after = my_p_ident(p);
}

static struct my_alter *alter_new(struct my_parse *p, struct my_alter ***last, enum my_alter_kind kind)
{
    struct my_alter *a = my_p_new(p, sizeof *a);
    a->kind = kind;
    **last = a;
    *last = &a->next;
    return a;
}

static void alter_item(struct my_parse *p, struct my_stmt *st, struct my_alter ***last)
{
    struct my_alter *a;
    if (my_p_take(p, MY_K_ADD)) {
        bool column = my_p_take(p, MY_K_COLUMN);
        if (!column && p->tok.kind == MY_TOK_WORD && my_kw_reserved(&p->lex, p->tok.kw)) {
            struct my_key_def *k = key_def(p);
            if (!k)
                my_p_fail(p);
            alter_new(p, last, MY_ALTER_ADD_KEY)->key = k;
            return;
        }
        if (my_p_take_op(p, '(')) {
            do
                alter_new(p, last, MY_ALTER_ADD_COL)->col = column_def(p);
            while (my_p_ok(p) && my_p_take_op(p, ','));
            my_p_want_op(p, ')');
            return;
        }
        a = alter_new(p, last, MY_ALTER_ADD_COL);
        a->col = column_def(p);
        position(p, a->col);
    } else if (my_p_take(p, MY_K_DROP)) {
        if (my_p_take(p, MY_K_PRIMARY)) {
            my_p_want(p, MY_K_KEY);
            (void)alter_new(p, last, MY_ALTER_DROP_PRIMARY);
        } else if (my_p_take(p, MY_K_FOREIGN)) {
            my_p_want(p, MY_K_KEY);
            alter_new(p, last, MY_ALTER_DROP_KEY)->name = my_p_ident(p);
        } else if (my_p_is(p, MY_K_KEY) || my_p_is(p, MY_K_INDEX)) {
            my_p_next(p);
            alter_new(p, last, MY_ALTER_DROP_KEY)->name = my_p_ident(p);
        } else {
            (void)my_p_take(p, MY_K_COLUMN);
            alter_new(p, last, MY_ALTER_DROP_COL)->name = my_p_ident(p);
            if (!my_p_take(p, MY_K_RESTRICT))
                (void)my_p_take(p, MY_K_CASCADE);
        }
    } else if (my_p_is(p, MY_K_CHANGE) || my_p_is(p, MY_K_MODIFY)) {
        bool change = my_p_is(p, MY_K_CHANGE);
        my_p_next(p);
        (void)my_p_take(p, MY_K_COLUMN);
        a = alter_new(p, last, change ? MY_ALTER_CHANGE_COL : MY_ALTER_MODIFY_COL);
        if (change)
            a->name = my_p_ident(p);
        a->col = column_def(p);
        if (!change)
            a->name = a->col->name;
        position(p, a->col);
    } else if (my_p_take(p, MY_K_ALTER)) {
        (void)my_p_take(p, MY_K_COLUMN);
        const char *name = my_p_ident(p);
        if (my_p_take(p, MY_K_SET)) {
            my_p_want(p, MY_K_DEFAULT);
            a = alter_new(p, last, MY_ALTER_SET_DEFAULT);
            a->dflt = my_p_literal(p);
            if (!a->dflt)
                my_p_fail(p);
        } else {
            my_p_want(p, MY_K_DROP);
            my_p_want(p, MY_K_DEFAULT);
            a = alter_new(p, last, MY_ALTER_DROP_DEFAULT);
        }
        a->name = name;
    } else if (my_p_take(p, MY_K_RENAME)) {
        if (!my_p_take(p, MY_K_TO) && !my_p_take(p, MY_K_AS))
            (void)my_p_take_op(p, '=');
        a = alter_new(p, last, MY_ALTER_RENAME);
        my_p_table_name(p, &a->db, &a->name);
    } else if (my_p_is(p, MY_K_DISABLE) || my_p_is(p, MY_K_ENABLE)) {
        my_p_next(p);
        my_p_want(p, MY_K_KEYS);
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (my_p_take(p, MY_K_CONVERT)) {
        my_p_want(p, MY_K_TO);
        if (!my_p_take(p, MY_K_CHARSET)) {
            my_p_want(p, MY_K_CHARACTER);
            my_p_want(p, MY_K_SET);
        }
        st->opts.charset = my_p_charset_name(p);
        if (my_p_take(p, MY_K_COLLATE))
            st->opts.collate = my_p_charset_name(p);
        (void)alter_new(p, last, MY_ALTER_OPTIONS);
    } else if (my_p_take(p, MY_K_ORDER)) {
        my_p_want(p, MY_K_BY);
        (void)my_p_order_list(p);
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (my_p_take(p, MY_K_FORCE)) {
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (my_p_is(p, MY_K_DISCARD) || my_p_is(p, MY_K_IMPORT)) {
        my_p_next(p);
        my_p_want(p, MY_K_TABLESPACE);
        (void)alter_new(p, last, MY_ALTER_OTHER);
    } else if (p->tok.kind == MY_TOK_WORD && table_option(p, &st->opts)) {
        (void)alter_new(p, last, MY_ALTER_OPTIONS);
    } else {
        my_p_fail(p);
    }
}

static void alter(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    st->ignore = my_p_take(p, MY_K_IGNORE);
    if (my_p_take(p, MY_K_TABLE)) {
        st->com = MY_Q_ALTER_TABLE;
        my_p_table_name(p, &st->db, &st->name);
        struct my_alter **last = &st->alters;
        if (p->tok.kind == MY_TOK_END || my_p_is_op(p, ';'))
            return;
        if (my_p_is(p, MY_K_PARTITION)) {
            partition_by(p);
            return;
        }
        do
            alter_item(p, st, &last);
        while (my_p_ok(p) && (my_p_take_op(p, ',') || (p->tok.kind == MY_TOK_WORD && table_option(p, &st->opts))));
        return;
    }
    if (my_p_is(p, MY_K_DATABASE) || my_p_is(p, MY_K_SCHEMA)) {
        my_p_next(p);
        st->com = MY_Q_ALTER_DB;
        if (my_p_is_ident(p) && !my_p_is(p, MY_K_CHARSET))
            st->name = my_p_ident(p);
        if (!my_p_is(p, MY_K_DEFAULT) && !my_p_is(p, MY_K_CHARACTER) && !my_p_is(p, MY_K_CHARSET) && !my_p_is(p, MY_K_COLLATE))
            my_p_fail(p);
        db_options(p, st);
        return;
    }
    if (my_p_is(p, MY_K_USER) && (p->env->version >= 50600 || p->env->mariadb)) {
        my_p_next(p);
        st->com = MY_Q_ALTER_USER;
        st->if_exists = p->env->version >= 50700 && if_exists(p);
        struct my_user_spec **last = &st->users;
        do {
            *last = my_p_user(p, p->env->version >= 50700 || p->env->mariadb);
            last = &(*last)->next;
            if (my_p_take(p, MY_K_PASSWORD))
                my_p_want(p, MY_K_EXPIRE);
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        return;
    }
    if (my_p_is(p, MY_K_FUNCTION) || my_p_is(p, MY_K_PROCEDURE)) {
        st->com = MY_Q_DROP_ROUTINE;
        st->word = MY_K_ALTER;
        st->is_function = my_p_is(p, MY_K_FUNCTION);
        my_p_next(p);
        my_p_table_name(p, &st->db, &st->name);
        if (my_p_take(p, MY_K_COMMENT))
            (void)my_p_string(p, NULL);
        return;
    }
    my_p_fail(p);
}

static void rename_(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (my_p_take(p, MY_K_USER)) {
        st->com = MY_Q_RENAME_USER;
        struct my_user_spec **last = &st->users;
        do {
            *last = my_p_user(p, false);
            last = &(*last)->next;
            my_p_want(p, MY_K_TO);
            *last = my_p_user(p, false);
            last = &(*last)->next;
        } while (my_p_ok(p) && my_p_take_op(p, ','));
        return;
    }
    if (!my_p_take(p, MY_K_TABLES))
        my_p_want(p, MY_K_TABLE);
    st->com = MY_Q_RENAME_TABLE;
    struct my_name **last = &st->names;
    do {
        struct my_name *n = my_p_new(p, sizeof *n);
        my_p_table_name(p, &n->db, &n->name);
        my_p_want(p, MY_K_TO);
        my_p_table_name(p, &n->db2, &n->name2);
        *last = n;
        last = &n->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

bool my_p_ddl(struct my_parse *p, struct my_stmt *st)
{
    switch (p->tok.kw) {
    case MY_K_CREATE:
        create(p, st);
        return true;
    case MY_K_DROP:
        drop(p, st);
        return true;
    case MY_K_ALTER:
        alter(p, st);
        return true;
    case MY_K_RENAME:
        rename_(p, st);
        return true;
    default:
        return false;
    }
}
