#include "journal_read.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "base/io.h"
#include "event/event.h"

void make_store(char ret[static 64])
{
    (void)snprintf(ret, 64, "/tmp/hotaru-journal-XXXXXX");
    assert_non_null(mkdtemp(ret));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

void remove_store(const char *store)
{
    (void)nftw(store, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int visible(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return d->d_name[0] != '.' && n > 6 && strcmp(d->d_name + n - 6, ".jsonl") == 0;
}

static void read_segment(const char *path, struct journal_content *c)
{
    char *bytes = NULL;
    size_t n = 0;
    assert_int_equal(io_read_file(path, 1 << 28, &bytes, &n, NULL), 0);
    char *at = bytes;
    for (char *end; (end = memchr(at, '\n', n - (size_t)(at - bytes))); at = end + 1) {
        json_error_t error;
        json_t *event = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (!json_is_object(event))
            fail_msg("%s: %.*s: %s", path, (int)(end - at), at, error.text);
        assert_int_equal(json_array_append_new(c->events, event), 0);
    }
    if ((size_t)(at - bytes) < n) {
        c->n_torn++;
        c->torn_bytes += n - (size_t)(at - bytes);
    }
    free(bytes);
}

struct journal_content read_journal(const char *store)
{
    struct journal_content c = {.events = json_array()};
    char folder[128], path[512];
    struct dirent **names = NULL;
    (void)snprintf(folder, sizeof folder, "%s/journal", store);
    int n = scandir(folder, &names, visible, alphasort);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        c.n_segments++;
        c.n_live += journal_finished(path) == 0;
        read_segment(path, &c);
        free(names[i]);
    }
    free(names);
    return c;
}
