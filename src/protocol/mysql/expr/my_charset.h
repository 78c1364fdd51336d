/* Texts from one character set into another. */
#ifndef HOTARU_MY_CHARSET_H
#define HOTARU_MY_CHARSET_H

#include "base/arena.h"
#include "protocol/mysql/world/my_kit.h"

/* Whether conversion from one to the other may change bytes: false for equal, binary or unknown sets. */
bool my_converts(const struct my_coll *from, const struct my_coll *to);
/* s in the character set of `to`, in arena; what it has no character for becomes '?'. *ret_len bytes; NULL: no memory. */
char *my_convert(struct arena *arena, const struct my_coll *from, const struct my_coll *to, const char *s, size_t n, size_t *ret_len);
/* Next character of s from *at on (at < n), which moves on; bytes that are none are U+FFFD. */
unsigned my_decode(const struct my_coll *c, const char *s, size_t n, size_t *at);
/* Bytes of one character in out, at most 4; 0: the set has none. */
size_t my_encode(const struct my_coll *c, unsigned cp, char out[static 4]);
/* Letters of Latin, Greek and Cyrillic; others stay. */
unsigned my_cp_upper(unsigned cp);
unsigned my_cp_lower(unsigned cp);

#endif
