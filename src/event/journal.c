/* The segments of a journal: STORE/journal/<instance>-<seq>.jsonl.
 *
 * The writer makes a segment under a hidden name, takes an exclusive lock on it and only then gives it its name. The lock
 * dies with the process, so a visible segment is finished exactly when nobody holds its lock, also after kill -9. */
#include "event/event.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/ts.h"
#include "event/event_int.h"

#define BATCH_BYTES  (64u * 1024)
#define BUFFER_BYTES (4u * 1024 * 1024)
#define NAME_BYTES   80

struct journal {
    struct event event;
    struct wr buffer; /* whole lines that are not written yet */
    char instance[33];
    uint64_t segment_bytes_max;
    int64_t segment_age_max_us;
    void (*sink)(void *arg, const char *line, size_t n);
    void *sink_arg;
    int dir_fd, sample_fd, fd;
    uint64_t size_bytes; /* of the open segment */
    int64_t opened_us, seq;
    uint64_t lost, lost_told;
    uint64_t sample_left_bytes;
    bool torn; /* half a line could not be cut off: begin the next batch with a newline */
};

static bool instance_is_good(const char *name)
{
    size_t n = strlen(name);
    return n >= 1 && n <= 32 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* Gives the hidden file its name, never over another file. */
static int reveal(int dir_fd, const char *hidden, const char *name)
{
    if (renameat2(dir_fd, hidden, dir_fd, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    /* a file system without that flag */
    if (linkat(dir_fd, hidden, dir_fd, name, 0) < 0)
        return -errno;
    (void)unlinkat(dir_fd, hidden, 0);
    return 0;
}

static int segment_open(struct journal *j)
{
    char name[NAME_BYTES], hidden[NAME_BYTES + 8];
    int64_t now_us = ts_now_us();
    /* The number is the time, never used twice: the store knows a sealed segment by its name for ever. */
    j->seq = now_us > j->seq ? now_us : j->seq + 1;
    (void)snprintf(name, sizeof name, "%s-%016" PRId64 ".jsonl", j->instance, j->seq);
    (void)snprintf(hidden, sizeof hidden, ".%s.new", name);
    int fd = openat(j->dir_fd, hidden, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    int rc = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : reveal(j->dir_fd, hidden, name);
    if (rc < 0) {
        (void)unlinkat(j->dir_fd, hidden, 0);
        close(fd);
        return rc;
    }
    j->fd = fd;
    j->size_bytes = 0;
    j->opened_us = ts_mono_us();
    j->torn = false;
    return 0;
}

/* A segment without a line is not worth a file. */
static int segment_close(struct journal *j)
{
    if (j->fd < 0)
        return 0;
    int rc = 0;
    if (j->size_bytes == 0) {
        char name[NAME_BYTES];
        (void)snprintf(name, sizeof name, "%s-%016" PRId64 ".jsonl", j->instance, j->seq);
        (void)unlinkat(j->dir_fd, name, 0);
    } else if (fdatasync(j->fd) < 0) {
        rc = -errno;
    }
    if (close(j->fd) < 0 && rc == 0)
        rc = -errno;
    j->fd = -1;
    return rc;
}

/* What a writer that was killed between making and naming a segment left; ours alone, and nobody holds it. */
static void remove_leftovers(struct journal *j)
{
    int fd = openat(j->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    size_t n = strlen(j->instance);
    for (const struct dirent *d; (d = readdir(dir));) {
        const char *name = d->d_name;
        if (name[0] != '.' || strncmp(name + 1, j->instance, n) != 0 || name[n + 1] != '-')
            continue;
        const char *number = name + n + 2;
        if (strspn(number, "0123456789") != 16 || strcmp(number + 16, ".jsonl.new") != 0)
            continue;
        int left = openat(j->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (left < 0)
            continue;
        if (flock(left, LOCK_EX | LOCK_NB) == 0)
            (void)unlinkat(j->dir_fd, name, 0);
        close(left);
    }
    closedir(dir);
}

static int folders_open(struct journal *j, const struct journal_options *o, struct err *err)
{
    int rc = io_mkdirs(o->store_dir, err);
    if (rc < 0)
        return rc;
    int store_fd = open(o->store_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store_fd < 0)
        return err_sys(err, -errno, "cannot open store %s", o->store_dir);
    uint64_t used = 0;
    if (mkdirat(store_fd, "journal", 0750) < 0 && errno != EEXIST)
        rc = -errno;
    if (rc == 0 && (j->dir_fd = openat(store_fd, "journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        rc = -errno;
    if (rc < 0)
        (void)err_sys(err, rc, "cannot open %s/journal", o->store_dir);
    if (rc == 0 && (rc = sample_open(store_fd, &j->sample_fd, &used)) < 0)
        (void)err_sys(err, rc, "cannot open %s/sample", o->store_dir);
    close(store_fd);
    uint64_t max = o->sample_bytes_max ? o->sample_bytes_max : UINT64_C(1) << 30;
    j->sample_left_bytes = used < max ? max - used : 0;
    return rc;
}

static void journal_free(struct journal *j)
{
    if (j->dir_fd >= 0)
        close(j->dir_fd);
    if (j->sample_fd >= 0)
        close(j->sample_fd);
    wr_done(&j->event.line);
    wr_done(&j->buffer);
    free(j);
}

int journal_open(const struct journal_options *o, struct journal **ret, struct err *err)
{
    if (!instance_is_good(o->instance))
        return err_set(err, -EINVAL, "journal name '%.40s': give 1 to 32 of a-z, 0-9 and '-'", o->instance);
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return err_set(err, -ENOMEM, "no memory for a journal");
    j->dir_fd = j->sample_fd = j->fd = -1;
    j->event.journal = j;
    j->event.text_max_bytes = o->text_max_bytes ? o->text_max_bytes : 4096;
    j->event.line = wr_of(LINE_MAX_BYTES);
    j->buffer = wr_of(BUFFER_BYTES);
    memcpy(j->instance, o->instance, strlen(o->instance) + 1);
    j->segment_bytes_max = o->segment_bytes_max ? o->segment_bytes_max : UINT64_C(64) << 20;
    j->segment_age_max_us = o->segment_age_max_us ? o->segment_age_max_us : 600 * TS_SECOND_US;
    j->sink = o->sink;
    j->sink_arg = o->sink_arg;
    j->sample_left_bytes = UINT64_C(1) << 30;
    int rc = 0;
    if (!j->sink) {
        rc = folders_open(j, o, err);
        if (rc == 0) {
            remove_leftovers(j);
            rc = segment_open(j);
            if (rc < 0)
                (void)err_sys(err, rc, "cannot write in %s/journal", o->store_dir);
        }
    }
    if (rc < 0) {
        journal_free(j);
        return rc;
    }
    *ret = j;
    return 0;
}

/* Keeps the bytes of the buffer from `from` on. */
static void buffer_keep(struct journal *j, size_t from)
{
    size_t left = j->buffer.len - from;
    if (left && from)
        memmove(j->buffer.bytes, j->buffer.bytes + from, left);
    j->buffer.len = left;
    j->buffer.bad = false;
}

/* `put` bytes of the buffer reached the file before it was full: cut the half line off and keep it for later. */
static void take_back_half_line(struct journal *j, size_t put)
{
    size_t whole = put;
    while (whole > 0 && j->buffer.bytes[whole - 1] != '\n')
        whole--;
    if (whole < put && ftruncate(j->fd, (off_t)(j->size_bytes + whole)) < 0) {
        j->torn = true;
        j->size_bytes += put;
    } else {
        j->size_bytes += whole;
    }
    buffer_keep(j, whole);
}

static int buffer_write(struct journal *j)
{
    if (j->buffer.len == 0)
        return 0;
    if (j->fd < 0) {
        int rc = segment_open(j);
        if (rc < 0)
            return rc;
    }
    if (j->torn) {
        if (write(j->fd, "\n", 1) != 1)
            return -ENOSPC;
        j->size_bytes++;
        j->torn = false;
    }
    ssize_t put;
    do
        put = write(j->fd, j->buffer.bytes, j->buffer.len);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return -errno;
    if ((size_t)put < j->buffer.len) {
        take_back_half_line(j, (size_t)put);
        return -ENOSPC;
    }
    j->size_bytes += (uint64_t)put;
    j->buffer.len = 0;
    return 0;
}

/* The counts line that says how many lines were dropped since the last one. */
static void tell_lost(struct journal *j)
{
    uint64_t lost = j->lost - j->lost_told;
    if (lost == 0)
        return;
    struct event_head head = {.type = EVENT_COUNTS, .ts_us = ts_now_us()};
    struct event *e = event_begin(j, &head);
    event_str(e, EVENT_F_REASON, "journal");
    event_int(e, EVENT_F_COUNT, (int64_t)lost);
    if (!line_end(e) || e->line.len > j->buffer.max - j->buffer.len)
        return;
    wr_bytes(&j->buffer, e->line.bytes, e->line.len);
    if (!j->buffer.bad)
        j->lost_told = j->lost;
    j->buffer.bad = false;
}

int journal_put(struct journal *j, const struct wr *line)
{
    if (j->sink) {
        j->sink(j->sink_arg, (const char *)line->bytes, line->len);
        return 0;
    }
    if (line->len > j->buffer.max - j->buffer.len) {
        j->lost++;
        return -ENOSPC;
    }
    wr_bytes(&j->buffer, line->bytes, line->len);
    if (j->buffer.bad) { /* no memory */
        j->buffer.bad = false;
        j->lost++;
        return -ENOMEM;
    }
    /* Over the batch size a full disk is tried again by the tick only, not once a line. */
    if (j->buffer.len >= BATCH_BYTES && j->buffer.len - line->len < BATCH_BYTES)
        (void)buffer_write(j);
    return 0;
}

struct event *event_begin(struct journal *j, const struct event_head *head)
{
    line_begin(&j->event, head);
    return &j->event;
}

int event_end(struct event *e)
{
    if (!line_end(e)) {
        e->journal->lost++;
        return -EMSGSIZE;
    }
    return journal_put(e->journal, &e->line);
}

int journal_tick(struct journal *j, int64_t now_us)
{
    if (j->sink)
        return 0;
    int rc = buffer_write(j);
    if (rc == 0) {
        tell_lost(j);
        rc = buffer_write(j);
    }
    bool old = ts_mono_us() - j->opened_us >= j->segment_age_max_us;
    if (rc == 0 && j->fd >= 0 && j->size_bytes && (old || j->size_bytes >= j->segment_bytes_max))
        rc = segment_close(j);
    return rc;
}

int journal_close(struct journal *j, struct err *err)
{
    if (!j)
        return 0;
    int rc = j->sink ? 0 : journal_tick(j, 0);
    uint64_t left = 0;
    for (size_t i = 0; i < j->buffer.len; i++)
        left += j->buffer.bytes[i] == '\n';
    int closed = segment_close(j);
    if (rc == 0)
        rc = closed;
    if (rc < 0)
        (void)err_sys(err, rc, "journal %s: %" PRIu64 " lines could not be written", j->instance,
                      j->lost + left);
    journal_free(j);
    return rc;
}

uint64_t journal_lost(const struct journal *j)
{
    return j->lost;
}

int journal_finished(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int rc = 1;
    if (flock(fd, LOCK_SH | LOCK_NB) < 0)
        rc = errno == EWOULDBLOCK ? 0 : -errno;
    close(fd);
    return rc;
}

int journal_sample_dir(const struct journal *j)
{
    return j->sample_fd;
}

uint64_t *journal_sample_left(struct journal *j)
{
    return &j->sample_left_bytes;
}
