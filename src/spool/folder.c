/* STORE/spool: names, the recorder's lock and state, what a dead recorder left. */
#include "spool/spool_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/ts.h"

#define STATE_FORM "next %020" PRIu64 " alive %020" PRId64 " ledger %020" PRId64 " unledgered %020" PRIu64 "\n"

bool spool_recorder_valid(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= SPOOL_RECORDER_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == n;
}

void spool_segment_name(char ret[static SPOOL_NAME_MAX], const char *recorder, uint64_t seq, bool sealed)
{
    (void)snprintf(ret, SPOOL_NAME_MAX, "%.32s-%010" PRIu64 ".%s", recorder, seq, sealed ? "sealed" : "spool");
}

bool spool_segment_parse(const char *name, struct spool_segment *ret)
{
    struct spool_segment s = {0};
    const char *dash = strchr(name, '-');
    if (!dash || dash == name || dash - name > SPOOL_RECORDER_MAX)
        return false;
    memcpy(s.recorder, name, (size_t)(dash - name));
    if (dash[1] < '0' || dash[1] > '9')
        return false;
    char *end;
    errno = 0;
    s.seq = strtoull(dash + 1, &end, 10);
    s.sealed = strcmp(end, ".sealed") == 0;
    if (errno || (!s.sealed && strcmp(end, ".spool") != 0) || !spool_recorder_valid(s.recorder))
        return false;
    spool_segment_name(s.name, s.recorder, s.seq, s.sealed);
    if (strcmp(s.name, name) != 0)
        return false; /* another spelling of the number */
    *ret = s;
    return true;
}

int spool_dir_open(const char *store_dir, bool make, int *ret_fd, struct err *err)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/spool", store_dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "store folder name %.60s… is too long", store_dir);
    int rc = make ? io_mkdirs(path, err) : 0;
    if (rc < 0)
        return rc;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, -errno, "cannot open %s", path);
    *ret_fd = fd;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct spool_segment *x = a, *y = b;
    int c = strcmp(x->recorder, y->recorder);
    return c ? c : x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int list_dir(int dir_fd, struct spool_segment **ret, size_t *ret_n)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    struct spool_segment *list = NULL;
    size_t n = 0, cap = 0;
    int rc = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        struct spool_segment s;
        if (!spool_segment_parse(e->d_name, &s))
            continue;
        if (n == cap) {
            cap = cap ? cap * 2 : 64;
            struct spool_segment *more = realloc(list, cap * sizeof *list);
            if (!more) {
                rc = -ENOMEM;
                break;
            }
            list = more;
        }
        list[n++] = s;
    }
    closedir(dir);
    if (rc < 0) {
        free(list);
        return rc;
    }
    if (n)
        qsort(list, n, sizeof *list, by_name);
    *ret = list;
    *ret_n = n;
    return 0;
}

int spool_list(const char *store_dir, struct spool_segment **ret, size_t *ret_n, struct err *err)
{
    int fd;
    int rc = spool_dir_open(store_dir, false, &fd, NULL);
    if (rc == -ENOENT) {
        *ret = NULL;
        *ret_n = 0;
        return 0;
    }
    if (rc == 0) {
        rc = list_dir(fd, ret, ret_n);
        close(fd);
    }
    return rc < 0 ? err_sys(err, rc, "cannot list %s/spool", store_dir) : 0;
}

static void state_read(int lock_fd, struct spool_state *ret)
{
    char text[256];
    ssize_t n = pread(lock_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    struct spool_state s = {0};
    if (sscanf(text, "next %" SCNu64 " alive %" SCNd64 " ledger %" SCNd64 " unledgered %" SCNu64, &s.next_seq,
               &s.alive_us, &s.ledger_us, &s.unledgered) == 4 &&
        s.next_seq > 0) {
        *ret = s;
        return;
    }
    /* No state: start above everything that an earlier state can have counted to. */
    *ret = (struct spool_state){.next_seq = (uint64_t)time(NULL)};
}

int spool_state_write(int lock_fd, const struct spool_state *state, bool sync)
{
    char text[256];
    int n = snprintf(text, sizeof text, STATE_FORM, state->next_seq, state->alive_us, state->ledger_us,
                     state->unledgered);
    ssize_t put = pwrite(lock_fd, text, (size_t)n, 0);
    if (put != n)
        return put < 0 ? -errno : -ENOSPC;
    return sync && fdatasync(lock_fd) < 0 ? -errno : 0;
}

int spool_lock(int dir_fd, const char *recorder, int wait_ms, int *ret_fd, struct spool_state *ret_state)
{
    char name[SPOOL_NAME_MAX];
    (void)snprintf(name, sizeof name, "%s.lock", recorder);
    int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited_ms += 10) {
        int rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
        if (rc != -EBUSY || waited_ms >= wait_ms) {
            close(fd);
            return rc;
        }
        const struct timespec pause = {.tv_nsec = 10000000};
        (void)nanosleep(&pause, NULL);
    }
    state_read(fd, ret_state);
    *ret_fd = fd;
    return 0;
}

/* Puts the last block behind what the dead recorder wrote, so that a sealed segment says how many packets it had. */
static int end_segment(int dir_fd, const char *name, const struct spool_scan *scan, int *ret_fd)
{
    size_t block_bytes = (size_t)1 << scan->last.block_log;
    uint8_t *block = calloc(1, block_bytes);
    if (!block)
        return -ENOMEM;
    struct spool_head h = scan->last;
    h.type = SPOOL_BLOCK_END;
    h.index = (uint32_t)scan->n_blocks;
    h.unledgered += scan->last.type == SPOOL_BLOCK_PACKETS ? scan->last.n : 0;
    h.unledgered = scan->last.type == SPOOL_BLOCK_LEDGER ? 0 : h.unledgered;
    h.first_record = scan->totals.packets;
    h.n = 0;
    h.used_bytes = SPOOL_HEAD_BYTES + spool_totals_put(block + SPOOL_HEAD_BYTES, &scan->totals);
    spool_head_put(block, &h);
    int fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    int rc = fd < 0 ? -errno : 0;
    off_t at = (off_t)(scan->n_blocks * block_bytes);
    if (rc == 0 && !scan->ended && ftruncate(fd, at) < 0) /* half a block is nobody's */
        rc = -errno;
    /* no room: a sealed segment without its last block is still good */
    if (rc == 0 && !scan->ended && pwrite(fd, block, block_bytes, at) != (ssize_t)block_bytes && ftruncate(fd, at) < 0)
        rc = -errno;
    free(block);
    if (rc < 0 && fd >= 0)
        close(fd);
    else
        *ret_fd = fd;
    return rc;
}

/* 1 and the segment's file, ready to be sealed; 0 when there was nothing in it. */
static int recover_one(int dir_fd, const struct spool_segment *s, struct spool_state *state, int *ret_fd,
                       struct err *err)
{
    struct spool_reader *r = NULL;
    struct spool_scan scan;
    int rc = spool_reader_open_at(dir_fd, s->name, &r, err);
    if (rc == 0)
        rc = spool_reader_scan(r, &scan);
    spool_reader_close(r);
    if (rc == 0 && scan.last.segment_id == 0 && scan.n_blocks == 0) /* died before its first block was whole */
        return unlinkat(dir_fd, s->name, 0) < 0 ? -errno : 0;
    int fd = -1;
    if (rc == 0 && scan.last.segment_id != 0) {
        rc = end_segment(dir_fd, s->name, &scan, &fd);
        if (rc < 0)
            return err_sys(err, rc, "cannot seal %s", s->name);
        state->ledger_us = scan.last.ledger_us;
        state->unledgered = scan.last.type == SPOOL_BLOCK_LEDGER    ? 0
                            : scan.last.type == SPOOL_BLOCK_PACKETS ? scan.last.unledgered + scan.last.n
                                                                    : scan.last.unledgered;
        if (scan.last.written_us > state->alive_us)
            state->alive_us = scan.last.written_us;
    } else {
        /* Nothing in it can be read: it is kept, sealed, for the store to name. */
        fd = openat(dir_fd, s->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            return -errno;
    }
    *ret_fd = fd;
    return 1;
}

int spool_recover_recorder(int dir_fd, const char *recorder, int lock_fd, struct spool_state *state, struct err *err)
{
    struct spool_segment *list = NULL;
    size_t n = 0;
    int sealed = 0;
    int rc = list_dir(dir_fd, &list, &n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (strcmp(list[i].recorder, recorder) != 0)
            continue;
        if (list[i].seq >= state->next_seq)
            state->next_seq = list[i].seq + 1;
        if (list[i].sealed)
            continue;
        struct err why = {0};
        int fd = -1;
        rc = recover_one(dir_fd, &list[i], state, &fd, &why);
        if (rc > 0) {
            rc = spool_state_write(lock_fd, state, true);
            if (rc == -ENOSPC)
                rc = 0; /* the old state gives the same again from the next segments */
            if (rc == 0)
                rc = spool_seal_fd(dir_fd, fd, recorder, list[i].seq);
            else
                close(fd);
            sealed++;
        }
        if (rc < 0)
            (void)err_sys(err, rc, "cannot seal %s", list[i].name);
    }
    free(list);
    return rc < 0 ? rc : sealed;
}

int spool_recover(const char *store_dir, struct err *err)
{
    struct spool_segment *list = NULL;
    size_t n = 0;
    int sealed = 0, dir_fd = -1;
    int rc = spool_list(store_dir, &list, &n, err);
    if (rc == 0 && n)
        rc = spool_dir_open(store_dir, false, &dir_fd, err);
    const char *last = "";
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        if (list[i].sealed || strcmp(last, list[i].recorder) == 0)
            continue;
        last = list[i].recorder;
        int lock_fd;
        struct spool_state state;
        rc = spool_lock(dir_fd, last, 0, &lock_fd, &state);
        if (rc == -EBUSY) { /* alive */
            rc = 0;
            continue;
        }
        if (rc < 0) {
            (void)err_sys(err, rc, "cannot lock recorder %s", last);
            break;
        }
        rc = spool_recover_recorder(dir_fd, last, lock_fd, &state, err);
        sealed += rc > 0 ? rc : 0;
        close(lock_fd);
    }
    if (dir_fd >= 0)
        close(dir_fd);
    free(list);
    return rc < 0 ? rc : sealed;
}
