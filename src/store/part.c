/* Parquet files on their way into the store: written into our temp folder, synced, summed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/io.h"
#include "base/rng.h"
#include "store/store_int.h"

#define SUM_BYTES (1u << 20)

int store_temp_dir(struct store *s, struct err *err)
{
    if (s->temp_dir[0])
        return 0;
    for (int turn = 0; turn < 100; turn++) {
        uint64_t salt;
        char path[STORE_PATH_MAX];
        rng_secret(&salt, sizeof salt);
        if (snprintf(path, sizeof path, "%s/tmp/w-%ld-%016" PRIx64, s->dir, (long)getpid(), salt) >= (int)sizeof path)
            return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
        int rc = io_mkdirs(path, err);
        if (rc < 0)
            return rc;
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat st;
        /* A sweeper may have been between our mkdir and our lock. */
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && stat(path, &st) == 0) {
            memcpy(s->temp_dir, path, sizeof path);
            s->temp_fd = fd;
            return 0;
        }
        if (fd >= 0)
            close(fd);
    }
    return err_set(err, -EBUSY, "cannot keep a folder in %s/tmp", s->dir);
}

int store_feeder(struct store *s, enum feeder_kind kind, struct feeder **ret, struct err *err)
{
    *ret = s->feeders[kind];
    if (*ret)
        return 0;
    int rc = store_temp_dir(s, err);
    if (rc < 0)
        return rc;
    struct feeder *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(err, -ENOMEM, "no memory to write Parquet");
    bool sorts = kind == FEEDER_SORT;
    struct duck_options o = {.dir = s->dir, .temp_dir = s->temp_dir, .keep_order = true,
                             .memory_bytes = sorts ? s->memory_bytes : s->memory_bytes / 4, .threads = sorts ? s->threads : 1};
    rc = duck_open(&f->duck, &o, err);
    if (rc == 0)
        rc = feed_register(f->duck.con, &f->feed, err);
    if (rc == 0)
        rc = view_macros(f->duck.con, err);
    if (rc == 0)
        rc = duck_lock(&f->duck, err);
    if (rc < 0) {
        duck_close(&f->duck);
        free(f);
    } else {
        *ret = s->feeders[kind] = f;
    }
    return rc;
}

int part_sum(const char *path, uint64_t *ret_bytes, uint64_t *ret_sum, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "cannot read %s", path);
    XXH3_state_t *state = XXH3_createState();
    uint8_t *buf = malloc(SUM_BYTES);
    int rc = state && buf ? 0 : err_set(err, -ENOMEM, "no memory to sum %s", path);
    uint64_t bytes = 0;
    if (rc == 0)
        (void)XXH3_64bits_reset(state);
    while (rc == 0) {
        ssize_t n = read(fd, buf, SUM_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_sys(err, -errno, "cannot read %s", path);
        if (n <= 0)
            break;
        (void)XXH3_64bits_update(state, buf, (size_t)n);
        bytes += (uint64_t)n;
    }
    if (rc == 0) {
        *ret_bytes = bytes;
        *ret_sum = XXH3_64bits_digest(state);
    }
    free(buf);
    (void)XXH3_freeState(state);
    close(fd);
    return rc;
}

static int sync_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "cannot open %s", path);
    int rc = fsync(fd) < 0 ? err_sys(err, -errno, "cannot sync %s", path) : 0;
    close(fd);
    return rc;
}

/* The span of time of a file that DuckDB counted. */
static int measure(struct feeder *f, struct pending *p, struct err *err)
{
    static const char *const what[] = {"count(*)", "coalesce(epoch_us(min(ts)), 0)", "coalesce(epoch_us(max(ts)), 0)"};
    int64_t v[3] = {0};
    int rc = 0;
    for (size_t i = 0; i < 3 && rc == 0; i++) {
        struct wr sql = wr_of(2 * STORE_PATH_MAX);
        wr_fmt(&sql, "SELECT (%s)::BIGINT FROM read_parquet(", what[i]);
        duck_quote(&sql, p->temp);
        wr_bytes(&sql, ")", 2);
        rc = sql.bad ? err_set(err, -ENOMEM, "no memory") : duck_number(f->duck.con, (const char *)sql.bytes, &v[i], err);
        wr_done(&sql);
    }
    p->part.rows = (uint64_t)v[0];
    p->part.min_ts_us = v[1];
    p->part.max_ts_us = v[2];
    return rc;
}

static int copy_to(struct feeder *f, const struct pending *p, const char *select, struct err *err)
{
    struct wr sql = wr_of((size_t)64 << 20);
    wr_fmt(&sql, "COPY (");
    wr_str(&sql, select);
    wr_fmt(&sql, ") TO ");
    duck_quote(&sql, p->temp);
    wr_fmt(&sql, " (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 1000, USE_TMP_FILE false, "
                 "KV_METADATA {hotaru_format: '%d', hotaru_table: '%s'})",
           CATALOG_FORMAT, catalog_table_names[p->table]);
    wr_u8(&sql, 0);
    int rc = sql.bad ? err_set(err, -ENOMEM, "no memory for a statement")
                     : duck_exec(f->duck.con, (const char *)sql.bytes, err);
    wr_done(&sql);
    return rc;
}

int part_write(struct store *s, struct feeder *f, enum store_table table, const char *folder, const char *prefix,
               const char *select, const struct part *known, struct pending_list *l, struct err *err)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 16;
        struct pending *more = realloc(l->at, cap * sizeof *more);
        if (!more)
            return err_set(err, -ENOMEM, "no memory for %zu files", cap);
        l->at = more;
        l->cap = cap;
    }
    struct pending *p = &l->at[l->n];
    uint64_t salt;
    rng_secret(&salt, sizeof salt);
    *p = (struct pending){.table = table};
    if (known)
        p->part = *known;
    if (snprintf(p->part.path, sizeof p->part.path, "%s/%s-%016" PRIx64 ".parquet", folder, prefix, salt) >=
            (int)sizeof p->part.path ||
        snprintf(p->temp, sizeof p->temp, "%.4000s/%s-%016" PRIx64 ".parquet", s->temp_dir, prefix, salt) >=
            (int)sizeof p->temp)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    int rc = copy_to(f, p, select, err);
    if (rc == 0 && !known)
        rc = measure(f, p, err);
    if (rc == 0)
        rc = sync_file(p->temp, err);
    if (rc == 0)
        rc = part_sum(p->temp, &p->part.bytes, &p->part.sum, err);
    if (rc < 0 || p->part.rows == 0) {
        (void)unlink(p->temp);
        return rc;
    }
    l->n++;
    return 0;
}

int pending_move(struct pending_list *from, struct pending_list *to)
{
    if (from->n > to->cap - to->n) {
        size_t cap = to->n + from->n;
        struct pending *more = realloc(to->at, cap * sizeof *more);
        if (!more)
            return -ENOMEM;
        to->at = more;
        to->cap = cap;
    }
    memcpy(to->at + to->n, from->at, from->n * sizeof *from->at);
    to->n += from->n;
    from->n = 0;
    return 0;
}

void pending_drop(struct pending_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].temp[0])
            (void)unlink(l->at[i].temp);
    free(l->at);
    *l = (struct pending_list){0};
}
