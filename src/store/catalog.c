#include "store/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const catalog_table_names[TABLE_COUNT] = {
    [TABLE_PACKET] = "packet", [TABLE_PACKET6] = "packet6", [TABLE_EVENT] = "event", [TABLE_LOSS] = "loss"};

static int grow(void *at, size_t *cap, size_t n, size_t size)
{
    void **p = at;
    if (n < *cap)
        return 0;
    size_t more = *cap ? *cap * 2 : 16;
    void *q = realloc(*p, more * size);
    if (!q)
        return -ENOMEM;
    *p = q;
    *cap = more;
    return 0;
}

int part_list_add(struct part_list *l, const struct part *p)
{
    int rc = grow(&l->at, &l->cap, l->n, sizeof *l->at);
    if (rc == 0)
        l->at[l->n++] = *p;
    return rc;
}

int mark_list_add(struct mark_list *l, const char *name)
{
    int rc = strlen(name) >= CATALOG_NAME_MAX ? -ENAMETOOLONG : grow(&l->at, &l->cap, l->n, sizeof *l->at);
    if (rc == 0)
        (void)snprintf(l->at[l->n++].name, CATALOG_NAME_MAX, "%s", name);
    return rc;
}

int import_list_add(struct import_list *l, const struct import_mark *m)
{
    int rc = grow(&l->at, &l->cap, l->n, sizeof *l->at);
    if (rc == 0)
        l->at[l->n++] = *m;
    return rc;
}

bool mark_list_has(const struct mark_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->at[i].name, name) == 0)
            return true;
    return false;
}

const struct import_mark *catalog_import(const struct catalog *c, const char *file_sum, const char *frame_sum)
{
    for (size_t i = 0; i < c->imports.n; i++) {
        const struct import_mark *m = &c->imports.at[i];
        if ((file_sum && *file_sum && strcmp(m->file_sum, file_sum) == 0) ||
            (frame_sum && *frame_sum && strcmp(m->frame_sum, frame_sum) == 0))
            return m;
    }
    return NULL;
}

bool catalog_import_size(const struct catalog *c, uint64_t bytes)
{
    for (size_t i = 0; i < c->imports.n; i++)
        if (c->imports.at[i].file_sum[0] && (c->imports.at[i].bytes == bytes || c->imports.at[i].bytes == 0))
            return true;
    return false;
}

void catalog_done(struct catalog *c)
{
    for (size_t t = 0; t < TABLE_COUNT; t++)
        free(c->tables[t].at);
    free(c->segments.at);
    free(c->journals.at);
    free(c->imports.at);
    memset(c, 0, sizeof *c);
}

int catalog_copy(const struct catalog *from, struct catalog *ret)
{
    struct catalog c = {.generation = from->generation};
    int rc = 0;
    for (size_t t = 0; t < TABLE_COUNT; t++)
        for (size_t i = 0; i < from->tables[t].n && rc == 0; i++)
            rc = part_list_add(&c.tables[t], &from->tables[t].at[i]);
    for (size_t i = 0; i < from->segments.n && rc == 0; i++)
        rc = mark_list_add(&c.segments, from->segments.at[i].name);
    for (size_t i = 0; i < from->journals.n && rc == 0; i++)
        rc = mark_list_add(&c.journals, from->journals.at[i].name);
    for (size_t i = 0; i < from->imports.n && rc == 0; i++)
        rc = import_list_add(&c.imports, &from->imports.at[i]);
    if (rc < 0)
        catalog_done(&c);
    else
        *ret = c;
    return rc;
}
