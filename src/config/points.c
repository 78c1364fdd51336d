#include "config/points.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/rng.h"

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void points_sort(uint32_t *points, size_t n)
{
    if (n)
        qsort(points, n, sizeof *points, compare_u32);
}

static bool may_be_point(const struct points_draw *draw, uint32_t ip)
{
    uint32_t last = ip & 255;
    if (last == 0 || last == 255)
        return false;
    for (size_t i = 0; i < draw->n_exclude; i++) {
        if (ip4_in(ip, draw->exclude[i]))
            return false;
    }
    return true;
}

/* One address of the cell by lot; false when none may be a point. */
static bool draw_in_cell(struct rng *rng, const struct points_draw *draw, uint32_t base, uint64_t size,
                         uint32_t *ret)
{
    uint64_t usable = 0;
    for (uint64_t i = 0; i < size; i++)
        usable += may_be_point(draw, base + (uint32_t)i);
    if (usable == 0)
        return false;
    uint64_t nth = rng_below(rng, usable);
    for (uint64_t i = 0;; i++) {
        if (may_be_point(draw, base + (uint32_t)i) && nth-- == 0) {
            *ret = base + (uint32_t)i;
            return true;
        }
    }
}

int points_draw(const struct ip4_prefix *darknet, size_t n_darknet, const struct points_draw *draw,
                uint32_t **ret_points, struct err *err)
{
    uint64_t n_cells = 0;
    uint64_t cell_size = UINT64_C(1) << (32 - draw->one_per_bits);
    for (size_t i = 0; i < n_darknet; i++) {
        uint64_t size = ip4_prefix_size(darknet[i]);
        n_cells += size < cell_size ? 1 : size / cell_size;
    }
    if (n_cells > UINT64_C(1) << 24)
        return err_set(err, -ERANGE,
                       "drawing from %llu cells is too much: set points.draw.one-per to 24 or less",
                       (unsigned long long)n_cells);
    uint32_t *cells = calloc(n_cells ? n_cells : 1, sizeof *cells),
             *points = calloc(draw->count + 1, sizeof *points);
    int rc = cells && points ? 0 : -ENOMEM;
    uint64_t n = 0, got = 0;
    for (size_t i = 0; rc == 0 && i < n_darknet; i++) {
        uint64_t size = ip4_prefix_size(darknet[i]);
        for (uint64_t at = 0; at < size; at += cell_size)
            cells[n++] = darknet[i].base + (uint32_t)at;
    }
    if (rc == 0) {
        struct rng which = rng_of(draw->seed, "points.cells"), where = rng_of(draw->seed, "points.address");
        rng_shuffle_u32(&which, cells, n);
        for (uint64_t i = 0; i < n && got < draw->count; i++) {
            uint64_t size = cell_size;
            for (size_t d = 0; d < n_darknet; d++) {
                if (ip4_in(cells[i], darknet[d]) && ip4_prefix_size(darknet[d]) < size)
                    size = ip4_prefix_size(darknet[d]);
            }
            got += draw_in_cell(&where, draw, cells[i], size, &points[got]);
        }
        if (got < draw->count)
            rc = err_set(err, -ERANGE,
                         "%llu points are wanted, but only %llu can be drawn (one per /%u, without .0, .255 "
                         "and what is excluded)",
                         (unsigned long long)draw->count, (unsigned long long)got,
                         (unsigned)draw->one_per_bits);
    }
    free(cells);
    if (rc < 0) {
        free(points);
        return rc;
    }
    points_sort(points, got);
    *ret_points = points;
    return 0;
}
