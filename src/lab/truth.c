#include "lab/truth.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

static json_t *darknet_json(const struct config *c)
{
    json_t *list = json_array();
    char text[IP4_TEXT_MAX];
    for (size_t i = 0; i < c->n_darknet; i++)
        (void)json_array_append_new(list, json_string(ip4_prefix_format(c->darknet[i], text)));
    return list;
}

static json_t *points_json(const struct config *c)
{
    json_t *list = json_array();
    char text[IP4_TEXT_MAX];
    for (size_t i = 0; i < c->n_points; i++)
        (void)json_array_append_new(list, json_string(ip4_format(c->points[i], text)));
    return list;
}

static json_t *periods_json(const struct truth *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->n_periods; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "version", t->periods[i].version, "from_us",
                                                    (json_int_t)t->periods[i].from_us, "to_us",
                                                    (json_int_t)t->periods[i].to_us));
    return list;
}

static int add_part(json_t *list, const char *dir, const char *name, struct err *err)
{
    char path[1024];
    json_error_t why;
    (void)snprintf(path, sizeof path, "%s/%s.json", dir, name);
    json_t *part = json_load_file(path, 0, &why);
    if (!part)
        return err_set(err, -EPROTO, "%s:%d:%d: the truth of actor %s is not whole: %s", path, why.line, why.column, name, why.text);
    (void)json_array_append_new(list, part);
    return 0;
}

int truth_write(const struct truth *t, const struct config *c, const char *parts_dir, const char *const *names, size_t n_names,
                const char *path, struct err *err)
{
    char seed[24];
    json_t *actors = json_array();
    int rc = 0;
    for (size_t i = 0; i < n_names && rc == 0; i++)
        rc = add_part(actors, parts_dir, names[i], err);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    json_t *root = json_pack("{s:s, s:i, s:s, s:b, s:I, s:I, s:o, s:o, s:o, s:O?, s:O?, s:o}", "format", "hotaru-truth",
                             "version", 1, "seed", seed, "effects", t->effects, "from_us", (json_int_t)t->from_us, "to_us",
                             (json_int_t)t->to_us, "periods", periods_json(t), "darknet", darknet_json(c), "points",
                             points_json(c), "sent", t->sent, "links", t->links, "actors", actors);
    char *text = rc == 0 && root ? json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
    if (rc == 0)
        rc = text ? io_replace_file(path, text, strlen(text), err) : err_set(err, -ENOMEM, "%s: the truth does not fit the memory", path);
    free(text);
    json_decref(root);
    return rc;
}
