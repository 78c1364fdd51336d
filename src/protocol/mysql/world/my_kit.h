/* What every session of one persona shares and never changes: version, facts, collations, and the server as installed. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_KIT_H
#define HOTARU_PROTOCOL_MYSQL_MY_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/persona.h"
#include "protocol/mysql/my_policy.h"

struct my_world;

struct my_coll {
    const char *name, *charset;
    uint16_t id;
    uint8_t maxlen, minlen;   /* bytes per character */
    bool is_default, compiled, bin; /* bin: compares code points (…_bin, binary) */
    unsigned sortlen;
};

/* A file of tab-separated rows: cells[row * n_cols + col]; the first line names the columns. A cell \N is NULL. */
struct my_tsv {
    const char **cells;
    size_t n_rows, n_cols;
    const char **head;
};

/* Recorded rows of one table. */
struct my_fact_rows {
    const char *schema, *table;
    struct my_tsv t;
};

enum my_vartype { MY_VAR_STR, MY_VAR_INT, MY_VAR_BOOL, MY_VAR_ENUM, MY_VAR_SET, MY_VAR_DOUBLE };
struct my_sysvar {
    const char *name;
    const char *global, *session; /* value as SHOW prints it; NULL: no such scope */
    enum my_vartype type;
    bool read_only;
    const char *values;       /* ENUM and SET: comma-separated; may be NULL */
    uint64_t min, max;        /* INT: what it is cut to; min and max of signed ones as two's complement */
    uint64_t block;           /* INT: cut to a multiple of it */
    bool is_signed, null_when_empty, hidden; /* hidden: SHOW has it, @@ does not */
    uint8_t recorded_scope, wire_type;       /* 0: not recorded; else 1 + enum my_var_scope, enum my_type */
    const char *dflt;         /* SET … = DEFAULT; NULL: none recorded */
};

struct my_kit {
    int refs;
    struct arena arena;
    struct persona persona;
    uint32_t version;         /* 50154 */
    bool mariadb, windows;
    const char *version_text;
    struct my_coll *colls;
    size_t n_colls;
    const struct my_coll *latin1, *utf8, *utf8_bin, *binary, *utf8mb4, *server_coll;
    struct my_sysvar *vars;   /* sorted by name */
    size_t n_vars;
    struct my_words words;    /* of the login policy */
    struct my_tsv status, columns, charsets, plugins, engines, privileges;
    struct my_tsv tables, shows, variables; /* recorded for some versions: tables.tsv, show.tsv, variables.tsv */
    struct my_fact_rows *fact_rows;
    size_t n_fact_rows;
    const char *default_engine;
    int64_t started_us;
    struct my_world *base;    /* never written to after my_kit_new */
};

/* Reads persona->mysql.facts. -ENOENT, -EINVAL with file and line in err. */
int my_kit_new(const struct persona *persona, uint64_t seed, struct my_kit **ret, struct err *err);
struct my_kit *my_kit_ref(struct my_kit *k);
void my_kit_unref(struct my_kit *k);

const struct my_coll *my_coll_by_id(const struct my_kit *k, unsigned id);       /* NULL: unknown */
const struct my_coll *my_coll_by_name(const struct my_kit *k, const char *name);
const struct my_coll *my_coll_default(const struct my_kit *k, const char *charset); /* of a character set */
const struct my_coll *my_coll_bin(const struct my_kit *k, const struct my_coll *of); /* its charset's _bin */
const struct my_sysvar *my_sysvar_find(const struct my_kit *k, const char *name);
static inline bool my_coll_is_binary(const struct my_coll *c)
{
    return c->id == 63;
}

/* How names compare on this machine: lower_case_table_names. */
bool my_names_fold(const struct my_kit *k);

#endif
