/* MySQL's login and what lies under the packets: any bytes after the greeting, behind an SSL request, as compressed frames,
 * inside of well-made compressed frames, and where caching_sha2_password wants the password itself. The first byte chooses
 * the persona (bits 0, 1), the place (bits 2 to 4) and how the rest is cut (bits 5 to 7). */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness.h"
#include "protocol/mysql/mysql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum place { PLACE_LOGIN, PLACE_TLS, PLACE_ZIP, PLACE_ZSTD, PLACE_INSIDE_ZIP, PLACE_SHA2, PLACE_CHANGE, PLACE_SWITCH };

static void frame(struct harness *h, uint8_t seq, const uint8_t *p, size_t n)
{
    uint8_t head[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), seq};
    harness_feed(h, head, sizeof head);
    harness_feed(h, p, n);
}

/* HandshakeResponse41 of root with n bytes of response. */
static void login(struct harness *h, uint32_t caps, uint8_t n_response, const char *plugin)
{
    uint8_t p[160] = {(uint8_t)caps, (uint8_t)(caps >> 8), (uint8_t)(caps >> 16), (uint8_t)(caps >> 24), 0, 0, 0, 1, 33};
    size_t n = 32;
    memcpy(p + n, "root", 5);
    n += 5;
    p[n++] = n_response;
    memset(p + n, 'A', n_response);
    n += n_response;
    memcpy(p + n, plugin, strlen(plugin) + 1);
    n += strlen(plugin) + 1;
    p[n++] = 3; /* zstd level */
    frame(h, 1, p, n);
}

static void feed_cut(struct harness *h, const uint8_t *p, size_t n, size_t step)
{
    for (size_t at = 0; at < n; at += step)
        harness_feed(h, p + at, n - at < step ? n - at : step);
}

static void feed_zipped(struct harness *h, const uint8_t *p, size_t n, size_t step)
{
    uint8_t packed[8192];
    for (size_t at = 0; at < n; at += step) {
        size_t len = n - at < step ? n - at : step;
        uLongf small = sizeof packed;
        if (len > 4096 || compress(packed, &small, p + at, len) != Z_OK)
            return;
        uint8_t head[7] = {(uint8_t)small, (uint8_t)(small >> 8), 0, 0, (uint8_t)len, (uint8_t)(len >> 8), 0};
        harness_feed(h, head, sizeof head);
        harness_feed(h, packed, small);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const personas[] = {"mysql-5.1.54", "mariadb-10.11", "mysql-5.7.30", "mysql-8.0.29"};
    static struct harness *harness[4];
    if (!harness[0])
        for (size_t i = 0; i < 4; i++)
            harness[i] = harness_new(&protocol_mysql, personas[i]);
    if (size == 0)
        return 0;
    uint8_t how = data[0];
    struct harness *h = harness[how & 3];
    const char *plugin = (how & 3) == 3 ? "caching_sha2_password" : "mysql_native_password";
    size_t step = (size_t)1 << (2 * (how >> 5)), n = size - 1 < 60000 ? size - 1 : 60000;
    uint32_t caps = 0x0189a285; /* 4.1, secure, plugin, multi, session track, deprecate EOF */
    harness_open_from(h, 0, 0, 0);
    switch ((enum place)(how >> 2 & 7)) {
    case PLACE_LOGIN:
        feed_cut(h, data + 1, n, step);
        break;
    case PLACE_TLS: {
        static const uint8_t request[32] = {0x85, 0xaa, 0x89, 0x01, 0, 0, 0, 1, 33};
        frame(h, 1, request, sizeof request);
        feed_cut(h, data + 1, n, step);
        break;
    }
    case PLACE_ZIP:
    case PLACE_ZSTD:
    case PLACE_INSIDE_ZIP:
        login(h, caps | ((how >> 2 & 7) == PLACE_ZSTD ? 0x04000000u : 0x20u), 0, plugin);
        if ((how >> 2 & 7) == PLACE_INSIDE_ZIP)
            feed_zipped(h, data + 1, n, step > 4096 ? 4096 : step);
        else
            feed_cut(h, data + 1, n, step);
        break;
    case PLACE_SHA2:
        login(h, caps, (how & 3) == 3 ? 32 : 20, plugin);
        feed_cut(h, data + 1, n, step);
        break;
    case PLACE_CHANGE:
        login(h, caps, 0, plugin);
        frame(h, 0, data + 1, n < 4096 ? n : 4096);
        feed_cut(h, data + 1, n, step);
        break;
    case PLACE_SWITCH:
        login(h, caps, 0, "nosuch_plugin");
        frame(h, 3, data + 1, n < 4096 ? n : 4096);
        feed_cut(h, data + 1, n, step);
        break;
    }
    harness_advance(h, INT64_C(60000000));
    harness_close(h);
    if (!harness_reason(h))
        abort();
    return 0;
}
