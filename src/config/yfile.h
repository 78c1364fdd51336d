/* A YAML file as nodes that know their line and column, so that every complaint about a value can say where it stands.
 * (libcyaml loads into structs but forgets the place of each value, so it cannot place a contradiction: see
 * doc/decision/0002-yaml.md.) */
#ifndef HOTARU_CONFIG_YFILE_H
#define HOTARU_CONFIG_YFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct yfile;
struct yn {
    struct yfile *file; /* borrowed */
    int node;           /* 0: absent */
};

/* Reads one document of at most 1 MiB. -ENOENT, -EINVAL with "FILE:LINE:COLUMN: reason". An empty file is an empty map. */
int yfile_load(const char *path, struct yfile **ret, struct err *err);
void yfile_free(struct yfile *file);
struct yn yfile_root(struct yfile *file);

static inline bool yn_present(struct yn n)
{
    return n.node != 0;
}
bool yn_is_map(struct yn n);
bool yn_is_list(struct yn n);
struct yn yn_get(struct yn map, const char *key); /* absent when map is absent or has no such key */
/* Every key of map must be in allowed (NULL-terminated) and stand there once; else -EINVAL names the key and lists what
 * is allowed. An absent map is fine; a node that is no map is not. */
int yn_check_keys(struct yn map, const char *const *allowed, struct err *err);
size_t yn_count(struct yn list); /* a scalar counts as a list of one; absent as none */
struct yn yn_item(struct yn list, size_t i);
const char *yn_scalar(struct yn n); /* its text, borrowed; NULL when absent or no scalar */

/* -EINVAL with "FILE:LINE:COLUMN: " before the text. */
int yn_fail(struct yn n, struct err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The value when present (else *ret is untouched and 0 is returned); -EINVAL with the place otherwise. */
int yn_text(struct yn n, char *ret, size_t size, struct err *err);
int yn_u64(struct yn n, uint64_t min, uint64_t max, uint64_t *ret, struct err *err);
int yn_bytes(struct yn n, uint64_t *ret, struct err *err); /* 500GB, 64 MiB, 4096 */
int yn_bool(struct yn n, bool *ret, struct err *err);
int yn_choice(struct yn n, const char *const *choices, int *ret, struct err *err); /* index into choices */

#endif
