/* Loadable functions, and what else CREATE and DROP make of code: routines, triggers, events. Nothing is loaded or run: a
 * library counts as loaded when this source has written it into plugin_dir, and calls are answered as a success looks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/mysql/exec/my_ddl.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/exec/my_routine.h"
#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/world/my_def.h"
#include "protocol/mysql/world/my_sysvars.h"

enum udf_ret { UDF_STRING = 0, UDF_REAL = 1, UDF_INT = 2, UDF_DECIMAL = 4 }; /* as mysql.func.ret has it (Item_result) */

/* From here on a library file is held to be whole, and must contain the function's name. */
#define WHOLE_LIBRARY_BYTES 4096

static bool modern(const struct my_run *r)
{
    return r->kit->version >= 50500 || r->kit->mariadb;
}

/* ---- mysql.func ---- */
static struct my_table *func_table(struct my_run *r, struct my_db **ret_db)
{
    struct my_db *db = my_world_db(r->w, "mysql");
    struct my_table *t = db ? my_db_table(r->w, db, "func") : NULL;
    *ret_db = db;
    return t && t->n_cols >= 4 ? t : NULL;
}

static bool func_row(const struct my_table *t, const char *name, size_t *ret)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (!t->rows[i]->cell[0].null && strcasecmp(t->rows[i]->cell[0].p, name) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static enum udf_ret udf_ret_of(struct my_run *r, const char *name)
{
    struct my_db *db;
    const struct my_table *t = func_table(r, &db);
    size_t i;
    if (!t || !func_row(t, name, &i) || t->rows[i]->cell[1].null)
        return UDF_STRING;
    switch (t->rows[i]->cell[1].p[0]) {
    case '1':
        return UDF_REAL;
    case '2':
        return UDF_INT;
    case '4':
        return UDF_DECIMAL;
    default:
        return UDF_STRING;
    }
}

static bool func_add(struct my_run *r, const char *name, enum udf_ret ret, const char *dl, bool aggregate)
{
    struct my_db *db;
    struct my_table *t = func_table(r, &db);
    size_t at;
    if (!t) {
        my_fail(r, MY_ER_NO_SUCH_TABLE, "mysql", "func");
        return false;
    }
    if (func_row(t, name, &at)) { /* put there by hand and never loaded */
        my_fail(r, MY_ER_ERROR_ON_WRITE_TABLE, "mysql.func", r->kit->version >= 50600 ? "121 - Duplicate key on write or update" : "121");
        return false;
    }
    t = my_world_own(r->w, db, t);
    char number[4];
    (void)snprintf(number, sizeof number, "%d", (int)ret);
    const char *texts[4] = {name, number, dl, aggregate ? "aggregate" : "function"};
    struct my_cell cells[8] = {{0}}; /* more than 4: a client has altered the table */
    size_t n = t ? t->n_cols : 0;
    for (size_t i = 0; i < 8; i++)
        cells[i].null = true;
    for (size_t i = 0; i < 4; i++) {
        char *own = arena_copy(r->arena, texts[i], strlen(texts[i]));
        cells[i] = (struct my_cell){.p = own ? own : number, .n = own ? (uint32_t)strlen(own) : 0};
    }
    if (!t || n > 8 || my_table_append(r->w, t, my_row_new(n, cells)) < 0) {
        my_fail(r, MY_ER_OUTOFMEMORY, 256);
        return false;
    }
    return true;
}

static void func_remove(struct my_run *r, const char *name)
{
    struct my_db *db;
    struct my_table *t = func_table(r, &db);
    size_t at;
    if (t && func_row(t, name, &at)) {
        t = my_world_own(r->w, db, t);
        if (t)
            my_table_remove(r->w, t, at);
    }
}

/* ---- the loader ---- */
enum why { WHY_MISSING, WHY_FOLDER, WHY_SHORT, WHY_HEADER, WHY_CLASS32, WHY_CLASS64, WHY_PHENTSIZE, WHY_FINE };

/* Error 1126 in the words of dlopen() or LoadLibrary(), which 5.1 did not ask for on Windows. `shown` is what the message calls
 * the library. MariaDB leaves out the path that dlopen() begins with. errno is what the calls before have left. */
static void cannot_open(struct my_run *r, const char *dl, enum why why, bool plugin)
{
    static const char *const words[] = {"cannot open shared object file: No such file or directory", "cannot read file data: Is a directory",
                                        "file too short", "invalid ELF header", "wrong ELF class: ELFCLASS32", "wrong ELF class: ELFCLASS64",
                                        "ELF file's phentsize not the expected size"};
    char text[900], path[700];
    const char *dir = r->kit->persona.mysql.plugin_dir;
    bool asks = r->kit->version >= 50600 || r->kit->mariadb;
    const char *slash = dir[0] && (dir[strlen(dir) - 1] == '/' || dir[strlen(dir) - 1] == '\\') ? "" : "/";
    (void)snprintf(path, sizeof path, "%s%s%.400s", dir, slash, dl);
    const char *shown = plugin ? path : dl;
    if (r->kit->windows) {
        bool there = why != WHY_MISSING;
        (void)snprintf(text, sizeof text, " %s", there ? "%1 is not a valid Win32 application." : "The specified module could not be found.");
        my_fail(r, MY_ER_CANT_OPEN_LIBRARY, shown, asks ? (there ? 193 : 126) : 2, asks ? text : " ");
    } else if (r->kit->mariadb) {
        int left = plugin || why == WHY_MISSING ? ENOENT : why == WHY_FOLDER ? EISDIR : EAGAIN;
        (void)snprintf(text, sizeof text, ", %s", words[why]);
        my_fail(r, MY_ER_CANT_OPEN_LIBRARY, shown, left, text);
    } else {
        (void)snprintf(text, sizeof text, " %.700s: %s", path, words[why]);
        my_fail(r, MY_ER_CANT_OPEN_LIBRARY, shown, asks && !plugin ? EAGAIN : ENOENT, text);
    }
}

static const struct my_file *library(struct my_run *r, const char *dl)
{
    char path[1024], full[1024];
    const char *dir = r->kit->persona.mysql.plugin_dir;
    const char *slash = dir[0] && (dir[strlen(dir) - 1] == '/' || dir[strlen(dir) - 1] == '\\') ? "" : "/";
    (void)snprintf(path, sizeof path, "%s%s%.500s", dir, slash, dl);
    const struct my_file *f = my_file_path(r, path, false, full, sizeof full) ? my_world_file(r->w, full) : NULL;
    if (!f && r->kit->windows && !strchr(dl, '.')) { /* LoadLibrary adds .dll */
        (void)snprintf(path, sizeof path, "%s%s%.500s.dll", dir, slash, dl);
        f = my_file_path(r, path, false, full, sizeof full) ? my_world_file(r->w, full) : NULL;
    }
    return f;
}

static bool contains(const uint8_t *hay, size_t n, const char *needle)
{
    return memmem(hay, n, needle, strlen(needle) + 1) != NULL; /* with its NUL: symbol tables end names so */
}

/* What the loader has against the file's head (open_verify of glibc's dl-load.c; a library for another machine is passed over). */
static enum why bad_head(const struct my_run *r, const struct my_file *f)
{
    if (r->kit->windows)
        return f->len >= 2 && memcmp(f->bytes, "MZ", 2) == 0 ? WHY_FINE : WHY_HEADER;
    bool wide = strstr(r->kit->persona.mysql.compile_machine, "64") != NULL;
    if (f->len < (wide ? 64 : 52)) /* the ELF header's size */
        return WHY_SHORT;
    if (memcmp(f->bytes, "\177ELF", 4) != 0)
        return WHY_HEADER;
    if (f->bytes[4] != (wide ? 2 : 1))
        return wide ? WHY_CLASS32 : WHY_CLASS64;
    unsigned machine = f->bytes[18] | (unsigned)f->bytes[19] << 8, entry = f->bytes[wide ? 54 : 42];
    if (machine != (wide ? 62 : 3)) /* EM_X86_64, EM_386 */
        return WHY_MISSING;
    return entry != (wide ? 56 : 32) ? WHY_PHENTSIZE : WHY_FINE;
}

/* Opens the library and looks for the symbol, as far as its bytes tell. */
static bool load(struct my_run *r, const char *dl, const char *symbol, bool plugin)
{
    const struct my_file *f = library(r, dl);
    enum why why = f ? bad_head(r, f) : *dl ? WHY_MISSING : WHY_FOLDER;
    if (why != WHY_FINE) {
        cannot_open(r, dl, why, plugin);
        return false;
    }
    if (f->len >= WHOLE_LIBRARY_BYTES && !contains(f->bytes, f->len, symbol)) {
        my_fail(r, MY_ER_CANT_FIND_DL_ENTRY, symbol);
        return false;
    }
    return true;
}

static bool has_path(const struct my_run *r, const char *dl)
{
    return strchr(dl, '/') || (r->kit->windows && strchr(dl, '\\'));
}

/* The order of mysql_create_function() of sql_udf.cc. */
static void create_udf(struct my_run *r, struct my_stmt *st)
{
    const char *dl = st->text;
    if (my_func_find(st->name, strlen(st->name), r->kit->version, r->kit->mariadb)) {
        my_fail(r, MY_ER_NATIVE_FCT_NAME_COLLISION, st->name);
        return;
    }
    if (has_path(r, dl)) {
        my_fail(r, MY_ER_UDF_NO_PATHS);
        return;
    }
    if (my_world_has_udf(r->w, st->name)) {
        my_fail(r, MY_ER_UDF_EXISTS, st->name);
        return;
    }
    enum udf_ret ret = st->word == MY_K_REAL ? UDF_REAL : st->word == MY_K_DECIMAL ? UDF_DECIMAL : st->word == MY_K_STRING ? UDF_STRING : UDF_INT;
    if (!load(r, dl, st->name, false) || !func_add(r, st->name, ret, dl, st->aggregate))
        return;
    if (my_world_add_udf(r->w, st->name) < 0) {
        func_remove(r, st->name);
        my_fail(r, MY_ER_OUTOFMEMORY, 256);
    }
}

/* MariaDB adds the suffix that a name lacks. */
static const char *plugin_file(struct my_run *r, const char *dl)
{
    char buf[600];
    const char *suffix = r->kit->windows ? ".dll" : ".so";
    size_t n = strlen(dl), m = strlen(suffix);
    if (!r->kit->mariadb || (n >= m && strcmp(dl + n - m, suffix) == 0))
        return dl;
    (void)snprintf(buf, sizeof buf, "%.500s%s", dl, suffix);
    const char *own = arena_copy(r->arena, buf, strlen(buf));
    return own ? own : dl;
}

void my_install_plugin(struct my_run *r, struct my_stmt *st)
{
    if (has_path(r, st->text))
        my_fail(r, MY_ER_UDF_NO_PATHS);
    else
        (void)load(r, plugin_file(r, st->text), "_mysql_plugin_interface_version_", true);
    if (my_ok(r)) /* functions are what clients bring; a library of theirs is no plugin */
        my_fail(r, MY_ER_CANT_FIND_DL_ENTRY, "_mysql_plugin_interface_version_");
}

void my_uninstall_plugin(struct my_run *r, struct my_stmt *st)
{
    const char *kind = st->name ? "PLUGIN" : "SONAME", *name = st->name ? st->name : st->text;
    for (size_t i = 0; r->kit->mariadb && st->name && i < r->kit->plugins.n_rows; i++)
        if (strcasecmp(r->kit->plugins.cells[i * r->kit->plugins.n_cols], name) == 0) {
            my_ddl_fail(r, 1619, "HY000", "Built-in plugins cannot be deleted");
            return;
        }
    if (st->if_exists)
        my_warn(r, MY_NOTE, MY_ER_SP_DOES_NOT_EXIST, kind, name);
    else
        my_fail(r, MY_ER_SP_DOES_NOT_EXIST, kind, name);
}

/* ---- DROP FUNCTION, routines ---- */
static void missing(struct my_run *r, struct my_stmt *st, const char *kind, const char *name)
{
    if (st->if_exists)
        my_warn(r, MY_NOTE, MY_ER_SP_DOES_NOT_EXIST, kind, name);
    else
        my_fail(r, MY_ER_SP_DOES_NOT_EXIST, kind, name);
}

static const char *qualified(struct my_run *r, const char *db, const char *name)
{
    char buf[400];
    (void)snprintf(buf, sizeof buf, "%.195s.%.195s", db, name);
    const char *own = arena_copy(r->arena, buf, strlen(buf));
    return own ? own : name;
}

/* A name without a database: a loaded function first. True: done. */
static bool drop_udf(struct my_run *r, struct my_stmt *st)
{
    bool paper = r->kit->persona.mysql.paper_wording;
    if (!r->c->db[0] && !modern(r) && !paper) { /* the 5.1 parser wants a database, IF EXISTS or not */
        my_fail(r, MY_ER_NO_DB);
        return true;
    }
    struct my_db *db;
    const struct my_table *t = func_table(r, &db);
    size_t row;
    if (my_world_has_udf(r->w, st->name) || (r->kit->mariadb && t && func_row(t, st->name, &row))) { /* MariaDB looks into the table too */
        my_world_drop_udf(r->w, st->name);
        func_remove(r, st->name);
        return true;
    }
    if (!r->c->db[0]) {
        missing(r, st, paper ? "FUNCTION(UDF)" : "FUNCTION (UDF)", st->name);
        return true;
    }
    return false;
}

static void drop_routine(struct my_run *r, struct my_stmt *st)
{
    const char *kind = st->is_function ? "FUNCTION" : "PROCEDURE", *db = st->db;
    bool alter = st->word == MY_K_ALTER;
    if (st->is_function && !st->db && !alter && drop_udf(r, st))
        return;
    if (!my_need_db(r, &db))
        return;
    struct my_routine *f = my_world_routine(r->w, kind, db, st->name);
    if (f && !alter)
        my_world_drop_routine(r->w, f);
    else if (!f && st->is_function && r->kit->persona.mysql.paper_wording)
        missing(r, st, "FUNCTION(UDF)", st->name);
    else if (!f)
        missing(r, st, kind, st->if_exists && !modern(r) ? st->name : qualified(r, db, st->name)); /* 5.1's note has the bare name */
}

void my_exec_udf(struct my_run *r, struct my_stmt *st)
{
    switch (st->com) {
    case MY_Q_CREATE_UDF:
        create_udf(r, st);
        break;
    case MY_Q_CREATE_ROUTINE:
        my_create_routine(r, st);
        break;
    case MY_Q_DROP_ROUTINE:
        drop_routine(r, st);
        break;
    case MY_Q_CREATE_TRIGGER:
        my_create_trigger(r, st);
        break;
    case MY_Q_DROP_TRIGGER:
        my_drop_trigger(r, st);
        break;
    case MY_Q_CREATE_EVENT:
        my_create_event(r, st);
        break;
    case MY_Q_DROP_EVENT:
        my_drop_event(r, st);
        break;
    default:
        my_exec_call(r, st);
        break;
    }
}

/* ---- calls ---- */
/* lib_mysqludf_sys checks what it is called with in its …_init functions. */
static bool init_ok(struct my_run *r, struct my_expr *e)
{
    bool one = strcasecmp(e->name, "sys_eval") == 0 || strcasecmp(e->name, "sys_exec") == 0 || strcasecmp(e->name, "sys_get") == 0;
    if (one && (e->n_args != 1 || my_result_of(e->args[0]->m.type) != MY_RES_STR)) {
        my_fail(r, MY_ER_CANT_INITIALIZE_UDF, e->name, "Expected exactly one string type parameter");
        return false;
    }
    return true;
}

void my_fix_udf_call(struct my_eval *ev, struct my_expr *e)
{
    uint32_t len = 0;
    uint8_t dec = 0;
    if (!init_ok(ev->r, e))
        return;
    for (size_t i = 0; i < e->n_args; i++) { /* udf_handler::fix_fields takes the widest argument */
        const struct my_meta *m = &e->args[i]->m;
        len = m->len > len ? m->len : len;
        dec = m->dec > dec ? m->dec : dec;
    }
    e->aux = (int)udf_ret_of(ev->r, e->name);
    bool null = my_any_maybe_null(e);
    switch ((enum udf_ret)e->aux) {
    case UDF_INT:
        my_fix_int(ev->r->kit, e, len, null, false);
        break;
    case UDF_REAL:
        e->m = (struct my_meta){.type = MY_T_DOUBLE, .len = len, .dec = dec, .coll = ev->r->kit->binary, .coerce = MY_CO_NUMERIC, .maybe_null = null};
        break;
    case UDF_DECIMAL:
        e->m = (struct my_meta){.type = MY_T_NEWDECIMAL, .len = len, .dec = dec > MY_DEC_SCALE_MAX ? 0 : dec, .coll = ev->r->kit->binary,
                                .coerce = MY_CO_NUMERIC, .maybe_null = null};
        break;
    default:
        my_fix_str(ev, e, ev->r->kit->binary, len, MY_DEC_FLOAT, null);
        break;
    }
}

static bool name_has(const char *name, const char *part)
{
    size_t n = strlen(part);
    for (; *name; name++)
        if (strncasecmp(name, part, n) == 0)
            return true;
    return false;
}

static bool word_is(const char *s, size_t n, const char *word)
{
    return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

/* What asking after the machine prints on the persona; other commands succeed and print nothing. */
static void command_output(struct my_run *r, const char *cmd, size_t n, struct wr *w)
{
    const struct persona *p = &r->kit->persona;
    const char *end = r->kit->windows ? "\r\n" : "\n";
    static const char *const shells[] = {"cmd.exe /c ", "cmd /c ", "/bin/sh -c ", "sh -c "};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (n > strlen(shells[i]) && strncasecmp(cmd, shells[i], strlen(shells[i])) == 0) {
            cmd += strlen(shells[i]);
            n -= strlen(shells[i]);
        }
    while (n && (*cmd == ' ' || *cmd == '\t')) {
        cmd++;
        n--;
    }
    while (n && (cmd[n - 1] == ' ' || cmd[n - 1] == '\n' || cmd[n - 1] == '\r'))
        n--;
    if (word_is(cmd, n, "whoami")) {
        wr_fmt(w, "%s%s", r->kit->windows ? "nt authority\\system" : "mysql", end);
    } else if (word_is(cmd, n, "hostname")) {
        wr_fmt(w, "%s%s", p->hostname, end);
    } else if (n > 5 && strncasecmp(cmd, "echo ", 5) == 0 && !memchr(cmd, '>', n) && !memchr(cmd, '|', n) && !memchr(cmd, '&', n)) {
        wr_bytes(w, cmd + 5, n - 5);
        wr_str(w, end);
    } else if (!r->kit->windows && word_is(cmd, n, "id")) {
        wr_str(w, "uid=27(mysql) gid=27(mysql) groups=27(mysql)\n");
    } else if (!r->kit->windows && word_is(cmd, n, "pwd")) {
        size_t len = strlen(p->mysql.datadir);
        while (len > 1 && p->mysql.datadir[len - 1] == '/')
            len--;
        wr_bytes(w, p->mysql.datadir, len);
        wr_str(w, end);
    } else if (!r->kit->windows && (word_is(cmd, n, "uname") || word_is(cmd, n, "uname -s"))) {
        wr_str(w, "Linux\n");
    } else if (!r->kit->windows && word_is(cmd, n, "uname -m")) {
        wr_fmt(w, "%s\n", p->mysql.compile_machine);
    }
}

static struct my_val string_result(struct my_eval *ev, struct my_expr *e, const struct my_val *arg)
{
    static const char *const runners[] = {"eval", "exec", "cmd", "shell", "system", "run"};
    struct wr w = wr_of(65536);
    bool sys = strncasecmp(e->name, "sys_", 4) == 0, runs = false;
    for (size_t i = 0; i < sizeof runners / sizeof *runners; i++)
        runs |= name_has(e->name, runners[i]);
    if (runs && arg->kind == MY_V_STR)
        command_output(ev->r, arg->s.p, arg->s.n, &w);
    struct my_val v = my_null();
    if (sys && w.len) /* lib_mysqludf_sys cuts the last character, and has NULL for no output */
        v = my_text_out(ev, (const char *)w.bytes, w.len - 1);
    else if (!sys)
        v = my_text_out(ev, w.bytes ? (const char *)w.bytes : "", w.len);
    wr_done(&w);
    return v;
}

struct my_val my_eval_udf_call(struct my_eval *ev, struct my_expr *e)
{
    struct my_val first = my_null();
    for (size_t i = 0; i < e->n_args && my_ok(ev->r); i++) {
        struct my_val v = my_eval_expr(ev, e->args[i]);
        if (i == 0)
            first = my_val_text(ev->r->arena, &v, &e->args[0]->m);
    }
    if (!my_ok(ev->r) || !my_step(ev->r, 1))
        return my_null();
    switch ((enum udf_ret)e->aux) {
    case UDF_INT: /* exit code of the command, or the library's own "done" */
        return my_int(0);
    case UDF_REAL:
        return my_real(0);
    case UDF_DECIMAL:
        return my_decimal(my_dec_of_i64(0));
    default:
        return string_result(ev, e, &first);
    }
}
