/* The login policy at work: word list, attempts counted, sources in the share. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_POLICY_H
#define HOTARU_PROTOCOL_MYSQL_MY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct my_word {
    const char *user, *password; /* password may be empty */
    size_t password_len;
};
struct my_words {
    struct my_word *items;
    size_t n;
};

/* Lines of user:password; empty ones and those that begin with # are skipped; a password may hold colons. At most 2,000
 * pairs. -ENOENT, -EINVAL with the line. */
int my_words_load(struct arena *arena, const char *path, struct my_words *ret, struct err *err);

/* Attempts of sources, for `tries`: at most a few thousand sources, the least recent forgotten first. */
#define MY_TRIES_SLOTS 4096u
struct my_tries {
    struct my_try {
        uint32_t src, refused;
        uint32_t word; /* 1 + index of the pair that got in, which alone gets in from then on; 0: none yet */
        int64_t used_us;
    } slots[MY_TRIES_SLOTS];
};
/* The source's entry, made when it is new. */
struct my_try *my_tries_of(struct my_tries *t, uint64_t key, uint32_t src, int64_t now_us);
/* Whether the source is among the share (0…1) of those that may get in at all; the same answer for ever. */
bool my_in_share(uint64_t key, uint32_t src, double share);

#endif
