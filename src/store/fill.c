/* Header records of any origin straight into Parquet: one change, all of it or nothing. */
#include <errno.h>
#include <stdlib.h>

#include "store/store_int.h"

struct fill {
    struct store *s;
    struct ingest *in;
};

int store_fill_begin(struct store *s, const char *name, uint16_t payload_bytes, struct fill **ret, struct err *err)
{
    if (!s->writable)
        return err_set(err, -EPERM, "store %s is open for reading only", s->dir);
    struct fill *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(err, -ENOMEM, "no memory to fill store %s", s->dir);
    f->s = s;
    int rc = ingest_new(s, name, payload_bytes, &f->in, err);
    if (rc < 0)
        free(f);
    else
        *ret = f;
    return rc;
}

int store_fill_add(struct fill *f, const struct hdr *h, struct err *err)
{
    return ingest_add(f->in, h, err);
}

int store_fill_loss(struct fill *f, const struct loss_row *row, struct err *err)
{
    return ingest_loss(f->in, row, err);
}

int store_fill_commit(struct fill *f, struct err *err)
{
    struct change change = {.import = NULL};
    int rc = ingest_finish(f->in, &change.add, err);
    if (rc == 0)
        rc = commit_change(f->s, &change, err);
    change_done(&change);
    return rc;
}

void store_fill_free(struct fill *f)
{
    if (!f)
        return;
    ingest_free(f->in);
    free(f);
}
