#include "config/yfile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/io.h"

#define FILE_BYTES_MAX (1 << 20)

struct yfile {
    char *path, *text;
    yaml_document_t doc;
    bool has_doc;
};

static const yaml_node_t *node_of(struct yn n)
{
    return n.node ? yaml_document_get_node(&n.file->doc, n.node) : NULL;
}

int yn_fail(struct yn n, struct err *err, const char *fmt, ...)
{
    char what[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    const yaml_node_t *node = node_of(n);
    if (!node)
        return err_set(err, -EINVAL, "%s", what);
    return err_set(err, -EINVAL, "%s:%zu:%zu: %s", n.file->path, node->start_mark.line + 1,
                   node->start_mark.column + 1, what);
}

/* An alias to an enclosing node would make a walk endless; a configuration needs none, so none is accepted. */
static int refuse_aliases(struct yfile *f, struct err *err)
{
    yaml_parser_t p;
    yaml_token_t token;
    if (!yaml_parser_initialize(&p))
        return -ENOMEM;
    yaml_parser_set_input_string(&p, (const unsigned char *)f->text, strlen(f->text));
    int rc = 0;
    for (bool more = true; more && rc == 0;) {
        if (!yaml_parser_scan(&p, &token))
            break; /* the loader says what is wrong */
        if (token.type == YAML_ALIAS_TOKEN || token.type == YAML_ANCHOR_TOKEN)
            rc = err_set(err, -EINVAL,
                         "%s:%zu:%zu: anchors and aliases (&, *) are not used here: quote the value", f->path,
                         token.start_mark.line + 1, token.start_mark.column + 1);
        more = token.type != YAML_STREAM_END_TOKEN;
        yaml_token_delete(&token);
    }
    yaml_parser_delete(&p);
    return rc;
}

static int parse(struct yfile *f, struct err *err)
{
    yaml_parser_t p;
    if (!yaml_parser_initialize(&p))
        return -ENOMEM;
    yaml_parser_set_input_string(&p, (const unsigned char *)f->text, strlen(f->text));
    int rc = 0;
    if (!yaml_parser_load(&p, &f->doc))
        rc = err_set(err, -EINVAL, "%s:%zu:%zu: no valid YAML: %s", f->path, p.problem_mark.line + 1,
                     p.problem_mark.column + 1, p.problem ? p.problem : "unreadable");
    else
        f->has_doc = true;
    yaml_parser_delete(&p);
    return rc;
}

int yfile_load(const char *path, struct yfile **ret, struct err *err)
{
    struct yfile *f = calloc(1, sizeof *f);
    size_t len = 0;
    int rc = f ? 0 : -ENOMEM;
    if (rc == 0)
        rc = io_read_file(path, FILE_BYTES_MAX, &f->text, &len, err);
    if (rc == 0 && strlen(f->text) != len)
        rc = err_set(err, -EINVAL, "%s: holds a NUL byte: this is no YAML file", path);
    if (rc == 0 && !(f->path = strdup(path)))
        rc = -ENOMEM;
    if (rc == 0)
        rc = refuse_aliases(f, err);
    if (rc == 0)
        rc = parse(f, err);
    if (rc < 0) {
        yfile_free(f);
        return err_set(err, rc, "cannot read %s", path);
    }
    *ret = f;
    return 0;
}

void yfile_free(struct yfile *f)
{
    if (!f)
        return;
    if (f->has_doc)
        yaml_document_delete(&f->doc);
    free(f->path);
    free(f->text);
    free(f);
}

struct yn yfile_root(struct yfile *f)
{
    return (struct yn){f, yaml_document_get_root_node(&f->doc) ? 1 : 0};
}

bool yn_is_map(struct yn n)
{
    const yaml_node_t *node = node_of(n);
    return node && node->type == YAML_MAPPING_NODE;
}

bool yn_is_list(struct yn n)
{
    const yaml_node_t *node = node_of(n);
    return node && node->type == YAML_SEQUENCE_NODE;
}

const char *yn_scalar(struct yn n)
{
    const yaml_node_t *node = node_of(n);
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

struct yn yn_get(struct yn map, const char *key)
{
    const yaml_node_t *node = node_of(map);
    if (node && node->type == YAML_MAPPING_NODE) {
        for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
            const char *name = yn_scalar((struct yn){map.file, p->key});
            if (name && strcmp(name, key) == 0)
                return (struct yn){map.file, p->value};
        }
    }
    return (struct yn){map.file, 0};
}

static void list_words(const char *const *words, char *buf, size_t n)
{
    size_t used = 0;
    buf[0] = '\0';
    for (; *words && used + 1 < n; words++)
        used += (size_t)snprintf(buf + used, n - used, "%s%s", used ? ", " : "", *words);
}

int yn_check_keys(struct yn map, const char *const *allowed, struct err *err)
{
    const yaml_node_t *node = node_of(map);
    if (!node)
        return 0;
    char words[300];
    list_words(allowed, words, sizeof words);
    if (node->type != YAML_MAPPING_NODE) {
        const char *text = yn_scalar(map);
        if (text && *text == '\0')
            return 0; /* "gateway:" with nothing behind it */
        return yn_fail(map, err, "a map of keys is wanted here (%s)", words);
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        struct yn key = {map.file, p->key};
        const char *name = yn_scalar(key);
        if (!name)
            return yn_fail(key, err, "a key is a word (one of: %s)", words);
        const char *const *a = allowed;
        while (*a && strcmp(*a, name) != 0)
            a++;
        if (!*a)
            return yn_fail(key, err, "unknown key '%.40s' (known here: %s)", name, words);
        if (yn_get(map, name).node != p->value)
            return yn_fail(key, err, "key '%.40s' stands here twice", name);
    }
    return 0;
}

size_t yn_count(struct yn list)
{
    const yaml_node_t *node = node_of(list);
    if (!node)
        return 0;
    if (node->type != YAML_SEQUENCE_NODE)
        return 1;
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

struct yn yn_item(struct yn list, size_t i)
{
    const yaml_node_t *node = node_of(list);
    if (!node || i >= yn_count(list))
        return (struct yn){list.file, 0};
    if (node->type != YAML_SEQUENCE_NODE)
        return list;
    return (struct yn){list.file, node->data.sequence.items.start[i]};
}

int yn_text(struct yn n, char *ret, size_t size, struct err *err)
{
    if (!yn_present(n))
        return 0;
    const char *text = yn_scalar(n);
    if (!text)
        return yn_fail(n, err, "one value is wanted here, not a list or map");
    if (strlen(text) >= size)
        return yn_fail(n, err, "'%.40s…' is longer than %zu bytes", text, size - 1);
    memcpy(ret, text, strlen(text) + 1);
    return 0;
}

int yn_u64(struct yn n, uint64_t min, uint64_t max, uint64_t *ret, struct err *err)
{
    if (!yn_present(n))
        return 0;
    const char *text = yn_scalar(n);
    char *end = NULL;
    errno = 0;
    unsigned long long v = text && isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    if (!end || *end || errno || v < min || v > max)
        return yn_fail(n, err, "'%.40s': a whole number from %llu to %llu is wanted", text ? text : "…",
                       (unsigned long long)min, (unsigned long long)max);
    *ret = v;
    return 0;
}

int yn_bytes(struct yn n, uint64_t *ret, struct err *err)
{
    if (!yn_present(n))
        return 0;
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"kB", 1000},
                 {"KB", 1000},
                 {"MB", 1000000},
                 {"GB", 1000000000},
                 {"TB", UINT64_C(1000000000000)},
                 {"KiB", 1024},
                 {"MiB", 1 << 20},
                 {"GiB", 1 << 30},
                 {"TiB", UINT64_C(1) << 40}};
    const char *text = yn_scalar(n);
    char *end = NULL;
    errno = 0;
    unsigned long long v = text && isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    if (end && !errno) {
        while (*end == ' ')
            end++;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcmp(end, units[i].unit) == 0 && v <= UINT64_MAX / units[i].bytes) {
                *ret = v * units[i].bytes;
                return 0;
            }
        }
    }
    return yn_fail(n, err, "'%.40s' is no size (like 500GB, 64MiB or 4096)", text ? text : "…");
}

int yn_bool(struct yn n, bool *ret, struct err *err)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", NULL};
    int i = *ret;
    int rc = yn_choice(n, words, &i, err);
    if (rc == 0)
        *ret = i % 2;
    return rc;
}

int yn_choice(struct yn n, const char *const *choices, int *ret, struct err *err)
{
    if (!yn_present(n))
        return 0;
    const char *text = yn_scalar(n);
    for (int i = 0; text && choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *ret = i;
            return 0;
        }
    }
    char words[300];
    list_words(choices, words, sizeof words);
    return yn_fail(n, err, "'%.40s': one of %s is wanted", text ? text : "…", words);
}
