/* GRANT, REVOKE and accounts. */
#include "base/wr.h"
#include "protocol/mysql/syntax/my_parse.h"
#include "protocol/mysql/syntax/my_parse_admin.h"
#include "protocol/mysql/world/my_def.h"

/* ---- users ---- */
static const struct {
    enum my_kw kw, kw2;
    const char *name;
} privileges[] = {
    {MY_K_SELECT, MY_KW_NONE, "Select"}, {MY_K_INSERT, MY_KW_NONE, "Insert"}, {MY_K_UPDATE, MY_KW_NONE, "Update"}, {MY_K_DELETE, MY_KW_NONE, "Delete"},
    {MY_K_CREATE, MY_K_TEMPORARY, "Create_tmp_table"}, {MY_K_CREATE, MY_K_VIEW, "Create_view"}, {MY_K_CREATE, MY_K_USER, "Create_user"},
    {MY_K_CREATE, MY_K_ROUTINE, "Create_routine"}, {MY_K_CREATE, MY_K_TABLESPACE, "Create_tablespace"}, {MY_K_CREATE, MY_KW_NONE, "Create"},
    {MY_K_DROP, MY_KW_NONE, "Drop"}, {MY_K_RELOAD, MY_KW_NONE, "Reload"}, {MY_K_SHUTDOWN, MY_KW_NONE, "Shutdown"}, {MY_K_PROCESS, MY_KW_NONE, "Process"},
    {MY_K_FILE, MY_KW_NONE, "File"}, {MY_K_GRANT, MY_K_OPTION, "Grant"}, {MY_K_REFERENCES, MY_KW_NONE, "References"}, {MY_K_INDEX, MY_KW_NONE, "Index"},
    {MY_K_ALTER, MY_K_ROUTINE, "Alter_routine"}, {MY_K_ALTER, MY_KW_NONE, "Alter"}, {MY_K_SHOW, MY_K_DATABASES, "Show_db"},
    {MY_K_SHOW, MY_K_VIEW, "Show_view"}, {MY_K_SUPER, MY_KW_NONE, "Super"}, {MY_K_LOCK, MY_K_TABLES, "Lock_tables"},
    {MY_K_EXECUTE, MY_KW_NONE, "Execute"}, {MY_K_REPLICATION, MY_K_SLAVE, "Repl_slave"}, {MY_K_REPLICATION, MY_K_CLIENT, "Repl_client"},
    {MY_K_EVENT, MY_KW_NONE, "Event"}, {MY_K_TRIGGER, MY_KW_NONE, "Trigger"}, {MY_K_USAGE, MY_KW_NONE, ""},
};

static void privilege(struct my_parse *p, struct my_stmt *st)
{
    if (p->tok.kind == MY_TOK_WORD)
        for (size_t i = 0; i < sizeof privileges / sizeof *privileges; i++) {
            if (p->tok.kw != privileges[i].kw)
                continue;
            if (privileges[i].kw2 != MY_KW_NONE) {
                const struct my_tok *a = my_p_ahead(p);
                if (a->kind != MY_TOK_WORD || a->kw != privileges[i].kw2)
                    continue;
                my_p_next(p);
            }
            my_p_next(p);
            if (privileges[i].kw2 == MY_K_TEMPORARY)
                my_p_want(p, MY_K_TABLES);
            st->priv_names[st->n_privs++] = privileges[i].name;
            if (my_p_take_op(p, '(')) { /* column privileges */
                struct wr w = wr_of(8192);
                do
                    wr_fmt(&w, "%s%s", w.len ? "," : "", my_p_ident(p));
                while (my_p_ok(p) && my_p_take_op(p, ','));
                my_p_want_op(p, ')');
                st->priv_cols[st->n_privs - 1] = w.bad ? NULL : arena_copy(p->arena, w.bytes, w.len);
                wr_done(&w);
            }
            return;
        }
    my_p_fail(p);
}

static void grant_level(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_is(p, MY_K_FUNCTION) || my_p_is(p, MY_K_PROCEDURE)) {
        st->word = p->tok.kw;
        my_p_next(p);
    } else {
        (void)my_p_take(p, MY_K_TABLE);
    }
    if (my_p_take_op(p, '*')) {
        if (my_p_take_op(p, '.'))
            my_p_want_op(p, '*');
        else
            st->db = ""; /* the current database */
        return;
    }
    st->db = NULL;
    st->name = my_p_ident(p);
    if (my_p_take_op(p, '.')) {
        st->db = st->name;
        st->name = NULL;
        if (!my_p_take_op(p, '*'))
            st->name = my_p_ident(p);
    } else {
        st->db = "";
    }
}

static void grant_options(struct my_parse *p, struct my_stmt *st)
{
    if (my_p_take(p, MY_K_REQUIRE)) {
        const char *kind = my_p_is(p, MY_K_SSL) ? "ANY" : my_p_is(p, MY_K_X509) ? "X509" : my_p_is(p, MY_K_NONE) ? "" : "SPECIFIED";
        for (struct my_user_spec *u = st->users; u; u = u->next)
            u->ssl = kind;
        if (!my_p_take(p, MY_K_SSL) && !my_p_take(p, MY_K_X509) && !my_p_take(p, MY_K_NONE))
            do {
                if (!my_p_take(p, MY_K_SUBJECT) && !my_p_take(p, MY_K_ISSUER))
                    my_p_want(p, MY_K_CIPHER);
                (void)my_p_string(p, NULL);
                (void)my_p_take(p, MY_K_AND);
            } while (my_p_ok(p) && (my_p_is(p, MY_K_SUBJECT) || my_p_is(p, MY_K_ISSUER) || my_p_is(p, MY_K_CIPHER)));
    }
    if (my_p_take(p, MY_K_WITH)) {
        bool some = false;
        for (; my_p_ok(p); some = true) {
            if (my_p_take(p, MY_K_GRANT)) {
                my_p_want(p, MY_K_OPTION);
                st->with_grant = true;
            } else if (my_p_is(p, MY_K_MAX_QUERIES_PER_HOUR) || my_p_is(p, MY_K_MAX_UPDATES_PER_HOUR) ||
                       my_p_is(p, MY_K_MAX_CONNECTIONS_PER_HOUR) || my_p_is(p, MY_K_MAX_USER_CONNECTIONS)) {
                my_p_next(p);
                if (p->tok.kind != MY_TOK_INT)
                    my_p_fail(p);
                my_p_next(p);
            } else {
                break;
            }
        }
        if (!some)
            my_p_fail(p);
    }
}

void my_p_user_list(struct my_parse *p, struct my_stmt *st, bool identified)
{
    struct my_user_spec **last = &st->users;
    do {
        *last = my_p_user(p, identified);
        last = &(*last)->next;
    } while (my_p_ok(p) && my_p_take_op(p, ','));
}

void my_p_account_options(struct my_parse *p, struct my_stmt *st)
{
    grant_options(p, st);
}

/* GRANT role TO …: a name that is no privilege, and TO, FROM or a comma behind it. */
static bool grant_role(struct my_parse *p, struct my_stmt *st, bool revoke)
{
    bool word = my_p_is_ident(p) || p->tok.kind == MY_TOK_STRING, known = my_p_is(p, MY_K_ALL) || my_p_is(p, MY_K_PROXY);
    for (size_t i = 0; p->tok.kind == MY_TOK_WORD && i < sizeof privileges / sizeof *privileges; i++)
        known |= p->tok.kw == privileges[i].kw;
    if (!word || known)
        return false;
    st->name = p->tok.kind == MY_TOK_STRING ? my_p_string(p, NULL) : my_p_ident(p);
    st->com = revoke ? MY_Q_REVOKE_ROLE : MY_Q_GRANT_ROLE;
    my_p_want(p, revoke ? MY_K_FROM : MY_K_TO); /* the name might have been a role: what follows it is what is wrong */
    if (!my_p_ok(p))
        return true;
    my_p_user_list(p, st, false);
    if (!revoke && my_p_take(p, MY_K_WITH)) {
        st->with_grant = true;
        (void)my_p_ident(p);
        my_p_want(p, MY_K_OPTION);
    }
    return true;
}

void my_p_grant(struct my_parse *p, struct my_stmt *st, bool revoke)
{
    my_p_next(p);
    st->com = revoke ? MY_Q_REVOKE : MY_Q_GRANT;
    st->priv_names = my_p_new(p, 64 * sizeof *st->priv_names);
    st->priv_cols = my_p_new(p, 64 * sizeof *st->priv_cols);
    if (p->env->mariadb && grant_role(p, st, revoke))
        return;
    if (my_p_take(p, MY_K_ALL)) {
        st->all_privs = true;
        (void)my_p_take(p, MY_K_PRIVILEGES);
        if (revoke && my_p_take_op(p, ',')) {
            my_p_want(p, MY_K_GRANT);
            my_p_want(p, MY_K_OPTION);
            my_p_want(p, MY_K_FROM);
            st->with_grant = true;
            my_p_user_list(p, st, false);
            return;
        }
    } else if (my_p_take(p, MY_K_PROXY)) {
        my_p_want(p, MY_K_ON);
        (void)my_p_user(p, false);
        my_p_want(p, revoke ? MY_K_FROM : MY_K_TO);
        my_p_user_list(p, st, !revoke);
        if (!revoke)
            grant_options(p, st);
        st->name = "";
        return;
    } else {
        do
            privilege(p, st);
        while (my_p_ok(p) && st->n_privs < 60 && my_p_take_op(p, ','));
    }
    my_p_want(p, MY_K_ON);
    grant_level(p, st);
    my_p_want(p, revoke ? MY_K_FROM : MY_K_TO);
    my_p_user_list(p, st, !revoke);
    if (!revoke)
        grant_options(p, st);
}
