/* LOAD DATA INFILE from files of the virtual server. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/exec/my_dml.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_sel.h"
#include "protocol/mysql/exec/my_store.h"

/* ---- LOAD DATA ---- */
struct lines {
    const char *p, *end;
    const char *term, *eol, *start;
    size_t n_term, n_eol, n_start;
    int enclose, escape;
};

static bool at_text(const struct lines *l, const char *s, size_t n)
{
    return n && (size_t)(l->end - l->p) >= n && memcmp(l->p, s, n) == 0;
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? '\0' : c == 'b' ? '\b' : c == 'Z' ? 26 : c;
}

/* One field; *ret_more false when the line ends behind it. */
static struct my_val next_field(struct my_run *r, struct lines *l, bool *ret_more)
{
    struct wr w = {.max = MY_WORLD_BYTES_MAX};
    const char *from = l->p;
    bool null = false, in_quotes = l->enclose >= 0 && l->p < l->end && *l->p == (char)l->enclose;
    *ret_more = false;
    l->p += in_quotes;
    while (l->p < l->end && !w.bad) {
        if (l->escape >= 0 && *l->p == (char)l->escape && l->p + 1 < l->end) {
            null |= w.len == 0 && l->p[1] == 'N';
            wr_u8(&w, (uint8_t)unescape(l->p[1]));
            l->p += 2;
        } else if (in_quotes && *l->p == (char)l->enclose) {
            l->p++;
            in_quotes = false;
        } else if (!in_quotes && at_text(l, l->term, l->n_term)) {
            l->p += l->n_term;
            *ret_more = true;
            break;
        } else if (!in_quotes && at_text(l, l->eol, l->n_eol)) {
            l->p += l->n_eol;
            break;
        } else {
            wr_u8(&w, (uint8_t)*l->p++);
        }
    }
    (void)my_step(r, 1 + (uint64_t)(l->p - from) / 64);
    struct my_val v = my_null();
    if (!(null && w.len == 1)) {
        char *own = arena_copy(r->arena, w.len ? (const char *)w.bytes : "", w.len);
        if (!own)
            my_fail(r, MY_ER_OUTOFMEMORY, (int)w.len);
        else
            v = my_str(own, w.len);
    }
    wr_done(&w);
    return v;
}

static void load_line(struct my_insert *in, struct lines *l)
{
    struct my_run *r = in->d.r;
    struct my_meta m = {.type = MY_T_VAR_STRING, .coll = r->kit->binary};
    bool more = true;
    if (!my_begin_row(in))
        return;
    for (size_t i = 0; i < in->n_cols && my_ok(r); i++) {
        if (!more) {
            if (in->d.st.strict && r->kit->mariadb)
                my_fail(r, MY_ER_WARN_TOO_FEW_RECORDS, in->d.st.row);
            else
                my_warn(r, MY_WARNING, MY_ER_WARN_TOO_FEW_RECORDS, in->d.st.row);
            break;
        }
        struct my_val v = next_field(r, l, &more);
        (void)(my_ok(r) && my_put_value(in, in->cols[i], &v, &m));
    }
    while (more && l->p < l->end && my_ok(r))
        (void)next_field(r, l, &more);
    if (my_ok(r))
        (void)my_end_row(in);
}

static struct lines lines_of(const struct my_file *f, const struct my_fileopts *o)
{
    struct lines l = {.p = (const char *)f->bytes, .end = (const char *)f->bytes + f->len, .term = "\t", .n_term = 1, .eol = "\n", .n_eol = 1, .enclose = -1, .escape = '\\'};
    if (o->field_term) {
        l.term = o->field_term;
        l.n_term = o->field_term_len;
    }
    if (o->line_term) {
        l.eol = o->line_term;
        l.n_eol = o->line_term_len;
    }
    if (o->enclosed && o->enclosed_len)
        l.enclose = (uint8_t)o->enclosed[0];
    if (o->escaped)
        l.escape = o->escaped_len ? (uint8_t)o->escaped[0] : -1;
    return l;
}

/* On Windows the server opens the file without a look at it before (mysql_load of sql_load.cc). */
static void cannot_read(struct my_run *r, const char *path)
{
    if (r->kit->windows)
        my_fail(r, MY_ER_FILE_NOT_FOUND_SYS, path, my_errcode_text(r, ENOENT));
    else if (my_file_is_folder(r, path))
        my_fail(r, MY_ER_TEXTFILE_NOT_READABLE, path);
    else
        my_fail(r, MY_ER_CANT_STAT, path, my_errcode_text(r, ENOENT));
}

void my_exec_load(struct my_run *r, struct my_stmt *st)
{
    struct my_insert in = {.stm = st, .replace = st->or_replace, .multi_row = true};
    if (st->local) { /* hotaru asks no client for a file */
        if (r->kit->mariadb)
            my_fail_text(r, MY_ER_LOAD_LOCAL_DISABLED, my_errdef(MY_ER_LOAD_LOCAL_DISABLED)->text);
        else
            my_fail(r, MY_ER_NOT_ALLOWED_COMMAND);
        return;
    }
    if (st->fopts.enclosed_len > 1 || st->fopts.escaped_len > 1) {
        my_fail(r, MY_ER_WRONG_FIELD_TERMINATORS);
        return;
    }
    if (!my_dml_open(&in.d, r, st->db, st->name, st->ignore))
        return;
    char full[1024];
    if (!my_choose_columns(&in) || !my_ctx_of_table(&in.d) || !my_file_path(r, st->text, true, full, sizeof full) || !my_file_is_secure(r, full))
        goto out;
    const struct my_file *f = my_world_file(r->w, full);
    if (!f) {
        cannot_read(r, full);
        goto out;
    }
    struct lines l = lines_of(f, &st->fopts);
    for (uint64_t skip = st->offset ? my_limit_of(r, st->offset) : 0; skip && l.p < l.end; skip--) {
        while (l.p < l.end && !at_text(&l, l.eol, l.n_eol))
            l.p++;
        l.p += l.p < l.end ? l.n_eol : 0;
    }
    r->c->insert_id_stmt = 0;
    while (l.p < l.end && my_ok(r))
        load_line(&in, &l);
    r->affected = in.d.changed + in.d.deleted;
    (void)snprintf(r->info, sizeof r->info, "Records: %" PRIu64 "  Deleted: %" PRIu64 "  Skipped: %" PRIu64 "  Warnings: %u", in.d.records, in.d.deleted,
                   in.d.copied, r->c->total_conds);
    my_changed_something(&in.d);
out:
    my_dml_done(&in.d);
}
