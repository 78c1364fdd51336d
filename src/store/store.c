#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/store_int.h"

#define MEMORY_DEFAULT ((uint64_t)1 << 30)
#define MEMORY_MIN     ((uint64_t)64 << 20)

static bool is_folder(const char *dir, const char *name)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    return snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path && stat(path, &st) == 0 &&
           S_ISDIR(st.st_mode);
}

/* A recorder or a honeypot may have begun the folder; the catalog is ours to add. */
static int dir_make(const char *path, struct err *err)
{
    char sub[STORE_PATH_MAX];
    static const char *const folders[] = {"catalog", "tmp"};
    int rc = io_mkdirs(path, err);
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        if (snprintf(sub, sizeof sub, "%s/%s", path, folders[i]) >= (int)sizeof sub)
            return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", path);
        rc = io_mkdirs(sub, err);
    }
    return rc;
}

static int dir_find(const char *path, bool writable, char **ret, struct err *err)
{
    int rc = writable ? dir_make(path, err) : 0;
    if (rc < 0)
        return rc;
    char *dir = realpath(path, NULL);
    if (!dir && errno == ENOENT)
        return err_set(err, -ENOENT, "there is no store at %s", path);
    if (!dir)
        return err_sys(err, -errno, "cannot open store %s", path);
    if (!is_folder(dir, "catalog") && !is_folder(dir, "spool") && !is_folder(dir, "journal"))
        rc = err_set(err, -ENOENT, "%s is no store: it has no folder catalog, spool or journal", path);
    else if (strpbrk(dir, "*?[\\'\n"))
        rc = err_set(err, -EINVAL, "store %s: its name must not contain any of * ? [ \\ '", path);
    else if (strlen(dir) > STORE_PATH_MAX - 2 * CATALOG_NAME_MAX)
        rc = err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", path);
    if (rc < 0)
        free(dir);
    else
        *ret = dir;
    return rc;
}

static int ask_open(struct store *s, const struct store_options *o, struct err *err)
{
    struct duck_options d = {.dir = s->dir, .extra_path = o->output_path, .memory_bytes = s->memory_bytes,
                             .threads = s->threads, .keep_order = true};
    int rc = duck_open(&s->duck, &d, err);
    if (rc == 0)
        rc = view_macros(s->duck.con, err);
    if (rc == 0)
        rc = scan_register(s, err);
    if (rc == 0)
        rc = duck_lock(&s->duck, err);
    return rc;
}

/* A first, empty generation, so that a reader always has something to hold. */
static int generation_first(struct store *s, struct err *err)
{
    uint64_t newest;
    int rc = catalog_newest(s->dir, &newest, err);
    if (rc < 0 || newest > 0)
        return rc;
    struct change c = {0};
    return commit_change(s, &c, err);
}

int store_open(const char *path, const struct store_options *options, struct store **ret, struct err *err)
{
    static const struct store_options defaults = {0};
    const struct store_options *o = options ? options : &defaults;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, -ENOMEM, "no memory for a store");
    (void)pthread_mutex_init(&s->asking, NULL);
    s->temp_fd = -1;
    s->now.fd = -1;
    s->writable = o->writable;
    s->time_limit_us = o->time_limit_us;
    s->progress = o->progress;
    s->progress_arg = o->progress_arg;
    s->memory_bytes = o->memory_bytes ? o->memory_bytes : MEMORY_DEFAULT;
    if (s->memory_bytes < MEMORY_MIN)
        s->memory_bytes = MEMORY_MIN;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = o->threads ? o->threads : cores > 0 && cores < 256 ? (uint32_t)cores : 1;
    int rc = dir_find(path, o->writable, &s->dir, err);
    uint64_t newest;
    struct catalog probe = {0};
    if (rc == 0)
        rc = catalog_newest(s->dir, &newest, err);
    if (rc == 0) {
        rc = catalog_load(s->dir, newest, &probe, err);
        if (rc == -ENOENT) { /* a newer one has come meanwhile: it is read when it is asked for */
            rc = 0;
            if (err)
                err->text[0] = '\0';
        }
        catalog_done(&probe);
    }
    if (rc == 0 && s->writable)
        rc = generation_first(s, err);
    if (rc == 0)
        rc = ask_open(s, o, err);
    if (rc < 0)
        store_close(s);
    else
        *ret = s;
    return rc;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    duck_close(&s->duck);
    if (s->has_sorter)
        duck_close(&s->sorter);
    snapshot_done(&s->now);
    if (s->temp_dir[0])
        (void)rmdir(s->temp_dir);
    if (s->temp_fd >= 0)
        close(s->temp_fd);
    (void)pthread_mutex_destroy(&s->asking);
    free(s->dir);
    free(s);
}

_Static_assert(STORE_STATS_TABLES == TABLE_COUNT, "store_stats names every table");

const char *store_dir(const struct store *s)
{
    return s->dir;
}

int store_stats(struct store *s, struct store_stats *ret, struct err *err)
{
    struct snapshot now;
    int rc = snapshot_take(s->dir, &now, err);
    if (rc < 0)
        return rc;
    struct store_stats st = {.generation = now.catalog.generation, .segments = now.n_segments, .journals = now.journals.n,
                             .imports = now.catalog.imports.n};
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        struct store_table_stats *to = &st.tables[t];
        *to = (struct store_table_stats){.name = catalog_table_names[t], .files = now.catalog.tables[t].n,
                                         .min_ts_us = INT64_MAX, .max_ts_us = INT64_MIN};
        for (size_t i = 0; i < to->files; i++) {
            const struct part *p = &now.catalog.tables[t].at[i];
            to->rows += p->rows;
            to->bytes += p->bytes;
            to->min_ts_us = p->min_ts_us < to->min_ts_us ? p->min_ts_us : to->min_ts_us;
            to->max_ts_us = p->max_ts_us > to->max_ts_us ? p->max_ts_us : to->max_ts_us;
        }
    }
    for (size_t i = 0; i < now.n_segments; i++)
        st.segment_bytes += now.segments[i].size_bytes;
    snapshot_done(&now);
    *ret = st;
    return 0;
}
