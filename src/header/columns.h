/* Every column of the tables packet and packet6, declared once: the struct's field, the store's type, the unit, the
 * source. Writer, reader and doc/format/packet.md come from this list.
 *
 * X(name, sql4, sql6, needs, unit, source)
 *   name   column; sql4, sql6  type in packet and packet6 (NULL: column is not in that table)
 *   needs  enum hdr_has group that must be set, else NULL is stored; 0: always present */
#ifndef HOTARU_HEADER_COLUMNS_H
#define HOTARU_HEADER_COLUMNS_H

#define PACKET_COLUMNS(X)                                                                                    \
    X(ts, "TIMESTAMP", "TIMESTAMP", 0, "µs, UTC", "capture time")                                            \
    X(src, "UINTEGER", "BLOB", 0, "host order; 16 bytes in packet6", "RFC 791 3.1, RFC 8200 3")              \
    X(dst, "UINTEGER", "BLOB", 0, "host order; 16 bytes in packet6", "RFC 791 3.1, RFC 8200 3")              \
    X(proto, "UTINYINT", "UTINYINT", 0, "IANA protocol number", "RFC 791 3.1, RFC 8200 4")                   \
    X(sport, "USMALLINT", "USMALLINT", HDR_PORTS, "", "RFC 9293 3.1, RFC 768")                               \
    X(dport, "USMALLINT", "USMALLINT", HDR_PORTS, "", "RFC 9293 3.1, RFC 768")                               \
    X(tcp_flags, "UTINYINT", "UTINYINT", HDR_TCP, "FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 ECE 64 CWR 128", "RFC 9293 3.1") \
    X(tcp_seq, "UINTEGER", "UINTEGER", HDR_TCP, "", "RFC 9293 3.1")                                          \
    X(tcp_ack, "UINTEGER", "UINTEGER", HDR_TCP, "", "RFC 9293 3.1")                                          \
    X(tcp_window, "USMALLINT", "USMALLINT", HDR_TCP, "unscaled", "RFC 9293 3.1")                             \
    X(tcp_options, "VARCHAR", "VARCHAR", HDR_TCP, "layout text, hdr_options_text()", "RFC 9293 3.2, RFC 7323, RFC 2018") \
    X(icmp_type, "UTINYINT", "UTINYINT", HDR_ICMP, "", "RFC 792, RFC 4443")                                  \
    X(icmp_code, "UTINYINT", "UTINYINT", HDR_ICMP, "", "RFC 792, RFC 4443")                                  \
    X(ip_id, "USMALLINT", NULL, 0, "", "RFC 791 3.1")                                                        \
    X(ip_ttl, "UTINYINT", "UTINYINT", 0, "hops", "RFC 791 3.1, RFC 8200 3")                                  \
    X(ip_tos, "UTINYINT", "UTINYINT", 0, "DSCP and ECN", "RFC 2474, RFC 3168")                               \
    X(ip_len, "USMALLINT", "UINTEGER", 0, "bytes", "RFC 791 3.1; packet6: 40 + payload length")              \
    X(ip_frag, "USMALLINT", "USMALLINT", 0, "flags and offset as on the wire; packet6: offset of the fragment header", "RFC 791 3.1, RFC 8200 4.5") \
    X(payload_len, "USMALLINT", "USMALLINT", HDR_PAYLOAD_LEN, "bytes", "IP length less headers")             \
    X(inner_src, "UINTEGER", "BLOB", HDR_INNER, "host order; 16 bytes in packet6", "RFC 792, RFC 4443")      \
    X(inner_dst, "UINTEGER", "BLOB", HDR_INNER, "host order; 16 bytes in packet6", "RFC 792, RFC 4443")      \
    X(inner_proto, "UTINYINT", "UTINYINT", HDR_INNER, "", "RFC 792, RFC 4443")                               \
    X(inner_sport, "USMALLINT", "USMALLINT", HDR_INNER_PORTS, "", "RFC 792, RFC 4443")                       \
    X(inner_dport, "USMALLINT", "USMALLINT", HDR_INNER_PORTS, "", "RFC 792, RFC 4443")                       \
    X(payload, "BLOB", "BLOB", HDR_PAYLOAD_LEN, "first N bytes, NULL unless asked", "capture.payload-bytes")

#endif
