/* Sealing takes an fsync, which may take seconds; a thread of its own does it, so that the ring does not run over. */
#include "spool/spool_int.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { QUEUE_MAX = 8 };

struct seal_job {
    int fd;
    char recorder[SPOOL_RECORDER_MAX + 1];
    uint64_t seq;
};

struct spool_sealer {
    int dir_fd; /* borrowed */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct seal_job queue[QUEUE_MAX];
    size_t n;
    bool stop;
    int error;
};

int spool_seal_fd(int dir_fd, int fd, const char *recorder, uint64_t seq)
{
    char from[SPOOL_NAME_MAX], to[SPOOL_NAME_MAX];
    spool_segment_name(from, recorder, seq, false);
    spool_segment_name(to, recorder, seq, true);
    int rc = fdatasync(fd) < 0 ? -errno : 0;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    /* Also after a failed fsync: what can still be read of the segment is to be found. */
    if (renameat(dir_fd, from, dir_fd, to) < 0 && rc == 0)
        rc = -errno;
    if (fsync(dir_fd) < 0 && rc == 0)
        rc = -errno;
    return rc;
}

static void *sealer_run(void *arg)
{
    struct spool_sealer *s = arg;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->n == 0 && !s->stop)
            pthread_cond_wait(&s->more, &s->lock);
        if (s->n == 0)
            break;
        struct seal_job job = s->queue[0];
        memmove(s->queue, s->queue + 1, --s->n * sizeof *s->queue);
        pthread_mutex_unlock(&s->lock);
        int rc = spool_seal_fd(s->dir_fd, job.fd, job.recorder, job.seq);
        pthread_mutex_lock(&s->lock);
        if (rc < 0 && s->error == 0)
            s->error = rc;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int spool_sealer_new(int dir_fd, struct spool_sealer **ret)
{
    struct spool_sealer *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->dir_fd = dir_fd;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    int rc = pthread_create(&s->thread, NULL, sealer_run, s);
    if (rc) {
        free(s);
        return -rc;
    }
    *ret = s;
    return 0;
}

void spool_sealer_put(struct spool_sealer *s, int fd, const char *recorder, uint64_t seq)
{
    struct seal_job job = {.fd = fd, .seq = seq};
    (void)snprintf(job.recorder, sizeof job.recorder, "%s", recorder);
    pthread_mutex_lock(&s->lock);
    bool queued = s->n < QUEUE_MAX;
    if (queued)
        s->queue[s->n++] = job;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    if (queued)
        return;
    int rc = spool_seal_fd(s->dir_fd, fd, recorder, seq);
    pthread_mutex_lock(&s->lock);
    if (rc < 0 && s->error == 0)
        s->error = rc;
    pthread_mutex_unlock(&s->lock);
}

int spool_sealer_error(struct spool_sealer *s)
{
    pthread_mutex_lock(&s->lock);
    int error = s->error;
    pthread_mutex_unlock(&s->lock);
    return error;
}

int spool_sealer_free(struct spool_sealer *s)
{
    if (!s)
        return 0;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->more);
    pthread_mutex_destroy(&s->lock);
    int error = s->error;
    free(s);
    return error;
}
