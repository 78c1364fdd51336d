/* Runs a fuzz target without libFuzzer: each file of the folders given, its prefixes, and a fixed number of mutations of each,
 * always the same. `make check` does this; the long campaigns are libFuzzer's (meson -Dfuzz=true, clang). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/rng.h"

#define MUTATIONS 300
#define PREFIXES  300
#define SIZE_MAX_BYTES (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly its size, so that the sanitizer sees a read past the end. */
static void once(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy)
        abort();
    memcpy(copy, data, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static size_t mutate(struct rng *r, uint8_t *p, size_t n, size_t cap)
{
    for (uint64_t k = rng_below(r, 6) + 1; k; k--) {
        size_t at = n ? rng_below(r, n) : 0;
        switch (rng_below(r, 6)) {
        case 0:
            if (n)
                p[at] = (uint8_t)rng_u64(r);
            break;
        case 1:
            if (n)
                p[at] ^= (uint8_t)(1u << rng_below(r, 8));
            break;
        case 2:
            n = at; /* cut */
            break;
        case 3: /* a piece twice */
            if (n && n - at < cap - n) {
                memmove(p + at + (n - at), p + at, n - at);
                n += n - at;
            }
            break;
        case 4: /* a piece out */
            if (n) {
                size_t len = rng_below(r, n - at) + 1;
                memmove(p + at, p + at + len, n - at - len);
                n -= len;
            }
            break;
        default: /* the limits of lengths */
            if (n)
                p[at] = (uint8_t[]){0, 1, 0x7f, 0x80, 0xfb, 0xfc, 0xfe, 0xff}[rng_below(r, 8)];
        }
    }
    return n;
}

static void run_file(const char *path, const char *name)
{
    char *bytes = NULL;
    size_t n = 0;
    struct err err = {""};
    if (io_read_file(path, SIZE_MAX_BYTES, &bytes, &n, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    once((const uint8_t *)bytes, n);
    for (size_t cut = 0; cut < n; cut += n / PREFIXES + 1)
        once((const uint8_t *)bytes, cut);
    size_t cap = n * 4 + 64;
    uint8_t *work = malloc(cap);
    struct rng r = rng_of(1, name);
    for (int i = 0; i < MUTATIONS && work; i++) {
        memcpy(work, bytes, n);
        once(work, mutate(&r, work, n, cap));
    }
    free(work);
    free(bytes);
}

int main(int argc, char **argv)
{
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **names = NULL;
        int n = scandir(argv[i], &names, NULL, alphasort);
        for (int k = 0; k < n; k++) {
            char path[4096];
            if (names[k]->d_name[0] != '.') {
                (void)snprintf(path, sizeof path, "%s/%s", argv[i], names[k]->d_name);
                run_file(path, names[k]->d_name);
                files++;
            }
            free(names[k]);
        }
        free(names);
    }
    (void)printf("%zu files, %d mutations each\n", files, MUTATIONS);
    return files ? 0 : 1; /* an empty corpus tests nothing */
}
