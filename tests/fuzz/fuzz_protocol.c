/* One protocol (FUZZ_PROTOCOL) against any bytes. The first byte chooses how the rest is cut and which of two personas
 * answers; the clock moves between the pieces. The harness checks what the loop relies on. */
#include <stdlib.h>

#include "harness.h"

extern const struct protocol FUZZ_PROTOCOL;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct harness *harness[2];
    static const uint16_t ports[8] = {0, 22, 21, 23, 80, 2323, 4444, 8080};
    if (!harness[0]) {
        harness[0] = harness_new(&FUZZ_PROTOCOL, "mysql-5.6.10");
        harness[1] = harness_new(&FUZZ_PROTOCOL, "mysql-5.6.27");
    }
    if (size == 0)
        return 0;
    uint8_t how = data[0];
    struct harness *h = harness[how & 1];
    harness_open_from(h, 0, 0, ports[how >> 1 & 7]);
    size_t step = (size_t)1 << (how >> 4); /* 1 … 32768 */
    for (size_t at = 1; at < size; at += step) {
        harness_feed(h, data + at, size - at < step ? size - at : step);
        harness_advance(h, 100000);
    }
    harness_advance(h, 5000000);
    harness_close(h);
    if (!harness_reason(h))
        abort();
    return 0;
}
