/* Addresses and base 64. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_str.h"

/* ---- addresses ---- */
static void fix_inet_aton(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 21, true, true);
}

static struct my_val ev_inet_aton(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    uint64_t v = 0, part = 0;
    unsigned dots = 0;
    char last = '.';
    for (size_t i = 0; i < t.s.n; i++) {
        last = t.s.p[i];
        if (last >= '0' && last <= '9') {
            part = part * 10 + (unsigned)(last - '0');
            if (part > 255)
                return my_null();
        } else if (last == '.') {
            dots++;
            v = v << 8 | part;
            part = 0;
        } else {
            return my_null();
        }
    }
    if (last == '.' || dots > 3)
        return my_null();
    if (dots == 0)
        return my_uint(part);
    return my_uint(v << 8 * (3 - dots) << 8 | part); /* 127.1 is 127.0.0.1 */
}

static void fix_inet_ntoa(struct my_eval *ev, struct my_expr *e)
{
    my_fix_str(ev, e, my_conn_coll(ev), ev->r->kit->mariadb ? 31 : 15, 0, true);
}

static struct my_val ev_inet_ntoa(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    (void)e;
    uint64_t v = (uint64_t)my_val_i64(&args[0], NULL);
    if (v > 0xffffffff)
        return my_null();
    char buf[20];
    int n = snprintf(buf, sizeof buf, "%u.%u.%u.%u", (unsigned)(v >> 24), (unsigned)(v >> 16 & 255), (unsigned)(v >> 8 & 255), (unsigned)(v & 255));
    return my_text_out(ev, buf, n > 0 ? (size_t)n : 0);
}

static void fix_bool1(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, false, false);
}

static struct my_val ev_is_ipv4(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_int(0);
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *s = arena_copy(ev->r->arena, t.s.p, t.s.n);
    struct in_addr a;
    return my_int(s && inet_pton(AF_INET, s, &a) == 1);
}

static struct my_val ev_is_ipv6(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    if (args[0].kind == MY_V_NULL)
        return my_int(0);
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *s = arena_copy(ev->r->arena, t.s.p, t.s.n);
    struct in6_addr a;
    return my_int(s && inet_pton(AF_INET6, s, &a) == 1);
}

/* ---- base 64 ---- */
static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void fix_to_base64(struct my_eval *ev, struct my_expr *e)
{
    uint64_t n = ((uint64_t)e->args[0]->m.len + 2) / 3 * 4;
    my_fix_str(ev, e, my_conn_coll(ev), n + (n ? (n - 1) / 76 : 0), MY_DEC_FLOAT, true);
}

static struct my_val ev_to_base64(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    size_t n = (t.s.n + 2) / 3 * 4, at = 0, line = 0;
    char *out = my_too_big(ev, "to_base64", n) ? NULL : arena_new(ev->r->arena, n + n / 76 + 2);
    for (size_t i = 0; out && i < t.s.n; i += 3) {
        uint32_t v = (uint32_t)(unsigned char)t.s.p[i] << 16;
        v |= i + 1 < t.s.n ? (uint32_t)(unsigned char)t.s.p[i + 1] << 8 : 0;
        v |= i + 2 < t.s.n ? (unsigned char)t.s.p[i + 2] : 0;
        if (line == 76) {
            out[at++] = '\n';
            line = 0;
        }
        out[at++] = b64[v >> 18];
        out[at++] = b64[v >> 12 & 63];
        out[at++] = i + 1 < t.s.n ? b64[v >> 6 & 63] : '=';
        out[at++] = i + 2 < t.s.n ? b64[v & 63] : '=';
        line += 4;
    }
    return out ? my_str(out, at) : my_null();
}

static void fix_from_base64(struct my_eval *ev, struct my_expr *e)
{
    uint64_t n = e->args[0]->m.len;
    my_fix_str(ev, e, ev->r->kit->binary, ev->r->kit->mariadb ? (n * 3 + 3) / 4 : n / 4 * 3, MY_DEC_FLOAT, true);
}

static struct my_val ev_from_base64(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val t = my_arg_text(ev, e, 0, args);
    char *out = arena_new(ev->r->arena, t.s.n + 1);
    size_t at = 0, pads = 0;
    uint32_t v = 0;
    unsigned have = 0;
    for (size_t i = 0; out && i < t.s.n; i++) {
        char c = t.s.p[i];
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        const char *p = c == '=' ? b64 : strchr(b64, c);
        if (!p || !c || (pads && c != '='))
            return my_null();
        pads += c == '=';
        v = v << 6 | (uint32_t)(p - b64);
        if (++have == 4) {
            for (unsigned k = 0; k < 3 - pads; k++)
                out[at++] = (char)(v >> (16 - 8 * k));
            have = 0;
            v = 0;
        }
    }
    return out && have == 0 && pads < 3 ? my_str(out, at) : my_null();
}

#define W MY_FN_WORD

const struct my_func my_funcs_addr[] = {
    {"inet_aton", 1, 1, 0, fix_inet_aton, ev_inet_aton},
    {"inet_ntoa", 1, 1, 0, fix_inet_ntoa, ev_inet_ntoa},
    {"is_ipv4", 1, 1, MY_FN_NULLS | MY_FN_SINCE_56, fix_bool1, ev_is_ipv4},
    {"is_ipv6", 1, 1, MY_FN_NULLS | MY_FN_SINCE_56, fix_bool1, ev_is_ipv6},
    {"to_base64", 1, 1, MY_FN_SINCE_56, fix_to_base64, ev_to_base64},
    {"from_base64", 1, 1, MY_FN_SINCE_56, fix_from_base64, ev_from_base64},
    {0},
};
