#include "protocol/mysql/world/my_kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/rng.h"
#include "base/ts.h"
#include "protocol/mysql/world/my_facts.h"
#include "protocol/mysql/world/my_sysvars.h"
#include "protocol/mysql/world/my_world.h"

#define KIT_BYTES_MAX  (64u << 20)

/* ---- collations ---- */
static uint8_t charset_maxlen(const struct my_kit *k, const char *charset)
{
    for (size_t i = 0; i < k->charsets.n_rows; i++)
        if (strcmp(my_tsv_cell(&k->charsets, i, 0), charset) == 0)
            return (uint8_t)strtoul(my_tsv_cell(&k->charsets, i, 3), NULL, 10);
    return 1;
}

static uint8_t charset_minlen(const char *charset)
{
    if (strcmp(charset, "ucs2") == 0 || strcmp(charset, "utf16") == 0 || strcmp(charset, "utf16le") == 0)
        return 2;
    return strcmp(charset, "utf32") == 0 ? 4 : 1;
}

static int by_id(const void *a, const void *b)
{
    const struct my_coll *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int load_collations(struct my_kit *k, struct err *err)
{
    struct my_tsv t = {0};
    int rc = my_tsv_load(k, "character-sets.tsv", true, &k->charsets, err);
    if (rc == 0)
        rc = my_tsv_load(k, "collations.tsv", true, &t, err);
    if (rc < 0)
        return rc;
    k->colls = arena_new(&k->arena, (t.n_rows + 1) * sizeof *k->colls);
    if (!k->colls)
        return err_set(err, -ENOMEM, "too many collations");
    for (size_t i = 0; i < t.n_rows; i++) {
        struct my_coll *c = &k->colls[k->n_colls];
        *c = (struct my_coll){.name = my_tsv_cell(&t, i, 0), .charset = my_tsv_cell(&t, i, 1), .id = (uint16_t)strtoul(my_tsv_cell(&t, i, 2), NULL, 10),
                              .is_default = my_tsv_cell(&t, i, 3)[0] == 'Y', .compiled = my_tsv_cell(&t, i, 4)[0] == 'Y',
                              .sortlen = (unsigned)strtoul(my_tsv_cell(&t, i, 5), NULL, 10)};
        size_t n = strlen(c->name);
        c->bin = strcmp(c->name, "binary") == 0 || (n > 4 && strcmp(c->name + n - 4, "_bin") == 0);
        c->maxlen = charset_maxlen(k, c->charset);
        c->minlen = charset_minlen(c->charset);
        if (c->id)
            k->n_colls++;
    }
    qsort(k->colls, k->n_colls, sizeof *k->colls, by_id);
    k->latin1 = my_coll_by_name(k, "latin1_swedish_ci");
    k->utf8 = my_coll_by_id(k, 33);
    k->utf8_bin = my_coll_by_id(k, 83);
    k->binary = my_coll_by_id(k, 63);
    k->utf8mb4 = my_coll_by_id(k, 45);
    if (!k->latin1 || !k->utf8 || !k->utf8_bin || !k->binary)
        return err_set(err, -EINVAL, "%s/collations.tsv lacks latin1_swedish_ci, utf8_general_ci, utf8_bin or binary", k->persona.mysql.facts);
    return 0;
}

const struct my_coll *my_coll_by_id(const struct my_kit *k, unsigned id)
{
    size_t low = 0, high = k->n_colls;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (k->colls[mid].id == id)
            return &k->colls[mid];
        if (k->colls[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct my_coll *my_coll_by_name(const struct my_kit *k, const char *name)
{
    for (size_t i = 0; i < k->n_colls; i++)
        if (strcasecmp(k->colls[i].name, name) == 0)
            return &k->colls[i];
    if (k->mariadb && strncasecmp(name, "utf8_", 5) == 0) { /* an old name of utf8mb3's */
        char full[80];
        (void)snprintf(full, sizeof full, "utf8mb3_%.60s", name + 5);
        return my_coll_by_name(k, full);
    }
    return NULL;
}

const struct my_coll *my_coll_default(const struct my_kit *k, const char *charset)
{
    if (k->mariadb && strcasecmp(charset, "utf8") == 0)
        charset = "utf8mb3";
    for (size_t i = 0; i < k->n_colls; i++)
        if (k->colls[i].is_default && strcasecmp(k->colls[i].charset, charset) == 0)
            return &k->colls[i];
    return NULL;
}

const struct my_coll *my_coll_bin(const struct my_kit *k, const struct my_coll *of)
{
    for (size_t i = 0; i < k->n_colls; i++)
        if (k->colls[i].bin && strcmp(k->colls[i].charset, of->charset) == 0)
            return &k->colls[i];
    return k->binary;
}

/* ---- variables ---- */
static int by_name(const void *a, const void *b)
{
    const struct my_sysvar *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static struct my_sysvar *var_at(struct my_kit *k, const char *name)
{
    for (size_t i = 0; i < k->n_vars; i++)
        if (strcmp(k->vars[i].name, name) == 0)
            return &k->vars[i];
    return NULL;
}

/* What the persona says in place of the recorded machine. */
static const char *persona_value(struct my_kit *k, const char *name, const char *recorded)
{
    const struct persona *p = &k->persona;
    static const struct {
        const char *name;
        size_t at;
    } map[] = {{"version", offsetof(struct persona, mysql.version)}, {"basedir", offsetof(struct persona, mysql.basedir)},
               {"datadir", offsetof(struct persona, mysql.datadir)}, {"plugin_dir", offsetof(struct persona, mysql.plugin_dir)},
               {"version_compile_os", offsetof(struct persona, mysql.compile_os)},
               {"version_compile_machine", offsetof(struct persona, mysql.compile_machine)},
               {"version_comment", offsetof(struct persona, mysql.version_comment)}, {"hostname", offsetof(struct persona, hostname)}};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (strcmp(map[i].name, name) == 0) {
            const char *v = (const char *)p + map[i].at;
            return v[0] ? v : recorded;
        }
    if (strcmp(name, "innodb_version") == 0 && !k->mariadb && strcmp(recorded, "") != 0 && p->mysql.version[0]) {
        char *v = arena_copy(&k->arena, p->mysql.version, strcspn(p->mysql.version, "-"));
        return v ? v : recorded;
    }
    return my_sysvar_follow(k, name, recorded);
}

static int load_variables(struct my_kit *k, struct err *err)
{
    struct my_tsv g = {0}, s = {0};
    int rc = my_tsv_load(k, "global-variables.tsv", true, &g, err);
    if (rc == 0)
        rc = my_tsv_load(k, "session-variables.tsv", true, &s, err);
    if (rc == 0)
        rc = my_tsv_load(k, "variables.tsv", false, &k->variables, err);
    if (rc < 0)
        return rc;
    k->vars = arena_new(&k->arena, (g.n_rows + s.n_rows + 1) * sizeof *k->vars);
    if (!k->vars)
        return err_set(err, -ENOMEM, "too many variables");
    for (size_t i = 0; i < g.n_rows; i++) {
        struct my_sysvar *v = &k->vars[k->n_vars++];
        v->name = my_tsv_cell(&g, i, 0);
        v->global = my_tsv_cell(&g, i, 1);
    }
    for (size_t i = 0; i < s.n_rows; i++) {
        struct my_sysvar *v = var_at(k, my_tsv_cell(&s, i, 0));
        if (!v) {
            v = &k->vars[k->n_vars++];
            v->name = my_tsv_cell(&s, i, 0);
        }
        v->session = my_tsv_cell(&s, i, 1);
    }
    qsort(k->vars, k->n_vars, sizeof *k->vars, by_name);
    for (size_t i = 0; i < k->n_vars; i++) {
        struct my_sysvar *v = &k->vars[i];
        if (v->global)
            v->global = persona_value(k, v->name, v->global);
        if (v->session)
            v->session = persona_value(k, v->name, v->session);
        my_sysvar_classify(k, v);
    }
    my_sysvars_recorded(k);
    return 0;
}

const struct my_sysvar *my_sysvar_find(const struct my_kit *k, const char *name)
{
    char low[80];
    size_t n = strlen(name);
    if (n >= sizeof low)
        return NULL;
    for (size_t i = 0; i <= n; i++)
        low[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    struct my_sysvar key = {.name = low};
    return bsearch(&key, k->vars, k->n_vars, sizeof *k->vars, by_name);
}

/* ---- the whole ---- */
static uint32_t version_number(const char *text)
{
    unsigned a = 0, b = 0, c = 0;
    if (sscanf(text, "%u.%u.%u", &a, &b, &c) < 2)
        return 50163;
    return a * 10000 + b * 100 + c;
}

static int kit_load(struct my_kit *k, uint64_t seed, struct err *err)
{
    const char *v = k->persona.mysql.version;
    k->version_text = v;
    k->version = version_number(v);
    k->mariadb = strstr(v, "MariaDB") != NULL;
    k->windows = strcmp(k->persona.os, "windows") == 0;
    int rc = load_collations(k, err);
    if (rc == 0)
        rc = load_variables(k, err);
    if (rc == 0)
        rc = my_tsv_load(k, "status-names.tsv", true, &k->status, err);
    if (rc == 0)
        rc = my_tsv_load(k, "columns.tsv", true, &k->columns, err);
    if (rc == 0)
        rc = my_tsv_load(k, "plugins.tsv", true, &k->plugins, err);
    if (rc == 0)
        rc = my_tsv_load(k, "engines.tsv", true, &k->engines, err);
    if (rc == 0)
        rc = my_tsv_load(k, "privileges.tsv", true, &k->privileges, err);
    if (rc == 0)
        rc = my_facts_load(k, err);
    if (rc == 0 && k->persona.mysql.login.words[0])
        rc = my_words_load(&k->arena, k->persona.mysql.login.words, &k->words, err);
    if (rc < 0)
        return rc;
    const struct my_sysvar *cs = my_sysvar_find(k, "collation_server");
    k->server_coll = cs && cs->global ? my_coll_by_name(k, cs->global) : NULL;
    if (!k->server_coll)
        k->server_coll = k->latin1;
    k->default_engine = "MyISAM";
    for (size_t i = 0; i < k->engines.n_rows; i++)
        if (strcmp(my_tsv_cell(&k->engines, i, 1), "DEFAULT") == 0)
            k->default_engine = my_tsv_cell(&k->engines, i, 0);
    struct rng r = rng_of(seed, "mysql-uptime");
    k->started_us = ts_now_us() - (int64_t)(3 * 3600 + rng_below(&r, 40 * 86400)) * TS_SECOND_US;
    return my_world_install(k, err);
}

int my_kit_new(const struct persona *persona, uint64_t seed, struct my_kit **ret, struct err *err)
{
    struct my_kit *k = calloc(1, sizeof *k);
    if (!k)
        return err_set(err, -ENOMEM, "no memory for the MySQL persona");
    k->refs = 1;
    k->arena = arena_of(KIT_BYTES_MAX);
    k->persona = *persona;
    if (!k->persona.mysql.version[0] || !k->persona.mysql.facts[0]) {
        free(k);
        return err_set(err, -EINVAL, "persona %s has no mysql.version or no mysql.facts", persona->name);
    }
    int rc = kit_load(k, seed, err);
    if (rc < 0) {
        my_kit_unref(k);
        return rc;
    }
    *ret = k;
    return 0;
}

struct my_kit *my_kit_ref(struct my_kit *k)
{
    k->refs++;
    return k;
}

void my_kit_unref(struct my_kit *k)
{
    if (!k || --k->refs > 0)
        return;
    my_world_unref(k->base);
    arena_done(&k->arena);
    free(k);
}

bool my_names_fold(const struct my_kit *k)
{
    return k->windows;
}
