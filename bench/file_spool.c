/* The recorder's way without a network: file -> frame -> header record -> spool, one thread.
 *   file_spool FILE                 decodes only
 *   file_spool FILE STORE           and writes STORE/spool as recorder "bench"
 * Prints "FRAMES STORED LOST". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ts.h"
#include "header/hdr.h"
#include "spool/spool.h"
#include "wire/wire.h"

static uint64_t frames, stored;

static int run(struct wire *in, struct spool_writer *out, struct err *err)
{
    struct frame f;
    struct hdr h;
    int rc;
    while ((rc = wire_next(in, 0, &f, err)) == 1) {
        frames++;
        if (hdr_decode(f.link_type, f.bytes, f.cap_len_bytes, f.wire_len_bytes, f.ts_us, &h) != HDR_STORED)
            continue;
        stored++;
        if (out && (rc = spool_write(out, &h)) < 0)
            return err_sys(err, rc, "spool after %" PRIu64 " records", stored);
        if (out && stored % 65536 == 0 && (rc = spool_tick(out, ts_mono_us())) < 0)
            return err_sys(err, rc, "spool after %" PRIu64 " records", stored);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {.text = ""};
    struct wire *in = NULL;
    struct spool_writer *out = NULL;
    if (argc < 2 || argc > 3) {
        (void)fprintf(stderr, "file_spool FILE [STORE]\n");
        return 2;
    }
    struct spool_options o = {.store_dir = argc == 3 ? argv[2] : NULL, .recorder = "bench"};
    int rc = wire_open_file(argv[1], &in, &err);
    if (rc >= 0 && argc == 3)
        rc = spool_writer_open(&o, &out, &err);
    if (rc >= 0)
        rc = run(in, out, &err);
    if (out) {
        struct err closing = {.text = ""};
        int closed = spool_writer_close(out, rc < 0 ? &closing : &err);
        rc = rc < 0 ? rc : closed;
    }
    if (in)
        wire_close(in);
    if (rc < 0)
        (void)fprintf(stderr, "file_spool: %s\n", err.text);
    (void)printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", frames, stored, frames - stored);
    return rc < 0 ? 1 : 0;
}
