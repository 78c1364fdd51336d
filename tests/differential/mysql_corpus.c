#include "mysql_corpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

enum { PAYLOAD_MAX = 64 << 20 };

static struct corpus_entry *add(struct corpus *c, const char *class_name, const char *text, size_t n)
{
    if (c->count >= CORPUS_ENTRIES_MAX)
        return NULL;
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 256;
        struct corpus_entry *more = realloc(c->entries, cap * sizeof *more);
        if (!more)
            return NULL;
        c->entries = more;
        c->cap = cap;
    }
    struct corpus_entry *e = &c->entries[c->count];
    *e = (struct corpus_entry){.class_name = strdup(class_name), .text = malloc(n + 1), .text_len = n};
    if (!e->class_name || !e->text) {
        free(e->class_name);
        free(e->text);
        return NULL;
    }
    memcpy(e->text, text, n);
    e->text[n] = 0;
    c->count++;
    return e;
}

static void entry_done(struct corpus_entry *e)
{
    free(e->class_name);
    free(e->text);
    free(e->session);
    json_decref(e->client);
    json_decref(e->recorded);
}

void corpus_done(struct corpus *c)
{
    for (size_t i = 0; i < c->count; i++)
        entry_done(&c->entries[i]);
    free(c->entries);
    *c = (struct corpus){0};
}

static int hex_digit(char ch)
{
    return ch >= '0' && ch <= '9' ? ch - '0' : isxdigit((unsigned char)ch) ? (ch | 32) - 'a' + 10 : -1;
}

int corpus_unhex(const char *hex, uint8_t **ret_bytes, size_t *ret_len)
{
    size_t n = strlen(hex);
    uint8_t *out = malloc(n / 2 + 1);
    if (!out)
        return -ENOMEM;
    for (size_t i = 0; i + 1 < n + n % 2; i += 2) {
        int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0) {
            free(out);
            return -EINVAL;
        }
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_bytes = out;
    *ret_len = n / 2;
    return 0;
}

static int put_payload(const json_t *payload, const struct corpus_ids *ids, struct wr *w, int depth)
{
    uint8_t *bytes = NULL;
    size_t n = 0, i;
    json_t *part;
    if (json_is_string(payload) && json_string_value(payload)[0] == '\'') {
        wr_bytes(w, json_string_value(payload) + 1, json_string_length(payload) - 1);
        return 0;
    }
    if (json_is_string(payload) && json_string_value(payload)[0] == '@') {
        unsigned long which = strtoul(json_string_value(payload) + 1, NULL, 10);
        wr_le32(w, which && which <= ids->count ? ids->id[which - 1] : 0);
        return 0;
    }
    if (json_is_string(payload)) {
        int rc = corpus_unhex(json_string_value(payload), &bytes, &n);
        if (rc == 0)
            wr_bytes(w, bytes, n);
        free(bytes);
        return rc;
    }
    if (json_is_object(payload)) {
        const char *hex = json_string_value(json_object_get(payload, "repeat"));
        json_int_t times = json_integer_value(json_object_get(payload, "times"));
        int rc = hex && times > 0 ? corpus_unhex(hex, &bytes, &n) : -EINVAL;
        for (json_int_t k = 0; rc == 0 && !w->bad && k < times; k++)
            wr_bytes(w, bytes, n);
        free(bytes);
        return rc;
    }
    if (!json_is_array(payload) || depth)
        return -EINVAL;
    json_array_foreach(payload, i, part)
    {
        int rc = put_payload(part, ids, w, depth + 1);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int corpus_payload(const json_t *payload, const struct corpus_ids *ids, uint8_t **ret_bytes, size_t *ret_len)
{
    struct wr w = wr_of(PAYLOAD_MAX);
    int rc = put_payload(payload, ids, &w, 0);
    if (rc == 0 && w.bad)
        rc = -EMSGSIZE;
    uint8_t *copy = rc == 0 ? malloc(w.len + 1) : NULL;
    if (rc == 0 && !copy)
        rc = -ENOMEM;
    if (rc == 0) {
        if (w.len)
            memcpy(copy, w.bytes, w.len);
        *ret_bytes = copy;
        *ret_len = w.len;
    }
    wr_done(&w);
    return rc;
}

/* \n \t \r \\ \xHH in place; the new length. */
static size_t unescape(char *s)
{
    char *to = s;
    for (const char *p = s; *p; p++) {
        if (*p != '\\' || !p[1]) {
            *to++ = *p;
            continue;
        }
        p++;
        if (*p == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
            *to++ = (char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
            p += 2;
        } else {
            *to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p == 'r' ? '\r' : *p;
        }
    }
    *to = 0;
    return (size_t)(to - s);
}

static int load_text(struct corpus *c, const char *path, FILE *f, struct err *err)
{
    char *line = NULL, name[64] = "unnamed", *session = NULL;
    size_t cap = 0;
    int number = 0, rc = 0;
    bool fresh = true;
    ssize_t n;
    while (rc == 0 && (n = getline(&line, &cap, f)) >= 0) {
        number++;
        if (n && line[n - 1] == '\n')
            line[--n] = 0;
        if (n == 0)
            continue;
        char *statement = line;
        if (line[0] == '#' && line[1] == ' ') {
            (void)snprintf(name, sizeof name, "%s", line + 2);
            continue;
        }
        if (strncmp(line, "!session", 8) == 0) {
            free(session);
            session = strdup(line + 8);
            fresh = true;
            continue;
        }
        if (strncmp(line, "!escaped ", 9) == 0) {
            statement = line + 9;
            n = (ssize_t)unescape(statement);
        } else if (line[0] == '!' && isalpha((unsigned char)line[1])) {
            rc = err_set(err, -EINVAL, "%s:%d: unknown directive; known: !session, !escaped", path, number);
            break;
        }
        struct corpus_entry *e = add(c, name, statement, (size_t)n);
        if (!e) {
            rc = err_set(err, -E2BIG, "%s:%d: too many statements", path, number);
            break;
        }
        e->file = path;
        e->line = number;
        e->new_session = fresh;
        e->session = fresh && session ? strdup(session) : NULL;
        fresh = false;
    }
    free(line);
    free(session);
    return rc;
}

static int add_json(struct corpus *c, json_t *doc, const char **last_class)
{
    const char *exchange = json_string_value(json_object_get(doc, "exchange"));
    const json_t *statement = json_object_get(doc, "statement");
    const char *name = json_string_value(json_object_get(doc, "class"));
    if (!name)
        name = "exchanges";
    struct corpus_entry *e = NULL;
    if (exchange && json_is_array(json_object_get(doc, "client"))) {
        e = add(c, name, exchange, strlen(exchange));
        if (!e)
            return -E2BIG;
        e->client = json_incref(json_object_get(doc, "client"));
        e->recorded = json_incref(json_object_get(doc, "replies"));
    } else if (json_is_string(statement)) {
        e = add(c, name, json_string_value(statement), json_string_length(statement));
        if (!e)
            return -E2BIG;
        e->recorded = json_incref(json_object_get(doc, "reply"));
        e->new_session = !*last_class || strcmp(*last_class, name) != 0;
    } else {
        return -EINVAL;
    }
    *last_class = e->class_name;
    return 0;
}

static int load_jsonl(struct corpus *c, const char *path, FILE *f, struct err *err)
{
    char *line = NULL;
    const char *last_class = NULL;
    size_t cap = 0;
    int number = 0, rc = 0;
    ssize_t n;
    while (rc == 0 && (n = getline(&line, &cap, f)) >= 0) {
        number++;
        json_error_t e;
        json_t *doc = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &e);
        rc = doc ? add_json(c, doc, &last_class) : -EINVAL;
        json_decref(doc);
        if (rc < 0)
            rc = err_set(err, rc, "%s:%d: neither an exchange nor a recorded statement", path, number);
        else
            c->entries[c->count - 1].file = path, c->entries[c->count - 1].line = number;
    }
    free(line);
    return rc;
}

int corpus_load(struct corpus *c, const char *path, struct err *err)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return err_sys(err, -errno, "%s", path);
    const char *dot = strrchr(path, '.');
    int rc = dot && strcmp(dot, ".jsonl") == 0 ? load_jsonl(c, path, f, err) : load_text(c, path, f, err);
    (void)fclose(f);
    return rc;
}

int corpus_join_recorded(struct corpus *c, const char *path, struct err *err)
{
    struct corpus recorded = {0};
    int rc = corpus_load(&recorded, path, err);
    if (rc == 0 && recorded.count != c->count)
        rc = err_set(err, -EINVAL, "%s: %zu replies for %zu statements", path, recorded.count, c->count);
    for (size_t i = 0; rc == 0 && i < c->count; i++) {
        struct corpus_entry *to = &c->entries[i], *from = &recorded.entries[i];
        if (to->text_len != from->text_len || memcmp(to->text, from->text, to->text_len) != 0)
            rc = err_set(err, -EINVAL, "%s:%d is the reply to another statement than %s:%d", path, from->line,
                         to->file, to->line);
        else
            to->recorded = json_incref(from->recorded);
    }
    corpus_done(&recorded);
    return rc;
}
