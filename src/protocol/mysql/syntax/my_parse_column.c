/* Columns, keys and table options. */
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_ddl.h"
#include "protocol/mysql/world/my_def.h"

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

/* [GENERATED ALWAYS] AS of MariaDB and MySQL 5.7, taken. */
static bool generated(struct my_parse *p)
{
    if (!p->env->mariadb && p->env->version < 50706)
        return false;
    if (p->tok.kind == MY_TOK_WORD && strcasecmp(p->tok.text, "generated") == 0) {
        my_p_next(p);
        my_p_want(p, MY_K_ALWAYS);
        my_p_want(p, MY_K_AS);
        return true;
    }
    return my_p_take(p, MY_K_AS);
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
            c->check = my_p_expr(p);
            my_p_want_op(p, ')');
        } else if (generated(p)) {
            my_p_want_op(p, '(');
            c->gen = my_p_expr(p);
            my_p_want_op(p, ')');
            if (p->tok.kind == MY_TOK_WORD && (strcasecmp(p->tok.text, "stored") == 0 || strcasecmp(p->tok.text, "persistent") == 0)) {
                c->stored = true;
                my_p_next(p);
            } else if (p->tok.kind == MY_TOK_WORD && strcasecmp(p->tok.text, "virtual") == 0) {
                my_p_next(p);
            }
        } else {
            return;
        }
    }
}

struct my_col_def *my_p_column_def(struct my_parse *p)
{
    struct my_col_def *c = my_p_new(p, sizeof *c);
    c->name = my_p_ident(p);
    my_p_type(p, &c->type);
    if (c->type.is_serial)
        c->auto_inc = c->not_null = c->unique = true;
    column_attrs(p, c);
    return c;
}

void my_p_key_parts(struct my_parse *p, struct my_key_def *k)
{
    my_p_want_op(p, '(');
    k->parts = my_p_new(p, 32 * sizeof *k->parts);
    do {
        struct my_keypart part = {.col = my_p_ident(p)};
        if (my_p_take_op(p, '(')) {
            part.len = my_p_int_token(p);
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

void my_p_key_options(struct my_parse *p, struct my_key_def *k)
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
            (void)my_p_int_token(p);
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

struct my_key_def *my_p_key_def(struct my_parse *p)
{
    struct my_key_def *k = my_p_new(p, sizeof *k);
    bool constraint = my_p_take(p, MY_K_CONSTRAINT);
    if (constraint && !my_p_is(p, MY_K_PRIMARY) && !my_p_is(p, MY_K_UNIQUE) && !my_p_is(p, MY_K_FOREIGN) && !my_p_is(p, MY_K_CHECK))
        k->name = my_p_ident(p);
    if (my_p_take(p, MY_K_PRIMARY)) {
        my_p_want(p, MY_K_KEY);
        k->kind = MY_KEY_PRIMARY;
        my_p_key_options(p, k);
    } else if (my_p_take(p, MY_K_UNIQUE)) {
        k->kind = MY_KEY_UNIQUE;
        if (!my_p_take(p, MY_K_KEY))
            (void)my_p_take(p, MY_K_INDEX);
        if (my_p_is_ident(p) && !my_p_is(p, MY_K_TYPE))
            k->name = my_p_ident(p);
        my_p_key_options(p, k);
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
        my_p_key_parts(p, k);
        my_p_want(p, MY_K_REFERENCES);
        references(p, k);
        return k;
    } else if (!constraint && (my_p_is(p, MY_K_KEY) || my_p_is(p, MY_K_INDEX))) {
        my_p_next(p);
        k->kind = MY_KEY_INDEX;
        if (my_p_is_ident(p) && !my_p_is(p, MY_K_TYPE))
            k->name = my_p_ident(p);
        my_p_key_options(p, k);
    } else if (my_p_take(p, MY_K_CHECK)) {
        my_p_want_op(p, '(');
        k->check = my_p_expr(p);
        my_p_want_op(p, ')');
        k->kind = MY_KEY_FOREIGN; /* not one of the keys */
        return k;
    } else {
        if (constraint)
            my_p_fail(p);
        return NULL;
    }
    my_p_key_parts(p, k);
    my_p_key_options(p, k);
    return k;
}

static void text_or_word(struct my_parse *p, const char **ret)
{
    if (p->tok.kind == MY_TOK_STRING)
        *ret = my_p_string(p, NULL);
    else
        *ret = my_p_ident(p);
}

bool my_p_table_option(struct my_parse *p, struct my_table_opts *o)
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
            return my_p_table_option(p, o);
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
        (void)my_p_int_token(p);
        return true;
    case MY_K_PACK_KEYS:
        my_p_next(p);
        (void)my_p_take_op(p, '=');
        if (!my_p_take(p, MY_K_DEFAULT))
            (void)my_p_int_token(p);
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

void my_p_table_options(struct my_parse *p, struct my_table_opts *o)
{
    while (my_p_ok(p) && p->tok.kind == MY_TOK_WORD && my_p_table_option(p, o))
        (void)my_p_take_op(p, ',');
}
