/* The MySQL login: the input is the payloads of the client's packets, framed here with the right sequence numbers, so that
 * every byte reaches the login's reader. The first byte chooses the persona; a payload's first two bytes are its length. A
 * second payload answers an auth switch, a third one is COM_CHANGE_USER. */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "harness.h"
#include "protocol/mysql/mysql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The sequence number after the last packet that the server sent. */
static uint8_t next_seq(struct harness *h)
{
    size_t n, last = 0;
    const uint8_t *out = harness_output(h, &n);
    uint8_t seq = 0;
    struct rd r = rd_of(out, n);
    while (rd_left(&r) >= 4) {
        last = rd_le24(&r);
        seq = rd_u8(&r);
        rd_skip(&r, last);
    }
    return (uint8_t)(seq + 1);
}

static void send_payload(struct harness *h, uint8_t seq, const uint8_t *p, size_t n)
{
    uint8_t head[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), seq};
    harness_feed(h, head, sizeof head);
    if (n)
        harness_feed(h, p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct harness *harness[4];
    static const char *const personas[] = {"mysql-5.1.54", "mysql-5.6.10", "mariadb-10.11", "paper"};
    if (!harness[0])
        for (size_t i = 0; i < 4; i++)
            harness[i] = harness_new(&protocol_mysql, personas[i]);
    if (size < 1)
        return 0;
    struct harness *h = harness[data[0] & 3];
    struct rd r = rd_of(data + 1, size - 1);
    harness_open_from(h, 0, 0, 0);
    for (int i = 0; i < 8 && rd_left(&r) >= 2 && harness_is_open(h); i++) {
        size_t n = rd_be16(&r);
        n = n < rd_left(&r) ? n : rd_left(&r);
        struct rd p = rd_sub(&r, n);
        /* A command begins anew at 0; harness_output() tells which turn it is. */
        send_payload(h, i >= 2 ? 0 : next_seq(h), p.p, n);
        harness_advance(h, 1000);
    }
    harness_advance(h, INT64_C(60000000));
    harness_close(h);
    if (!harness_reason(h))
        abort();
    return 0;
}
