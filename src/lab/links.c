#include "lab/links.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lab/netns.h"

struct reading {
    const char *interface;
    uint64_t rx, rx_dropped, tx, tx_dropped;
};

/* One line of /proc/net/dev: name: bytes packets errs drop fifo frame compressed multicast, and the same for tx. */
static int read_here(void *user, struct err *err)
{
    struct reading *r = user;
    char *text = NULL, *line = NULL, *save = NULL;
    size_t n;
    int rc = io_read_file("/proc/thread-self/net/dev", 1 << 20, &text, &n, err);
    if (rc < 0)
        return rc;
    rc = -ENODEV;
    for (line = strtok_r(text, "\n", &save); line && rc < 0; line = strtok_r(NULL, "\n", &save)) {
        char name[32];
        uint64_t v[16];
        if (sscanf(line, " %31[^:]: %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                         " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                   name, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9], &v[10], &v[11]) != 13 ||
            strcmp(name, r->interface) != 0)
            continue;
        r->rx = v[1];
        r->rx_dropped = v[3];
        r->tx = v[9];
        r->tx_dropped = v[11];
        rc = 0;
    }
    free(text);
    return rc < 0 ? err_set(err, rc, "interface %s is not in /proc/net/dev", r->interface) : 0;
}

int links_mirrored(uint64_t *ret, struct err *err)
{
    struct reading r = {.interface = "mir0"};
    int rc = netns_in("cap", read_here, &r, err);
    if (rc == 0)
        *ret = r.rx;
    return rc;
}

int links_read(struct json_t **ret, struct err *err)
{
    static const char *const ends[][2] = {{"att", "eth0"}, {"rtr", "wan"}, {"rtr", "hp"},
                                          {"rtr", "mir"},  {"hp", "eth0"}, {"cap", "mir0"}};
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct reading r = {.interface = ends[i][1]};
        char name[32];
        int rc = netns_in(ends[i][0], read_here, &r, err);
        if (rc < 0) {
            json_decref(o);
            return rc;
        }
        (void)snprintf(name, sizeof name, "%s %s", ends[i][0], ends[i][1]);
        (void)json_object_set_new(o, name,
                                  json_pack("{s:I, s:I, s:I, s:I}", "rx_frames", (json_int_t)r.rx, "rx_dropped",
                                            (json_int_t)r.rx_dropped, "tx_frames", (json_int_t)r.tx, "tx_dropped",
                                            (json_int_t)r.tx_dropped));
    }
    *ret = o;
    return 0;
}
