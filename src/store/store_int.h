/* What the files of this folder share. */
#ifndef HOTARU_STORE_STORE_INT_H
#define HOTARU_STORE_STORE_INT_H

#include <pthread.h>

#include "store/catalog.h"
#include "store/duck.h"
#include "store/row_write.h"
#include "store/store.h"

#define STORE_PATH_MAX 4096

/* One moment of the store: a generation, held, and the spool segments and journals it does not contain. */
struct snapshot_segment {
    char name[SPOOL_NAME_MAX]; /* as it was; it may be .sealed by now */
    uint64_t size_bytes;       /* what stood in it at the moment */
};
struct snapshot {
    struct catalog catalog;
    int fd;                      /* shared lock on the generation; -1 for none */
    struct snapshot_segment *segments;
    size_t n_segments;
    struct mark_list journals;
};

struct store {
    char *dir;                   /* absolute */
    bool writable, swept;
    uint64_t memory_bytes;
    uint32_t threads;
    int64_t time_limit_us;
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
    void *progress_arg;
    pthread_mutex_t asking;      /* one query at a time over one connection */
    struct duck duck;            /* for questions; views of `now` */
    struct snapshot now;
    bool has_snapshot, held; /* held: no newer moment is taken, and `now` keeps its files */
    struct duck sorter;          /* a database of its own for sorting and merging; opened at its first use */
    bool has_sorter;
    char temp_dir[STORE_PATH_MAX]; /* "" until something is written */
    int temp_fd;                 /* held: nobody sweeps the folder while we live */
};

/* ---- snapshot.c ---- */
int snapshot_take(const char *dir, struct snapshot *ret, struct err *err);
bool snapshot_same(const struct snapshot *a, const struct snapshot *b);
/* "R-N": a segment's name without what changes when it is sealed. */
void segment_key(const struct spool_segment *s, char ret[static SPOOL_NAME_MAX]);
/* Opens it under whichever name it has now and reads no further than size_bytes. -ENOENT when it is gone. */
int segment_open(const char *dir, const char *key, uint64_t size_bytes, struct spool_reader **ret, struct err *err);
/* The journals there are but those in without. */
int journal_names(const char *dir, const struct mark_list *without, struct mark_list *ret, struct err *err);
void snapshot_done(struct snapshot *s);

/* ---- scan.c: table functions spool_packet(), spool_packet6(), spool_loss() over s->now ---- */
int scan_register(struct store *s, struct err *err);

/* ---- view.c ---- */
int view_macros(duckdb_connection con, struct err *err);
int view_make(struct store *s, struct err *err);
/* SELECT … over these journal files with the columns of `event`. */
void view_put_list(struct wr *w, const char *dir, const struct part_list *l); /* ['…', '…'] */
void view_journal_select(struct wr *w, const char *dir, const struct mark_list *journals);

/* ---- anon_sql.c: anon4(), anon6(), dark_offset() ---- */
int anon_register(struct store *s, const struct anon *a, struct err *err);

/* ---- part.c: Parquet files on their way into the store ---- */
struct pending {
    enum store_table table;
    struct part part;            /* its final path */
    char temp[STORE_PATH_MAX];   /* where it lies now */
    int fd;                      /* open while it is not synced; -1 */
};
struct pending_list {
    struct pending *at;
    size_t n, cap;
};
/* These write one file into our temp folder and add it to l; durable after pending_sync(). folder is "packet/date=…/hour=…", "event" …; prefix
 * begins the file's name. What fails leaves no file. -ENOSPC for a full disk. */
/* The rows order[0..n) of b, n > 0, sorted by src, ts: one file of packet or packet6 as b's family says. */
int part_write(struct store *s, struct row_writer *w, const char *folder, const char *prefix, const struct row_block *b,
               const uint32_t *order, size_t n, struct pending_list *l, struct err *err);
int part_write_loss(struct store *s, const char *prefix, const struct loss_row *rows, size_t n, struct pending_list *l,
                    struct err *err);
/* SELECT's rows, through DuckDB; min/max/rows are the caller's when known (rows > 0), else read back. An empty result adds
 * nothing. */
int part_copy(struct store *s, enum store_table table, const char *folder, const char *prefix, const char *select,
              const struct part *known, struct pending_list *l, struct err *err);
/* Length and XXH3-64 of a file. */
int part_sum(const char *path, uint64_t *ret_bytes, uint64_t *ret_sum, struct err *err);
/* Makes l's files durable. Many at once: the file system's journal is then written once, not for each. Until then each
 * holds a file descriptor, so that no error of writing back goes unseen. */
int pending_sync(struct pending_list *l, struct err *err);
int pending_move(struct pending_list *from, struct pending_list *to); /* appends; from is empty then. -ENOMEM */
void pending_drop(struct pending_list *l); /* deletes the temp files, frees */

/* ---- commit.c ---- */
struct change {
    struct pending_list add;
    struct part_list remove[TABLE_COUNT];
    struct mark_list segments, journals; /* now sealed */
    const struct import_mark *import;
};
/* Makes the change one new generation. -EEXIST when another process was faster with the same thing (a segment, an
 * import; what it removes is gone): nothing is changed then. Frees nothing of c but moves its files. */
int commit_change(struct store *s, struct change *c, struct err *err);
void change_done(struct change *c);
/* Deletes generations without readers, and files and segments that no generation left needs. */
int commit_clean(struct store *s, struct err *err);
/* Exclusive lock on STORE/name until close(); wait: block, else -EBUSY. */
int store_lock(const struct store *s, const char *name, bool wait, struct err *err);
int store_temp_dir(struct store *s, struct err *err);

/* ---- ingest.c: header records -> sorted Parquet ---- */
struct ingest;
int ingest_new(struct store *s, const char *prefix, uint16_t payload_bytes, struct ingest **ret, struct err *err);
int ingest_add(struct ingest *in, const struct hdr *h, struct err *err);
/* A loss row of the ledger; kept in memory, one file at the end. */
int ingest_loss(struct ingest *in, const struct loss_row *row, struct err *err);
/* Writes what is left and moves every file to *ret. */
int ingest_finish(struct ingest *in, struct pending_list *ret, struct err *err);
void ingest_free(struct ingest *in);

/* ---- compact.c ---- */
/* Takes these files out of the store; their packets go to the ledger: stage "store", this reason. */
int store_remove_parts(struct store *s, const struct part_list remove[TABLE_COUNT], const char *reason, struct err *err);

/* ---- table_function.c ---- */
/* The columns of `loss`, and one row of it. */
void loss_columns(duckdb_bind_info info);
void loss_fill(duckdb_data_chunk out, size_t i, const struct loss_row *row);
/* extra is borrowed; local may be NULL. */
int table_function(duckdb_connection con, const char *name, void *extra, duckdb_table_function_bind_t bind,
                   duckdb_table_function_init_t init, duckdb_table_function_init_t local,
                   duckdb_table_function_t rows, bool projection, struct err *err);

#endif
