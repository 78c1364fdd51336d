/* Files that statements write: SELECT … INTO OUTFILE and DUMPFILE, the general log. They exist in the world only. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_sel.h"

#define LOG_BYTES_MAX (1u << 20)

/* ---- paths ---- */
static bool is_slash(const struct my_run *r, char c)
{
    return c == '/' || (r->kit->windows && c == '\\');
}

static bool is_absolute(const struct my_run *r, const char *p)
{
    bool drive = r->kit->windows && ((p[0] >= 'a' && p[0] <= 'z') || (p[0] >= 'A' && p[0] <= 'Z')) && p[1] == ':';
    return is_slash(r, p[0]) || drive;
}

/* Appends `from` to the path of n bytes in `to`, forward slashes only, "." and ".." worked out. False: too long. */
static bool add_parts(const struct my_run *r, char *to, size_t max, size_t *n, const char *from)
{
    while (*from) {
        size_t len = 0;
        while (from[len] && !is_slash(r, from[len]))
            len++;
        bool up = len == 2 && from[0] == '.' && from[1] == '.';
        if (up) {
            while (*n > 0 && to[*n - 1] == '/')
                (*n)--;
            while (*n > 0 && to[*n - 1] != '/')
                (*n)--;
            if (*n == 0)
                to[(*n)++] = '/';
        } else if (len > 0 && !(len == 1 && from[0] == '.')) {
            if (*n + len + 2 > max)
                return false;
            memcpy(to + *n, from, len);
            *n += len;
            if (from[len])
                to[(*n)++] = '/';
        } else if (*n == 0 && len == 0) {
            to[(*n)++] = '/';
        }
        from += len + (from[len] != '\0');
    }
    to[*n] = '\0';
    return true;
}

static const char *var_text(struct my_run *r, const char *name)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, name);
    const char *t = v ? my_var_text(r, v, MY_SCOPE_GLOBAL) : NULL;
    return t ? t : "";
}

bool my_file_path(struct my_run *r, const char *given, bool in_db, char *ret, size_t max)
{
    size_t n = 0;
    bool has_dir = false;
    for (const char *p = given; *p; p++)
        has_dir |= is_slash(r, *p);
    if (!is_absolute(r, given)) {
        if (!add_parts(r, ret, max, &n, r->kit->persona.mysql.datadir) || n + 2 > max)
            return false;
        if (n && ret[n - 1] != '/')
            ret[n++] = '/';
        if (in_db && !has_dir && r->c->db[0] && (!add_parts(r, ret, max, &n, r->c->db) || n + 2 > max))
            return false;
        if (n && ret[n - 1] != '/')
            ret[n++] = '/';
    }
    return add_parts(r, ret, max, &n, given);
}

/* As messages show a path: in the system's own slashes. */
static const char *shown(struct my_run *r, const char *path)
{
    char *own = arena_copy(r->arena, path, strlen(path));
    for (char *p = own; p && *p && r->kit->windows; p++)
        *p = *p == '/' ? '\\' : *p;
    return own ? own : path;
}

static bool same_start(const struct my_run *r, const char *path, const char *dir)
{
    for (; *dir; dir++, path++) {
        char a = *dir == '\\' && r->kit->windows ? '/' : *dir;
        if (a == *path || (r->kit->windows && strncasecmp(&a, path, 1) == 0))
            continue;
        return a == '/' && !dir[1] && !*path;
    }
    return true;
}

/* ---- may it be written ---- */
/* Folders of any such system that the server's account may not write to. */
static const char *const closed_linux[] = {"/", "/bin", "/boot", "/etc", "/etc/cron.d", "/etc/cron.daily", "/etc/cron.hourly", "/etc/init.d",
                                           "/etc/profile.d", "/etc/mysql", "/home", "/lib", "/lib64", "/opt", "/root", "/sbin", "/srv", "/usr",
                                           "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/lib/mysql", "/usr/local", "/usr/local/bin",
                                           "/usr/local/lib", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/log", "/var/spool/cron"};

static bool closed_folder(const struct my_run *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (r->kit->windows || !slash)
        return false;
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    for (size_t i = 0; i < sizeof closed_linux / sizeof *closed_linux; i++)
        if (strlen(closed_linux[i]) == n && memcmp(closed_linux[i], path, n) == 0)
            return true;
    return false;
}

/* NTFS names a folder also as folder::$INDEX_ALLOCATION, which clients write to in order to make it. */
static bool is_folder(struct my_run *r, const char *path)
{
    char inside[1100];
    const char *stream = r->kit->windows ? strstr(path, "::$") : NULL;
    size_t whole = strlen(path);
    while (whole > 1 && path[whole - 1] == '/')
        whole--;
    if (whole <= 1)
        return !r->kit->windows;
    size_t n = stream && strcasecmp(stream, "::$INDEX_ALLOCATION") == 0 ? (size_t)(stream - path) : whole;
    (void)snprintf(inside, sizeof inside, "%.*s/x", (int)n, path);
    return my_world_dir_exists(r->w, inside) || closed_folder(r, inside);
}

/* MariaDB resolves the file's folder even when every path is secure: one that is not there is refused as well. */
bool my_file_may_be_read(struct my_run *r, const char *path)
{
    const char *secure = var_text(r, "secure_file_priv");
    bool no = *secure && (strcmp(secure, "NULL") == 0 || !same_start(r, path, secure));
    return !no && !(r->kit->mariadb && !closed_folder(r, path) && !my_world_dir_exists(r->w, path));
}

bool my_file_is_secure(struct my_run *r, const char *path)
{
    bool yes = my_file_may_be_read(r, path);
    if (!yes)
        my_fail(r, MY_ER_OPTION_PREVENTS_STATEMENT, "--secure-file-priv");
    return yes;
}

bool my_file_is_folder(struct my_run *r, const char *path)
{
    return is_folder(r, path);
}

bool my_file_in_folder(const struct my_run *r, const char *folder)
{
    size_t n = strlen(folder);
    for (size_t i = 0; i < r->w->n_files; i++)
        if (strncmp(r->w->files[i].path, folder, n) == 0)
            return true;
    return false;
}

/* The order of create_file() of sql_class.cc: secure path, exists, create. */
bool my_file_may_write(struct my_run *r, const char *given)
{
    char path[1024];
    if (!my_file_path(r, given, true, path, sizeof path)) {
        my_fail(r, MY_ER_CANT_WRITE, shown(r, given), my_errcode_text(r, ENAMETOOLONG));
        return false;
    }
    if (!my_file_is_secure(r, path))
        return false;
    size_t n = strlen(path);
    if (my_world_file(r->w, path) || (n && is_folder(r, path))) {
        my_fail(r, MY_ER_FILE_EXISTS, given);
        return false;
    }
    int rc = closed_folder(r, path) ? EACCES : !my_world_dir_exists(r->w, path) ? ENOENT : n == 0 || path[n - 1] == '/' ? EISDIR : 0;
    if (rc) {
        my_fail(r, MY_ER_CANT_WRITE, shown(r, path), my_errcode_text(r, rc));
        return false;
    }
    return true;
}

/* ---- SELECT … INTO ---- */
static bool dump_rows(struct my_run *r, const struct my_rows *rows, struct wr *w)
{
    for (size_t i = 0; i < rows->n_rows; i++) {
        if (i > 1) { /* the server counts after it looks: two rows pass */
            my_fail(r, MY_ER_TOO_MANY_ROWS);
            return false;
        }
        for (size_t k = 0; k < rows->n_cols; k++) {
            struct my_val t = my_val_text(r->arena, &rows->rows[i][k], &rows->cols[k].m);
            if (t.kind == MY_V_STR)
                wr_bytes(w, t.s.p, t.s.n);
            else
                wr_u8(w, 0);
        }
    }
    return true;
}

struct export {                /* separators as select_export works them out; -1: none */
    const struct my_fileopts *o;
    int field, line, sep, escape;
    bool ambiguous_sep, ambiguous_field;
};

static int first_char(const char *s, size_t n)
{
    return n ? (uint8_t)s[0] : -1;
}

/* Characters that mean something else after an escape: \n \t \r \b \0 \Z \N. */
static bool ambiguous(int c)
{
    return c > 0 && strchr("ntrb0ZN", c) != NULL;
}

static struct export export_of(const struct my_fileopts *o)
{
    struct export x = {.o = o, .field = first_char(o->field_term, o->field_term_len), .line = first_char(o->line_term, o->line_term_len),
                       .escape = first_char(o->escaped, o->escaped_len)};
    x.sep = o->enclosed_len ? first_char(o->enclosed, o->enclosed_len) : x.field;
    x.ambiguous_sep = ambiguous(x.sep);
    x.ambiguous_field = ambiguous(x.field);
    return x;
}

static void export_text(const struct export *x, bool enclosed, const char *s, size_t n, struct wr *w)
{
    for (size_t i = 0; i < n; i++) {
        int c = (uint8_t)s[i];
        bool needs = c == x->escape || c == (enclosed ? x->sep : x->field) || c == x->line || c == 0;
        if (needs && (enclosed || !x->ambiguous_field || c != x->field)) {
            wr_u8(w, (uint8_t)(c == x->sep && x->ambiguous_sep ? x->sep : x->escape));
            wr_u8(w, c ? (uint8_t)c : '0');
        } else {
            wr_u8(w, (uint8_t)c);
        }
    }
}

static void export_value(struct my_run *r, const struct export *x, const struct my_val *v, const struct my_meta *m, struct wr *w)
{
    bool text = my_result_of(m->type) == MY_RES_STR;
    struct my_val t = my_val_text(r->arena, v, m);
    bool enclosed = t.kind == MY_V_STR && x->o->enclosed_len && (!x->o->optionally || text);
    if (t.kind != MY_V_STR) {
        if (x->escape >= 0) {
            wr_u8(w, (uint8_t)x->escape);
            wr_u8(w, 'N');
        } else {
            wr_str(w, "NULL");
        }
        return;
    }
    if (enclosed)
        wr_bytes(w, x->o->enclosed, x->o->enclosed_len);
    if (x->escape >= 0 && (text || (x->field > 0 && strchr(".0123456789e+-", x->field))))
        export_text(x, enclosed, t.s.p, t.s.n, w);
    else
        wr_bytes(w, t.s.p, t.s.n);
    if (enclosed)
        wr_bytes(w, x->o->enclosed, x->o->enclosed_len);
}

static void export_rows(struct my_run *r, const struct my_fileopts *o, const struct my_rows *rows, struct wr *w)
{
    struct export x = export_of(o);
    for (size_t i = 0; i < rows->n_rows && !w->bad; i++) {
        wr_bytes(w, o->line_start, o->line_start_len);
        for (size_t k = 0; k < rows->n_cols; k++) {
            if (k)
                wr_bytes(w, o->field_term, o->field_term_len);
            export_value(r, &x, &rows->rows[i][k], &rows->cols[k].m, w);
        }
        wr_bytes(w, o->line_term, o->line_term_len);
    }
}

void my_select_to_file(struct my_run *r, struct my_select *s, const struct my_rows *rows)
{
    char path[1024];
    struct wr w = wr_of(MY_WORLD_BYTES_MAX);
    if (!my_file_path(r, s->into_file, true, path, sizeof path))
        return;
    if (s->into == MY_INTO_OUTFILE)
        export_rows(r, &s->fopts, rows, &w);
    else if (!dump_rows(r, rows, &w))
        goto out;
    if (w.bad || my_world_write_file(r->w, path, w.bytes, w.len) < 0) {
        my_fail(r, MY_ER_ERROR_ON_WRITE, shown(r, path), my_errcode_text(r, ENOSPC));
        goto out;
    }
    r->affected = rows->n_rows;
    r->status &= (uint16_t)~MY_STATUS_SESSION_CHANGED;
    if (w.len)
        session_sample(r->ses->s, path, w.bytes, w.len);
out:
    wr_done(&w);
}

/* ---- the general log ---- */
/* Where the log goes now; NULL: nowhere. Only a path that the client chose is worth keeping. */
static const char *log_path(struct my_run *r, char *buf, size_t max)
{
    const char *name = my_world_global(r->w, "general_log_file");
    const char *to = my_world_global(r->w, "log_output");
    if (!name || strcmp(var_text(r, "general_log"), "ON") != 0 || (to && !strstr(to, "FILE")))
        return NULL;
    return my_file_path(r, name, false, buf, max) ? buf : NULL;
}

static struct my_file *log_file(struct my_world *w, const char *path)
{
    const struct my_file *f = my_world_file(w, path);
    return f ? &w->files[f - w->files] : NULL;
}

/* False when there is no room left. */
static bool log_append(struct my_world *w, struct my_file *f, const struct wr *more)
{
    if (more->bad || f->len + more->len > LOG_BYTES_MAX || w->bytes + more->len > MY_WORLD_BYTES_MAX)
        return false;
    uint8_t *p = realloc(f->bytes, f->len + more->len + 1);
    if (!p)
        return false;
    memcpy(p + f->len, more->bytes, more->len);
    f->bytes = p;
    f->len += more->len;
    f->by_client = true;
    w->bytes += more->len;
    return true;
}

static void log_sample(struct my_ses *ses, struct my_world *w)
{
    const struct my_file *f = w->log_path ? my_world_file(w, w->log_path) : NULL;
    if (f && w->log_dirty && f->len)
        session_sample(ses->s, f->path, f->bytes, f->len);
    w->log_dirty = false;
}

/* What mysqld writes at the head of a log it opens (MYSQL_LOG::open). */
static void log_head(struct my_run *r, struct wr *w)
{
    const char *comment = var_text(r, "version_comment"), *base = r->kit->persona.mysql.basedir;
    const char *slash = base[0] && !is_slash(r, base[strlen(base) - 1]) ? (r->kit->windows ? "\\" : "/") : "";
    if (r->kit->windows) {
        wr_fmt(w, "%s%sbin\\mysqld, Version: %s (%s). started with:\nTCP Port: %s, Named Pipe: %s\n", base, slash, r->kit->version_text, comment,
               var_text(r, "port"), var_text(r, "socket"));
    } else {
        wr_fmt(w, "%s%ssbin/mysqld, Version: %s (%s). started with:\nTcp port: %s  Unix socket: %s\n", base, slash, r->kit->version_text, comment,
               var_text(r, "port"), var_text(r, "socket"));
    }
    wr_str(w, "Time                 Id Command    Argument\n");
}

void my_general_log_changed(struct my_run *r)
{
    char path[1024];
    const char *to = log_path(r, path, sizeof path);
    if (r->w->log_path && (!to || strcmp(to, r->w->log_path) != 0)) {
        log_sample(r->ses, r->w);
        free(r->w->log_path);
        r->w->log_path = NULL;
    }
    if (!to || r->w->log_path)
        return;
    if (!my_world_file(r->w, to) && my_world_write_file(r->w, to, "", 0) < 0)
        return;
    r->w->log_path = strdup(to);
    struct my_file *f = log_file(r->w, to);
    struct wr w = wr_of(4096);
    log_head(r, &w);
    r->w->log_time_s = 0;
    if (f && r->w->log_path && log_append(r->w, f, &w))
        r->w->log_dirty = true;
    wr_done(&w);
}

void my_general_log(struct my_run *r, const char *text, size_t n)
{
    struct my_world *w = r->w;
    struct my_file *f = w && w->log_path ? log_file(w, w->log_path) : NULL;
    if (!f)
        return;
    struct wr line = wr_of(n + 128);
    int64_t now = r->now_us / 1000000;
    if (now != w->log_time_s) {
        struct my_time t;
        my_local_time(r->now_us, &t);
        wr_fmt(&line, "%02d%02d%02d %2d:%02d:%02d\t", t.year % 100, t.month, t.day, t.hour, t.minute, t.second);
    } else {
        wr_str(&line, "\t\t");
    }
    w->log_time_s = now;
    wr_fmt(&line, "%5u Query\t", r->ses->thread_id);
    wr_bytes(&line, text, n);
    wr_u8(&line, '\n');
    if (log_append(w, f, &line)) {
        w->log_dirty = true;
    } else { /* full: what is there is kept, the log stays as it is */
        log_sample(r->ses, w);
    }
    wr_done(&line);
}

void my_files_close(struct my_ses *ses)
{
    if (ses->c && ses->c->world)
        log_sample(ses, ses->c->world);
}
