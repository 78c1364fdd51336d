#include "protocol/mysql/world/my_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/io.h"

#define FACTS_FILE_MAX (4u << 20)

/* ---- one file ---- */
static void unescape(char *s)
{
    char *to = s;
    for (const char *p = s; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            *to++ = *p == 't' ? '\t' : *p == 'n' ? '\n' : *p;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

static int split(char *own, size_t len, const char *path, struct my_tsv *ret, struct err *err)
{
    size_t row = 0, col = 0, cols = ret->n_cols;
    char *from = own;
    for (size_t i = 0; i <= len; i++) {
        char c = own[i];
        if (c != '\t' && c != '\n' && i != len)
            continue;
        if (i == len && from == own + i && col == 0)
            break;
        own[i] = '\0';
        if (col >= cols)
            return err_set(err, -EINVAL, "%s:%zu: more cells than its first line", path, row + 1);
        bool null = strcmp(from, "\\N") == 0;
        unescape(from);
        ret->cells[row * cols + col++] = null ? NULL : from;
        from = own + i + 1;
        if (c == '\t')
            continue;
        for (; col < cols; col++)
            ret->cells[row * cols + col] = "";
        row++;
        col = 0;
    }
    ret->head = ret->cells;
    ret->cells += cols;
    ret->n_rows = row ? row - 1 : 0;
    return 0;
}

int my_tsv_load(struct my_kit *k, const char *name, bool required, struct my_tsv *ret, struct err *err)
{
    char path[1024], *text = NULL;
    size_t len = 0, lines = 0, cols = 1;
    (void)snprintf(path, sizeof path, "%s/%s", k->persona.mysql.facts, name);
    int rc = io_read_file(path, FACTS_FILE_MAX, &text, &len, required ? err : NULL);
    if (rc < 0)
        return required ? rc : 0;
    char *own = arena_copy(&k->arena, text, len);
    free(text);
    if (!own)
        return err_set(err, -ENOMEM, "facts file %s is too large", path);
    for (size_t i = 0; i < len; i++)
        lines += own[i] == '\n';
    for (size_t i = 0; i < len && own[i] != '\n'; i++)
        cols += own[i] == '\t';
    struct my_tsv t = {.n_cols = cols, .cells = arena_new(&k->arena, (lines + 2) * cols * sizeof *t.cells)};
    if (!t.cells)
        return err_set(err, -ENOMEM, "facts file %s is too large", path);
    rc = split(own, len, path, &t, err);
    if (rc == 0)
        *ret = t;
    return rc;
}

const char *my_tsv_cell(const struct my_tsv *t, size_t row, size_t col)
{
    return col < t->n_cols ? t->cells[row * t->n_cols + col] : "";
}

int my_tsv_col(const struct my_tsv *t, const char *head)
{
    for (size_t i = 0; i < t->n_cols; i++)
        if (t->head[i] && strcasecmp(t->head[i], head) == 0)
            return (int)i;
    return -1;
}

/* ---- the tables ---- */
int my_facts_load(struct my_kit *k, struct err *err)
{
    int rc = my_tsv_load(k, "tables.tsv", false, &k->tables, err);
    if (rc == 0)
        rc = my_tsv_load(k, "show.tsv", false, &k->shows, err);
    k->fact_rows = rc == 0 ? arena_new(&k->arena, (k->tables.n_rows + 1) * sizeof *k->fact_rows) : NULL;
    if (rc == 0 && !k->fact_rows)
        rc = err_set(err, -ENOMEM, "too many tables in %s/tables.tsv", k->persona.mysql.facts);
    for (size_t i = 0; i < k->tables.n_rows && rc == 0; i++) {
        struct my_fact_rows *f = &k->fact_rows[k->n_fact_rows];
        *f = (struct my_fact_rows){.schema = my_tsv_cell(&k->tables, i, 0), .table = my_tsv_cell(&k->tables, i, 1)};
        char name[300];
        (void)snprintf(name, sizeof name, "rows/%s.%s.tsv", f->schema, f->table);
        rc = my_tsv_load(k, name, false, &f->t, err);
        k->n_fact_rows += f->t.head != NULL;
    }
    return rc;
}

int my_fact_table(const struct my_kit *k, const char *schema, const char *table)
{
    for (size_t i = 0; i < k->tables.n_rows; i++)
        if (strcasecmp(my_tsv_cell(&k->tables, i, 1), table) == 0 && strcasecmp(my_tsv_cell(&k->tables, i, 0), schema) == 0)
            return (int)i;
    return -1;
}

const char *my_fact_of_table(const struct my_kit *k, int row, const char *head)
{
    int col = my_tsv_col(&k->tables, head);
    if (row < 0 || col < 0)
        return NULL;
    const char *v = my_tsv_cell(&k->tables, (size_t)row, (size_t)col);
    return v && strcmp(v, "NULL") != 0 ? v : NULL;
}

const struct my_tsv *my_fact_rows(const struct my_kit *k, const char *schema, const char *table)
{
    for (size_t i = 0; i < k->n_fact_rows; i++)
        if (strcasecmp(k->fact_rows[i].table, table) == 0 && strcasecmp(k->fact_rows[i].schema, schema) == 0)
            return &k->fact_rows[i].t;
    return NULL;
}
