/* The compressed protocol (manual, "Compression"): frames of 3 bytes length, 1 byte sequence number, 3 bytes length before
 * compression (0: not compressed), around the packets' stream. zlib, or zstd from 8.0.18 on. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_ZIP_H
#define HOTARU_PROTOCOL_MYSQL_MY_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wr.h"

#define MY_ZIP_TOTAL_MAX (UINT64_C(128) << 20) /* one session's bytes after decompression: what a bomb can cost */

struct my_zip;
/* level: of zstd, 1 to 22; 0: zlib. NULL: no memory. */
struct my_zip *my_zip_new(int zstd_level);
void my_zip_free(struct my_zip *z);
/* Takes from in[0..n) as much as makes at most 16 KiB more in *plain, and sets *ret_used. 1; 0 when nothing moved: more
 * bytes are needed; -EPROTO a sequence number out of order; -EBADMSG no such compression, or another length than was
 * said; -EOVERFLOW past MY_ZIP_TOTAL_MAX. */
int my_zip_read(struct my_zip *z, const uint8_t *in, size_t n, size_t *ret_used, struct wr *plain);
/* Whether n packets are still in proportion to the bytes that carried them: compressed zeros are packets by the million. */
bool my_zip_in_proportion(const struct my_zip *z, uint64_t n);
/* Frames of at most 16 KiB of the packets' stream, numbered on from the client's last. */
int my_zip_write(struct my_zip *z, const uint8_t *bytes, size_t n, struct wr *wire);

#endif
