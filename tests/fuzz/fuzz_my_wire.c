/* The MySQL packet layer against any byte stream: pieces of any size give the same payloads as the whole stream at once, a
 * payload never passes the limit, and what is held stays bounded. The first byte chooses the limit and the pieces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/my_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTCOMES_MAX 4096
struct outcome {
    int rc;
    uint8_t seq;
    size_t n;
    uint64_t sum;
};

static uint64_t sum_of(const uint8_t *p, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* Runs the stream in pieces of step bytes; how many outcomes there were. */
static size_t run(const uint8_t *in, size_t n, size_t step, size_t max, struct outcome *ret)
{
    struct my_in r = {0};
    size_t n_out = 0;
    bool over = false;
    size_t at = 0;
    for (size_t from = 0; from < n && !over; from += step) {
        size_t end = n - from < step ? n : from + step; /* what is not used is given again with what comes next */
        while (at < end && n_out < OUTCOMES_MAX) {
            size_t used = 0;
            struct rd p = rd_of(NULL, 0);
            int rc = my_in_feed(&r, in + at, end - at, max, &used, &p);
            if (used > end - at)
                abort();
            at += used;
            if (rc == 0) {
                if (end - at >= 4)
                    abort(); /* it wants more than a header, and has not taken it */
                break;
            }
            if (rc == 1 && rd_left(&p) > max)
                abort();
            ret[n_out++] = (struct outcome){rc, r.seq, rc == 1 ? rd_left(&p) : 0, rc == 1 ? sum_of(p.p, rd_left(&p)) : 0};
            if (rc == -EPROTO) {
                over = true;
                break;
            }
            r.seq = 0; /* as after a command */
        }
        if (r.held.cap > 4 * (max + 1024))
            abort();
    }
    my_in_done(&r);
    return n_out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole[OUTCOMES_MAX], cut[OUTCOMES_MAX];
    if (size < 2)
        return 0;
    size_t max = (size_t)16 << (data[0] & 7), step = 1 + (data[0] >> 3);
    size_t n = run(data + 1, size - 1, size - 1, max, whole);
    size_t m = run(data + 1, size - 1, step, max, cut);
    if (n != m)
        abort();
    for (size_t i = 0; i < n; i++)
        if (whole[i].rc != cut[i].rc || whole[i].n != cut[i].n || whole[i].sum != cut[i].sum)
            abort();
    return 0;
}
