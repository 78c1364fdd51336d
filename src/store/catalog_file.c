/* Generation files: one line of JSON, then the XXH3-64 of that line. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/io.h"
#include "base/wr.h"
#include "store/catalog.h"

#define CATALOG_BYTES_MAX (512u << 20)

void catalog_path(const char *store_dir, uint64_t generation, char *buf, size_t n)
{
    (void)snprintf(buf, n, "%s/catalog/%010" PRIu64 ".json", store_dir, generation);
}

static bool parse_name(const char *name, uint64_t *ret)
{
    size_t digits = strspn(name, "0123456789");
    if (digits < 10 || digits > 19 || strcmp(name + digits, ".json") != 0)
        return false;
    *ret = strtoull(name, NULL, 10);
    return *ret > 0;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int catalog_list(const char *store_dir, uint64_t **ret, size_t *ret_n, struct err *err)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/catalog", store_dir) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "store %.60s…: the name is too long", store_dir);
    DIR *dir = opendir(path);
    if (!dir && errno == ENOENT) { /* nothing was sealed yet */
        *ret = NULL;
        *ret_n = 0;
        return 0;
    }
    if (!dir)
        return err_sys(err, -errno, "cannot read %s", path);
    uint64_t *list = NULL;
    size_t n = 0, cap = 0;
    int rc = 0;
    for (const struct dirent *d; rc == 0 && (d = readdir(dir));) {
        uint64_t g;
        if (!parse_name(d->d_name, &g))
            continue;
        if (n == cap) {
            cap = cap ? cap * 2 : 16;
            uint64_t *more = realloc(list, cap * sizeof *list);
            if (!more) {
                rc = err_set(err, -ENOMEM, "no memory for the generations of %s", path);
                break;
            }
            list = more;
        }
        list[n++] = g;
    }
    closedir(dir);
    if (rc < 0) {
        free(list);
        return rc;
    }
    if (n)
        qsort(list, n, sizeof *list, compare_u64);
    *ret = list;
    *ret_n = n;
    return 0;
}

int catalog_newest(const char *store_dir, uint64_t *ret, struct err *err)
{
    uint64_t *list;
    size_t n;
    int rc = catalog_list(store_dir, &list, &n, err);
    if (rc < 0)
        return rc;
    *ret = n ? list[n - 1] : 0;
    free(list);
    return 0;
}

/* ---- writing ---- */

static json_t *parts_json(const struct part_list *l)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < l->n; i++) {
        const struct part *p = &l->at[i];
        char sum[17];
        (void)snprintf(sum, sizeof sum, "%016" PRIx64, p->sum);
        if (json_array_append_new(array, json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "path", p->path, "rows",
                                                   (json_int_t)p->rows, "bytes", (json_int_t)p->bytes, "min_ts_us",
                                                   (json_int_t)p->min_ts_us, "max_ts_us", (json_int_t)p->max_ts_us,
                                                   "xxh3", sum)) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *marks_json(const struct mark_list *l)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < l->n; i++)
        (void)json_array_append_new(array, json_string(l->at[i].name));
    return array;
}

static json_t *imports_json(const struct import_list *l)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < l->n; i++) {
        const struct import_mark *m = &l->at[i];
        (void)json_array_append_new(array, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "file", m->file_sum, "frames_sum",
                                                     m->frame_sum, "bytes", (json_int_t)m->bytes, "frames", (json_int_t)m->frames, "stored4",
                                                     (json_int_t)m->stored4, "stored6", (json_int_t)m->stored6, "lost",
                                                     (json_int_t)m->lost));
    }
    return array;
}

static json_t *catalog_json(const struct catalog *c)
{
    json_t *tables = json_object();
    for (size_t t = 0; tables && t < TABLE_COUNT; t++) {
        if (json_object_set_new(tables, catalog_table_names[t], parts_json(&c->tables[t])) < 0) {
            json_decref(tables);
            return NULL;
        }
    }
    return json_pack("{s:i, s:I, s:o, s:o, s:o, s:o}", "hotaru_store", CATALOG_FORMAT, "generation",
                     (json_int_t)c->generation, "tables", tables, "segments", marks_json(&c->segments), "journals",
                     marks_json(&c->journals), "imports", imports_json(&c->imports));
}

int catalog_write(const char *store_dir, const struct catalog *c, struct err *err)
{
    char path[PATH_MAX];
    catalog_path(store_dir, c->generation, path, sizeof path);
    json_t *json = catalog_json(c);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text)
        return err_set(err, -ENOMEM, "no memory for %s", path);
    size_t n = strlen(text);
    struct wr w = wr_of(CATALOG_BYTES_MAX);
    wr_bytes(&w, text, n);
    wr_fmt(&w, "\n%016" PRIx64 "\n", (uint64_t)XXH3_64bits(text, n));
    free(text);
    char copy[PATH_MAX + 8];
    (void)snprintf(copy, sizeof copy, "%s.copy", path);
    /* The copy first: a generation that can be seen has both. */
    int rc = w.bad ? err_set(err, -ENOMEM, "no memory for %s", path) : io_replace_file(copy, w.bytes, w.len, err);
    if (rc == 0)
        rc = io_replace_file(path, w.bytes, w.len, err);
    if (rc < 0)
        (void)unlink(copy);
    wr_done(&w);
    return rc;
}

/* ---- reading ---- */

static bool int_of(const json_t *o, const char *key, int64_t *ret)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v))
        return false;
    *ret = json_integer_value(v);
    return true;
}

static bool count_of(const json_t *o, const char *key, uint64_t *ret)
{
    int64_t v;
    if (!int_of(o, key, &v) || v < 0)
        return false;
    *ret = (uint64_t)v;
    return true;
}

static bool text_of(const json_t *v, char *buf, size_t n)
{
    const char *s = json_string_value(v);
    return s && strlen(s) < n && snprintf(buf, n, "%s", s) >= 0;
}

/* A path of the catalog names a file under the store and nothing else. */
static bool path_is_inside(const char *path)
{
    return path[0] && path[0] != '/' && !strstr(path, "..") && !strpbrk(path, "'*?[\\");
}

static int parts_read(const json_t *array, struct part_list *ret)
{
    size_t i;
    json_t *o;
    if (!json_is_array(array))
        return -EBADMSG;
    json_array_foreach(array, i, o) {
        struct part p = {0};
        char sum[17], *end;
        if (!text_of(json_object_get(o, "path"), p.path, sizeof p.path) || !path_is_inside(p.path) ||
            !count_of(o, "rows", &p.rows) || !count_of(o, "bytes", &p.bytes) || !int_of(o, "min_ts_us", &p.min_ts_us) ||
            !int_of(o, "max_ts_us", &p.max_ts_us) || !text_of(json_object_get(o, "xxh3"), sum, sizeof sum))
            return -EBADMSG;
        p.sum = strtoull(sum, &end, 16);
        int rc = *end ? -EBADMSG : part_list_add(ret, &p);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int marks_read(const json_t *array, struct mark_list *ret)
{
    size_t i;
    json_t *o;
    if (!json_is_array(array))
        return -EBADMSG;
    json_array_foreach(array, i, o) {
        struct mark m;
        if (!text_of(o, m.name, sizeof m.name) || strchr(m.name, '/'))
            return -EBADMSG;
        int rc = mark_list_add(ret, m.name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int imports_read(const json_t *array, struct import_list *ret)
{
    size_t i;
    json_t *o;
    if (!json_is_array(array))
        return -EBADMSG;
    json_array_foreach(array, i, o) {
        struct import_mark m = {.bytes = 0};
        (void)count_of(o, "bytes", &m.bytes); /* older programs wrote none */
        if (!text_of(json_object_get(o, "file"), m.file_sum, sizeof m.file_sum) ||
            !text_of(json_object_get(o, "frames_sum"), m.frame_sum, sizeof m.frame_sum) ||
            !count_of(o, "frames", &m.frames) || !count_of(o, "stored4", &m.stored4) ||
            !count_of(o, "stored6", &m.stored6) || !count_of(o, "lost", &m.lost))
            return -EBADMSG;
        int rc = import_list_add(ret, &m);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int catalog_parse(char *text, size_t n, uint64_t generation, struct catalog *ret)
{
    char *nl = memchr(text, '\n', n), *end;
    if (!nl || text + n - nl != 18)
        return -EBADMSG;
    uint64_t sum = strtoull(nl + 1, &end, 16);
    if (end != nl + 17 || *end != '\n' || sum != XXH3_64bits(text, (size_t)(nl - text)))
        return -EBADMSG;
    json_t *o = json_loadb(text, (size_t)(nl - text), 0, NULL);
    int64_t format;
    uint64_t g;
    int rc = o && int_of(o, "hotaru_store", &format) && count_of(o, "generation", &g) ? 0 : -EBADMSG;
    if (rc == 0 && format > CATALOG_FORMAT)
        rc = -EPROTO;
    if (rc == 0 && g != generation)
        rc = -EBADMSG;
    const json_t *tables = json_object_get(o, "tables");
    for (size_t t = 0; t < TABLE_COUNT && rc == 0; t++)
        rc = parts_read(json_object_get(tables, catalog_table_names[t]), &ret->tables[t]);
    if (rc == 0)
        rc = marks_read(json_object_get(o, "segments"), &ret->segments);
    if (rc == 0)
        rc = marks_read(json_object_get(o, "journals"), &ret->journals);
    if (rc == 0)
        rc = imports_read(json_object_get(o, "imports"), &ret->imports);
    json_decref(o);
    ret->generation = generation;
    return rc;
}

int catalog_load(const char *store_dir, uint64_t generation, struct catalog *ret, struct err *err)
{
    char path[PATH_MAX], *text;
    size_t n;
    struct catalog c = {0};
    if (generation == 0) {
        *ret = c;
        return 0;
    }
    catalog_path(store_dir, generation, path, sizeof path);
    int rc = io_read_file(path, CATALOG_BYTES_MAX, &text, &n, err);
    if (rc < 0)
        return rc;
    rc = catalog_parse(text, n, generation, &c);
    free(text);
    if (rc == -EBADMSG) {
        char copy[PATH_MAX + 8];
        catalog_done(&c);
        (void)snprintf(copy, sizeof copy, "%s.copy", path);
        if (io_read_file(copy, CATALOG_BYTES_MAX, &text, &n, NULL) == 0) {
            rc = catalog_parse(text, n, generation, &c);
            free(text);
        }
    }
    if (rc < 0) {
        catalog_done(&c);
        if (rc == -EPROTO)
            return err_set(err, rc, "%s: the store's format is newer than this hotaru (%s); use a newer one", path,
                           HOTARU_VERSION);
        return err_set(err, rc, "%s and its copy are damaged; put back a backup of one", path);
    }
    *ret = c;
    return 0;
}

int catalog_hold(const char *store_dir, struct catalog *ret, int *ret_fd, struct err *err)
{
    /* Each turn means that a writer was faster by one generation. */
    for (int turn = 0; turn < 1000; turn++) {
        uint64_t g, now;
        int rc = catalog_newest(store_dir, &g, err);
        if (rc < 0)
            return rc;
        if (g == 0) {
            memset(ret, 0, sizeof *ret);
            *ret_fd = -1;
            return 0;
        }
        char path[PATH_MAX];
        catalog_path(store_dir, g, path, sizeof path);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return err_sys(err, -errno, "cannot read %s", path);
        struct stat st;
        struct catalog c;
        if (flock(fd, LOCK_SH) < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0 ||
            catalog_newest(store_dir, &now, NULL) < 0 || now != g) {
            close(fd);
            continue;
        }
        rc = catalog_load(store_dir, g, &c, err);
        if (rc < 0) {
            close(fd);
            return rc;
        }
        *ret = c;
        *ret_fd = fd;
        return 0;
    }
    return err_set(err, -EBUSY, "%s/catalog changes faster than it can be read", store_dir);
}
