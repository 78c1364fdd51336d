/* Reads every record and every loss row of a spool.
 *   spool_scan STORE     prints "RECORDS DECODER_LOST KERNEL_LOST OTHER_LOST BAD_BLOCKS" */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "header/hdr.h"
#include "spool/spool.h"

static uint64_t records, decoder, kernel, other, bad;

static void scan_loss(struct spool_reader *r)
{
    struct loss_row row;
    while (spool_read_loss(r, &row) == 1) {
        uint64_t *sum = strcmp(row.stage, "decoder") == 0  ? &decoder
                        : strcmp(row.stage, "kernel") == 0 ? &kernel
                                                           : &other;
        *sum += row.lost;
    }
}

static int scan_segment(const char *store, const char *name, struct err *err)
{
    char path[PATH_MAX];
    struct spool_reader *r;
    struct hdr h;
    if (snprintf(path, sizeof path, "%s/spool/%s", store, name) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "%s: too long", store);
    int rc = spool_reader_open(path, &r, err);
    if (rc < 0)
        return rc;
    while ((rc = spool_read(r, &h)) == 1)
        if (++records % 65536 == 0)
            scan_loss(r);
    scan_loss(r);
    bad += spool_reader_bad_blocks(r);
    spool_reader_close(r);
    return rc < 0 ? err_sys(err, rc, "%s", path) : 0;
}

int main(int argc, char **argv)
{
    struct err err = {.text = ""};
    struct spool_segment *list = NULL;
    size_t n = 0;
    if (argc != 2) {
        (void)fprintf(stderr, "spool_scan STORE\n");
        return 2;
    }
    int rc = spool_list(argv[1], &list, &n, &err);
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = scan_segment(argv[1], list[i].name, &err);
    free(list);
    if (rc < 0)
        (void)fprintf(stderr, "spool_scan: %s\n", err.text);
    (void)printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", records, decoder, kernel,
                 other, bad);
    return rc < 0 ? 1 : 0;
}
