/* information_schema: which table is made by what, and the making of rows. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ts.h"
#include "protocol/mysql/exec/my_info_fill.h"
#include "protocol/mysql/world/my_facts.h"

void my_fill_row(struct my_fill *f)
{
    struct my_rel *rel = f->rel;
    if (rel->n_rows == rel->cap_rows) {
        size_t cap = rel->cap_rows ? rel->cap_rows * 2 : 64;
        struct my_val **rows = arena_new(f->r->arena, cap * sizeof *rows);
        if (!rows) {
            my_fail(f->r, MY_ER_OUTOFMEMORY, (int)(cap * sizeof *rows));
            return;
        }
        if (rel->n_rows)
            memcpy(rows, rel->rows, rel->n_rows * sizeof *rows);
        rel->rows = rows;
        rel->cap_rows = cap;
    }
    rel->rows[rel->n_rows++] = f->row;
    f->row = NULL;
}

void my_fill_begin(struct my_fill *f)
{
    f->row = arena_new(f->r->arena, (f->rel->n_cols + 1) * sizeof *f->row);
    if (!f->row || !my_step(f->r, f->rel->n_cols)) {
        my_fail(f->r, MY_ER_OUTOFMEMORY, 1024);
        return;
    }
    for (size_t i = 0; i < f->rel->n_cols; i++) { /* what the table's definition gives by itself */
        const struct my_column *c = &f->t->cols[i];
        if (!c->not_null)
            f->row[i] = my_null();
        else if (my_result_of(c->wire_type) == MY_RES_INT)
            f->row[i] = my_int(0);
        else
            f->row[i] = my_str("", 0);
    }
}

void my_fill_set(struct my_fill *f, const char *col, struct my_val v)
{
    int i = my_table_col(f->t, col);
    if (i >= 0 && f->row)
        f->row[i] = v;
}
void my_fill_text(struct my_fill *f, const char *col, const char *s)
{
    my_fill_set(f, col, s ? my_str(s, strlen(s)) : my_null());
}
void my_fill_num(struct my_fill *f, const char *col, uint64_t v)
{
    my_fill_set(f, col, my_uint(v));
}
void my_fill_when(struct my_fill *f, const char *col, int64_t us)
{
    struct my_time t;
    char buf[40];
    my_local_time(us, &t);
    size_t n = my_time_text(&t, MY_T_DATETIME, 0, buf, sizeof buf);
    char *s = arena_copy(f->r->arena, buf, n);
    if (s)
        my_fill_set(f, col, my_str(s, n));
}
void my_fill_catalog(struct my_fill *f, const char *col)
{
    if (f->r->kit->version >= 50500)
        my_fill_text(f, col, "def");
    else
        my_fill_set(f, col, my_null());
}

bool my_fill_db(const struct my_world *w, size_t i, const struct my_db **ret)
{
    /* information_schema stands first, the others by name */
    size_t n = 0;
    for (size_t k = 0; k < w->n_dbs; k++)
        if (my_is_info_schema(w->dbs[k].name)) {
            if (i == 0) {
                *ret = &w->dbs[k];
                return true;
            }
        }
    for (size_t k = 0; k < w->n_dbs; k++)
        if (!my_is_info_schema(w->dbs[k].name) && ++n == i) {
            *ret = &w->dbs[k];
            return true;
        }
    return false;
}

void my_fill_cell(struct my_fill *f, const char *col, const char *v)
{
    int at = my_table_col(f->t, col);
    if (at >= 0 && v && my_result_of(f->t->cols[at].wire_type) == MY_RES_INT)
        my_fill_num(f, col, strtoull(v, NULL, 10));
    else
        my_fill_text(f, col, v);
}

void my_fill_tsv(struct my_fill *f, const struct my_tsv *t, const char *const *cols, size_t n)
{
    for (size_t i = 0; i < t->n_rows && my_ok(f->r); i++) {
        my_fill_begin(f);
        for (size_t c = 0; c < n && c < t->n_cols; c++) {
            const char *v = t->cells[i * t->n_cols + c];
            if (cols[c])
                my_fill_cell(f, cols[c], v && strcmp(v, "NULL") != 0 ? v : NULL);
        }
        my_fill_row(f);
    }
}

static const struct {
    const char *name;
    void (*fill)(struct my_fill *f);
} tables[] = {
    {"SCHEMATA", my_info_schemata}, {"TABLES", my_info_tables}, {"COLUMNS", my_info_columns}, {"GLOBAL_VARIABLES", my_info_global_variables},
    {"SESSION_VARIABLES", my_info_session_variables}, {"GLOBAL_STATUS", my_info_status}, {"SESSION_STATUS", my_info_status},
    {"CHARACTER_SETS", my_info_charsets}, {"COLLATIONS", my_info_collations}, {"COLLATION_CHARACTER_SET_APPLICABILITY", my_info_applicability},
    {"ENGINES", my_info_engines}, {"PLUGINS", my_info_plugins}, {"PROCESSLIST", my_info_processlist}, {"USER_PRIVILEGES", my_info_user_privileges},
    {"STATISTICS", my_info_statistics}, {"TABLE_CONSTRAINTS", my_info_table_constraints}, {"KEY_COLUMN_USAGE", my_info_key_usage}, {"VIEWS", my_info_views},
    {"ROUTINES", my_info_routines}, {"SYSTEM_VARIABLES", my_info_system_variables}, {"TABLE_PRIVILEGES", my_info_table_privileges},
    {"COLUMN_PRIVILEGES", my_info_column_privileges}, {"SCHEMA_PRIVILEGES", my_info_schema_privileges}, {"ENABLED_ROLES", my_info_enabled_roles},
    {"APPLICABLE_ROLES", my_info_applicable_roles}, {"PARTITIONS", my_info_partitions},
    /* what SHOW reads: same columns, other spelling */
    {"VARIABLES:GLOBAL", my_info_show_global}, {"VARIABLES:SESSION", my_info_show_session}, {"STATUS:", my_info_show_status},
};

/* What SHOW VARIABLES and SHOW STATUS of 8.0 read: tables of the performance schema, which information_schema lacks. */
static struct my_table *show_table(struct my_run *r, const char *table, struct my_rel *rel)
{
    static char heads[2][16] = {"VARIABLE_NAME", "VARIABLE_VALUE"};
    static const char *const wire[] = {"Variable_name", "Value"};
    bool status = strcasecmp(table, "SESSION_STATUS") == 0;
    if (!status && strcasecmp(table, "SESSION_VARIABLES") != 0)
        return NULL;
    const char *name = status ? "session_status" : "session_variables";
    struct my_table *t = arena_new(r->arena, sizeof *t);
    struct my_column *cols = arena_new(r->arena, 2 * sizeof *cols);
    rel->cols = arena_new(r->arena, 2 * sizeof *rel->cols);
    if (!t || !cols || !rel->cols)
        return NULL;
    *t = (struct my_table){.n_cols = 2, .cols = cols};
    for (size_t i = 0; i < 2; i++) {
        cols[i] = (struct my_column){.name = heads[i], .coll = r->kit->utf8};
        rel->cols[i] = (struct my_relcol){heads[i], {.type = MY_T_VAR_STRING, .coll = r->kit->utf8, .len = i ? 3072 : 192,
                                                     .flags = i ? 0 : MY_F_NOT_NULL | MY_F_NO_DEFAULT, .is_field = true, .maybe_null = i != 0,
                                                     .coerce = MY_CO_IMPLICIT, .db = r->kit->version >= 80000 ? "performance_schema" : "", .table = name, .org_table = name,
                                                     .org_name = wire[i]}};
    }
    rel->db = "performance_schema";
    rel->name = rel->alias = name;
    rel->n_cols = 2;
    rel->info_schema = true;
    return t;
}

struct my_rel *my_info_fill(struct my_run *r, const char *table, const char *source, const char *alias)
{
    struct my_db *db = my_world_db(r->w, "information_schema");
    struct my_table *t = NULL;
    for (size_t i = 0; db && i < db->n_tables; i++)
        if (strcasecmp(db->tables[i]->name, table) == 0)
            t = db->tables[i];
    struct my_rel *rel = arena_new(r->arena, sizeof *rel);
    if (!rel)
        return NULL;
    struct my_table *shown = r->info_source && my_modern(r->kit) ? show_table(r, table, rel) : NULL;
    if (shown) {
        t = shown;
        struct my_fill f = {.r = r, .rel = rel, .t = t};
        for (size_t i = 0; i < sizeof tables / sizeof *tables && !r->describe_only; i++)
            if (strcasecmp(tables[i].name, source) == 0)
                tables[i].fill(&f);
        return my_ok(r) ? rel : NULL;
    }
    if (!t) {
        my_fail(r, MY_ER_UNKNOWN_TABLE, table, "information_schema");
        return NULL;
    }
    bool bare = r->kit->version < 50500; /* no schema and no table of origin in column definitions */
    *rel = (struct my_rel){.db = "information_schema", .name = t->name, .alias = alias ? alias : table, .n_cols = t->n_cols, .info_schema = true};
    rel->cols = arena_new(r->arena, (t->n_cols + 1) * sizeof *rel->cols);
    if (!rel->cols)
        return NULL;
    for (size_t i = 0; i < t->n_cols; i++) {
        rel->cols[i] = (struct my_relcol){t->cols[i].name, my_column_meta(&t->cols[i], bare ? "" : "information_schema", rel->alias, bare ? "" : r->info_org ? r->info_org : t->name)};
        struct my_meta *m = &rel->cols[i].m;
        if (r->kit->tables.n_rows) /* recorded from the wire */
            continue;
        m->flags &= (uint16_t)~MY_F_NO_DEFAULT;
        if (t->cols[i].type.blob == 4 && t->cols[i].type.is_text)
            m->len = 65535u * 3;
    }
    struct my_fill f = {.r = r, .rel = rel, .t = t};
    const struct my_tsv *rows = my_fact_rows(r->kit, "information_schema", source);
    if (rows && !r->describe_only)
        my_fill_tsv(&f, rows, rows->head, rows->n_cols);
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !r->describe_only && !rows; i++)
        if (strcasecmp(tables[i].name, source) == 0)
            tables[i].fill(&f);
    return my_ok(r) ? rel : NULL;
}

struct my_rel *my_info_rel(struct my_run *r, const char *name, const char *alias, struct my_select *s)
{
    if (s && !s->where && !r->info_source && strcasecmp(name, "COLUMNS") == 0) /* every view is opened, in its own schema */
        r->status |= my_fact_table(r->kit, "mysql", "global_priv") >= 0 ? MY_STATUS_SESSION_CHANGED : 0;
    if (r->info_source)
        return my_info_fill(r, name, r->info_source, alias);
    return my_info_fill(r, name, name, alias);
}
