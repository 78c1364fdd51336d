/* From one generation to the next, and what can be deleted then. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/store_int.h"

int store_lock(const struct store *s, const char *name, bool wait, struct err *err)
{
    char path[STORE_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", s->dir, name) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_sys(err, -errno, "cannot open %s", path);
    int rc;
    do {
        rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0 ? -errno : 0;
    } while (rc == -EINTR);
    if (rc == 0)
        return fd;
    close(fd);
    if (rc == -EWOULDBLOCK)
        return err_set(err, -EBUSY, "%s is held: another hotaru does this work now", path);
    return err_sys(err, rc, "cannot lock %s", path);
}

void change_done(struct change *c)
{
    pending_drop(&c->add);
    for (size_t t = 0; t < TABLE_COUNT; t++)
        free(c->remove[t].at);
    free(c->segments.at);
    free(c->journals.at);
    memset(c, 0, sizeof *c);
}

/* ---- the next generation ---- */

static struct part *part_find(struct part_list *l, const char *path)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->at[i].path, path) == 0)
            return &l->at[i];
    return NULL;
}

static int marks_apply(struct mark_list *to, const struct mark_list *add)
{
    int rc = 0;
    for (size_t i = 0; i < add->n && rc == 0; i++)
        rc = mark_list_has(to, add->at[i].name) ? -EEXIST : mark_list_add(to, add->at[i].name);
    return rc;
}

static int removals_apply(struct catalog *g, const struct change *c)
{
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (size_t i = 0; i < c->remove[t].n; i++) {
            struct part *p = part_find(&g->tables[t], c->remove[t].at[i].path);
            if (!p)
                return -EEXIST;
            *p = g->tables[t].at[--g->tables[t].n];
        }
    }
    return 0;
}

static int change_apply(struct catalog *g, const struct change *c)
{
    if (c->import && catalog_import(g, c->import->file_sum, c->import->frame_sum))
        return -EEXIST;
    int rc = removals_apply(g, c);
    if (rc == 0)
        rc = marks_apply(&g->segments, &c->segments);
    if (rc == 0)
        rc = marks_apply(&g->journals, &c->journals);
    for (size_t i = 0; i < c->add.n && rc == 0; i++)
        rc = part_list_add(&g->tables[c->add.at[i].table], &c->add.at[i].part);
    if (rc == 0 && c->import)
        rc = import_list_add(&g->imports, c->import);
    return rc;
}

/* Marks of segments and journals that are long deleted are of no use. */
static void marks_prune(const struct store *s, const char *folder, const char *const *suffixes, struct mark_list *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++) {
        bool there = false;
        for (const char *const *suffix = suffixes; *suffix && !there; suffix++) {
            char path[STORE_PATH_MAX];
            if (snprintf(path, sizeof path, "%s/%s/%s%s", s->dir, folder, l->at[i].name, *suffix) < (int)sizeof path)
                there = access(path, F_OK) == 0 || errno != ENOENT;
        }
        if (there)
            l->at[kept++] = l->at[i];
    }
    l->n = kept;
}

static const char *const segment_suffixes[] = {".spool", ".sealed", NULL};
static const char *const journal_suffixes[] = {"", NULL};

static int compare_path(const void *a, const void *b);

/* Syncs the folders of these files and the folders above them up to the store's, each once. */
static int sync_folders(const struct store *s, const struct pending_list *l, struct err *err)
{
    char (*all)[CATALOG_NAME_MAX] = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < l->n; i++) {
        char dir[CATALOG_NAME_MAX];
        memcpy(dir, l->at[i].part.path, sizeof dir);
        for (char *slash; (slash = strrchr(dir, '/')); n++) {
            *slash = '\0';
            if (n == cap) {
                cap = cap ? cap * 2 : 64;
                void *more = realloc(all, cap * sizeof *all);
                if (!more) {
                    free(all);
                    return err_set(err, -ENOMEM, "no memory to sync folders");
                }
                all = more;
            }
            memcpy(all[n], dir, sizeof dir);
        }
    }
    if (n)
        qsort(all, n, sizeof *all, compare_path);
    int rc = 0;
    for (size_t i = 0; i < n + 1 && n && rc == 0; i++) {
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
        if (i && i < n && strcmp(all[i], all[i - 1]) == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s%s%s", s->dir, i < n ? "/" : "", i < n ? all[i] : "");
        rc = io_fsync_dir(path);
        if (rc < 0)
            (void)err_sys(err, rc, "cannot sync folder %s", path);
    }
    free(all);
    return rc;
}

static int move_in(const struct store *s, struct pending_list *l, struct err *err)
{
    int synced = pending_sync(l, err);
    if (synced < 0)
        return synced;
    for (size_t i = 0; i < l->n; i++) {
        struct pending *p = &l->at[i];
        char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
        (void)snprintf(path, sizeof path, "%s/%s", s->dir, p->part.path);
        char *slash = strrchr(path, '/');
        *slash = '\0';
        int rc = io_mkdirs(path, err);
        *slash = '/';
        if (rc < 0)
            return rc;
        if (rename(p->temp, path) < 0)
            return err_sys(err, -errno, "cannot move %s to %s", p->temp, path);
        /* From here on a failure must delete the file at its place. */
        (void)snprintf(p->temp, sizeof p->temp, "%.*s", (int)sizeof p->temp - 1, path);
    }
    return sync_folders(s, l, err);
}

/* ---- deleting ---- */

struct live { /* every path that some generation names, sorted */
    char (*at)[CATALOG_NAME_MAX];
    size_t n, cap;
};

static int compare_path(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int live_add(struct live *l, const struct catalog *g)
{
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (size_t i = 0; i < g->tables[t].n; i++) {
            if (l->n == l->cap) {
                size_t cap = l->cap ? l->cap * 2 : 256;
                void *more = realloc(l->at, cap * sizeof *l->at);
                if (!more)
                    return -ENOMEM;
                l->at = more;
                l->cap = cap;
            }
            memcpy(l->at[l->n++], g->tables[t].at[i].path, CATALOG_NAME_MAX);
        }
    }
    return 0;
}

static bool live_has(const struct live *l, const char *path)
{
    return l->n && bsearch(path, l->at, l->n, sizeof *l->at, compare_path);
}

static void delete_part(const struct store *s, const char *rel)
{
    char path[STORE_PATH_MAX + CATALOG_NAME_MAX + 2];
    (void)snprintf(path, sizeof path, "%s/%s", s->dir, rel);
    (void)unlink(path);
    /* Empty partitions go too; a folder with files refuses. */
    size_t root = strlen(s->dir);
    for (char *slash; (slash = strrchr(path, '/')) && (size_t)(slash - path) > root;) {
        *slash = '\0';
        if (strchr(path + root + 1, '/') == NULL || rmdir(path) < 0)
            break;
    }
}

/* A sealed segment or journal may go when every generation left has its rows. */
static void delete_marked(const struct store *s, const struct catalog *left, size_t n_left)
{
    const struct catalog *newest = &left[n_left - 1];
    for (int kind = 0; kind < 2; kind++) {
        const struct mark_list *l = kind ? &newest->journals : &newest->segments;
        const char *const *suffixes = kind ? journal_suffixes : segment_suffixes;
        for (size_t i = 0; i < l->n; i++) {
            bool everywhere = true;
            for (size_t g = 0; g + 1 < n_left && everywhere; g++)
                everywhere = mark_list_has(kind ? &left[g].journals : &left[g].segments, l->at[i].name);
            for (const char *const *suffix = suffixes; everywhere && *suffix; suffix++) {
                char path[STORE_PATH_MAX];
                if (snprintf(path, sizeof path, "%s/%s/%s%s", s->dir, kind ? "journal" : "spool", l->at[i].name, *suffix) <
                    (int)sizeof path)
                    (void)unlink(path);
            }
        }
    }
}

/* Deletes the generations before the newest that nobody reads. True when g is gone. */
static bool generation_delete(const struct store *s, uint64_t g)
{
    char path[STORE_PATH_MAX];
    catalog_path(s->dir, g, path, sizeof path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    bool gone = flock(fd, LOCK_EX | LOCK_NB) == 0 && unlink(path) == 0;
    if (gone) {
        char copy[STORE_PATH_MAX + 8];
        (void)snprintf(copy, sizeof copy, "%s.copy", path);
        (void)unlink(copy);
    }
    close(fd);
    return gone;
}

struct generations {
    struct catalog *at;
    size_t n;
};

static void generations_done(struct generations *g)
{
    for (size_t i = 0; i < g->n; i++)
        catalog_done(&g->at[i]);
    free(g->at);
}

/* Loads all there are. One that cannot be read is an error: what it needs is not known. */
static int generations_load(const struct store *s, struct generations *ret, struct err *err)
{
    uint64_t *numbers;
    size_t n;
    int rc = catalog_list(s->dir, &numbers, &n, err);
    if (rc < 0)
        return rc;
    struct generations g = {.at = calloc(n ? n : 1, sizeof *g.at)};
    if (!g.at)
        rc = err_set(err, -ENOMEM, "no memory for %zu generations", n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = catalog_load(s->dir, numbers[i], &g.at[i], err);
        g.n += rc == 0;
    }
    free(numbers);
    if (rc < 0)
        generations_done(&g);
    else
        *ret = g;
    return rc;
}

/* The folders' walk has no argument of its own. */
static _Thread_local struct {
    const struct store *s;
    const struct live *live;
} sweep;

static int sweep_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    size_t n = strlen(path), root = strlen(sweep.s->dir) + 1;
    if (flag == FTW_F && n > 8 && strcmp(path + n - 8, ".parquet") == 0 && !live_has(sweep.live, path + root))
        delete_part(sweep.s, path + root);
    return 0;
}

static int sweep_any(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    (void)(flag == FTW_DP ? rmdir(path) : unlink(path));
    return 0;
}

/* Temp folders of writers that died. */
static void sweep_temp(const struct store *s)
{
    char path[STORE_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/tmp", s->dir) >= (int)sizeof path)
        return;
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (const struct dirent *d; (d = readdir(dir));) {
        char sub[STORE_PATH_MAX + 256];
        if (strncmp(d->d_name, "w-", 2) != 0)
            continue;
        (void)snprintf(sub, sizeof sub, "%s/%s", path, d->d_name);
        int fd = open(sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (strcmp(sub, s->temp_dir) != 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            (void)nftw(sub, sweep_any, 16, FTW_DEPTH | FTW_PHYS);
        close(fd);
    }
    closedir(dir);
}

/* Half-written generation files and copies without their file: only the holder of the commit lock makes such, and that
 * is us. */
static void sweep_catalog(const struct store *s)
{
    char path[STORE_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/catalog", s->dir) >= (int)sizeof path)
        return;
    DIR *dir = opendir(path);
    for (const struct dirent *d; dir && (d = readdir(dir));) {
        char of[256];
        const char *copy = strstr(d->d_name, ".json.copy");
        if (copy)
            (void)snprintf(of, sizeof of, "%.*s.json", (int)(copy - d->d_name), d->d_name);
        if (strstr(d->d_name, ".tmp") ? strstr(d->d_name, ".json.") != NULL
                                      : copy && faccessat(dirfd(dir), of, F_OK, 0) < 0 && errno == ENOENT)
            (void)unlinkat(dirfd(dir), d->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

/* What a writer left that was killed between moving its files in and naming them. */
static void sweep_orphans(const struct store *s, const struct live *live)
{
    sweep.s = s;
    sweep.live = live;
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        char path[STORE_PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", s->dir, catalog_table_names[t]) < (int)sizeof path)
            (void)nftw(path, sweep_file, 16, FTW_PHYS | FTW_DEPTH);
    }
}

/* The commit lock is held. */
static int clean(struct store *s, struct err *err)
{
    struct generations g;
    int rc = generations_load(s, &g, err);
    if (rc < 0)
        return rc;
    struct live live = {0};
    struct catalog *left = calloc(g.n + 1, sizeof *left); /* shallow: owned by g */
    bool *gone = calloc(g.n + 1, sizeof *gone);
    size_t n_left = 0;
    rc = left && gone ? 0 : err_set(err, -ENOMEM, "no memory to clean up");
    for (size_t i = 0; i < g.n && rc == 0; i++) {
        gone[i] = i + 1 < g.n && generation_delete(s, g.at[i].generation);
        if (gone[i])
            continue;
        left[n_left++] = g.at[i];
        if (live_add(&live, &g.at[i]) < 0)
            rc = err_set(err, -ENOMEM, "no memory to clean up");
    }
    if (rc == 0 && n_left) {
        if (live.n)
            qsort(live.at, live.n, sizeof *live.at, compare_path);
        for (size_t i = 0; i < g.n; i++)
            for (size_t t = 0; gone[i] && t < TABLE_COUNT; t++)
                for (size_t k = 0; k < g.at[i].tables[t].n; k++)
                    if (!live_has(&live, g.at[i].tables[t].at[k].path))
                        delete_part(s, g.at[i].tables[t].at[k].path);
        delete_marked(s, left, n_left);
    }
    if (rc == 0 && !s->swept) {
        sweep_orphans(s, &live);
        sweep_temp(s);
        sweep_catalog(s);
        s->swept = true;
    }
    free(gone);
    free(left);
    free(live.at);
    generations_done(&g);
    return rc;
}

int commit_clean(struct store *s, struct err *err)
{
    int lock = store_lock(s, "catalog/lock", true, err);
    if (lock < 0)
        return lock;
    int rc = clean(s, err);
    close(lock);
    return rc;
}

int commit_change(struct store *s, struct change *c, struct err *err)
{
    int lock = store_lock(s, "catalog/lock", true, err);
    if (lock < 0)
        return lock;
    struct catalog g = {0};
    uint64_t newest;
    int rc = catalog_newest(s->dir, &newest, err);
    if (rc == 0)
        rc = catalog_load(s->dir, newest, &g, err);
    if (rc == 0) {
        g.generation = newest + 1;
        marks_prune(s, "spool", segment_suffixes, &g.segments);
        marks_prune(s, "journal", journal_suffixes, &g.journals);
        rc = change_apply(&g, c);
        if (rc == -ENOMEM)
            (void)err_set(err, rc, "no memory for a new generation");
    }
    if (rc == 0)
        rc = move_in(s, &c->add, err);
    if (rc == 0)
        rc = catalog_write(s->dir, &g, err);
    if (rc == 0) {
        /* They are the store's now. */
        for (size_t i = 0; i < c->add.n; i++)
            c->add.at[i].temp[0] = '\0';
        /* What cannot be deleted now is deleted after a later commit. */
        (void)clean(s, NULL);
    }
    catalog_done(&g);
    close(lock);
    return rc;
}
