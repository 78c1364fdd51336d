#include <errno.h>
#include <fcntl.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../cmocka_all.h"
#include "base/wr.h"
#include "wire/wire.h"

enum { N = 40 };
#define T0 UINT32_C(3000000000) /* 2065: past what fits a signed 32-bit second */

static char path[] = "/tmp/hotaru-wire-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? -1 : 0;
}
static int drop_file(void **state)
{
    return unlink(path);
}
static void put_file(const uint8_t *b, size_t n)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b, n), (ssize_t)n);
    close(fd);
}

static uint32_t len_of(uint32_t i)
{
    return 20 + i * 3;
}
static void put32(struct wr *w, bool big, uint32_t v)
{
    if (big)
        wr_be32(w, v);
    else
        wr_le32(w, v);
}
/* N frames, each full of its number; frame i is at T0 + i s + i µs (+ 999 ns) and was 1000 bytes longer on the wire. */
static struct wr make_pcap(bool big, bool nano)
{
    struct wr w = wr_of(1 << 20);
    put32(&w, big, nano ? 0xa1b23c4d : 0xa1b2c3d4);
    put32(&w, big, big ? 0x00020004 : 0x00040002);
    put32(&w, big, 0);
    put32(&w, big, 0);
    put32(&w, big, 65535);
    put32(&w, big, 1);
    for (uint32_t i = 0; i < N; i++) {
        put32(&w, big, T0 + i);
        put32(&w, big, nano ? i * 1000 + 999 : i);
        put32(&w, big, len_of(i));
        put32(&w, big, len_of(i) + 1000);
        memset(wr_room(&w, len_of(i)), (int)i, len_of(i));
    }
    return w;
}
static struct wr make_pcapng(uint8_t resolution)
{
    struct wr w = wr_of(1 << 20);
    static const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};
    for (size_t i = 0; i < 7; i++)
        wr_le32(&w, section[i]);
    const uint32_t interface[] = {1, 32, 1, 65535, 9 | 1 << 16, resolution, 0, 32}; /* if_tsresol, end of options */
    for (size_t i = 0; i < 8; i++)
        wr_le32(&w, interface[i]);
    for (uint32_t i = 0; i < N; i++) {
        uint64_t unit = resolution == 9 ? 1000 : 1;
        uint64_t ts = ((uint64_t)(T0 + i) * 1000000 + i) * unit + (resolution == 9 ? 999 : 0);
        uint32_t padded = (len_of(i) + 3) & ~3u;
        const uint32_t head[] = {6, 32 + padded, 0, (uint32_t)(ts >> 32), (uint32_t)ts, len_of(i), len_of(i) + 1000};
        for (size_t k = 0; k < 7; k++)
            wr_le32(&w, head[k]);
        memset(wr_room(&w, padded), (int)i, padded);
        wr_le32(&w, 32 + padded);
    }
    return w;
}

/* The frames of a source, each as it was made; returns how many, and how it ended. */
static uint32_t read_source(struct wire *w, int *ret_rc, struct err *err)
{
    struct frame f;
    uint32_t i = 0;
    int rc;
    while ((rc = wire_next(w, 0, &f, err)) == 1) {
        assert_true(i < N);
        assert_int_equal(f.cap_len_bytes, len_of(i));
        assert_int_equal(f.wire_len_bytes, len_of(i) + 1000);
        assert_true(f.ts_us == (int64_t)(T0 + i) * 1000000 + i);
        assert_int_equal(f.link_type, DLT_EN10MB);
        for (uint32_t k = 0; k < f.cap_len_bytes; k++)
            assert_int_equal(f.bytes[k], i);
        i++;
    }
    assert_true(wire_at_end(w));
    struct wire_counts c;
    assert_int_equal(wire_counts(w, &c), 0);
    assert_int_equal(c.received, i);
    assert_int_equal(wire_next(w, 0, &f, NULL), 0); /* the end stays the end */
    *ret_rc = rc;
    return i;
}
static uint32_t read_path(const char *name, int *ret_rc, struct err *err)
{
    struct wire *w;
    *ret_rc = wire_open_file(name, &w, err);
    if (*ret_rc < 0)
        return 0;
    uint32_t n = read_source(w, ret_rc, err);
    wire_close(w);
    return n;
}

static struct wr gzipped(const struct wr *plain, size_t members)
{
    struct wr out = wr_of(1 << 20);
    for (size_t m = 0; m < members; m++) {
        size_t from = plain->len * m / members, to = plain->len * (m + 1) / members;
        z_stream z = {0};
        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
        uint8_t *room = malloc(1 << 17);
        z.next_in = plain->bytes + from;
        z.avail_in = (uInt)(to - from);
        z.next_out = room;
        z.avail_out = 1 << 17;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        wr_bytes(&out, room, z.total_out);
        (void)deflateEnd(&z);
        free(room);
    }
    return out;
}
static struct wr zstded(const struct wr *plain, size_t frames)
{
    struct wr out = wr_of(1 << 20);
    for (size_t m = 0; m < frames; m++) {
        size_t from = plain->len * m / frames, to = plain->len * (m + 1) / frames;
        uint8_t *room = malloc(1 << 17);
        size_t n = ZSTD_compress(room, 1 << 17, plain->bytes + from, to - from, 3);
        assert_false(ZSTD_isError(n));
        wr_bytes(&out, room, n);
        free(room);
    }
    return out;
}

static void every_form(void **state)
{
    struct wr plain[] = {make_pcap(false, false), make_pcap(true, false), make_pcap(false, true),
                         make_pcap(true, true),   make_pcapng(6),         make_pcapng(9)};
    for (size_t i = 0; i < 6; i++) {
        assert_false(plain[i].bad);
        struct wr forms[] = {gzipped(&plain[i], 1), gzipped(&plain[i], 3), zstded(&plain[i], 1), zstded(&plain[i], 3), plain[i]};
        for (size_t k = 0; k < 5; k++) {
            put_file(forms[k].bytes, forms[k].len);
            int rc;
            struct err err = {0};
            if (read_path(path, &rc, &err) != N || rc != 0)
                fail_msg("file %zu form %zu: %s", i, k, err.text);
            wr_done(&forms[k]);
        }
    }
}

/* stdin as a pipe that gives one byte at a time at first. */
static void from_stdin(void **state)
{
    struct wr plain = make_pcap(false, false), packed = zstded(&plain, 2);
    const struct wr *inputs[] = {&plain, &packed};
    for (size_t i = 0; i < 2; i++) {
        int ends[2], old = dup(STDIN_FILENO);
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (size_t at = 0; at < inputs[i]->len; at++) {
                if (write(ends[1], inputs[i]->bytes + at, 1) != 1)
                    _exit(1);
            }
            _exit(0);
        }
        close(ends[1]);
        assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
        close(ends[0]);
        int rc;
        assert_int_equal(read_path("-", &rc, NULL), N);
        assert_int_equal(rc, 0);
        if (old >= 0) {
            assert_true(dup2(old, STDIN_FILENO) == STDIN_FILENO);
            close(old);
        } else {
            close(STDIN_FILENO);
        }
    }
    wr_done(&plain);
    wr_done(&packed);
}

/* Cut anywhere: the whole frames before the cut, then one line with the frame's number; never a frame made up. */
static void cut_anywhere(void **state)
{
    struct wr plain = make_pcap(false, false);
    struct wr forms[] = {make_pcapng(6), gzipped(&plain, 1), zstded(&plain, 2), plain};
    for (size_t k = 0; k < 4; k++) {
        uint32_t before = 0;
        for (size_t n = 0; n < forms[k].len; n += n < 300 ? 1 : 7) {
            put_file(forms[k].bytes, n);
            int rc;
            struct err err = {0};
            uint32_t got = read_path(path, &rc, &err);
            assert_true(got >= before && got <= N);
            before = got;
            assert_true(rc == -EBADMSG || rc == 0);
            if (rc < 0)
                assert_non_null(strstr(err.text, path));
            if (rc < 0 && got)
                assert_non_null(strstr(err.text, "frame "));
            if (k == 0 || k == 3)
                assert_true(rc == -EBADMSG || got > 0 || n == 24 || n == 28 || n == 60); /* whole at a frame's end */
            else
                assert_true(rc == -EBADMSG || n >= forms[k].len / 2 - 60); /* the second frame not begun */
        }
        wr_done(&forms[k]);
    }
}

static void no_capture_file(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } wrong[] = {{"", 0, "is empty"},
                 {"\xd4\xc3\xb2\xa1\2\0\4\0", 8, "cut inside its file header"},
                 {"this is a text file, and long enough to be a capture\n", 53, "no pcap or pcapng"},
                 {"\x1f\x8b\x08\0\0\0\0\0\0\3", 10, "cut"},
                 {"\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff\xff\xff\xff\xff\xff", 18, "corrupt"},
                 {"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 24, "corrupt"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_file((const uint8_t *)wrong[i].bytes, wrong[i].n);
        struct err err = {0};
        int rc;
        assert_int_equal(read_path(path, &rc, &err), 0);
        assert_int_equal(rc, -EBADMSG);
        if (!strstr(err.text, wrong[i].says) || !strstr(err.text, path))
            fail_msg("'%s' does not say '%s'", err.text, wrong[i].says);
    }
    struct err err = {0};
    int rc;
    (void)read_path("/nowhere/x.pcap", &rc, &err);
    assert_int_equal(rc, -ENOENT);
    err = (struct err){0};
    (void)read_path("/tmp", &rc, &err);
    assert_int_equal(rc, -EBADMSG);
    assert_non_null(strstr(err.text, "is a folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_form), cmocka_unit_test(from_stdin),
                                       cmocka_unit_test(cut_anywhere), cmocka_unit_test(no_capture_file)};
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
