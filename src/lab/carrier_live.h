/* Carries a behaviour with real packets: dialogues by kernel sockets bound to the actor's source addresses, stateless
 * packets by AF_PACKET. One epoll loop, one behaviour, paced by CLOCK_MONOTONIC. Refuses outside a lab (guard.h). */
#ifndef HOTARU_LAB_CARRIER_LIVE_H
#define HOTARU_LAB_CARRIER_LIVE_H

#include <signal.h>
#include <stdint.h>

#include "base/err.h"
#include "lab/actor_truth.h"
#include "lab/behaviour.h"

struct carrier_live_options {
    const char *interface;
    uint8_t gateway_mac[6];
    const struct behaviour *behaviour;
    struct behaviour_params params;    /* .note is replaced: notes go to truth */
    struct actor_truth *truth;         /* initialised; start, end and counts are filled in */
    const volatile sig_atomic_t *stop; /* set by a signal handler: end now */
};

/* A SYN_SENT socket is closed before the kernel's first retransmission (1 s, RFC 6298 2.1), so that a dark address gets
 * one SYN. */
#define CARRIER_CONNECT_US  INT64_C(500000)
#define CARRIER_DIALOGUE_US INT64_C(5000000) /* a whole dialogue */
#define CARRIER_BYTES_MAX   65536            /* taken from the other side in one dialogue */

/* Runs to the behaviour's end, to params.length_us or to *stop. 0; -EPERM outside a lab; other negative errno with a
 * line in err. */
int carrier_live_run(const struct carrier_live_options *options, struct err *err);

#endif
