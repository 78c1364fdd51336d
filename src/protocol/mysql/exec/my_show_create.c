/* SHOW CREATE. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wr.h"
#include "protocol/mysql/exec/my_info.h"
#include "protocol/mysql/exec/my_show.h"

static void ident(struct wr *w, const char *s)
{
    wr_u8(w, '`');
    for (; *s; s++) {
        if (*s == '`')
            wr_u8(w, '`');
        wr_u8(w, (uint8_t)*s);
    }
    wr_u8(w, '`');
}

static void quoted(struct wr *w, const char *s)
{
    wr_u8(w, '\'');
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\')
            wr_u8(w, (uint8_t)*s);
        wr_u8(w, (uint8_t)*s);
    }
    wr_u8(w, '\'');
}

static void create_column(struct my_run *r, struct wr *w, const struct my_table *t, const struct my_column *c)
{
    wr_str(w, "  ");
    ident(w, c->name);
    wr_fmt(w, " %s", c->type_text);
    bool string = my_result_of(c->wire_type) == MY_RES_STR && !my_is_temporal(c->wire_type) && !my_coll_is_binary(c->coll);
    if (string && c->coll != t->coll) {
        bool same = strcmp(c->coll->charset, t->coll->charset) == 0;
        if (!same || !r->kit->mariadb)
            wr_fmt(w, " CHARACTER SET %s", c->coll->charset);
        if (!c->coll->is_default || (same && r->kit->mariadb))
            wr_fmt(w, " COLLATE %s", c->coll->name);
    } else if (string && !c->coll->is_default) {
        wr_fmt(w, " COLLATE %s", c->coll->name);
    }
    if (c->gen) {
        wr_fmt(w, " GENERATED ALWAYS AS (%s) %s", c->gen, c->stored ? "STORED" : "VIRTUAL");
        if (c->check)
            wr_fmt(w, " CHECK (%s)", c->check);
        return;
    }
    if (c->not_null)
        wr_str(w, " NOT NULL");
    else if (c->type.type == MY_T_TIMESTAMP)
        wr_str(w, " NULL");
    if (c->default_now) {
        wr_str(w, " DEFAULT CURRENT_TIMESTAMP");
    } else if (c->dflt) {
        wr_str(w, " DEFAULT ");
        quoted(w, c->dflt);
    } else if (!c->not_null && !c->type.blob && !c->auto_inc) {
        wr_str(w, " DEFAULT NULL");
    }
    if (c->on_update_now)
        wr_str(w, " ON UPDATE CURRENT_TIMESTAMP");
    if (c->auto_inc)
        wr_str(w, " AUTO_INCREMENT");
    if (c->comment && c->comment[0]) {
        wr_str(w, " COMMENT ");
        quoted(w, c->comment);
    }
    if (c->check)
        wr_fmt(w, " CHECK (%s)", c->check);
}

static void create_key(struct wr *w, const struct my_table *t, const struct my_key *k)
{
    static const char *const kinds[] = {"PRIMARY KEY", "UNIQUE KEY ", "KEY ", "FULLTEXT KEY ", "SPATIAL KEY ", "KEY "};
    wr_fmt(w, ",\n  %s", kinds[k->kind]);
    if (k->kind != MY_KEY_PRIMARY)
        ident(w, k->name);
    wr_str(w, " (");
    for (size_t i = 0; i < k->n_cols; i++) {
        if (i)
            wr_u8(w, ',');
        ident(w, t->cols[k->cols[i]].name);
        if (k->lens[i])
            wr_fmt(w, "(%u)", k->lens[i]);
    }
    wr_u8(w, ')');
    if (k->using_)
        wr_fmt(w, " USING %s", k->using_);
}

void my_create_text(struct my_run *r, const struct my_table *t, struct wr *w)
{
    if (t->create_text) {
        wr_str(w, t->create_text);
        return;
    }
    wr_fmt(w, "CREATE %sTABLE ", t->temporary ? "TEMPORARY " : "");
    ident(w, t->name);
    wr_str(w, " (\n");
    for (size_t i = 0; i < t->n_cols; i++) {
        if (i)
            wr_str(w, ",\n");
        create_column(r, w, t, &t->cols[i]);
    }
    for (size_t i = 0; i < t->n_keys; i++)
        create_key(w, t, &t->keys[i]);
    for (size_t i = 0; i < t->n_checks; i++) {
        wr_str(w, ",\n  CONSTRAINT ");
        ident(w, t->checks[i].name);
        wr_fmt(w, " CHECK (%s)", t->checks[i].text);
    }
    wr_fmt(w, "\n) ENGINE=%s", t->engine);
    if (t->auto_col >= 0 && t->auto_inc > 1)
        wr_fmt(w, " AUTO_INCREMENT=%llu", (unsigned long long)t->auto_inc);
    wr_fmt(w, " DEFAULT CHARSET=%s", t->coll->charset);
    if (!t->coll->is_default || r->kit->mariadb)
        wr_fmt(w, " COLLATE=%s", t->coll->name);
    if (t->row_format && strcasecmp(t->row_format, "DEFAULT") != 0)
        wr_fmt(w, " ROW_FORMAT=%s", t->row_format);
    if (t->comment[0]) {
        wr_str(w, " COMMENT=");
        quoted(w, t->comment);
    }
}

void my_show_create_table(struct my_run *r, struct my_stmt *st)
{
    struct my_db *db = NULL;
    const char *d = st->db ? st->db : r->c->db;
    if (my_is_info_schema(d)) {
        my_fail(r, MY_ER_UNKNOWN_TABLE, st->name, "information_schema");
        return;
    }
    struct my_table *t = my_find_table(r, st->db, st->name, &db, false);
    if (!t)
        return;
    if (st->view_only && !t->is_view && !t->shown_as_view) {
        char text[300];
        (void)snprintf(text, sizeof text, "'%s.%s' is not VIEW", db ? db->name : "", t->name);
        r->err = MY_ER_PARSE;
        r->err_code = 1347;
        (void)snprintf(r->err_state, sizeof r->err_state, "HY000");
        (void)snprintf(r->err_text, sizeof r->err_text, "%s", text);
        return;
    }
    struct wr w = wr_of(1u << 20);
    if (t->is_view || t->shown_as_view) {
        if (t->shown_as_view && db && strcasecmp(r->c->db, db->name) != 0)
            r->status |= MY_STATUS_SESSION_CHANGED;
        if (t->shown_as_view)
            wr_str(&w, t->create_text ? t->create_text : "");
        else
            wr_fmt(&w, "CREATE ALGORITHM=UNDEFINED DEFINER=%s SQL SECURITY DEFINER VIEW ", t->view_definer ? t->view_definer : "`root`@`%`");
        if (t->is_view) {
            ident(&w, t->name);
            wr_fmt(&w, " AS %s", t->view_text);
        }
        struct my_result_col cols[] = {my_plain_col(r, "View", 's', 64, false), my_plain_col(r, "Create View", 's', 1024, false),
                                       my_plain_col(r, "character_set_client", 's', 32, false), my_plain_col(r, "collation_connection", 's', 32, false)};
        (void)my_show_recorded(r, "create view mysql.user", cols, 4);
        cols[1].m.len = 3 * (w.len > 1024 ? (uint32_t)w.len : 1024);
        struct my_val v[] = {my_sv(t->name), my_str(w.bytes ? (char *)w.bytes : "", w.len), my_sv(t->shown_as_view ? "utf8mb4" : "utf8"), my_sv(t->shown_as_view ? "utf8mb4_general_ci" : "utf8_general_ci")};
        my_send_columns(r, cols, 4);
        my_send_row(r, cols, v, 4);
    } else {
        my_create_text(r, t, &w);
        struct my_result_col cols[] = {my_plain_col(r, "Table", 's', 64, false), my_plain_col(r, "Create Table", 's', w.len > 1024 ? (uint32_t)w.len : 1024, false)};
        if (w.len <= 1024)
            (void)my_show_recorded(r, "create table mysql.func", cols, 2);
        struct my_val v[] = {my_sv(t->name), my_str(w.bytes ? (char *)w.bytes : "", w.len)};
        my_send_columns(r, cols, 2);
        my_send_row(r, cols, v, 2);
    }
    wr_done(&w);
    my_send_end(r, 1);
}

void my_send_table_dump(struct my_run *r, struct my_table *t)
{
    struct wr w = wr_of(1u << 20);
    my_create_text(r, t, &w);
    my_out_begin(r->out);
    wr_bytes(&r->out->w, w.bytes, w.len);
    my_out_end(r->out);
    wr_done(&w);
    my_out_begin(r->out);
    my_out_end(r->out);
    r->sent = true;
}

void my_show_create_db(struct my_run *r, struct my_stmt *st)
{
    struct my_db *db = my_world_db(r->w, st->name);
    if (!db) {
        my_fail(r, MY_ER_BAD_DB, st->name);
        return;
    }
    struct my_result_col cols[] = {my_plain_col(r, "Database", 's', 64, false), my_plain_col(r, "Create Database", 's', 1024, false)};
    (void)my_show_recorded(r, "create database mysql", cols, 2);
    const struct my_coll *c = db->coll ? db->coll : r->kit->server_coll;
    struct wr w = wr_of(4096);
    wr_fmt(&w, "CREATE DATABASE %s", st->if_not_exists ? "/*!32312 IF NOT EXISTS*/ " : "");
    ident(&w, db->name);
    wr_fmt(&w, " /*!40100 DEFAULT CHARACTER SET %s", c->charset);
    if (!c->is_default || r->kit->mariadb)
        wr_fmt(&w, " COLLATE %s", c->name);
    wr_str(&w, " */");
    struct my_val v[] = {my_sv(db->name), my_str((char *)w.bytes, w.len)};
    my_send_columns(r, cols, 2);
    my_send_row(r, cols, v, 2);
    my_send_end(r, 1);
    wr_done(&w);
}

void my_show_create_routine(struct my_run *r, struct my_stmt *st)
{
    const char *kind = st->word == MY_K_PROCEDURE ? "PROCEDURE" : st->word == MY_K_FUNCTION ? "FUNCTION" : st->word == MY_K_TRIGGER ? "TRIGGER" : "EVENT";
    const char *db = st->db;
    if (!my_need_db(r, &db))
        return;
    struct my_routine *rt = my_world_routine(r->w, kind, db, st->name);
    if (!rt) {
        if (st->word == MY_K_TRIGGER || st->word == MY_K_EVENT) {
            r->err = MY_ER_PARSE;
            r->err_code = st->word == MY_K_TRIGGER ? 1360 : 1539;
            (void)snprintf(r->err_state, sizeof r->err_state, "HY000");
            if (st->word == MY_K_TRIGGER)
                (void)snprintf(r->err_text, sizeof r->err_text, "Trigger does not exist");
            else
                (void)snprintf(r->err_text, sizeof r->err_text, "Unknown event '%.64s'", st->name);
            return;
        }
        my_fail(r, MY_ER_SP_DOES_NOT_EXIST, kind, st->name);
        return;
    }
    struct my_result_col cols[] = {my_plain_col(r, st->word == MY_K_PROCEDURE ? "Procedure" : "Function", 's', 64, false), my_plain_col(r, "sql_mode", 's', 256, false),
                                   my_plain_col(r, st->word == MY_K_PROCEDURE ? "Create Procedure" : "Create Function", 's', 1024, true), my_plain_col(r, "character_set_client", 's', 32, false),
                                   my_plain_col(r, "collation_connection", 's', 32, false), my_plain_col(r, "Database Collation", 's', 32, false)};
    struct wr w = wr_of(1u << 20);
    wr_fmt(&w, "CREATE DEFINER=`%s`@`%s` %s ", r->c->user, r->c->priv_host, kind);
    ident(&w, rt->name);
    wr_fmt(&w, "%s", rt->body);
    struct my_val v[] = {my_sv(rt->name), my_sv(""), my_str((char *)w.bytes, w.len), my_sv("utf8"), my_sv("utf8_general_ci"), my_sv("latin1_swedish_ci")};
    my_send_columns(r, cols, 6);
    my_send_row(r, cols, v, 6);
    my_send_end(r, 1);
    wr_done(&w);
}
