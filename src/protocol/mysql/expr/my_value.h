/* Values and their metadata. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_VALUE_H
#define HOTARU_PROTOCOL_MYSQL_MY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct my_coll;

/* An exact number: at most 38 digits, value = unscaled / 10^scale. (MySQL keeps 65 digits; what passes 38 is held at
 * the largest value, as MySQL does at 65.) */
struct my_dec {
    __int128 unscaled;
    uint8_t scale; /* 0..30 */
};

enum my_kind { MY_V_NULL, MY_V_INT, MY_V_UINT, MY_V_DEC, MY_V_REAL, MY_V_STR };
struct my_val {
    enum my_kind kind;
    union {
        int64_t i;
        uint64_t u;
        double d;
        struct my_dec dec;
        struct {
            const char *p; /* borrowed: the statement's arena or a stored row */
            size_t n;
        } s;
    };
};

/* How strongly an expression insists on its collation (manual, "Collation Coercibility"). */
enum my_coerce { MY_CO_EXPLICIT, MY_CO_NONE, MY_CO_IMPLICIT, MY_CO_SYSCONST, MY_CO_COERCIBLE, MY_CO_NUMERIC, MY_CO_IGNORABLE };

struct my_meta {
    uint8_t type;              /* enum my_type, as it goes on the wire */
    uint8_t dec;
    uint16_t flags;            /* of a stored column; expressions: made when sent */
    uint32_t len;              /* max_length in bytes of coll */
    uint32_t expr_len;         /* of an integer column in MariaDB's expressions: its type's own width; 0: len */
    const struct my_coll *coll;
    enum my_coerce coerce;
    bool unsigned_, maybe_null, is_field, zerofill;
    bool wide;                 /* an integer that MariaDB keeps at 64 bits however short it is */
    bool of_view;              /* column of a view: called as there, and from view_base below */
    const char *view_base;
    const char *db, *table, *org_table, *org_name; /* of a stored column, else NULL */
};

enum my_result { MY_RES_STR, MY_RES_INT, MY_RES_DEC, MY_RES_REAL };
/* In which kind of number or text an expression of this type works. */
enum my_result my_result_of(uint8_t type);
bool my_is_temporal(uint8_t type);
/* MariaDB gives an integer expression of up to 10 characters the type LONG (Type_handler::type_handler_long_or_longlong). */
static inline bool my_is_narrow(const struct my_meta *m)
{
    return !m->is_field && m->type == 8 && m->len < 11 && !m->wide; /* 8: MY_T_LONGLONG */
}

static inline struct my_val my_null(void)
{
    return (struct my_val){.kind = MY_V_NULL};
}
static inline struct my_val my_int(int64_t i)
{
    return (struct my_val){.kind = MY_V_INT, .i = i};
}
static inline struct my_val my_uint(uint64_t u)
{
    return (struct my_val){.kind = MY_V_UINT, .u = u};
}
static inline struct my_val my_real(double d)
{
    return (struct my_val){.kind = MY_V_REAL, .d = d};
}
static inline struct my_val my_str(const char *p, size_t n)
{
    return (struct my_val){.kind = MY_V_STR, .s = {p, n}};
}
static inline struct my_val my_decimal(struct my_dec d)
{
    return (struct my_val){.kind = MY_V_DEC, .dec = d};
}

#define MY_DEC_DIGITS 38
#define MY_DEC_SCALE_MAX 30
struct my_dec my_dec_of_i64(int64_t v);
struct my_dec my_dec_of_u64(uint64_t v);
struct my_dec my_dec_of_text(const char *s, size_t n, bool *ret_truncated);
struct my_dec my_dec_of_real(double d);
double my_dec_real(struct my_dec d);
/* Rounds half away from zero. */
struct my_dec my_dec_round(struct my_dec d, int scale, bool truncate);
struct my_dec my_dec_add(struct my_dec a, struct my_dec b);
struct my_dec my_dec_sub(struct my_dec a, struct my_dec b);
struct my_dec my_dec_mul(struct my_dec a, struct my_dec b);
/* b != 0; the quotient has `scale` digits, truncated. */
struct my_dec my_dec_div(struct my_dec a, struct my_dec b, int scale);
struct my_dec my_dec_mod(struct my_dec a, struct my_dec b);
int my_dec_cmp(struct my_dec a, struct my_dec b);
size_t my_dec_text(struct my_dec d, char *buf, size_t n);
int64_t my_dec_i64(struct my_dec d, bool *ret_overflow); /* rounded */

#define MY_NUM_TEXT 400
/* A real as MySQL prints it: shortest form for dec 31, else that many places. Length without NUL. */
size_t my_real_text(double d, uint8_t dec, bool is_float, char *buf, size_t n);

/* Numbers out of text: the longest leading number; *ret_bad when there was something else. */
double my_text_real(const char *s, size_t n, bool *ret_bad);
int64_t my_text_i64(const char *s, size_t n, bool *ret_bad, bool *ret_unsigned);

/* Any value as text in arena (numbers printed by metadata). NULL kind gives {NULL, 0}. */
struct my_val my_val_text(struct arena *a, const struct my_val *v, const struct my_meta *m);
double my_val_real(const struct my_val *v);
int64_t my_val_i64(const struct my_val *v, bool *ret_unsigned);
struct my_dec my_val_dec(const struct my_val *v);

#endif
