/* One moment of the store.
 *
 * A segment or journal is deleted only after the generation that has its rows is there and no older one has a reader. So:
 * hold the newest generation, list what it does not contain, and see that it is still the newest. Each packet is then in
 * the generation's files or in the list, and in one of them only. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_int.h"

void snapshot_done(struct snapshot *s)
{
    catalog_done(&s->catalog);
    if (s->fd >= 0)
        close(s->fd);
    free(s->segments);
    free(s->journals.at);
    *s = (struct snapshot){.fd = -1};
}

bool snapshot_same(const struct snapshot *a, const struct snapshot *b)
{
    if (a->catalog.generation != b->catalog.generation || a->n_segments != b->n_segments ||
        a->journals.n != b->journals.n)
        return false;
    for (size_t i = 0; i < a->journals.n; i++)
        if (strcmp(a->journals.at[i].name, b->journals.at[i].name) != 0)
            return false;
    return true;
}

void segment_key(const struct spool_segment *s, char ret[static SPOOL_NAME_MAX])
{
    (void)snprintf(ret, SPOOL_NAME_MAX, "%s", s->name);
    *strrchr(ret, '.') = '\0';
}

static int64_t segment_size(const char *dir, const char *key)
{
    static const char *const suffixes[] = {".sealed", ".spool", ".sealed"};
    for (size_t i = 0; i < 3; i++) {
        char path[STORE_PATH_MAX];
        struct stat st;
        if (snprintf(path, sizeof path, "%s/spool/%s%s", dir, key, suffixes[i]) >= (int)sizeof path)
            return -ENAMETOOLONG;
        if (stat(path, &st) == 0)
            return st.st_size;
        if (errno != ENOENT)
            return -errno;
    }
    return -ENOENT;
}

/* A rename while a folder is read may hide the file from the reading: list until two lists agree. */
static int list_segments(const char *dir, struct spool_segment **ret, size_t *ret_n, struct err *err)
{
    struct spool_segment *was = NULL;
    size_t n_was = 0;
    int rc = spool_list(dir, &was, &n_was, err);
    for (int turn = 0; rc == 0 && turn < 100; turn++) {
        struct spool_segment *now;
        size_t n_now;
        rc = spool_list(dir, &now, &n_now, err);
        if (rc < 0)
            break;
        bool same = n_now == n_was;
        for (size_t i = 0; same && i < n_now; i++)
            same = was[i].seq == now[i].seq && strcmp(was[i].recorder, now[i].recorder) == 0;
        free(was);
        was = now;
        n_was = n_now;
        if (same) {
            *ret = was;
            *ret_n = n_was;
            return 0;
        }
    }
    free(was);
    return rc < 0 ? rc : err_set(err, -EBUSY, "%s/spool changes faster than it can be listed", dir);
}

static int take_segments(const char *dir, struct snapshot *s, struct err *err)
{
    struct spool_segment *list = NULL;
    size_t n = 0;
    int rc = list_segments(dir, &list, &n, err);
    if (rc < 0)
        return rc;
    s->segments = calloc(n ? n : 1, sizeof *s->segments);
    if (!s->segments)
        rc = err_set(err, -ENOMEM, "no memory for %zu segments", n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct snapshot_segment *g = &s->segments[s->n_segments];
        segment_key(&list[i], g->name);
        if (mark_list_has(&s->catalog.segments, g->name))
            continue;
        int64_t size = segment_size(dir, g->name);
        if (size < 0)
            rc = size == -ENOENT ? -EAGAIN : err_sys(err, (int)size, "cannot read segment %s of %s", g->name, dir);
        g->size_bytes = (uint64_t)size;
        s->n_segments++;
    }
    free(list);
    return rc;
}

static int compare_mark(const void *a, const void *b)
{
    return strcmp(((const struct mark *)a)->name, ((const struct mark *)b)->name);
}

int journal_names(const char *dir, const struct mark_list *without, struct mark_list *ret, struct err *err)
{
    char path[STORE_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/journal", dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", dir);
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? 0 : err_sys(err, -errno, "cannot read %s", path);
    int rc = 0;
    for (const struct dirent *e; rc == 0 && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (e->d_name[0] == '.' || n < 7 || strcmp(e->d_name + n - 6, ".jsonl") != 0 ||
            strspn(e->d_name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n - 6 || mark_list_has(without, e->d_name))
            continue;
        rc = mark_list_add(ret, e->d_name);
        if (rc < 0)
            (void)err_set(err, rc, "no memory for the journals of %s", path);
    }
    closedir(d);
    if (ret->n)
        qsort(ret->at, ret->n, sizeof *ret->at, compare_mark);
    return rc;
}

int snapshot_take(const char *dir, struct snapshot *ret, struct err *err)
{
    for (int turn = 0; turn < 1000; turn++) {
        struct snapshot s = {.fd = -1};
        uint64_t newest = 0;
        int rc = catalog_hold(dir, &s.catalog, &s.fd, err);
        if (rc == 0)
            rc = take_segments(dir, &s, err);
        if (rc == 0)
            rc = journal_names(dir, &s.catalog.journals, &s.journals, err);
        if (rc == 0)
            rc = catalog_newest(dir, &newest, err);
        if (rc == 0 && newest == s.catalog.generation) {
            *ret = s;
            return 0;
        }
        snapshot_done(&s);
        if (rc < 0 && rc != -EAGAIN)
            return rc;
    }
    return err_set(err, -EBUSY, "store %s changes faster than it can be read", dir);
}
