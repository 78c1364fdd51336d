/* Types of columns. */
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_ddl.h"
#include "protocol/mysql/world/my_def.h"

/* ---- types ---- */
uint32_t my_p_int_token(struct my_parse *p)
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
    t->len = my_p_int_token(p);
    if (dec_ok && my_p_take_op(p, ',')) {
        t->has_dec = true;
        t->dec = (uint8_t)my_p_int_token(p);
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
        t->dec = (uint8_t)my_p_int_token(p);
        my_p_want_op(p, ')');
    }
}

void my_p_type(struct my_parse *p, struct my_type_def *t)
{
    enum my_kw kw = p->tok.kind == MY_TOK_WORD ? p->tok.kw : MY_KW_NONE;
    *t = (struct my_type_def){0};
    if (kw == MY_KW_NONE) {
        if (p->env->mariadb && my_p_is_ident(p)) /* it might be a plugin's */
            my_p_error(p, MY_ER_UNKNOWN_DATA_TYPE, p->tok.text);
        else
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
