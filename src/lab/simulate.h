/* Synthetic darknet traffic without a lab: the behaviours that do not care about answers, on a virtual clock, in the mix
 * and at the rates that telescopes report. Whoever stores it names it "simulated". */
#ifndef HOTARU_LAB_SIMULATE_H
#define HOTARU_LAB_SIMULATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

/* Where the packets go. packet: an IPv4 packet (some have a header that cannot be read), borrowed for the call; times
 * never run back. 0 or negative errno, which ends the run. */
struct sink {
    int (*packet)(void *to, int64_t ts_us, const uint8_t *packet, size_t len_bytes, struct err *err);
    void *to;
};

/* Packets per address and day: NICTER's 63,655 per address in 2013, the paper's year. 2024's 6,650 are 38 times as many. */
#define SIMULATE_PER_ADDRESS_DAY 174.0
#define SIMULATE_NAME            "simulated" /* recorder or source of everything synthetic */

struct simulate_options {
    uint64_t seed;
    struct ip4_prefix darknet;         /* /8 or longer */
    int64_t start_ts_us, length_us;    /* length > 0 */
    double rate_pps;                   /* of all sources together */
    uint64_t packets;                  /* stop after so many; 0: at the end of length_us */
    bool truth;                        /* count what is sent, for simulate_truth_write */
    const volatile sig_atomic_t *stop; /* may be NULL */
    /* Called about every million packets; may be NULL. share: how much is done, 0..1. */
    void (*progress)(void *to, uint64_t packets, double share);
    void *progress_to;
};
struct simulate_result {
    uint64_t packets, broken; /* broken: of these, packets whose IP header cannot be read */
    int64_t end_ts_us;        /* of the last packet */
    bool stopped;             /* by *stop */
};

struct simulation;
/* -EINVAL, -ENOMEM with a line in err. The number of sources follows from the number of packets that are to be expected. */
int simulate_open(const struct simulate_options *options, struct simulation **ret, struct err *err);
/* Once per simulation. */
int simulate_run(struct simulation *s, const struct sink *sink, struct simulate_result *ret, struct err *err);
/* After simulate_run, with options.truth: doc/format/actor-truth.md. */
int simulate_truth_write(const struct simulation *s, const char *path, struct err *err);
void simulate_close(struct simulation *s);

/* The exponent with which the first hundredth of n Zipf sources sends `share` (0.2..0.98) of the packets; n >= 100. */
double simulate_exponent(uint64_t n, double share);

/* ---- capture files: pcap, or pcapng when the name ends so (it then says in its header that it is synthetic) ---- */
struct pcap_sink;
/* path "-": stdout, pcap. Else a temporary file beside path, which takes its place at pcap_sink_close. */
int pcap_sink_open(const char *path, struct pcap_sink **ret, struct sink *ret_sink, struct err *err);
/* keep false: the file that is being written is removed, what stood at path stays. Frees in any case. */
int pcap_sink_close(struct pcap_sink *p, bool keep, struct err *err);

#endif
