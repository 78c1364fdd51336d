#include "protocol/mysql/world/my_world.h"
#include "protocol/mysql/world/my_acl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ts.h"
#include "protocol/mysql/world/my_def.h"

#define TABLE_BYTES_MAX (1u << 20)

/* ---- rows ---- */
struct my_row *my_row_new(size_t n, const struct my_cell *cells)
{
    size_t bytes = sizeof(struct my_row) + n * sizeof(struct my_cell), at = bytes;
    for (size_t i = 0; i < n; i++)
        bytes += cells[i].null ? 0 : (size_t)cells[i].n + 1;
    struct my_row *r = malloc(bytes);
    if (!r)
        return NULL;
    r->refs = 1;
    r->n = (uint32_t)n;
    r->bytes = bytes;
    for (size_t i = 0; i < n; i++) {
        r->cell[i] = (struct my_cell){.null = cells[i].null};
        if (cells[i].null)
            continue;
        r->cell[i].p = (char *)r + at;
        r->cell[i].n = cells[i].n;
        if (cells[i].n)
            memcpy(r->cell[i].p, cells[i].p, cells[i].n);
        r->cell[i].p[cells[i].n] = '\0';
        at += (size_t)cells[i].n + 1;
    }
    return r;
}
struct my_row *my_row_ref(struct my_row *r)
{
    r->refs++;
    return r;
}
void my_row_unref(struct my_row *r)
{
    if (r && --r->refs == 0)
        free(r);
}

/* ---- tables ---- */
struct my_table *my_table_new(const char *name)
{
    struct my_table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->refs = 1;
    t->auto_col = -1;
    t->arena = arena_of(TABLE_BYTES_MAX);
    t->name = my_table_str(t, name);
    t->comment = my_table_str(t, "");
    t->engine = "MyISAM";
    t->created_us = t->updated_us = ts_now_us();
    if (!t->name || !t->comment) {
        my_table_unref(t);
        return NULL;
    }
    return t;
}

char *my_table_str(struct my_table *t, const char *s)
{
    return arena_copy(&t->arena, s, strlen(s));
}

struct my_table *my_table_ref(struct my_table *t)
{
    t->refs++;
    return t;
}

void my_table_unref(struct my_table *t)
{
    if (!t || --t->refs > 0)
        return;
    for (size_t i = 0; i < t->n_rows; i++)
        my_row_unref(t->rows[i]);
    free(t->rows);
    arena_done(&t->arena);
    free(t);
}

static bool copy_type(struct my_table *to, struct my_type_def *t)
{
    if (t->n_values) {
        const char **v = arena_new(&to->arena, t->n_values * sizeof *v);
        if (!v)
            return false;
        for (size_t i = 0; i < t->n_values; i++) {
            v[i] = my_table_str(to, t->values[i]);
            if (!v[i])
                return false;
        }
        t->values = v;
    }
    t->charset = t->collate = NULL; /* resolved by now */
    return true;
}

static bool copy_column(struct my_table *to, const struct my_column *from, struct my_column *c)
{
    *c = *from;
    c->name = my_table_str(to, from->name);
    c->type_text = from->type_text ? my_table_str(to, from->type_text) : NULL;
    c->comment = from->comment ? my_table_str(to, from->comment) : NULL;
    c->dflt = from->dflt ? arena_copy(&to->arena, from->dflt, from->dflt_len) : NULL;
    c->check = from->check ? my_table_str(to, from->check) : NULL;
    c->gen = from->gen ? my_table_str(to, from->gen) : NULL;
    return c->name && copy_type(to, &c->type) && !(from->dflt && !c->dflt);
}

struct my_table *my_table_copy(const struct my_table *t, bool with_rows)
{
    struct my_table *n = my_table_new(t->name);
    if (!n)
        return NULL;
    n->comment = my_table_str(n, t->comment);
    n->engine = t->engine;
    n->coll = t->coll;
    n->row_format = t->row_format ? my_table_str(n, t->row_format) : NULL;
    n->auto_inc = with_rows ? t->auto_inc : t->auto_inc ? 1 : 0;
    n->auto_col = t->auto_col;
    n->is_view = t->is_view;
    n->shown_as_view = t->shown_as_view;
    n->view_base = t->view_base;
    n->create_text = t->create_text;
    n->temporary = t->temporary;
    n->view_text = t->view_text ? my_table_str(n, t->view_text) : NULL;
    n->view_definer = t->view_definer ? my_table_str(n, t->view_definer) : NULL;
    n->created_us = t->created_us;
    n->updated_us = t->updated_us;
    n->cols = arena_new(&n->arena, (t->n_cols + 1) * sizeof *n->cols);
    n->keys = arena_new(&n->arena, (t->n_keys + 1) * sizeof *n->keys);
    if (!n->cols || !n->keys)
        goto fail;
    for (; n->n_cols < t->n_cols; n->n_cols++)
        if (!copy_column(n, &t->cols[n->n_cols], &n->cols[n->n_cols]))
            goto fail;
    for (; n->n_keys < t->n_keys; n->n_keys++) {
        n->keys[n->n_keys] = t->keys[n->n_keys];
        n->keys[n->n_keys].name = my_table_str(n, t->keys[n->n_keys].name);
    }
    for (; n->n_checks < t->n_checks; n->n_checks++)
        n->checks[n->n_checks] = (struct my_check){my_table_str(n, t->checks[n->n_checks].name), my_table_str(n, t->checks[n->n_checks].text)};
    if (with_rows && t->n_rows) {
        n->rows = malloc(t->n_rows * sizeof *n->rows);
        if (!n->rows)
            goto fail;
        n->cap_rows = t->n_rows;
        for (; n->n_rows < t->n_rows; n->n_rows++)
            n->rows[n->n_rows] = my_row_ref(t->rows[n->n_rows]);
        n->row_bytes = t->row_bytes;
    }
    return n;
fail:
    my_table_unref(n);
    return NULL;
}

int my_table_col(const struct my_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_cols; i++)
        if (strcasecmp(t->cols[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool charge(struct my_world *w, size_t n)
{
    if (n > MY_WORLD_BYTES_MAX || w->bytes > MY_WORLD_BYTES_MAX - n)
        return false;
    w->bytes += n;
    return true;
}
static void discharge(struct my_world *w, size_t n)
{
    w->bytes -= n < w->bytes ? n : w->bytes;
}

int my_table_append(struct my_world *w, struct my_table *t, struct my_row *r)
{
    if (!r)
        return -ENOMEM;
    if (t->n_rows >= MY_TABLE_ROWS_MAX || !charge(w, r->bytes)) {
        my_row_unref(r);
        return -ENOSPC;
    }
    if (t->n_rows == t->cap_rows) {
        size_t cap = t->cap_rows ? t->cap_rows * 2 : 8;
        struct my_row **rows = realloc(t->rows, cap * sizeof *rows);
        if (!rows) {
            discharge(w, r->bytes);
            my_row_unref(r);
            return -ENOMEM;
        }
        t->rows = rows;
        t->cap_rows = cap;
    }
    t->rows[t->n_rows++] = r;
    t->row_bytes += r->bytes;
    t->updated_us = ts_now_us();
    return 0;
}

void my_table_replace(struct my_world *w, struct my_table *t, size_t i, struct my_row *r)
{
    discharge(w, t->rows[i]->bytes);
    t->row_bytes -= t->rows[i]->bytes;
    my_row_unref(t->rows[i]);
    t->rows[i] = r;
    t->row_bytes += r->bytes;
    w->bytes += r->bytes; /* the caller asked for room */
    t->updated_us = ts_now_us();
}

void my_table_remove(struct my_world *w, struct my_table *t, size_t i)
{
    discharge(w, t->rows[i]->bytes);
    t->row_bytes -= t->rows[i]->bytes;
    my_row_unref(t->rows[i]);
    memmove(&t->rows[i], &t->rows[i + 1], (t->n_rows - i - 1) * sizeof *t->rows);
    t->n_rows--;
    t->updated_us = ts_now_us();
}

void my_table_clear(struct my_world *w, struct my_table *t)
{
    while (t->n_rows)
        my_table_remove(w, t, t->n_rows - 1);
}

/* ---- databases ---- */
struct my_db *my_world_db(const struct my_world *w, const char *name)
{
    bool fold = my_names_fold(w->kit);
    for (size_t i = 0; i < w->n_dbs; i++)
        if (fold ? strcasecmp(w->dbs[i].name, name) == 0 : strcmp(w->dbs[i].name, name) == 0)
            return &w->dbs[i];
    return NULL;
}

static void *grow(void *list, size_t *cap, size_t n, size_t each)
{
    if (n < *cap)
        return list;
    size_t more = *cap ? *cap * 2 : 8;
    void *at = realloc(list, more * each);
    if (at)
        *cap = more;
    return at;
}

int my_world_add_db(struct my_world *w, const char *name, const struct my_coll *coll)
{
    if (my_world_db(w, name))
        return -EEXIST;
    if (w->n_dbs >= MY_WORLD_DBS_MAX || !charge(w, sizeof(struct my_db) + strlen(name) + 512))
        return -ENOSPC;
    struct my_db *dbs = grow(w->dbs, &w->cap_dbs, w->n_dbs, sizeof *dbs);
    char *own = strdup(name);
    if (!dbs || !own) {
        free(own);
        return -ENOSPC;
    }
    w->dbs = dbs;
    size_t at = 0;
    while (at < w->n_dbs && strcmp(dbs[at].name, name) < 0)
        at++;
    memmove(&dbs[at + 1], &dbs[at], (w->n_dbs - at) * sizeof *dbs);
    dbs[at] = (struct my_db){.name = own, .coll = coll};
    w->n_dbs++;
    return 0;
}

static void db_done(struct my_db *db)
{
    for (size_t i = 0; i < db->n_tables; i++)
        my_table_unref(db->tables[i]);
    free(db->tables);
    free(db->name);
}

void my_world_drop_db(struct my_world *w, struct my_db *db)
{
    for (size_t i = 0; i < db->n_tables; i++)
        if (db->tables[i]->refs == 1)
            discharge(w, db->tables[i]->row_bytes + db->tables[i]->arena.used_bytes);
    discharge(w, sizeof(struct my_db) + strlen(db->name) + 512);
    db_done(db);
    size_t at = (size_t)(db - w->dbs);
    memmove(db, db + 1, (w->n_dbs - at - 1) * sizeof *db);
    w->n_dbs--;
}

struct my_table *my_db_table(const struct my_world *w, const struct my_db *db, const char *name)
{
    bool fold = my_names_fold(w->kit);
    for (size_t i = 0; i < db->n_tables; i++)
        if (fold ? strcasecmp(db->tables[i]->name, name) == 0 : strcmp(db->tables[i]->name, name) == 0)
            return db->tables[i];
    return NULL;
}

int my_world_add_table(struct my_world *w, struct my_db *db, struct my_table *t)
{
    size_t total = 0;
    for (size_t i = 0; i < w->n_dbs; i++)
        total += w->dbs[i].n_tables;
    struct my_table **list = total < MY_WORLD_TABLES_MAX ? grow(db->tables, &db->cap_tables, db->n_tables, sizeof *list) : NULL;
    if (!list || !charge(w, t->arena.used_bytes + t->row_bytes)) {
        if (list)
            db->tables = list;
        my_table_unref(t);
        return -ENOSPC;
    }
    db->tables = list;
    size_t at = 0;
    while (at < db->n_tables && strcmp(list[at]->name, t->name) < 0)
        at++;
    memmove(&list[at + 1], &list[at], (db->n_tables - at) * sizeof *list);
    list[at] = t;
    db->n_tables++;
    return 0;
}

void my_world_drop_table(struct my_world *w, struct my_db *db, struct my_table *t)
{
    for (size_t i = 0; i < db->n_tables; i++) {
        if (db->tables[i] != t)
            continue;
        if (t->refs == 1)
            discharge(w, t->arena.used_bytes + t->row_bytes);
        memmove(&db->tables[i], &db->tables[i + 1], (db->n_tables - i - 1) * sizeof *db->tables);
        db->n_tables--;
        my_table_unref(t);
        return;
    }
}

struct my_table *my_world_own(struct my_world *w, struct my_db *db, struct my_table *t)
{
    if (t->refs == 1)
        return t;
    for (size_t i = 0; i < db->n_tables; i++) {
        if (db->tables[i] != t)
            continue;
        struct my_table *own = my_table_copy(t, true);
        if (!own || !charge(w, own->arena.used_bytes + own->row_bytes)) {
            my_table_unref(own);
            return NULL;
        }
        db->tables[i] = own;
        my_table_unref(t);
        return own;
    }
    return NULL;
}

/* ---- worlds ---- */
struct my_world *my_world_ref(struct my_world *w)
{
    w->refs++;
    return w;
}

void my_world_unref(struct my_world *w)
{
    if (!w || --w->refs > 0)
        return;
    for (size_t i = 0; i < w->n_dbs; i++)
        db_done(&w->dbs[i]);
    free(w->dbs);
    for (size_t i = 0; i < w->n_files; i++) {
        free(w->files[i].path);
        free(w->files[i].bytes);
    }
    free(w->files);
    for (size_t i = 0; i < w->n_globals; i++) {
        free(w->globals[i].name);
        free(w->globals[i].value);
    }
    free(w->globals);
    for (size_t i = 0; i < w->n_udfs; i++)
        free(w->udfs[i]);
    free(w->udfs);
    for (size_t i = 0; i < w->n_routines; i++) {
        free(w->routines[i].db);
        free(w->routines[i].name);
        free(w->routines[i].body);
        free(w->routines[i].kind);
    }
    free(w->routines);
    free(w->log_path);
    my_acl_done(w);
    free(w);
}

struct my_world *my_world_clone(const struct my_world *base)
{
    struct my_world *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->refs = 1;
    w->kit = base->kit;
    for (size_t i = 0; i < base->n_dbs; i++) {
        const struct my_db *from = &base->dbs[i];
        if (my_world_add_db(w, from->name, from->coll) < 0)
            goto fail;
        struct my_db *db = my_world_db(w, from->name);
        db->tables = malloc((from->n_tables ? from->n_tables : 1) * sizeof *db->tables);
        if (!db->tables)
            goto fail;
        db->cap_tables = from->n_tables ? from->n_tables : 1;
        for (; db->n_tables < from->n_tables; db->n_tables++)
            db->tables[db->n_tables] = my_table_ref(from->tables[db->n_tables]);
    }
    for (size_t i = 0; i < base->n_files; i++)
        if (my_world_write_file(w, base->files[i].path, base->files[i].bytes, base->files[i].len) < 0)
            goto fail;
    for (size_t i = 0; i < w->n_files; i++)
        w->files[i].by_client = false;
    my_acl_copy(w, base);
    return w;
fail:
    my_world_unref(w);
    return NULL;
}

/* ---- settings ---- */
const char *my_world_global(const struct my_world *w, const char *name)
{
    for (size_t i = 0; i < w->n_globals; i++)
        if (strcasecmp(w->globals[i].name, name) == 0)
            return w->globals[i].value;
    return NULL;
}

int my_world_set_global(struct my_world *w, const char *name, const char *value)
{
    char *v = strdup(value);
    if (!v)
        return -ENOMEM;
    for (size_t i = 0; i < w->n_globals; i++)
        if (strcasecmp(w->globals[i].name, name) == 0) {
            free(w->globals[i].value);
            w->globals[i].value = v;
            return 0;
        }
    struct my_setting *list = grow(w->globals, &w->cap_globals, w->n_globals, sizeof *list);
    char *n = strdup(name);
    if (!list || !n || !charge(w, 256)) {
        if (list)
            w->globals = list;
        free(n);
        free(v);
        return -ENOMEM;
    }
    w->globals = list;
    list[w->n_globals++] = (struct my_setting){n, v};
    return 0;
}

bool my_world_has_udf(const struct my_world *w, const char *name)
{
    for (size_t i = 0; i < w->n_udfs; i++)
        if (strcasecmp(w->udfs[i], name) == 0)
            return true;
    return false;
}

int my_world_add_udf(struct my_world *w, const char *name)
{
    char **list = grow(w->udfs, &w->cap_udfs, w->n_udfs, sizeof *list);
    char *n = strdup(name);
    if (!list || !n || w->n_udfs >= 256) {
        if (list)
            w->udfs = list;
        free(n);
        return -ENOMEM;
    }
    w->udfs = list;
    list[w->n_udfs++] = n;
    return 0;
}

void my_world_drop_udf(struct my_world *w, const char *name)
{
    for (size_t i = 0; i < w->n_udfs; i++)
        if (strcasecmp(w->udfs[i], name) == 0) {
            free(w->udfs[i]);
            w->udfs[i] = w->udfs[--w->n_udfs];
            return;
        }
}

/* ---- routines ---- */
int my_world_add_routine(struct my_world *w, const char *kind, const char *db, const char *name, const char *body, size_t len)
{
    if (w->n_routines >= 256 || !charge(w, len + 512))
        return -ENOSPC;
    struct my_routine *list = grow(w->routines, &w->cap_routines, w->n_routines, sizeof *list);
    if (!list)
        return -ENOMEM;
    w->routines = list;
    struct my_routine r = {.db = strdup(db), .name = strdup(name), .body = strndup(body, len), .kind = strdup(kind),
                           .function = strcmp(kind, "FUNCTION") == 0, .created_us = ts_now_us()};
    if (!r.db || !r.name || !r.body || !r.kind) {
        free(r.db);
        free(r.name);
        free(r.body);
        free(r.kind);
        return -ENOMEM;
    }
    list[w->n_routines++] = r;
    return 0;
}

struct my_routine *my_world_routine(const struct my_world *w, const char *kind, const char *db, const char *name)
{
    for (size_t i = 0; i < w->n_routines; i++)
        if (strcmp(w->routines[i].kind, kind) == 0 && strcmp(w->routines[i].db, db) == 0 && strcasecmp(w->routines[i].name, name) == 0)
            return &w->routines[i];
    return NULL;
}

void my_world_drop_routine(struct my_world *w, struct my_routine *r)
{
    size_t at = (size_t)(r - w->routines);
    discharge(w, strlen(r->body) + 512);
    free(r->db);
    free(r->name);
    free(r->body);
    free(r->kind);
    memmove(r, r + 1, (w->n_routines - at - 1) * sizeof *r);
    w->n_routines--;
}

/* ---- files ---- */
static bool same_path(const struct my_world *w, const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        char x = *a, y = *b;
        if (w->kit->windows) {
            x = x == '\\' ? '/' : x;
            y = y == '\\' ? '/' : y;
            x = (char)(x >= 'A' && x <= 'Z' ? x + 32 : x);
            y = (char)(y >= 'A' && y <= 'Z' ? y + 32 : y);
        }
        if (x != y)
            return false;
    }
    return *a == *b;
}

const struct my_file *my_world_file(const struct my_world *w, const char *path)
{
    for (size_t i = 0; i < w->n_files; i++)
        if (same_path(w, w->files[i].path, path))
            return &w->files[i];
    return NULL;
}

/* Folders that a server's account finds and can write to. */
static const char *const linux_dirs[] = {"/tmp", "/var/tmp", "/dev/shm", "/usr/lib/mysql/plugin", "/var/lib/mysql"};
static const char *const windows_dirs[] = {"c:", "c:/windows", "c:/windows/system32", "c:/windows/system32/wbem", "c:/windows/system32/wbem/mof",
                                           "c:/windows/temp", "c:/users/public", "c:/temp", "c:/inetpub/wwwroot"};

static bool is_dir(const struct my_world *w, const char *dir, size_t n)
{
    char buf[512];
    if (n >= sizeof buf)
        return false;
    memcpy(buf, dir, n);
    while (n > 1 && (buf[n - 1] == '/' || (w->kit->windows && buf[n - 1] == '\\')))
        n--;
    buf[n] = '\0';
    const char *const *list = w->kit->windows ? windows_dirs : linux_dirs;
    size_t count = w->kit->windows ? sizeof windows_dirs / sizeof *windows_dirs : sizeof linux_dirs / sizeof *linux_dirs;
    for (size_t i = 0; i < count; i++)
        if (same_path(w, list[i], buf))
            return true;
    const struct persona *p = &w->kit->persona;
    const char *own[] = {p->mysql.datadir, p->mysql.plugin_dir, p->mysql.basedir};
    for (size_t i = 0; i < 3; i++) {
        char d[512];
        size_t m = strlen(own[i]);
        if (m == 0 || m >= sizeof d)
            continue;
        memcpy(d, own[i], m + 1);
        while (m > 1 && (d[m - 1] == '/' || d[m - 1] == '\\'))
            d[--m] = '\0';
        if (same_path(w, d, buf))
            return true;
    }
    /* folders of databases under the data folder */
    size_t m = strlen(p->mysql.datadir);
    if (m == 0 || m >= n || m >= sizeof buf)
        return false;
    char head[512];
    memcpy(head, buf, m);
    head[m] = '\0';
    return same_path(w, p->mysql.datadir, head) && my_world_db(w, buf + m) != NULL;
}

bool my_world_dir_exists(const struct my_world *w, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (w->kit->windows) {
        const char *back = strrchr(path, '\\');
        if (back && (!slash || back > slash))
            slash = back;
    }
    if (!slash)
        return true; /* in the data folder */
    if (slash == path)
        return false; /* the root is not the server's */
    return is_dir(w, path, (size_t)(slash - path));
}

int my_world_write_file(struct my_world *w, const char *path, const void *bytes, size_t n)
{
    if (my_world_file(w, path))
        return -EEXIST;
    if (w->n_files >= MY_WORLD_FILES_MAX || !charge(w, n + 256))
        return -ENOSPC;
    struct my_file *list = grow(w->files, &w->cap_files, w->n_files, sizeof *list);
    char *name = strdup(path);
    uint8_t *copy = malloc(n ? n : 1);
    if (!list || !name || !copy) {
        if (list)
            w->files = list;
        free(name);
        free(copy);
        return -ENOSPC;
    }
    if (n)
        memcpy(copy, bytes, n);
    w->files = list;
    list[w->n_files++] = (struct my_file){.path = name, .bytes = copy, .len = n, .by_client = true};
    return 0;
}
