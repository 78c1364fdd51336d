#include "protocol/mysql/expr/my_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/world/my_def.h"

enum my_result my_result_of(uint8_t type)
{
    switch (type) {
    case MY_T_TINY:
    case MY_T_SHORT:
    case MY_T_LONG:
    case MY_T_LONGLONG:
    case MY_T_INT24:
    case MY_T_YEAR:
    case MY_T_BIT:
        return MY_RES_INT;
    case MY_T_FLOAT:
    case MY_T_DOUBLE:
        return MY_RES_REAL;
    case MY_T_NEWDECIMAL:
    case MY_T_DECIMAL:
        return MY_RES_DEC;
    default:
        return MY_RES_STR;
    }
}

bool my_is_temporal(uint8_t type)
{
    return type == MY_T_DATE || type == MY_T_TIME || type == MY_T_DATETIME || type == MY_T_TIMESTAMP;
}

static __int128 pow10_of(int n)
{
    __int128 p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

static __int128 dec_limit(void)
{
    return pow10_of(MY_DEC_DIGITS) - 1;
}

static struct my_dec dec_clamp(struct my_dec d)
{
    __int128 max = dec_limit();
    if (d.unscaled > max)
        d.unscaled = max;
    if (d.unscaled < -max)
        d.unscaled = -max;
    return d;
}

struct my_dec my_dec_of_i64(int64_t v)
{
    return (struct my_dec){.unscaled = v};
}
struct my_dec my_dec_of_u64(uint64_t v)
{
    return (struct my_dec){.unscaled = (__int128)v};
}

struct my_dec my_dec_of_text(const char *s, size_t n, bool *ret_truncated)
{
    struct my_dec d = {0};
    size_t i = 0, digits = 0, seen = 0;
    bool neg = false, point = false;
    while (i < n && (s[i] == ' ' || (s[i] >= '\t' && s[i] <= '\r')))
        i++;
    if (i < n && (s[i] == '-' || s[i] == '+'))
        neg = s[i++] == '-';
    for (; i < n; i++) {
        if (s[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (s[i] < '0' || s[i] > '9')
            break;
        seen++;
        if (digits >= MY_DEC_DIGITS || (point && d.scale >= MY_DEC_SCALE_MAX)) {
            if (!point)
                d.unscaled = dec_limit();
            continue;
        }
        d.unscaled = d.unscaled * 10 + (s[i] - '0');
        if (d.unscaled)
            digits++;
        if (point)
            d.scale++;
    }
    if (i + 1 < n && seen && (s[i] == 'e' || s[i] == 'E')) {
        char buf[128];
        size_t m = n < sizeof buf - 1 ? n : sizeof buf - 1;
        memcpy(buf, s, m);
        buf[m] = '\0';
        d = my_dec_of_real(strtod(buf, NULL));
        neg = false;
        i = n;
    }
    if (ret_truncated) {
        while (i < n && s[i] == ' ')
            i++;
        *ret_truncated = i < n || !seen;
    }
    if (neg)
        d.unscaled = -d.unscaled;
    return d;
}

struct my_dec my_dec_of_real(double v)
{
    if (!isfinite(v))
        return (struct my_dec){.unscaled = v > 0 ? dec_limit() : v < 0 ? -dec_limit() : 0};
    if (fabs(v) >= 1e38)
        return (struct my_dec){.unscaled = v > 0 ? dec_limit() : -dec_limit()};
    char buf[MY_NUM_TEXT];
    int n = snprintf(buf, sizeof buf, "%.15g", v);
    double mant = 0;
    int exp10 = 0;
    if (n > 0 && strchr(buf, 'e')) { /* written out */
        if (sscanf(buf, "%lfe%d", &mant, &exp10) == 2 && exp10 < 0)
            n = snprintf(buf, sizeof buf, "%.*f", -exp10 + 15 > MY_DEC_SCALE_MAX ? MY_DEC_SCALE_MAX : -exp10 + 15, v);
        else
            n = snprintf(buf, sizeof buf, "%.0f", v);
        if (n > 0 && strchr(buf, '.'))
            while (n > 1 && buf[n - 1] == '0')
                n--;
    }
    return my_dec_of_text(buf, n > 0 ? (size_t)n : 0, NULL);
}

double my_dec_real(struct my_dec d)
{
    char buf[64];
    (void)my_dec_text(d, buf, sizeof buf);
    return strtod(buf, NULL);
}

struct my_dec my_dec_round(struct my_dec d, int scale, bool truncate)
{
    if (scale >= d.scale) {
        if (scale > MY_DEC_SCALE_MAX)
            scale = MY_DEC_SCALE_MAX;
        for (; d.scale < scale; d.scale++) {
            if (d.unscaled > dec_limit() / 10 || d.unscaled < -(dec_limit() / 10))
                break;
            d.unscaled *= 10;
        }
        return d;
    }
    int drop = d.scale - scale;
    if (drop > MY_DEC_DIGITS)
        return (struct my_dec){.scale = (uint8_t)(scale > 0 ? scale : 0)};
    __int128 p = pow10_of(drop), q = d.unscaled / p, r = d.unscaled % p;
    if (!truncate) {
        if (r < 0 ? -r >= (p + 1) / 2 : r >= (p + 1) / 2)
            q += d.unscaled < 0 ? -1 : 1;
    }
    if (scale >= 0)
        return (struct my_dec){.unscaled = q, .scale = (uint8_t)scale};
    return dec_clamp((struct my_dec){.unscaled = q * pow10_of(-scale)});
}

static void dec_align(struct my_dec *a, struct my_dec *b)
{
    int s = a->scale > b->scale ? a->scale : b->scale;
    *a = my_dec_round(*a, s, true);
    *b = my_dec_round(*b, s, true);
    int low = a->scale < b->scale ? a->scale : b->scale;
    *a = my_dec_round(*a, low, false);
    *b = my_dec_round(*b, low, false);
}

struct my_dec my_dec_add(struct my_dec a, struct my_dec b)
{
    dec_align(&a, &b);
    return dec_clamp((struct my_dec){.unscaled = a.unscaled + b.unscaled, .scale = a.scale});
}
struct my_dec my_dec_sub(struct my_dec a, struct my_dec b)
{
    b.unscaled = -b.unscaled;
    return my_dec_add(a, b);
}

static int dec_digits(struct my_dec d)
{
    __int128 v = d.unscaled < 0 ? -d.unscaled : d.unscaled;
    int n = 0;
    while (v) {
        v /= 10;
        n++;
    }
    return n;
}

struct my_dec my_dec_mul(struct my_dec a, struct my_dec b)
{
    int over = dec_digits(a) + dec_digits(b) - MY_DEC_DIGITS;
    bool a_first = a.scale >= b.scale;
    if (over > 0 && a.scale + b.scale >= over) { /* give up places behind the point */
        struct my_dec *first = a_first ? &a : &b, *second = a_first ? &b : &a;
        int from_first = over < first->scale ? over : first->scale;
        *first = my_dec_round(*first, first->scale - from_first, false);
        *second = my_dec_round(*second, second->scale - (over - from_first), false);
        over = 0;
    }
    if (over > 0)
        return (struct my_dec){.unscaled = (a.unscaled < 0) != (b.unscaled < 0) ? -dec_limit() : dec_limit()};
    struct my_dec r = {.unscaled = a.unscaled * b.unscaled, .scale = (uint8_t)(a.scale + b.scale)};
    return r.scale > MY_DEC_SCALE_MAX ? my_dec_round(r, MY_DEC_SCALE_MAX, false) : r;
}

struct my_dec my_dec_div(struct my_dec a, struct my_dec b, int scale)
{
    if (scale > MY_DEC_SCALE_MAX)
        scale = MY_DEC_SCALE_MAX;
    /* a/10^as / (b/10^bs) = a * 10^(scale - as + bs) / b / 10^scale */
    int shift = scale - a.scale + b.scale;
    __int128 num = a.unscaled, den = b.unscaled;
    while (shift > 0 && num < dec_limit() / 10 && num > -(dec_limit() / 10)) {
        num *= 10;
        shift--;
    }
    while (shift > 0 && den % 10 == 0) {
        den /= 10;
        shift--;
    }
    while (shift < 0) {
        if (den < dec_limit() / 10 && den > -(dec_limit() / 10))
            den *= 10;
        else
            num /= 10;
        shift++;
    }
    if (shift > 0)
        return my_dec_of_real(my_dec_real(a) / my_dec_real(b));
    return (struct my_dec){.unscaled = num / den, .scale = (uint8_t)scale};
}

struct my_dec my_dec_mod(struct my_dec a, struct my_dec b)
{
    dec_align(&a, &b);
    if (b.unscaled == 0)
        return a;
    return (struct my_dec){.unscaled = a.unscaled % b.unscaled, .scale = a.scale};
}

int my_dec_cmp(struct my_dec a, struct my_dec b)
{
    dec_align(&a, &b);
    return a.unscaled < b.unscaled ? -1 : a.unscaled > b.unscaled;
}

size_t my_dec_text(struct my_dec d, char *buf, size_t n)
{
    char rev[64];
    size_t len = 0;
    __int128 v = d.unscaled < 0 ? -d.unscaled : d.unscaled;
    while (v || len <= d.scale) {
        rev[len++] = (char)('0' + (int)(v % 10));
        v /= 10;
    }
    size_t out = 0;
    if (d.unscaled < 0 && out + 1 < n)
        buf[out++] = '-';
    for (size_t i = len; i-- > 0 && out + 2 < n;) {
        buf[out++] = rev[i];
        if (i == d.scale && d.scale)
            buf[out++] = '.';
    }
    buf[out] = '\0';
    return out;
}

int64_t my_dec_i64(struct my_dec d, bool *ret_overflow)
{
    d = my_dec_round(d, 0, false);
    bool over = d.unscaled > INT64_MAX || d.unscaled < INT64_MIN;
    if (ret_overflow)
        *ret_overflow = over;
    if (over)
        return d.unscaled > 0 ? INT64_MAX : INT64_MIN;
    return (int64_t)d.unscaled;
}

/* Digits and exponent ("1.5e+20") as MySQL lays them out. */
static size_t real_layout(const char *sci, char *buf, size_t n)
{
    const char *e = strchr(sci, 'e');
    int exp10 = e ? (int)strtol(e + 1, NULL, 10) : 0;
    bool neg = sci[0] == '-';
    char digits[32];
    size_t nd = 0;
    for (const char *p = sci + neg; *p && *p != 'e' && nd < sizeof digits - 1; p++)
        if (*p != '.')
            digits[nd++] = *p;
    while (nd > 1 && digits[nd - 1] == '0')
        nd--;
    digits[nd] = '\0';
    int decpt = exp10 + 1, len;
    const char *sign = neg ? "-" : "";
    if (decpt > 15 || decpt < -14)
        len = snprintf(buf, n, "%s%c%s%se%d", sign, digits[0], nd > 1 ? "." : "", digits + 1, exp10);
    else if (decpt <= 0)
        len = snprintf(buf, n, "%s0.%.*s%s", sign, -decpt, "000000000000000", digits);
    else if ((size_t)decpt >= nd)
        len = snprintf(buf, n, "%s%s%.*s", sign, digits, decpt - (int)nd, "000000000000000000");
    else
        len = snprintf(buf, n, "%s%.*s.%s", sign, decpt, digits, digits + decpt);
    return len > 0 && (size_t)len < n ? (size_t)len : 0;
}

size_t my_real_text(double d, uint8_t dec, bool is_float, char *buf, size_t n)
{
    if (d == 0)
        d = 0; /* no "-0" */
    if (dec < MY_DEC_FLOAT) {
        int len = snprintf(buf, n, "%.*f", (int)dec, d);
        return len > 0 && (size_t)len < n ? (size_t)len : 0;
    }
    char sci[48];
    for (int prec = 0; prec <= 16; prec++) {
        (void)snprintf(sci, sizeof sci, "%.*e", prec, d);
        if (is_float ? strtof(sci, NULL) == (float)d || prec >= 5 : strtod(sci, NULL) == d)
            break;
    }
    return real_layout(sci, buf, n);
}

double my_text_real(const char *s, size_t n, bool *ret_bad)
{
    char buf[128];
    size_t i = 0, m = 0;
    while (i < n && (s[i] == ' ' || (s[i] >= '\t' && s[i] <= '\r')))
        i++;
    bool digit = false, point = false, exp_seen = false;
    for (; i < n && m < sizeof buf - 1; i++) {
        char c = s[i];
        if (c >= '0' && c <= '9')
            digit = true;
        else if (c == '.' && !point && !exp_seen)
            point = true;
        else if ((c == 'e' || c == 'E') && digit && !exp_seen) {
            size_t k = i + 1;
            if (k < n && (s[k] == '+' || s[k] == '-'))
                k++;
            if (k >= n || s[k] < '0' || s[k] > '9')
                break;
            exp_seen = true;
        } else if ((c == '+' || c == '-') && (m == 0 || buf[m - 1] == 'e' || buf[m - 1] == 'E'))
            ;
        else
            break;
        buf[m++] = c;
    }
    buf[m] = '\0';
    if (ret_bad) {
        while (i < n && s[i] == ' ')
            i++;
        *ret_bad = i < n || !digit;
    }
    return digit ? strtod(buf, NULL) : 0;
}

int64_t my_text_i64(const char *s, size_t n, bool *ret_bad, bool *ret_unsigned)
{
    size_t i = 0;
    bool neg = false, digit = false, over = false;
    uint64_t v = 0;
    while (i < n && (s[i] == ' ' || (s[i] >= '\t' && s[i] <= '\r')))
        i++;
    if (i < n && (s[i] == '-' || s[i] == '+'))
        neg = s[i++] == '-';
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
        unsigned d = (unsigned)(s[i] - '0');
        digit = true;
        if (v > (UINT64_MAX - d) / 10)
            over = true;
        else
            v = v * 10 + d;
    }
    while (i < n && s[i] == ' ')
        i++;
    if (over)
        v = UINT64_MAX;
    if (ret_bad)
        *ret_bad = i < n || !digit || over || (neg && v > (uint64_t)INT64_MAX + 1);
    if (neg) {
        if (ret_unsigned)
            *ret_unsigned = false;
        return v > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)v;
    }
    if (ret_unsigned)
        *ret_unsigned = v > INT64_MAX;
    return (int64_t)v;
}

struct my_val my_val_text(struct arena *a, const struct my_val *v, const struct my_meta *m)
{
    char buf[MY_NUM_TEXT];
    size_t n = 0;
    int len = 0;
    switch (v->kind) {
    case MY_V_NULL:
    case MY_V_STR:
        return *v;
    case MY_V_INT:
        len = snprintf(buf, sizeof buf, "%lld", (long long)v->i);
        break;
    case MY_V_UINT:
        len = snprintf(buf, sizeof buf, "%llu", (unsigned long long)v->u);
        break;
    case MY_V_DEC:
        n = my_dec_text(v->dec, buf, sizeof buf);
        break;
    case MY_V_REAL:
        n = my_real_text(v->d, m ? m->dec : MY_DEC_FLOAT, m && m->type == MY_T_FLOAT, buf, sizeof buf);
        break;
    }
    if (len > 0)
        n = (size_t)len;
    char *p = arena_copy(a, buf, n);
    return p ? my_str(p, n) : my_null();
}

double my_val_real(const struct my_val *v)
{
    switch (v->kind) {
    case MY_V_INT:
        return (double)v->i;
    case MY_V_UINT:
        return (double)v->u;
    case MY_V_DEC:
        return my_dec_real(v->dec);
    case MY_V_REAL:
        return v->d;
    case MY_V_STR:
        return my_text_real(v->s.p, v->s.n, NULL);
    default:
        return 0;
    }
}

int64_t my_val_i64(const struct my_val *v, bool *ret_unsigned)
{
    if (ret_unsigned)
        *ret_unsigned = false;
    switch (v->kind) {
    case MY_V_INT:
        return v->i;
    case MY_V_UINT:
        if (ret_unsigned)
            *ret_unsigned = true;
        return (int64_t)v->u;
    case MY_V_DEC:
        return my_dec_i64(v->dec, NULL);
    case MY_V_REAL: {
        double r = rint(v->d);
        if (r >= 9223372036854775807.0) {
            if (ret_unsigned && r < 18446744073709551615.0) {
                *ret_unsigned = true;
                return (int64_t)(uint64_t)r;
            }
            return INT64_MAX;
        }
        return r <= -9223372036854775808.0 ? INT64_MIN : isnan(r) ? 0 : (int64_t)r;
    }
    case MY_V_STR:
        return my_text_i64(v->s.p, v->s.n, NULL, ret_unsigned);
    default:
        return 0;
    }
}

struct my_dec my_val_dec(const struct my_val *v)
{
    switch (v->kind) {
    case MY_V_INT:
        return my_dec_of_i64(v->i);
    case MY_V_UINT:
        return my_dec_of_u64(v->u);
    case MY_V_DEC:
        return v->dec;
    case MY_V_REAL:
        return my_dec_of_real(v->d);
    case MY_V_STR:
        return my_dec_of_text(v->s.p, v->s.n, NULL);
    default:
        return (struct my_dec){0};
    }
}
