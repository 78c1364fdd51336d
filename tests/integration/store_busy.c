/* One reader against a busy recorder, converter and compactor, all of which are killed with -9 at random moments. Every
 * packet carries its number; at each moment a query must see the numbers 0 … n-1 exactly once, and n never falls.
 *   store_busy HOTARU STORE SECONDS SEED */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/ts.h"
#include "spool/spool.h"
#include "store/store.h"

#define PACKETS_PER_TURN 2000u
#define FIRST_TS_US      (INT64_C(1365552000) * TS_SECOND_US) /* 2013-04-10: every hour is over, so compaction is busy */

struct shared {
    volatile uint64_t handed; /* packets the recorder was given and has written to its file */
};

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "store_busy: %s: %s\n", what, why);
    exit(1);
}

/* Numbers go on where the last recorder stopped: handed is raised only after the blocks are in the file. */
static _Noreturn void recorder(const char *dir, struct shared *shared)
{
    struct spool_options o = {.store_dir = dir, .recorder = "busy", .segment_bytes_max = 100000,
                              .segment_age_max_us = 300000, .flush_us = 1};
    struct spool_writer *w;
    struct err err = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (spool_writer_open(&o, &w, &err) < 0)
        die("recorder", err.text);
    for (uint64_t n = shared->handed;;) {
        for (unsigned i = 0; i < PACKETS_PER_TURN; i++, n++) {
            struct hdr h = {.ts_us = FIRST_TS_US + (int64_t)n * 10000, .ip_version = 4, .proto = 6, .has = HDR_PORTS | HDR_TCP,
                            .src = (uint32_t)(n * 2654435761u), .dst = 0x0a4d0000u + (uint32_t)(n & 0x3fff), .sport = 1,
                            .dport = 445, .tcp_seq = (uint32_t)n, .ip_len_bytes = 40, .ip_ttl = 64};
            if (spool_write(w, &h) < 0)
                die("recorder", "spool_write");
        }
        struct loss_row row;
        loss_row_set(&row, FIRST_TS_US + (int64_t)(n - PACKETS_PER_TURN) * 10000, 1, "decoder", "", PACKETS_PER_TURN, 0);
        if (spool_write_ledger(w, row.ts_us, 1, &row, 1) < 0 || spool_tick(w, ts_mono_us()) < 0)
            die("recorder", "ledger");
        shared->handed = n;
        (void)usleep(20000);
    }
}

static pid_t start(const char *hotaru, const char *dir, const char *verb)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(hotaru, "hotaru", "store", verb, "--store", dir, "--follow", "--every", "0.05", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

#define DISTINCT_MAX 4000000u /* numbers that a query may tell apart in its memory */

/* What a reader sees; the least it must see is given. All numbers 0 … n-1 are there: by their count, greatest and sum, and
 * each once in one of m classes of numbers (the next look takes the next class), so that a long run stays within memory. */
static uint64_t look(struct store *s, uint64_t least, uint64_t *turns)
{
    struct rows *r;
    struct err err = {0};
    char sql[600];
    uint64_t m = 1 + least / DISTINCT_MAX, k = *turns % m;
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*), count(DISTINCT tcp_seq) FILTER (tcp_seq %% %" PRIu64 " = %" PRIu64 "), "
                   "coalesce(max(tcp_seq)::BIGINT, -1), (SELECT count(*) FROM packet), "
                   "(SELECT coalesce(sum(stored), 0) FROM loss WHERE stage = 'decoder'), coalesce(sum(tcp_seq), 0)::BIGINT FROM packet",
                   m, k);
    if (store_query(s, sql, NULL, 0, &r, &err) < 0)
        die("query", err.text);
    uint64_t n = (uint64_t)rows_i64(r, 0, 0), distinct = (uint64_t)rows_i64(r, 1, 0), again = (uint64_t)rows_i64(r, 3, 0);
    uint64_t want = n > k ? (n - k + m - 1) / m : 0, sum = (uint64_t)rows_i64(r, 5, 0);
    int64_t max = rows_i64(r, 2, 0), ledger = rows_i64(r, 4, 0);
    rows_free(r);
    ++*turns;
    if (distinct != want || (n && sum != (n % 2 ? n * ((n - 1) / 2) : n / 2 * (n - 1))) || max != (int64_t)n - 1 || n < least ||
        again != n || ledger > (int64_t)n) {
        (void)fprintf(stderr, "store_busy: look %" PRIu64 ": %" PRIu64 " rows, %" PRIu64 " of %" PRIu64 " distinct in class %" PRIu64
                              " of %" PRIu64 ", greatest %" PRId64 ", sum %" PRIu64 ", at least %" PRIu64
                              " expected, second count %" PRIu64 ", ledger %" PRId64 "\n",
                      *turns, n, distinct, want, k, m, max, sum, least, again, ledger);
        exit(1);
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        die("usage", "store_busy HOTARU STORE SECONDS SEED");
    const char *hotaru = argv[1], *dir = argv[2];
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct rng rng = rng_of(strtoull(argv[4], NULL, 10), "store_busy");
    int64_t until_us = ts_mono_us() + strtoll(argv[3], NULL, 10) * TS_SECOND_US;
    if (shared == MAP_FAILED)
        die("mmap", strerror(errno));
    struct err err = {0};
    struct store *s;
    struct store_options o = {.writable = true, .threads = 1};
    if (store_open(dir, &o, &s, &err) < 0)
        die("store_open", err.text);
    /* A fork of a process with DuckDB's threads may only do what needs none of them: the spool does not. */
    pid_t recorder_pid = fork();
    if (recorder_pid == 0)
        recorder(dir, shared);
    pid_t sealer = start(hotaru, dir, "seal"), compactor = start(hotaru, dir, "compact");
    uint64_t seen = 0, turns = 0, kills = 0;
    while (ts_mono_us() < until_us) {
        uint64_t least = shared->handed > seen ? shared->handed : seen;
        seen = look(s, least, &turns);
        switch (rng_below(&rng, 12)) {
        case 0: end(sealer); sealer = start(hotaru, dir, "seal"); kills++; break;
        case 1: end(compactor); compactor = start(hotaru, dir, "compact"); kills++; break;
        default: break;
        }
        (void)usleep((useconds_t)rng_below(&rng, 100000));
    }
    end(recorder_pid);
    end(sealer);
    end(compactor);
    /* The recorder died within a turn: what it had written of it counts too, from 0 on and once. */
    seen = look(s, shared->handed, &turns);
    int rc;
    for (int i = 0; (rc = store_seal(s, &err)) > 0 && i < 100; i++)
        continue;
    if (rc < 0)
        die("store_seal", err.text);
    uint64_t sealed = look(s, seen, &turns);
    struct compact_options compact = {0};
    struct compact_result result;
    if (store_compact(s, &compact, &result, &err) < 0)
        die("store_compact", err.text);
    struct store_stats stats;
    if (look(s, sealed, &turns) != sealed || store_stats(s, &stats, &err) < 0)
        die("end", "counts differ");
    if (stats.segments != 0 || stats.tables[0].rows != sealed)
        die("end", "a sealed store has open segments");
    store_close(s);
    (void)printf("%" PRIu64 " packets, %" PRIu64 " looks, %" PRIu64 " kills, generation %" PRIu64 ", %zu files\n", sealed, turns,
                 kills, stats.generation, stats.tables[0].files);
    return sealed > PACKETS_PER_TURN && turns > 5 ? 0 : 1;
}
