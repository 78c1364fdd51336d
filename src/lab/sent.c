#include "lab/sent.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "gateway/tool.h"
#include "lab/netns.h"

#define RULES_MAX   ((size_t)1 << 20)
#define LISTING_MAX ((size_t)1 << 30)
#define CHUNK       2000 /* elements in one transaction: without privilege on the host, netlink takes 208 KB at once */

static const char rules[] =
    "table ip hotaru_sent {\n"
    " set kernel_to {\n  type ipv4_addr\n  counter\n }\n"
    " set kernel_from {\n  type ipv4_addr\n  size 20000\n  flags dynamic\n }\n"
    " set kernel {\n  type ipv4_addr . ipv4_addr\n  size 300000\n  flags dynamic\n }\n"
    " counter total {\n }\n"
    " chain seen {\n"
    "  update @kernel_from { ip saddr counter }\n"
    "  update @kernel { ip saddr . ip daddr counter }\n }\n"
    " chain out {\n  type filter hook output priority 300; policy accept;\n"
    "  ip daddr @kernel_to counter name total goto seen\n }\n}\n"
    "table netdev hotaru_sent {\n"
    " set wire {\n  type ipv4_addr\n  counter\n }\n"
    " counter total {\n }\n"
    " chain out {\n  type filter hook egress device \"eth0\" priority 300; policy accept;\n"
    "  ip daddr @wire counter name total\n }\n}\n";

/* The i-th address of the darknet. */
static uint32_t nth_address(const struct config *c, uint64_t i)
{
    size_t k = 0;
    while (i >= ip4_prefix_size(c->darknet[k]))
        i -= ip4_prefix_size(c->darknet[k++]);
    return c->darknet[k].base + (uint32_t)i;
}

static int add_chunk(const struct config *c, uint64_t from, uint64_t to, struct err *err)
{
    static const char *const sets[] = {"ip hotaru_sent kernel_to", "netdev hotaru_sent wire"};
    struct wr text = wr_of(RULES_MAX);
    char ip[IP4_TEXT_MAX];
    for (size_t s = 0; s < 2; s++) {
        wr_fmt(&text, "add element %s {", sets[s]);
        for (uint64_t i = from; i < to; i++)
            wr_fmt(&text, "%s %s", i == from ? "" : ",", ip4_format(nth_address(c, i), ip));
        wr_str(&text, " }\n");
    }
    wr_u8(&text, 0);
    int rc = text.bad ? err_set(err, -ENOMEM, "no memory for the lab's counters") : netns_nft("att", (char *)text.bytes, err);
    wr_done(&text);
    return rc;
}

/* Each address has its counter from the start: in a packet's path the kernel often finds no memory for a new one (it allocates
 * per-CPU memory there without waiting; at 20,000 new addresses a second a quarter was lost). */
int sent_install(const struct config *c, struct err *err)
{
    uint64_t n = config_darknet_size(c);
    if (n > SENT_ADDRESSES_MAX)
        return err_set(err, -ERANGE, "the lab counts for at most %d darknet addresses, not %" PRIu64, SENT_ADDRESSES_MAX, n);
    int rc = netns_nft("att", rules, err);
    for (uint64_t i = 0; i < n && rc == 0; i += CHUNK)
        rc = add_chunk(c, i, i + CHUNK < n ? i + CHUNK : n, err);
    return rc;
}

/* Everything at once: each call of nft reads all sets from the kernel, whatever it is asked for. */
static int list_all(void *user, struct err *err)
{
    static const char *const argv[] = {"nft", "-j", "list", "ruleset", NULL};
    struct wr text = wr_of(LISTING_MAX);
    json_t **ret = user;
    json_error_t why = {.text = "too long"};
    int rc = tool_run(argv, NULL, 0, &text, err);
    if (rc == 0 && !text.bad)
        *ret = json_loadb((const char *)text.bytes, text.len, 0, &why);
    wr_done(&text);
    if (rc != 0)
        return rc > 0 ? -EIO : rc;
    return *ret ? 0 : err_set(err, -EPROTO, "nft's list of counters is not understood: %s", why.text);
}

/* The set or counter of this name in nft's list; borrowed, NULL when it is not there. */
static const json_t *find(const json_t *root, const char *kind, const char *family, const char *name)
{
    const json_t *list = json_object_get(root, "nftables");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_object_get(json_array_get(list, i), kind);
        const char *f = json_string_value(json_object_get(one, "family")), *n = json_string_value(json_object_get(one, "name"));
        if (f && n && strcmp(f, family) == 0 && strcmp(n, name) == 0)
            return one;
    }
    return NULL;
}

/* Adds one element {"elem": {"val": KEY, "counter": {"packets": n}}} to o unless n is 0; KEY is an address or
 * {"concat": [src, dst]}. */
static uint64_t add_element(json_t *o, const json_t *item)
{
    const json_t *elem = json_object_get(item, "elem"), *val = json_object_get(elem, "val");
    const json_t *pair = json_object_get(val, "concat");
    json_t *n = json_object_get(json_object_get(elem, "counter"), "packets"), *into = o;
    const char *src = json_string_value(json_array_get(pair, 0));
    const char *dst = pair ? json_string_value(json_array_get(pair, 1)) : json_string_value(val);
    if (!dst || json_integer_value(n) <= 0)
        return 0;
    if (src && !(into = json_object_get(o, src))) {
        into = json_object();
        (void)json_object_set_new(o, src, into);
    }
    (void)json_object_set(into, dst, n);
    return (uint64_t)json_integer_value(n);
}

static uint64_t read_set(const json_t *set, json_t *to, const char *name)
{
    const json_t *elements = json_object_get(set, "elem");
    json_t *o = json_object();
    uint64_t sum = 0;
    for (size_t i = 0; i < json_array_size(elements); i++)
        sum += add_element(o, json_array_get(elements, i));
    (void)json_object_set_new(to, name, o);
    return sum;
}

static int read_all(const json_t *root, json_t *to, struct err *err)
{
    static const struct {
        const char *family, *name;
        bool whole; /* else: memory may have been short for a new element */
    } sets[] = {{"netdev", "wire", true}, {"ip", "kernel_to", true}, {"ip", "kernel_from", false}, {"ip", "kernel", false}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const json_t *counter = find(root, "counter", sets[i].family, "total");
        uint64_t total = (uint64_t)json_integer_value(json_object_get(counter, "packets"));
        uint64_t sum = read_set(find(root, "set", sets[i].family, sets[i].name), to, sets[i].name);
        char key[40];
        if (!counter || sum > total || (sets[i].whole && sum != total))
            return err_set(err, -EPROTO, "the lab's counters contradict each other: %" PRIu64 " in all, %" PRIu64 " in %s", total,
                           sum, sets[i].name);
        (void)snprintf(key, sizeof key, sets[i].whole ? "%s_packets" : "%s_missed", sets[i].name);
        (void)json_object_set_new(to, key, json_integer((json_int_t)(sets[i].whole ? sum : total - sum)));
    }
    return 0;
}

int sent_read(struct json_t **ret, struct err *err)
{
    json_t *root = NULL, *o = json_object();
    int rc = netns_in("att", list_all, &root, err);
    if (rc == 0)
        rc = read_all(root, o, err);
    json_decref(root);
    if (rc < 0)
        json_decref(o);
    else
        *ret = o;
    return rc;
}
