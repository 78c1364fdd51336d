/* SIGNAL, RESIGNAL, GET DIAGNOSTICS. */
#include <string.h>
#include <strings.h>

#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_admin.h"
#include "protocol/mysql/syntax/my_parse_routine.h"

static bool is_item(const char *name)
{
    static const char *const items[] = {"class_origin", "subclass_origin", "constraint_catalog", "constraint_schema", "constraint_name",
                                        "catalog_name", "schema_name", "table_name", "column_name", "cursor_name", "message_text", "mysql_errno"};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (strcasecmp(items[i], name) == 0)
            return true;
    return false;
}

/* SQLSTATE [VALUE] '45000' [SET item = value, …] */
void my_p_signal(struct my_parse *p, struct my_stmt *st)
{
    bool again = my_p_is(p, MY_K_RESIGNAL);
    my_p_next(p);
    st->com = again ? MY_Q_RESIGNAL : MY_Q_SIGNAL;
    if (my_p_take(p, MY_K_SQLSTATE)) {
        (void)my_p_take(p, MY_K_VALUE);
        st->text = my_p_string(p, &st->text_len);
        if (my_p_ok(p) && (st->text_len != 5 || strncmp(st->text, "00", 2) == 0))
            my_p_error(p, MY_ER_SP_BAD_SQLSTATE, st->text);
    } else if (my_p_is_ident(p)) {
        const char *name = my_p_ident(p);
        my_p_error(p, MY_ER_SP_COND_MISMATCH, name);
    } else if (!again) {
        my_p_fail(p);
    }
    struct my_assign **last = &st->assigns;
    if (!my_p_take(p, MY_K_SET))
        return;
    do {
        struct my_assign *a = my_p_new(p, sizeof *a);
        const struct my_tok at = p->tok;
        a->name = my_p_ident(p);
        if (my_p_ok(p) && !is_item(a->name)) {
            p->tok = at;
            my_p_fail(p);
        }
        my_p_want_op(p, '=');
        a->expr = my_p_simple_expr(p);
        *last = a;
        last = &a->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

/* A user variable, or one of the routine's: assigns' names are the items, their expressions the targets. */
void my_p_get_diagnostics(struct my_parse *p, struct my_stmt *st)
{
    my_p_next(p);
    if (!my_p_is(p, MY_K_DIAGNOSTICS))
        my_p_next(p);
    my_p_want(p, MY_K_DIAGNOSTICS);
    st->com = MY_Q_GET_DIAGNOSTICS;
    if (p->tok.kind == MY_TOK_WORD && strcasecmp(p->tok.text, "condition") == 0) {
        my_p_next(p);
        st->expr = my_p_simple_expr(p);
    }
    struct my_assign **last = &st->assigns;
    do {
        struct my_assign *a = my_p_new(p, sizeof *a);
        a->expr = my_p_simple_expr(p);
        if (my_p_ok(p) && a->expr->op != MY_X_USERVAR && a->expr->op != MY_X_PARAM)
            my_p_fail(p);
        my_p_want_op(p, '=');
        a->name = my_p_ident(p);
        *last = a;
        last = &a->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}
