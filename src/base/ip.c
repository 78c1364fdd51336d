#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ip4_parse(const char *text, uint32_t *ret, struct err *err)
{
    struct in_addr a;
    if (inet_pton(AF_INET, text, &a) != 1)
        return err_set(err, -EINVAL, "'%s' is no IPv4 address (like 10.77.3.17)", text);
    *ret = ntohl(a.s_addr);
    return 0;
}

const char *ip4_format(uint32_t ip, char buf[static IP4_TEXT_MAX])
{
    (void)snprintf(buf, IP4_TEXT_MAX, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    return buf;
}

int ip4_prefix_parse(const char *text, struct ip4_prefix *ret, struct err *err)
{
    char address[IP4_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    long len = 32;
    if (slash) {
        char *end;
        len = strtol(slash + 1, &end, 10);
        if (end == slash + 1 || *end || slash[1] == '-' || slash[1] == '+' || slash[1] == ' ' || len < 0 ||
            len > 32)
            return err_set(err, -EINVAL, "prefix '%s': the length after / is 0 to 32", text);
    }
    if (n >= sizeof address)
        return err_set(err, -EINVAL, "'%s' is no IPv4 prefix (like 10.77.0.0/18)", text);
    memcpy(address, text, n);
    address[n] = '\0';
    uint32_t base;
    if (ip4_parse(address, &base, NULL) < 0)
        return err_set(err, -EINVAL, "'%s' is no IPv4 prefix (like 10.77.0.0/18)", text);
    struct ip4_prefix p = {base & ip4_mask((uint8_t)len), (uint8_t)len};
    if (p.base != base) {
        char meant[IP4_TEXT_MAX];
        return err_set(err, -EINVAL, "prefix '%s' has host bits set: %s is the prefix it lies in", text,
                       ip4_prefix_format(p, meant));
    }
    *ret = p;
    return 0;
}

const char *ip4_prefix_format(struct ip4_prefix p, char buf[static IP4_TEXT_MAX])
{
    char address[IP4_TEXT_MAX];
    (void)snprintf(buf, IP4_TEXT_MAX, "%.15s/%u", ip4_format(p.base, address), (unsigned)p.len_bits);
    return buf;
}
