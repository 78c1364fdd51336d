/* What a packet's row becomes on its way out. */
#ifndef HOTARU_STORE_EXPORT_H
#define HOTARU_STORE_EXPORT_H

#include "store/ask.h"

/* Columns of a row that becomes a packet: version, those of PACKET_COLUMNS (addresses of IPv4), four addresses of IPv6. */
enum export_column { EXPORT_VERSION, EXPORT_PACKET, EXPORT_SRC6 = EXPORT_PACKET + COLUMN_COUNT, EXPORT_DST6, EXPORT_INNER_SRC6,
                     EXPORT_INNER_DST6, EXPORT_COLUMNS };

/* A SELECT (without ORDER BY) of what o asks for from from_us to before until_us, as the form wants it: for pcap the columns
 * above, for CSV and JSON one table of both versions with addresses as text, for Parquet the store's own types. */
int export_select(const struct export_options *o, int64_t from_us, int64_t until_us, struct wr *w, struct err *err);
/* SELECT bucket's begin, packets of it, in buckets of width_us. */
int export_count(const struct export_options *o, int64_t from_us, int64_t until_us, int64_t width_us, struct wr *w, struct err *err);

#endif
