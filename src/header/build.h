/* The way back: a packet for a row. Decoding what hdr_build() makes gives the row again, column by column. */
#ifndef HOTARU_HEADER_BUILD_H
#define HOTARU_HEADER_BUILD_H

#include "header/hdr.h"

#define HDR_BUILD_MAX 135168u /* the longest IPv6 extension headers and the longest kept payload */

/* Build the packet that a row stands for, from its IP header on (LINKTYPE_RAW).
 *   h             a row: has, the columns, payload with payload_cap_bytes of it (NULL, 0: none kept). h->options is not
 *                 looked at: the store keeps the layout
 *   options_text  n_text bytes, as hdr_options_text() gives them; "" when h has no TCP header
 *   buf           where the bytes go
 *   ret_cap_len   bytes built: the headers and the payload that was kept, cut where the row says that the frame was cut
 *   ret_wire_len  bytes on the wire: ip_len, or ret_cap_len where that is not known (jumbograms)
 * What no column holds is filled in: option values (0; NOP for IPv4 options, PadN for extension headers), flow label and
 * urgent pointer (0), what a quoted packet had besides its addresses, protocol and ports. Checksums are right for these
 * bytes, with 0 for payload that was not kept; SCTP and DCCP have none.
 * Returns true when decoding the result gives the same row; false when no packet could be found that does: then the columns
 * contradict each other or the text is no layout, and what was built comes near. No allocation. */
bool hdr_build(const struct hdr *h, const char *options_text, size_t n_text, uint8_t buf[static HDR_BUILD_MAX],
               uint32_t *ret_cap_len, uint32_t *ret_wire_len);

/* Do a and b make the same row? Of the payload, what a has must begin b's. */
bool hdr_same_row(const struct hdr *a, const char *a_options_text, size_t n_text, const struct hdr *b);

/* A layout text as raw options of total bytes, 0 to 40; options whose length the text does not say (E, F, ?, !) take what is
 * over. false when text is no layout or needs more or other than total. *ret_least: the fewest bytes it stands for. */
bool hdr_options_bytes(const char *text, size_t n_text, size_t total, uint8_t ret[static HDR_OPTIONS_MAX], size_t *ret_least);

#endif
