#include "protocol/mysql/my_zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/rd.h"

#define HEADER_BYTES 7
#define CHUNK_BYTES  16384
#define MIN_BYTES    50 /* shorter ones are sent as they are (MIN_COMPRESS_LENGTH) */

struct my_zip {
    int zstd_level;
    bool open;                   /* inside a frame */
    uint8_t head[HEADER_BYTES];
    size_t n_head;
    uint8_t seq_in, seq_out;
    uint32_t left, want, made;   /* of the frame: bytes to come, bytes it becomes (0: stored), so far */
    uint64_t total, wire;
    bool z_open;
    z_stream z;
    ZSTD_DCtx *d;
};

struct my_zip *my_zip_new(int zstd_level)
{
    struct my_zip *z = calloc(1, sizeof *z);
    if (z)
        z->zstd_level = zstd_level;
    return z;
}

static void frame_end(struct my_zip *z)
{
    if (z->z_open)
        (void)inflateEnd(&z->z);
    ZSTD_freeDCtx(z->d);
    z->d = NULL;
    z->z_open = z->open = false;
    z->n_head = 0;
}

void my_zip_free(struct my_zip *z)
{
    if (!z)
        return;
    frame_end(z);
    free(z);
}

/* Seven bytes: 1 when they are there. */
static int header(struct my_zip *z, const uint8_t *in, size_t n, size_t *used)
{
    size_t take = HEADER_BYTES - z->n_head < n ? HEADER_BYTES - z->n_head : n;
    memcpy(z->head + z->n_head, in, take);
    z->n_head += take;
    *used += take;
    if (z->n_head < HEADER_BYTES)
        return 0;
    struct rd h = rd_of(z->head, HEADER_BYTES);
    z->left = rd_le24(&h);
    uint8_t seq = rd_u8(&h);
    z->want = rd_le24(&h);
    z->made = 0;
    z->total += z->want ? z->want : z->left;
    if (seq != z->seq_in && seq != 0) /* each command begins at 0 */
        return -EPROTO;
    z->seq_in = z->seq_out = (uint8_t)(seq + 1);
    if (z->total > MY_ZIP_TOTAL_MAX)
        return -EOVERFLOW;
    z->open = true;
    if (z->want && z->zstd_level == 0) {
        z->z = (z_stream){0};
        if (inflateInit(&z->z) != Z_OK)
            return -EBADMSG;
        z->z_open = true;
    } else if (z->want) {
        z->d = ZSTD_createDCtx();
        if (!z->d || ZSTD_isError(ZSTD_DCtx_setParameter(z->d, ZSTD_d_windowLogMax, 24)))
            return -EBADMSG;
    }
    return 1;
}

/* One step of decompression into out[0..*n_out). */
static int step(struct my_zip *z, const uint8_t *in, size_t *n_in, uint8_t *out, size_t *n_out)
{
    if (z->d) {
        ZSTD_inBuffer i = {in, *n_in, 0};
        ZSTD_outBuffer o = {out, *n_out, 0};
        size_t rc = ZSTD_decompressStream(z->d, &o, &i);
        *n_in = i.pos;
        *n_out = o.pos;
        return ZSTD_isError(rc) ? -EBADMSG : 0;
    }
    z->z.next_in = (uint8_t *)(uintptr_t)in; /* zlib does not write there */
    z->z.avail_in = (uInt)*n_in;
    z->z.next_out = out;
    z->z.avail_out = (uInt)*n_out;
    int rc = inflate(&z->z, Z_NO_FLUSH);
    *n_in -= z->z.avail_in;
    *n_out -= z->z.avail_out;
    return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR ? 0 : -EBADMSG;
}

static int inflate_some(struct my_zip *z, const uint8_t *in, size_t n, size_t *used, struct wr *plain)
{
    uint8_t out[CHUNK_BYTES];
    size_t n_in = n < z->left ? n : z->left, n_out = sizeof out;
    int rc = step(z, in, &n_in, out, &n_out);
    if (rc < 0)
        return rc;
    z->left -= (uint32_t)n_in;
    z->made += (uint32_t)n_out;
    *used += n_in;
    if (z->made > z->want || (z->left == 0 && n_out < sizeof out && z->made != z->want))
        return -EBADMSG;
    wr_bytes(plain, out, n_out);
    if (z->left == 0 && z->made == z->want)
        frame_end(z);
    return n_in || n_out ? 1 : z->left ? 0 : -EBADMSG;
}

int my_zip_read(struct my_zip *z, const uint8_t *in, size_t n, size_t *ret_used, struct wr *plain)
{
    size_t used = 0;
    int rc = 1;
    *ret_used = 0;
    if (!z->open)
        rc = n ? header(z, in, n, &used) : 0;
    if (rc == 1 && z->want) {
        rc = used < n || z->left == 0 ? inflate_some(z, in + used, n - used, &used, plain) : 0;
    } else if (rc == 1) {
        size_t take = n - used < z->left ? n - used : z->left;
        take = take < CHUNK_BYTES ? take : CHUNK_BYTES;
        wr_bytes(plain, in + used, take);
        used += take;
        z->left -= (uint32_t)take;
        rc = take > 0 || z->left == 0;
        if (z->left == 0)
            frame_end(z);
    }
    *ret_used = used;
    z->wire += used;
    return rc < 0 ? rc : used > 0 || rc == 1;
}

bool my_zip_in_proportion(const struct my_zip *z, uint64_t n)
{
    return n <= 10000 + z->wire / 8;
}

static size_t compressed(struct my_zip *z, const uint8_t *bytes, size_t n, uint8_t *out, size_t size)
{
    if (n < MIN_BYTES)
        return 0;
    if (z->zstd_level) {
        size_t rc = ZSTD_compress(out, size, bytes, n, z->zstd_level);
        return ZSTD_isError(rc) || rc >= n ? 0 : rc;
    }
    uLongf len = (uLongf)size;
    return compress(out, &len, bytes, (uLong)n) == Z_OK && len < n ? (size_t)len : 0;
}

int my_zip_write(struct my_zip *z, const uint8_t *bytes, size_t n, struct wr *wire)
{
    uint8_t out[CHUNK_BYTES];
    for (size_t at = 0; at < n;) {
        size_t len = n - at < CHUNK_BYTES ? n - at : CHUNK_BYTES;
        size_t small = compressed(z, bytes + at, len, out, sizeof out);
        wr_le24(wire, (uint32_t)(small ? small : len));
        wr_u8(wire, z->seq_out++);
        wr_le24(wire, (uint32_t)(small ? len : 0));
        wr_bytes(wire, small ? out : bytes + at, small ? small : len);
        at += len;
    }
    z->seq_in = z->seq_out; /* within one exchange the client counts on */
    return wire->bad ? -ENOBUFS : 0;
}
