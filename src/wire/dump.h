/* Capture files out: pcap 2.4 and pcapng 1.0, microseconds, little-endian, one interface. The bytes go into a buffer; who
 * calls writes it where it belongs. Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng 4.1 to 4.3. */
#ifndef HOTARU_WIRE_DUMP_H
#define HOTARU_WIRE_DUMP_H

#include <stdint.h>

#include "base/wr.h"

enum dump_format { DUMP_PCAP, DUMP_PCAPNG };
enum { DUMP_ETHERNET = 1, DUMP_RAW_IP = 101 }; /* LINKTYPE_… as the file has them */
#define DUMP_PACKET_MAX 64 /* bytes around a packet's, at most */

struct dump_head {
    enum dump_format format;
    uint16_t link_type;
    uint32_t snap_len_bytes;
    const char *comment, *interface; /* pcapng says them; borrowed */
};
void dump_begin(struct wr *w, const struct dump_head *head);
/* Before and after the cap_len_bytes of a packet, which the caller appends between them. -ERANGE when the format cannot hold
 * the time: pcap from 1970 to 2106-02-07T06:28:15Z, pcapng from 1970 on. Nothing is written then. */
int dump_packet_begin(struct wr *w, enum dump_format format, int64_t ts_us, uint32_t cap_len_bytes, uint32_t wire_len_bytes);
void dump_packet_end(struct wr *w, enum dump_format format, uint32_t cap_len_bytes);

#endif
