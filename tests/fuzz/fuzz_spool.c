/* Input: one byte of flags, then a segment. Flag 1: put the right checksum, magic and version on each block of 4,096 bytes, so
 * that what stands behind the checksum is reached. Flag 2: the name says sealed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/spool_int.h"

#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 4096 };

static void make_good(uint8_t *segment, size_t n)
{
    for (size_t at = 0; at + BLOCK <= n; at += BLOCK) {
        memcpy(segment + at, SPOOL_MAGIC, 4);
        segment[at + 4] = SPOOL_VERSION;
        segment[at + 6] = SPOOL_BLOCK_LOG_MIN;
        struct rd seed = rd_of(segment + at, 8);
        uint64_t sum = XXH3_64bits_withSeed(segment + at + SPOOL_SUM_FROM, BLOCK - SPOOL_SUM_FROM, rd_le64(&seed));
        (void)put_le64(segment + at + SPOOL_SUM_AT, sum);
    }
}

static void read_it(const char *path, uint8_t *scratch)
{
    struct spool_reader *r;
    if (spool_reader_open(path, &r, NULL) < 0)
        return;
    struct hdr h;
    uint64_t n = 0;
    while (spool_read(r, &h) == 1) {
        if (h.options_len > HDR_OPTIONS_MAX)
            abort();
        for (uint16_t i = 0; i < h.payload_cap_bytes; i++)
            scratch[i] = h.payload[i]; /* every byte promised is there */
        n++;
    }
    struct loss_row row;
    while (spool_read_loss(r, &row) == 1) {
        if (memchr(row.stage, 0, sizeof row.stage) == NULL || memchr(row.reason, 0, sizeof row.reason) == NULL)
            abort();
    }
    struct spool_info info;
    spool_reader_info(r, &info);
    if (info.recorder[0] && !spool_recorder_valid(info.recorder))
        abort();
    spool_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t scratch[65536];
    if (size < 1 || size > (1 << 20))
        return 0;
    uint8_t *segment = malloc(size);
    if (!segment)
        return 0;
    memcpy(segment, data + 1, size - 1);
    if (data[0] & 1)
        make_good(segment, size - 1);
    static int folder = -1;
    static char name[64];
    if (folder < 0) {
        (void)snprintf(name, sizeof name, "/tmp/hotaru-fuzz-%ld", (long)getpid());
        folder = memfd_create("segment", MFD_CLOEXEC);
    }
    if (ftruncate(folder, 0) == 0 && lseek(folder, 0, SEEK_SET) == 0 && io_write_all(folder, segment, size - 1) == 0) {
        char path[96];
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", folder);
        read_it(path, scratch);
        if (data[0] & 2) { /* the reader goes by the name */
            (void)snprintf(path, sizeof path, "%s.sealed", name);
            char target[64];
            (void)snprintf(target, sizeof target, "/proc/self/fd/%d", folder);
            if (symlink(target, path) == 0) {
                read_it(path, scratch);
                (void)unlink(path);
            }
        }
    }
    free(segment);
    return 0;
}
