#include "figure/raster.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int raster_init(struct raster *r, uint32_t width, uint32_t height)
{
    if (width == 0 || height == 0 || width > RASTER_SIDE_MAX || height > RASTER_SIDE_MAX)
        return -EINVAL;
    *r = (struct raster){width, height, calloc((size_t)width * height, sizeof *r->count), 1};
    return r->count ? 0 : -ENOMEM;
}

void raster_done(struct raster *r)
{
    free(r->count);
    r->count = NULL;
}

uint32_t raster_radius(const struct raster *r, uint64_t n, uint32_t least, uint32_t most)
{
    double area = 0.25 * r->width * r->height;
    double radius = n ? sqrt(area / ((double)n * M_PI)) : most;
    return radius < least ? least : radius > most ? most : (uint32_t)radius;
}

void raster_stamp(struct raster *r, double x, double y, uint32_t weight)
{
    int32_t cx = (int32_t)floor(x), cy = (int32_t)floor(y), k = (int32_t)r->radius_px;
    for (int32_t dy = -k; dy <= k; dy++) {
        for (int32_t dx = -k; dx <= k; dx++) {
            int32_t px = cx + dx, py = cy + dy;
            if (dx * dx + dy * dy > k * k + k || px < 0 || py < 0 || px >= (int32_t)r->width ||
                py >= (int32_t)r->height)
                continue;
            uint32_t *at = &r->count[(size_t)py * r->width + (size_t)px];
            *at = *at > UINT32_MAX - weight ? UINT32_MAX : *at + weight;
        }
    }
}

uint32_t raster_max(const struct raster *r)
{
    uint32_t most = 0;
    for (size_t i = 0; i < (size_t)r->width * r->height; i++)
        most = r->count[i] > most ? r->count[i] : most;
    return most;
}

struct colour raster_ramp(double v, double max)
{
    static const struct colour stops[] = {
        {0.36, 0.62, 0.84}, {0, 0.447, 0.698}, {0.02, 0.22, 0.45}, {0.01, 0.03, 0.12}};
    const size_t n = sizeof stops / sizeof *stops;
    double at = max > 1 ? log(fmax(v, 1)) / log(max) : 0;
    at = fmin(at, 1) * (double)(n - 1);
    size_t i = (size_t)at < n - 1 ? (size_t)at : n - 2;
    double f = at - (double)i;
    return (struct colour){stops[i].r + f * (stops[i + 1].r - stops[i].r),
                           stops[i].g + f * (stops[i + 1].g - stops[i].g),
                           stops[i].b + f * (stops[i + 1].b - stops[i].b)};
}

static uint32_t argb(struct colour c)
{
    return 0xff000000u | (uint32_t)lround(c.r * 255) << 16 | (uint32_t)lround(c.g * 255) << 8 |
           (uint32_t)lround(c.b * 255);
}

int raster_draw(const struct raster *r, struct canvas *c, double x, double y, double w, double h, double max)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)r->width, (int)r->height);
    if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(image);
        return -ENOMEM;
    }
    size_t stride = (size_t)cairo_image_surface_get_stride(image);
    unsigned char *bytes = cairo_image_surface_get_data(image);
    for (uint32_t py = 0; py < r->height; py++) {
        for (uint32_t px = 0; px < r->width; px++) {
            uint32_t v = r->count[(size_t)py * r->width + px], pixel = v ? argb(raster_ramp(v, max)) : 0;
            memcpy(bytes + py * stride + px * sizeof pixel, &pixel, sizeof pixel);
        }
    }
    cairo_surface_mark_dirty(image);
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_scale(c->cr, w / r->width, h / r->height);
    cairo_set_source_surface(c->cr, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_GOOD);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(image);
    return 0;
}
