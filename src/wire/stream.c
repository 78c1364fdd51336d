/* A file descriptor as a stdio stream, gzip (RFC 1952, also several members) and zstd (RFC 8878) unpacked on the way. */
#include "wire/wire_int.h"

#include <errno.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#define GZIP_MAGIC "\x1f\x8b\x08"
#define ZSTD_MAGIC "\x28\xb5\x2f\xfd"

enum packing { PACK_UNKNOWN, PACK_NONE, PACK_GZIP, PACK_ZSTD };

struct wire_stream {
    int fd;
    XXH3_state_t *sum; /* of every byte read; NULL: nobody asks */
    enum packing packing;
    bool empty, input_end, open_frame; /* open_frame: inside a gzip member or a zstd frame */
    char error[120];
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t at, len; /* of in */
    uint8_t in[256 << 10];
};

static int fail(struct wire_stream *s, const char *text)
{
    if (!s->error[0])
        (void)snprintf(s->error, sizeof s->error, "%s", text);
    errno = EIO;
    return -1;
}

/* read(), summed. */
static ssize_t take_in(struct wire_stream *s, uint8_t *to, size_t n)
{
    ssize_t got;
    do {
        got = read(s->fd, to, n);
    } while (got < 0 && errno == EINTR);
    if (got > 0 && s->sum)
        (void)XXH3_128bits_update(s->sum, to, (size_t)got);
    return got;
}

/* More input behind what is there; 0 also at the end. */
static int fill(struct wire_stream *s)
{
    if (s->at) {
        memmove(s->in, s->in + s->at, s->len - s->at);
        s->len -= s->at;
        s->at = 0;
    }
    while (!s->input_end && s->len < sizeof s->in) {
        ssize_t n = take_in(s, s->in + s->len, sizeof s->in - s->len);
        if (n < 0)
            return fail(s, strerror(errno));
        s->input_end = n == 0;
        s->len += (size_t)n;
        if (s->len >= 4)
            break;
    }
    return 0;
}

static int detect(struct wire_stream *s)
{
    if (fill(s) < 0)
        return -1;
    s->empty = s->len == 0;
    if (s->len >= 3 && memcmp(s->in, GZIP_MAGIC, 3) == 0) {
        s->packing = PACK_GZIP;
        if (inflateInit2(&s->gzip, 16 + MAX_WBITS) != Z_OK)
            return fail(s, "no memory to unpack gzip");
    } else if (s->len >= 4 && memcmp(s->in, ZSTD_MAGIC, 4) == 0) {
        s->packing = PACK_ZSTD;
        s->zstd = ZSTD_createDStream();
        if (!s->zstd)
            return fail(s, "no memory to unpack zstd");
    } else {
        s->packing = PACK_NONE;
    }
    return 0;
}

static ssize_t take_plain(struct wire_stream *s, uint8_t *to, size_t n)
{
    if (s->at == s->len) { /* straight to the reader */
        ssize_t got = take_in(s, to, n);
        return got < 0 ? fail(s, strerror(errno)) : got;
    }
    size_t have = s->len - s->at;
    n = n < have ? n : have;
    memcpy(to, s->in + s->at, n);
    s->at += n;
    return (ssize_t)n;
}

/* One step of unpacking; sets how much went in and came out. */
static int step_gzip(struct wire_stream *s, uint8_t *to, size_t n, size_t *ret_out)
{
    s->gzip.next_in = s->in + s->at;
    s->gzip.avail_in = (uInt)(s->len - s->at);
    s->gzip.next_out = to;
    s->gzip.avail_out = (uInt)(n < UINT_MAX ? n : UINT_MAX);
    s->open_frame = true;
    uInt room = s->gzip.avail_out;
    int rc = inflate(&s->gzip, Z_NO_FLUSH);
    *ret_out = room - s->gzip.avail_out;
    s->at = s->len - s->gzip.avail_in;
    if (rc == Z_STREAM_END) {
        s->open_frame = false;
        return inflateReset(&s->gzip) == Z_OK ? 0 : fail(s, "gzip: cannot go on");
    }
    if (rc != Z_OK && rc != Z_BUF_ERROR)
        return fail(s, "the gzip data is corrupt");
    return 0;
}

static int step_zstd(struct wire_stream *s, uint8_t *to, size_t n, size_t *ret_out)
{
    ZSTD_inBuffer in = {s->in, s->len, s->at};
    ZSTD_outBuffer out = {to, n, 0};
    size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);
    s->at = in.pos;
    *ret_out = out.pos;
    s->open_frame = rc != 0;
    if (!ZSTD_isError(rc))
        return 0;
    char text[100];
    (void)snprintf(text, sizeof text, "the zstd data is corrupt (%s)", ZSTD_getErrorName(rc));
    return fail(s, text);
}

static ssize_t take_packed(struct wire_stream *s, uint8_t *to, size_t n)
{
    for (;;) {
        if (s->at == s->len && !s->input_end && fill(s) < 0)
            return -1;
        if (s->at == s->len && s->input_end && !s->open_frame)
            return 0;
        size_t out = 0, before = s->at;
        if ((s->packing == PACK_GZIP ? step_gzip : step_zstd)(s, to, n, &out) < 0 && out == 0)
            return -1; /* what came out before the fault is given first; the next call fails */
        if (out)
            return (ssize_t)out;
        if (s->error[0])
            return fail(s, "");
        if (s->at == before && s->at == s->len && s->input_end)
            return fail(s, "the compressed data is cut");
        if (s->at == before && s->at < s->len && fill(s) < 0)
            return -1;
    }
}

static ssize_t stream_read(void *cookie, char *to, size_t n)
{
    struct wire_stream *s = cookie;
    if (s->error[0])
        return fail(s, "");
    if (s->packing == PACK_UNKNOWN && detect(s) < 0)
        return -1;
    if (n == 0)
        return 0;
    return s->packing == PACK_NONE ? take_plain(s, (uint8_t *)to, n) : take_packed(s, (uint8_t *)to, n);
}

static int stream_close(void *cookie)
{
    struct wire_stream *s = cookie;
    if (s->packing == PACK_GZIP)
        (void)inflateEnd(&s->gzip);
    ZSTD_freeDStream(s->zstd);
    (void)XXH3_freeState(s->sum);
    int rc = close(s->fd);
    free(s);
    return rc;
}

static bool is_packed(const uint8_t *b, ssize_t n)
{
    return (n >= 3 && memcmp(b, GZIP_MAGIC, 3) == 0) || (n >= 4 && memcmp(b, ZSTD_MAGIC, 4) == 0);
}

int wire_stream_open(int fd, bool sum, struct wire_stream **ret, FILE **ret_file)
{
    uint8_t first[4];
    ssize_t n = pread(fd, first, sizeof first, lseek(fd, 0, SEEK_CUR)); /* fails on a pipe */
    if (!sum && n > 0 && !is_packed(first, n)) {
        FILE *plain = fdopen(fd, "r");
        if (!plain) {
            close(fd);
            return -ENOMEM;
        }
        (void)setvbuf(plain, NULL, _IOFBF, 256 << 10);
        (void)__fsetlocking(plain, FSETLOCKING_BYCALLER);
        *ret = NULL;
        *ret_file = plain;
        return 0;
    }
    struct wire_stream *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        return -ENOMEM;
    }
    s->fd = fd;
    if (sum && (s->sum = XXH3_createState()))
        (void)XXH3_128bits_reset(s->sum);
    FILE *f = fopencookie(s, "r", (cookie_io_functions_t){.read = stream_read, .close = stream_close});
    if (!f || (sum && !s->sum)) {
        if (f)
            (void)fclose(f);
        else
            (void)stream_close(s);
        return -ENOMEM;
    }
    (void)setvbuf(f, NULL, _IOFBF, 256 << 10);
    (void)__fsetlocking(f, FSETLOCKING_BYCALLER); /* one thread reads; libpcap reads each packet in two small pieces */
    *ret = s;
    *ret_file = f;
    return 0;
}

bool wire_stream_empty(const struct wire_stream *s)
{
    return s && s->empty;
}

const char *wire_stream_error(const struct wire_stream *s)
{
    return s ? s->error : "";
}

int wire_stream_sum(struct wire_stream *s, uint64_t ret[static 2])
{
    ssize_t n;
    while ((n = take_in(s, s->in, sizeof s->in)) > 0)
        continue;
    if (n < 0)
        return -errno;
    XXH128_hash_t sum = XXH3_128bits_digest(s->sum);
    ret[0] = sum.high64;
    ret[1] = sum.low64;
    s->input_end = true;
    s->at = s->len = 0;
    return 0;
}
