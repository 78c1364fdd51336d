/* Which files are the store: immutable generation files STORE/catalog/NNNNNNNNNN.json (doc/format/store.md).
 *
 * A new generation appears by rename; who reads holds a shared lock on the generation it read, and what a generation with a
 * reader names is not deleted. */
#ifndef HOTARU_STORE_CATALOG_H
#define HOTARU_STORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CATALOG_FORMAT   1
#define CATALOG_NAME_MAX 200

enum store_table { TABLE_PACKET, TABLE_PACKET6, TABLE_EVENT, TABLE_LOSS, TABLE_COUNT };
extern const char *const catalog_table_names[TABLE_COUNT]; /* also the folders' */

struct part {                /* one Parquet file */
    char path[CATALOG_NAME_MAX]; /* from the store's folder on */
    uint64_t rows, bytes;
    int64_t min_ts_us, max_ts_us;
    uint64_t sum;            /* XXH3-64 of the whole file */
};
struct part_list {
    struct part *at;
    size_t n, cap;
};
struct mark {                /* a spool segment or journal whose rows are in Parquet files of this generation */
    char name[CATALOG_NAME_MAX];
};
struct mark_list {
    struct mark *at;
    size_t n, cap;
};
struct import_mark {         /* a capture file that was imported */
    char file_sum[33], frame_sum[33]; /* XXH3-128 of its bytes ("" for stdin), of its frames */
    uint64_t bytes; /* of the file; 0: not known (stdin; marked by an older program) */
    uint64_t frames, stored4, stored6, lost;
};
struct import_list {
    struct import_mark *at;
    size_t n, cap;
};
struct catalog {
    uint64_t generation; /* 0: an empty store without a file */
    struct part_list tables[TABLE_COUNT];
    struct mark_list segments, journals;
    struct import_list imports;
};

int part_list_add(struct part_list *l, const struct part *p);  /* -ENOMEM */
int mark_list_add(struct mark_list *l, const char *name);
int import_list_add(struct import_list *l, const struct import_mark *m);
bool mark_list_has(const struct mark_list *l, const char *name);
const struct import_mark *catalog_import(const struct catalog *c, const char *file_sum, const char *frame_sum);
/* Whether a file of so many bytes could be one of those imported; only its sum says whether it is. */
bool catalog_import_size(const struct catalog *c, uint64_t bytes);
void catalog_done(struct catalog *c);
int catalog_copy(const struct catalog *from, struct catalog *ret);

/* The number of the newest generation there is, 0 for none. */
int catalog_newest(const char *store_dir, uint64_t *ret, struct err *err);
void catalog_path(const char *store_dir, uint64_t generation, char *buf, size_t n);
/* Reads one. -ENOENT when it is gone; -EBADMSG when its checksum or text is wrong; -EPROTO when its format is newer. */
int catalog_load(const char *store_dir, uint64_t generation, struct catalog *ret, struct err *err);
/* Reads the newest and holds a shared lock on it through *ret_fd (-1 for generation 0). */
int catalog_hold(const char *store_dir, struct catalog *ret, int *ret_fd, struct err *err);
/* Writes c as generation c->generation; durable when it returns 0. The caller holds the commit lock. */
int catalog_write(const char *store_dir, const struct catalog *c, struct err *err);
/* All generations there are, ascending; free() it. */
int catalog_list(const char *store_dir, uint64_t **ret, size_t *ret_n, struct err *err);

#endif
