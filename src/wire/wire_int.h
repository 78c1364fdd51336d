#ifndef HOTARU_WIRE_WIRE_INT_H
#define HOTARU_WIRE_WIRE_INT_H

#include <pcap/pcap.h>
#include <stdio.h>

#include "wire/wire.h"

struct wire_stream;
/* The bytes of fd as a FILE, unpacked when they are gzip or zstd (by magic). Takes fd; fclose() of *ret_file closes it
 * and frees *ret. *ret is NULL for a plain file that can be sought and is not to be summed: stdio reads it by itself. */
int wire_stream_open(int fd, bool sum, struct wire_stream **ret, FILE **ret_file);
int wire_stream_sum(struct wire_stream *s, uint64_t ret[static 2]); /* reads what is left; nothing can be read after it */
bool wire_stream_empty(const struct wire_stream *s);       /* not one byte came */
const char *wire_stream_error(const struct wire_stream *s); /* why unpacking or reading failed; "" */

struct wire {
    pcap_t *pcap;
    bool live, at_end, in_fanout;
    char name[200]; /* of the file or the interface */
    struct wire_stream *stream; /* file: lives as long as pcap */
    uint64_t received;
    /* live */
    int fd;
    uint32_t snap_len_bytes;
    struct pcap_stat last; /* libpcap's counters are 32 bits and wrap */
    uint64_t seen, dropped, dropped_if;
};
int wire_next_live(struct wire *w, int timeout_ms, struct frame *ret, struct err *err);
int wire_counts_live(struct wire *w);
void wire_frame_set(const struct wire *w, const struct pcap_pkthdr *h, const uint8_t *bytes, struct frame *ret);

#endif
