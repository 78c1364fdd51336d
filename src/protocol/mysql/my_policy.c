#include "protocol/mysql/my_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/rng.h"

#define WORDS_MAX      2000u
#define WORDS_FILE_MAX (1u << 20)
#define PROBE          8u

static int word_line(struct arena *arena, char *line, size_t n, struct my_words *w)
{
    const char *colon = memchr(line, ':', n);
    if (!colon || memchr(line, '\0', n))
        return -EINVAL;
    size_t user = (size_t)(colon - line);
    struct my_word *item = &w->items[w->n];
    item->user = arena_copy(arena, line, user);
    item->password_len = n - user - 1;
    item->password = arena_copy(arena, colon + 1, item->password_len);
    if (!item->user || !item->password)
        return -ENOMEM;
    w->n++;
    return 0;
}

int my_words_load(struct arena *arena, const char *path, struct my_words *ret, struct err *err)
{
    char *text = NULL;
    size_t len = 0, number = 0;
    int rc = io_read_file(path, WORDS_FILE_MAX, &text, &len, err);
    if (rc < 0)
        return rc;
    *ret = (struct my_words){.items = arena_new(arena, WORDS_MAX * sizeof *ret->items)};
    if (!ret->items)
        rc = err_set(err, -ENOMEM, "no memory for %s", path);
    for (char *at = text, *end = text + len; at < end && rc == 0;) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop : end) - at);
        number++;
        if (n && at[n - 1] == '\r')
            n--;
        if (n && at[0] != '#') {
            rc = ret->n < WORDS_MAX ? word_line(arena, at, n, ret) : -E2BIG;
            if (rc < 0)
                rc = err_set(err, -EINVAL, "%s:%zu: %s", path, number, rc == -E2BIG ? "more than 2,000 pairs" : "give user:password");
        }
        at = stop ? stop + 1 : end;
    }
    free(text);
    return rc;
}

struct my_try *my_tries_of(struct my_tries *t, uint64_t key, uint32_t src, int64_t now_us)
{
    size_t home = (size_t)(rng_keyed(key, src) % MY_TRIES_SLOTS);
    struct my_try *oldest = NULL;
    for (size_t i = 0; i < PROBE; i++) {
        struct my_try *e = &t->slots[(home + i) % MY_TRIES_SLOTS];
        if (e->used_us && e->src == src) {
            e->used_us = now_us;
            return e;
        }
        if (!oldest || e->used_us < oldest->used_us)
            oldest = e;
    }
    *oldest = (struct my_try){.src = src, .used_us = now_us};
    return oldest;
}

bool my_in_share(uint64_t key, uint32_t src, double share)
{
    return (double)(rng_keyed(key, src) >> 11) * 0x1p-53 < share;
}
