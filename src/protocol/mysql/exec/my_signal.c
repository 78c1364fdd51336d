/* SIGNAL, RESIGNAL, GET DIAGNOSTICS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_routine_int.h"

static const struct my_assign *item(const struct my_stmt *st, const char *name)
{
    for (const struct my_assign *a = st->assigns; a; a = a->next)
        if (strcasecmp(a->name, name) == 0)
            return a;
    return NULL;
}

static void signal_(struct my_run *r, struct my_stmt *st)
{
    const struct my_assign *text = item(st, "message_text"), *number = item(st, "mysql_errno");
    struct my_val t = text ? my_eval_const(r, text->expr) : my_null(), n = number && my_ok(r) ? my_eval_const(r, number->expr) : my_null();
    bool warning = strncmp(st->text, "01", 2) == 0, missing = strncmp(st->text, "02", 2) == 0;
    char msg[129] = "";
    if (!my_ok(r))
        return;
    if (text) {
        struct my_val s = my_val_text(r->arena, &t, &text->expr->m);
        if (s.kind == MY_V_STR)
            (void)snprintf(msg, sizeof msg, "%.*s", (int)(s.s.n < 128 ? s.s.n : 128), s.s.p);
    } else {
        (void)snprintf(msg, sizeof msg, "Unhandled user-defined %s condition", warning ? "warning" : missing ? "not found" : "exception");
    }
    uint16_t code = number ? (uint16_t)my_val_i64(&n, NULL) : warning ? 1642 : missing ? 1643 : 1644;
    if (warning) {
        my_warn_text(r, MY_WARNING, code, msg);
        return;
    }
    my_fail_text(r, MY_ER_SIGNAL_EXCEPTION, msg);
    r->err_code = code;
    memcpy(r->err_state, st->text, 5);
    if (r->c->n_conds)
        r->c->conds[r->c->n_conds - 1].code = code;
}

/* The condition that is handled goes on, changed where the statement says so. */
static void resignal(struct my_run *r, struct my_stmt *st)
{
    struct my_frame *f = r->frame;
    if (!f || !f->handling) {
        my_fail(r, MY_ER_RESIGNAL_NO_HANDLER);
        return;
    }
    struct my_stmt own = *st;
    const struct my_assign *text = item(st, "message_text");
    if (!st->text)
        own.text = f->handled_state;
    if (text || st->text) {
        signal_(r, &own);
        if (!text && !my_ok(r))
            (void)snprintf(r->err_text, sizeof r->err_text, "%s", f->handled_text);
    } else {
        my_fail_text(r, MY_ER_SIGNAL_EXCEPTION, f->handled_text);
        memcpy(r->err_state, f->handled_state, sizeof r->err_state);
    }
    if (!st->text && !item(st, "mysql_errno"))
        r->err_code = f->handled_code;
}

static void put(struct my_run *r, const struct my_assign *a, const struct my_val *v, const struct my_meta *m)
{
    if (a->expr->op == MY_X_USERVAR)
        my_uservar_set(r, a->expr->name, v, m);
    else if (r->frame)
        (void)my_frame_set(r->frame, (size_t)a->expr->aux, v, m);
}

static void get_diagnostics(struct my_run *r, struct my_stmt *st)
{
    const struct my_conn *c = r->c;
    struct my_meta num = {.type = MY_T_LONGLONG, .len = 21, .coll = r->kit->binary}, txt = {.type = MY_T_VAR_STRING, .len = 512 * 3, .dec = MY_DEC_FLOAT, .coll = r->kit->utf8};
    struct my_val at = st->expr ? my_eval_const(r, st->expr) : my_null();
    int64_t i = st->expr ? my_val_i64(&at, NULL) : 0;
    if (my_ok(r) && st->expr && (i < 1 || i > (int64_t)c->n_conds)) {
        my_warn_text(r, MY_ERROR, 1758, "Invalid condition number");
        return;
    }
    for (const struct my_assign *a = st->assigns; a && my_ok(r); a = a->next) {
        struct my_val v = my_str("", 0);
        const struct my_meta *m = &txt;
        if (!st->expr) {
            v = strcasecmp(a->name, "number") == 0 ? my_int(c->n_conds) : my_int(c->row_count);
            m = &num;
        } else if (strcasecmp(a->name, "mysql_errno") == 0) {
            v = my_int(c->conds[i - 1].code);
            m = &num;
        } else if (strcasecmp(a->name, "message_text") == 0) {
            v = my_str(c->conds[i - 1].text, strlen(c->conds[i - 1].text));
        } else if (strcasecmp(a->name, "returned_sqlstate") == 0) {
            const char *s = my_errstate(c->conds[i - 1].code);
            v = my_str(s, strlen(s));
        }
        put(r, a, &v, m);
    }
}

void my_exec_signal(struct my_run *r, struct my_stmt *st)
{
    if (st->com == MY_Q_SIGNAL)
        signal_(r, st);
    else if (st->com == MY_Q_RESIGNAL)
        resignal(r, st);
    else
        get_diagnostics(r, st);
}
