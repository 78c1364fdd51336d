/* Misconfiguration: one source, one address, one service, again and again (a wrong line in somebody's configuration). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/behaviour/draw.h"
#include "lab/behaviour/table.h"
#include "lab/packet.h"

enum { HOSTS = 8 };
#define TOTAL 1500

struct misconfiguration {
    struct behaviour_params params;
    struct rng times;
    struct crowd crowd;
    double *due_us; /* per source; owned */
    double gap_us;  /* of each source on average */
};

static const struct service {
    uint8_t proto;
    uint16_t port;
    const char *payload;
    size_t n;
} services[] = {
    {17, 514, "<134>backup: job nightly finished, 0 errors", 43},
    {6, 9100, NULL, 0},
    {17, 123,
     "\xe3\x00\x06\xec\0\0\0\0\0\0\0\0INIT\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
     48},
    {6, 389, NULL, 0},
    {17, 53, "\x12\x34\x01\0\0\1\0\0\0\0\0\0\4mail\5local\0\0\1\0\1", 28},
    {6, 25, NULL, 0},
    {17, 1812, "\1\7\0\x14secretsecretsecr", 20},
    {6, 5222, NULL, 0},
};

static int misconfiguration_start(void *state, const struct behaviour_params *params)
{
    struct misconfiguration *m = state;
    m->params = *params;
    m->times = rng_of(params->seed, "misconfiguration times");
    struct rng self = rng_of(params->seed, "misconfiguration self");
    int rc = crowd_init(&m->crowd, params, HOSTS, 0, &self);
    if (rc < 0)
        return rc;
    m->due_us = calloc(m->crowd.n, sizeof *m->due_us);
    if (!m->due_us)
        return -ENOMEM;
    m->gap_us = (double)m->crowd.n * 1e6 / draw_rate(params, TOTAL);
    for (size_t i = 0; i < m->crowd.n; i++)
        m->due_us[i] = rng_unit(&self) * m->gap_us;
    return 0;
}

static size_t put_packet(struct misconfiguration *m, uint32_t src, uint64_t h, uint32_t *ret_dst,
                         uint16_t *ret_sport, uint16_t *ret_dport, uint8_t *out)
{
    const struct service *service = &services[h % (sizeof services / sizeof services[0])];
    uint64_t r = rng_u64(&m->times);
    *ret_dst = m->params.darknet.base + (uint32_t)((h >> 16) % ip4_prefix_size(m->params.darknet));
    *ret_dport = service->port;
    struct packet_ip ip = {.src = src,
                           .dst = *ret_dst,
                           .id = (uint16_t)r,
                           .ttl = (uint8_t)(64 - draw_hops(m->params.seed, src))};
    if (service->proto == 17) {
        *ret_sport = service->port == 123 ? 123 : (uint16_t)(32768 + (h >> 40) % 28000);
        return packet_udp(out, ACTION_PACKET_MAX, &ip, *ret_sport, service->port, service->payload,
                          service->n);
    }
    static const uint8_t mss[] = {2, 4, 5, 0xb4};
    *ret_sport = (uint16_t)(32768 + (r >> 16) % 28000);
    struct packet_tcp tcp = {*ret_sport, service->port, 5840, (uint32_t)(r >> 32),
                             0,          TCP_SYN,       mss,  sizeof mss};
    return packet_tcp(out, ACTION_PACKET_MAX, &ip, &tcp, NULL, 0);
}

static void misconfiguration_next(void *state, int64_t now_us, struct action *ret)
{
    struct misconfiguration *m = state;
    size_t first = 0;
    for (size_t i = 1; i < m->crowd.n; i++)
        if (m->due_us[i] < m->due_us[first])
            first = i;
    double due = m->due_us[first], floor_us = (double)now_us - PACE_LAG_US;
    int64_t at = (int64_t)(due < floor_us ? floor_us : due);
    uint64_t h = draw_hash(m->params.seed, first);
    /* periodic, each at its own pace from half to twice the mean one */
    m->due_us[first] =
        (double)at + m->gap_us * (0.5 + (double)(h >> 56) / 170) * (0.97 + 0.06 * rng_unit(&m->times));
    if (at >= m->params.length_us) {
        action_end(ret, at);
        return;
    }
    uint32_t src = m->crowd.address[first], dst;
    uint16_t sport, dport;
    size_t n = put_packet(m, src, h, &dst, &sport, &dport, ret->packet);
    action_packet(ret, at, src, dst, sport, dport, n);
}

static void misconfiguration_done(void *state)
{
    struct misconfiguration *m = state;
    free(m->due_us);
    crowd_done(&m->crowd);
}

const struct behaviour behaviour_misconfiguration = {
    .name = "misconfiguration",
    .doc = "one source, one address, one service, again and again",
    .state_bytes = sizeof(struct misconfiguration),
    .start = misconfiguration_start,
    .next = misconfiguration_next,
    .done = misconfiguration_done,
};
