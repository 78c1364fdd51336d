/* Memory that is freed whole: one arena per session, per statement, per analysis. */
#ifndef HOTARU_BASE_ARENA_H
#define HOTARU_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    size_t used_bytes, max_bytes;
};

static inline struct arena arena_of(size_t max_bytes)
{
    return (struct arena){.max_bytes = max_bytes};
}
/* Zeroed, aligned to 16; NULL when max_bytes would be passed or memory is out. Lives until arena_done/clear. */
void *arena_new(struct arena *a, size_t n);
/* n bytes and a NUL; NULL as above. */
char *arena_copy(struct arena *a, const void *bytes, size_t n);
void arena_clear(struct arena *a);
void arena_done(struct arena *a);

#endif
