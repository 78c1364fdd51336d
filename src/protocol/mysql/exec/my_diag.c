/* Errors and warnings of a statement. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/my_ses.h"

void my_diag_clear(struct my_conn *c)
{
    for (unsigned i = 0; i < c->n_conds; i++)
        free(c->conds[i].text);
    c->n_conds = c->total_conds = c->n_errors = 0;
}

void my_warn_text(struct my_run *r, enum my_level level, uint16_t code, const char *text)
{
    struct my_conn *c = r->c;
    if (level == MY_NOTE && !my_var_on(r, "sql_notes"))
        return;
    c->total_conds++;
    c->n_errors += level == MY_ERROR;
    if (c->n_conds >= sizeof c->conds / sizeof *c->conds)
        return;
    char *own = strndup(text, 511);
    if (own)
        c->conds[c->n_conds++] = (struct my_cond){level, code, own};
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void format(const struct my_run *r, char *to, size_t n, enum my_err e, va_list ap)
{
    (void)vsnprintf(to, n, my_errtext(e, r->kit->mariadb), ap);
}
#pragma GCC diagnostic pop

void my_warn(struct my_run *r, enum my_level level, enum my_err e, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, e);
    format(r, text, sizeof text, e, ap);
    va_end(ap);
    my_warn_text(r, level, my_errdef(e)->number, text);
}

void my_fail_text(struct my_run *r, enum my_err e, const char *text)
{
    if (!my_ok(r))
        return;
    const struct my_errdef *d = my_errdef(e);
    r->err = e;
    r->err_code = d->number;
    (void)snprintf(r->err_state, sizeof r->err_state, "%s", d->state);
    (void)snprintf(r->err_text, sizeof r->err_text, "%s", text);
    my_warn_text(r, MY_ERROR, d->number, r->err_text);
}

/* MariaDB names the clause as SQL writes it (enum THD_WHERE). */
static const char *clause_of(const struct my_run *r, const char *clause)
{
    static const char *const names[][2] = {
        {"field list", "SELECT"}, {"where clause", "WHERE"}, {"on clause", "ON"}, {"group statement", "GROUP BY"}, {"order clause", "ORDER BY"},
        {"having clause", "HAVING"}, {"from clause", "FROM"},
    };
    if (r->clause && strcmp(clause, "field list") == 0)
        return r->clause;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], clause) == 0)
            return names[i][1];
    return clause;
}

static void bad_name(struct my_run *r, enum my_err e, va_list ap)
{
    char text[600];
    const char *name = va_arg(ap, const char *), *clause = clause_of(r, va_arg(ap, const char *));
    (void)snprintf(text, sizeof text, e == MY_ER_BAD_FIELD ? "Unknown column '%.192s' in '%.192s'" : "Column '%.192s' in %.192s is ambiguous", name, clause);
    my_fail_text(r, e, text);
}

void my_fail(struct my_run *r, enum my_err e, ...)
{
    if (!my_ok(r))
        return;
    char text[600];
    va_list ap;
    va_start(ap, e);
    if (r->kit->mariadb && (e == MY_ER_BAD_FIELD || e == MY_ER_NON_UNIQ)) {
        bad_name(r, e, ap);
        va_end(ap);
        return;
    }
    format(r, text, sizeof text, e, ap);
    va_end(ap);
    my_fail_text(r, e, text);
}

const char *my_errcode_text(struct my_run *r, int os_errno)
{
    char buf[128];
    if (r->kit->mariadb)
        (void)snprintf(buf, sizeof buf, "%d \"%s\"", os_errno, strerror(os_errno));
    else if (r->kit->version >= 50600)
        (void)snprintf(buf, sizeof buf, "%d - %s", os_errno, strerror(os_errno));
    else
        (void)snprintf(buf, sizeof buf, "%d", os_errno);
    char *own = arena_copy(r->arena, buf, strlen(buf));
    return own ? own : "";
}
