/* Input: a capture file, plain or packed; every frame of it is decoded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "header/hdr.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES_MAX = 100000 }; /* a packed file of zeros is long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("capture", MFD_CLOEXEC);
    if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 || io_write_all(fd, data, size) < 0)
        abort();
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct err err = {""};
    struct wire *w;
    int rc = wire_open_file(path, &w, &err);
    if (rc < 0) {
        if (!err.text[0])
            abort(); /* every refusal says why */
        return 0;
    }
    struct frame f;
    int n = 0;
    while (n < FRAMES_MAX && (rc = wire_next(w, 0, &f, &err)) == 1) {
        struct hdr h;
        if (f.cap_len_bytes > f.wire_len_bytes)
            abort();
        (void)hdr_decode(f.link_type, f.bytes, f.cap_len_bytes, f.wire_len_bytes, f.ts_us, &h);
        n++;
    }
    if (rc < 0 && (!err.text[0] || !wire_at_end(w)))
        abort();
    wire_close(w);
    return 0;
}
