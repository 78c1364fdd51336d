/* What a summary counts, as SQL: the files hold these rows, and what has no file is counted so when it is asked for.
 *
 * kind: 1 a TCP SYN without ACK, 2 an answer (SYN-ACK; ICMP reply or error), 4 a TCP RST, 8 an ACK without SYN or RST; sums
 * of these. sport is kept for kinds 2 and 4, whose own port says which service answers; NULL else. */
#ifndef HOTARU_STORE_SUMMARY_SQL_H
#define HOTARU_STORE_SUMMARY_SQL_H

#define SUMMARY_KIND_SQL                                                                                                      \
    "CAST(CASE WHEN proto = 6 THEN CASE WHEN (tcp_flags & 18) = 2 THEN 1 ELSE 0 END"                                        \
    " + CASE WHEN (tcp_flags & 18) = 18 THEN 2 ELSE 0 END + CASE WHEN (tcp_flags & 4) <> 0 THEN 4 ELSE 0 END"               \
    " + CASE WHEN (tcp_flags & 22) = 16 THEN 8 ELSE 0 END"                                                                  \
    " WHEN proto = 1 AND icmp_type IN (0, 3, 4, 5, 11, 12, 14, 16, 18) THEN 2 ELSE 0 END AS UTINYINT)"

/* A SELECT follows from these around a table expression of packets, in this order. The rows are in the order of their
 * columns, so that one port is a few row groups. */
#define SUMMARY_NET_HEAD "SELECT proto, dport, kind, sport, src, CAST(dst >> 8 AS UINTEGER) AS net, count(*) AS packets FROM "
#define SUMMARY_DST_HEAD "SELECT proto, dport, kind, sport, dst, src, count(*) AS packets FROM "
#define SUMMARY_ROWS_HEAD                                                                                                     \
    "(SELECT proto, dport, " SUMMARY_KIND_SQL " AS kind, CASE WHEN (" SUMMARY_KIND_SQL " & 6) <> 0 THEN sport END AS sport, " \
    "src, dst FROM "
#define SUMMARY_ROWS_TAIL ")"
#define SUMMARY_TAIL      " GROUP BY 1, 2, 3, 4, 5, 6"
#define SUMMARY_ORDER     " ORDER BY 1, 2, 3, 4, 5, 6"

#endif
