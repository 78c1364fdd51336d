/* Parquet files on their way into the store: written into our temp folder, summed, synced. Packets and the ledger by our
 * writer; what SQL has to sort or convert by DuckDB's. */
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

#define SUM_BYTES    (1u << 20)
#define LOSS_COLUMNS 7

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

static int sorter_open(struct store *s, struct duck **ret, struct err *err)
{
    *ret = &s->sorter;
    if (s->has_sorter)
        return 0;
    int rc = store_temp_dir(s, err);
    if (rc < 0)
        return rc;
    struct duck_options o = {.dir = s->dir, .temp_dir = s->temp_dir, .keep_order = true, .memory_bytes = s->memory_bytes,
                             .threads = s->threads};
    rc = duck_open(&s->sorter, &o, err);
    if (rc == 0)
        rc = view_macros(s->sorter.con, err);
    if (rc == 0)
        rc = duck_lock(&s->sorter, err);
    if (rc < 0)
        duck_close(&s->sorter);
    s->has_sorter = rc == 0;
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

/* The span of time of a file that DuckDB counted. */
static int measure(const struct duck *d, struct pending *p, struct err *err)
{
    static const char *const what[] = {"count(*)", "coalesce(epoch_us(min(ts)), 0)", "coalesce(epoch_us(max(ts)), 0)"};
    int64_t v[3] = {0};
    int rc = 0;
    for (size_t i = 0; i < 3 && rc == 0; i++) {
        struct wr sql = wr_of(2 * STORE_PATH_MAX);
        wr_fmt(&sql, "SELECT (%s)::BIGINT FROM read_parquet(", what[i]);
        duck_quote(&sql, p->temp);
        wr_bytes(&sql, ")", 2);
        rc = sql.bad ? err_set(err, -ENOMEM, "no memory") : duck_number(d->con, (const char *)sql.bytes, &v[i], err);
        wr_done(&sql);
    }
    p->part.rows = (uint64_t)v[0];
    p->part.min_ts_us = v[1];
    p->part.max_ts_us = v[2];
    return rc;
}

static int copy_to(const struct duck *d, const struct pending *p, const char *select, struct err *err)
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
                     : duck_exec(d->con, (const char *)sql.bytes, err);
    wr_done(&sql);
    return rc;
}

/* ---- one more file ---- */

/* Its names, at the end of l; counted in when it is whole. */
static int pending_next(const struct store *s, enum store_table table, const char *folder, const char *prefix,
                        struct pending_list *l, struct pending **ret, struct err *err)
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
    *p = (struct pending){.table = table, .fd = -1};
    if (snprintf(p->part.path, sizeof p->part.path, "%s/%s-%016" PRIx64 ".parquet", folder, prefix, salt) >=
            (int)sizeof p->part.path ||
        snprintf(p->temp, sizeof p->temp, "%.4000s/%s-%016" PRIx64 ".parquet", s->temp_dir, prefix, salt) >=
            (int)sizeof p->temp)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", s->dir);
    *ret = p;
    return 0;
}

int part_copy(struct store *s, enum store_table table, const char *folder, const char *prefix, const char *select,
              const struct part *known, struct pending_list *l, struct err *err)
{
    struct duck *d;
    struct pending *p = NULL;
    int rc = sorter_open(s, &d, err);
    if (rc == 0)
        rc = pending_next(s, table, folder, prefix, l, &p, err);
    if (rc < 0)
        return rc;
    if (known) {
        p->part.rows = known->rows;
        p->part.min_ts_us = known->min_ts_us;
        p->part.max_ts_us = known->max_ts_us;
    }
    rc = copy_to(d, p, select, err);
    if (rc == 0 && !known)
        rc = measure(d, p, err);
    if (rc == 0 && (p->fd = open(p->temp, O_RDONLY | O_CLOEXEC)) < 0)
        rc = err_sys(err, -errno, "cannot open %s", p->temp);
    if (rc == 0)
        rc = part_sum(p->temp, &p->part.bytes, &p->part.sum, err);
    if (rc < 0 || p->part.rows == 0) {
        if (p->fd >= 0)
            (void)close(p->fd);
        (void)unlink(p->temp);
        return rc;
    }
    l->n++;
    return 0;
}

/* The temp file of p; and what became of it, rc: whole, it is l's. */
static int temp_open(const struct pending *p, struct err *err)
{
    int fd = open(p->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return fd < 0 ? err_sys(err, -errno, "cannot make %s", p->temp) : fd;
}

static int temp_written(struct pending *p, int fd, int rc, struct pending_list *l, struct err *err)
{
    if (rc < 0) {
        (void)close(fd);
        (void)unlink(p->temp);
        return err_sys(err, rc, "cannot write %s", p->temp);
    }
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* the disk may begin */
    p->fd = fd;
    l->n++;
    return 0;
}

int pending_sync(struct pending_list *l, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < l->n && rc == 0; i++) {
        struct pending *p = &l->at[i];
        if (p->fd < 0)
            continue;
        rc = fsync(p->fd) < 0 ? -errno : 0;
        if (close(p->fd) < 0 && rc == 0)
            rc = -errno;
        p->fd = -1;
        if (rc < 0)
            (void)err_sys(err, rc, "cannot write %s", p->temp);
    }
    return rc;
}

static void pairs_of(enum store_table table, char format[static 12], struct parquet_pair ret[static 2])
{
    (void)snprintf(format, 12, "%d", CATALOG_FORMAT);
    ret[0] = (struct parquet_pair){"hotaru_format", format};
    ret[1] = (struct parquet_pair){"hotaru_table", catalog_table_names[table]};
}

int part_write(struct store *s, struct row_writer *w, const char *folder, const char *prefix, const struct row_block *b,
               const uint32_t *order, size_t n, struct pending_list *l, struct err *err)
{
    enum store_table table = b->family == ROW_IP4 ? TABLE_PACKET : TABLE_PACKET6;
    struct parquet_pair pairs[2];
    struct pending *p = NULL;
    char format[12];
    int rc = pending_next(s, table, folder, prefix, l, &p, err);
    if (rc < 0)
        return rc;
    int fd = temp_open(p, err);
    if (fd < 0)
        return fd;
    pairs_of(table, format, pairs);
    struct row_file file = {0};
    rc = row_writer_file(w, fd, b, order, n, pairs, 2, &file);
    p->part.rows = n;
    p->part.bytes = file.bytes;
    p->part.sum = file.sum;
    p->part.min_ts_us = file.min_ts_us;
    p->part.max_ts_us = file.max_ts_us;
    return temp_written(p, fd, rc, l, err);
}

static int loss_group(struct parquet_writer *w, const struct loss_row *rows, size_t n)
{
    struct parquet_values v[LOSS_COLUMNS] = {0};
    uint64_t *numbers = malloc(n * 5 * sizeof *numbers);
    struct parquet_span *texts = malloc(n * 2 * sizeof *texts);
    int rc = numbers && texts ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct loss_row *r = &rows[i];
        const uint64_t row[] = {(uint64_t)r->ts_us, (uint64_t)r->interval_us, r->received, r->stored, r->lost};
        for (size_t k = 0; k < 5; k++)
            numbers[k * n + i] = row[k];
        texts[i] = (struct parquet_span){r->stage, (uint32_t)strnlen(r->stage, sizeof r->stage)};
        texts[n + i] = (struct parquet_span){r->reason, (uint32_t)strnlen(r->reason, sizeof r->reason)};
    }
    for (size_t i = 0, k = 0; i < LOSS_COLUMNS; i++) {
        v[i].n = n;
        if (i == 2 || i == 3)
            v[i].spans = texts + (i - 2) * n;
        else
            v[i].at = numbers + k++ * n;
    }
    if (rc == 0)
        rc = parquet_row_group(w, n, v);
    free(numbers);
    free(texts);
    return rc;
}

int part_write_loss(struct store *s, const char *prefix, const struct loss_row *rows, size_t n, struct pending_list *l,
                    struct err *err)
{
    static const struct parquet_column columns[LOSS_COLUMNS] = {
        {"ts", PARQUET_TIME_US},   {"interval_us", PARQUET_INT64}, {"stage", PARQUET_TEXT}, {"reason", PARQUET_TEXT},
        {"received", PARQUET_UINT64}, {"stored", PARQUET_UINT64}, {"lost", PARQUET_UINT64}};
    struct parquet_writer *w = NULL;
    struct parquet_pair pairs[2];
    struct pending *p = NULL;
    char format[12];
    int rc = store_temp_dir(s, err);
    if (rc == 0)
        rc = pending_next(s, TABLE_LOSS, "loss", prefix, l, &p, err);
    if (rc < 0)
        return rc;
    p->part.rows = n;
    p->part.min_ts_us = INT64_MAX;
    p->part.max_ts_us = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        int64_t from = rows[i].ts_us, until = from + rows[i].interval_us;
        p->part.min_ts_us = from < p->part.min_ts_us ? from : p->part.min_ts_us;
        p->part.max_ts_us = until > p->part.max_ts_us ? until : p->part.max_ts_us;
    }
    int fd = temp_open(p, err);
    if (fd < 0)
        return fd;
    pairs_of(TABLE_LOSS, format, pairs);
    rc = parquet_writer_new(&w);
    if (rc == 0)
        rc = parquet_begin(w, fd, columns, LOSS_COLUMNS);
    for (size_t at = 0; at < n && rc == 0; at += ROW_GROUP_ROWS)
        rc = loss_group(w, rows + at, n - at < ROW_GROUP_ROWS ? n - at : ROW_GROUP_ROWS);
    if (rc == 0)
        rc = parquet_end(w, pairs, 2, "hotaru " HOTARU_VERSION, &p->part.bytes, &p->part.sum);
    parquet_writer_free(w);
    return temp_written(p, fd, rc, l, err);
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
    for (size_t i = 0; i < l->n; i++) {
        if (l->at[i].fd >= 0)
            (void)close(l->at[i].fd);
        if (l->at[i].temp[0])
            (void)unlink(l->at[i].temp);
    }
    free(l->at);
    *l = (struct pending_list){0};
}
