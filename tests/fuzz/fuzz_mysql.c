/* MySQL against any bytes. The first byte chooses the persona, whether the login comes from here (so that the input is
 * commands) and how the rest is cut; with its bit 3 the rest is SQL text for one COM_QUERY rather than packets. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "protocol/mysql/mysql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t login[] = "\x26\0\0\1\x85\xa6\x03\0\0\0\0\1\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0root\0";

_Static_assert(sizeof login == 4 + 0x26, "the login is one whole frame");

static void feed_sql(struct harness *h, const uint8_t *sql, size_t n)
{
    uint8_t head[5] = {(uint8_t)(n + 1), (uint8_t)((n + 1) >> 8), (uint8_t)((n + 1) >> 16), 0, 3};
    if (n > 60000)
        return;
    harness_feed(h, head, sizeof head);
    harness_feed(h, sql, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct harness *harness[4];
    if (!harness[0]) {
        harness[0] = harness_new(&protocol_mysql, "mysql-5.1.54");
        harness[1] = harness_new(&protocol_mysql, "mysql-5.6.10");
        harness[2] = harness_new(&protocol_mysql, "paper");
        harness[3] = harness_new(&protocol_mysql, "mariadb-10.11");
    }
    if (size == 0)
        return 0;
    uint8_t how = data[0];
    struct harness *h = harness[how & 3];
    harness_open_from(h, 0, 0, 0);
    if (how & 12)
        harness_feed(h, login, sizeof login);
    if (how & 8) {
        feed_sql(h, data + 1, size - 1);
    } else {
        size_t step = (size_t)1 << (how >> 4);
        for (size_t at = 1; at < size; at += step)
            harness_feed(h, data + at, size - at < step ? size - at : step);
    }
    harness_advance(h, INT64_C(60000000));
    harness_close(h);
    if (!harness_reason(h))
        abort();
    return 0;
}
