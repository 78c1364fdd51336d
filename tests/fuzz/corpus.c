/* Runs a fuzz target without libFuzzer: each seed of a folder, each of its prefixes, and seeded mutations of it.
 *   corpus_NAME FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/rng.h"

enum { SEED_MAX = 1 << 20, PREFIXES_MAX = 300, MUTATIONS = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* In memory of exactly its size, so that the address sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    if (n)
        memcpy(exact, data, n);
    (void)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static void run_all(const char *name, const uint8_t *seed, size_t n)
{
    struct rng r = rng_of(n, name);
    run(seed, n);
    size_t step = n / PREFIXES_MAX + 1;
    for (size_t cut = 0; cut < n; cut += step)
        run(seed, cut);
    uint8_t *copy = malloc(n + 1);
    if (!copy)
        abort();
    for (int i = 0; i < MUTATIONS && n; i++) {
        static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
        memcpy(copy, seed, n);
        for (uint64_t k = 1 + rng_below(&r, 4); k; k--)
            copy[rng_below(&r, n)] = rng_below(&r, 2) ? edges[rng_below(&r, sizeof edges)] : (uint8_t)rng_u64(&r);
        run(copy, n);
    }
    free(copy);
}

int main(int argc, char **argv)
{
    struct dirent **list;
    int count = argc == 2 ? scandir(argv[1], &list, NULL, alphasort) : -1, seeds = 0;
    if (count < 0) {
        (void)fprintf(stderr, "usage: %s FOLDER (with seeds)\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        char path[4096];
        char *bytes;
        size_t n;
        struct err err = {""};
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], list[i]->d_name);
        if (list[i]->d_name[0] != '.') {
            if (io_read_file(path, SEED_MAX, &bytes, &n, &err) < 0) {
                (void)fprintf(stderr, "%s\n", err.text);
                return 1;
            }
            run_all(list[i]->d_name, (const uint8_t *)bytes, n);
            free(bytes);
            seeds++;
        }
        free(list[i]);
    }
    free(list);
    printf("%d seeds\n", seeds);
    return seeds ? 0 : 1;
}
