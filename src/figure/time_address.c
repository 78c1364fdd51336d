#include "figure/time_address.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/ts.h"
#include "figure/axis.h"
#include "figure/raster.h"

#define RASTER_PX_MM 12  /* 305 dpi */
#define CELL_MM      0.4 /* packets to points closer than this are one dot */

struct plot {
    const struct picture *p;
    struct canvas *c;
    double x, y, w, h;    /* of the plot's rectangle, mm */
    uint64_t n_addresses; /* on the y axis */
    double dot_mm;
};

/* ---- the address axis: the darknet's /24s one above the other, lowest at the bottom ---- */

/* Addresses of the axis below ip; -1: not on the axis. */
static int64_t offset_of(const struct plot *k, uint32_t ip)
{
    const struct scope *s = &k->p->scope;
    if (k->p->net)
        return ip >> 8 == k->p->net >> 8 ? (int64_t)(ip & 255) : -1;
    const struct scope_net *net = scope_net_of(s, ip);
    return net ? (net - s->nets) * 256 + (ip & 255) : -1;
}

static double y_of(const struct plot *k, double offset)
{
    return k->y + k->h * (1 - offset / (double)k->n_addresses);
}

static double x_of(const struct plot *k, int64_t ts_us)
{
    return k->x + k->w * (double)(ts_us - k->p->from_us) / (double)(k->p->until_us - k->p->from_us);
}

/* /24s between two grid lines: at most 64 lines. */
static size_t grid_step(const struct plot *k)
{
    size_t step = 1;
    while (k->p->scope.n_nets / step > 64)
        step *= 2;
    return step;
}

static void draw_bands(const struct plot *k)
{
    const struct scope *s = &k->p->scope;
    canvas_colour(k->c, colour_band);
    for (size_t i = 0; !k->p->net && i < s->n_nets; i++) {
        double top = y_of(k, (double)(i + 1) * 256), bottom = y_of(k, (double)i * 256);
        if (s->nets[i].n_points)
            canvas_fill(k->c, k->x, top, k->w, bottom - top);
    }
}

static void label_net(const struct plot *k, size_t i)
{
    char text[IP4_TEXT_MAX];
    canvas_colour(k->c, colour_ink);
    canvas_text(k->c, k->x - 1.6, y_of(k, (double)i * 256) + 0.4, 7, ALIGN_RIGHT,
                ip4_format(k->p->scope.nets[i].net << 8, text));
    canvas_line(k->c, k->x - 1.1, y_of(k, (double)i * 256), k->x, y_of(k, (double)i * 256), 0.2);
}

static void draw_grid_darknet(const struct plot *k)
{
    size_t step = grid_step(k), n = k->p->scope.n_nets, each = 8 * step;
    while (n / each > 10)
        each *= 2;
    for (size_t i = 0; i <= n; i += step) {
        double y = y_of(k, (double)i * 256);
        canvas_colour(k->c, colour_faint);
        canvas_line(k->c, k->x, y, k->x + k->w, y, i % each == 0 ? 0.25 : 0.08);
        if (i % each == 0 && i < n)
            label_net(k, i);
    }
}

static void draw_grid_net(const struct plot *k)
{
    char text[IP4_TEXT_MAX];
    for (uint32_t i = 0; i <= 256; i += 16) {
        double y = y_of(k, i);
        canvas_colour(k->c, colour_faint);
        canvas_line(k->c, k->x, y, k->x + k->w, y, i % 64 == 0 ? 0.25 : 0.1);
        if (i % 32 != 0 && i != 256)
            continue;
        canvas_colour(k->c, colour_ink);
        canvas_line(k->c, k->x - 1.1, y, k->x, y, 0.2);
        if (i < 256)
            canvas_text(k->c, k->x - 1.6, y + 0.4, 7, ALIGN_RIGHT, ip4_format(k->p->net + i, text));
    }
}

/* Each point as a tick beyond the right edge; in an enlarged /24 also as a line with its address. */
static void draw_points(const struct plot *k)
{
    char text[IP4_TEXT_MAX];
    const struct scope *s = &k->p->scope;
    canvas_colour(k->c, colour_point);
    for (size_t i = 0; i < s->n_points; i++) {
        int64_t offset = offset_of(k, s->points[i]);
        if (offset < 0)
            continue;
        double y = y_of(k, (double)offset + 0.5);
        canvas_line(k->c, k->x + k->w + 0.4, y, k->x + k->w + 2.6, y, s->n_points > 256 ? 0.15 : 0.4);
        if (!k->p->net)
            continue;
        canvas_dashed(k->c, k->x, y, k->x + k->w, y, 0.2);
        canvas_text(k->c, k->x + k->w + 3, y + 0.9, 7, ALIGN_LEFT, ip4_format(s->points[i], text));
    }
}

static void draw_time_axis(const struct plot *k)
{
    struct axis_tick ticks[AXIS_TICKS_MAX];
    char from[TS_TEXT_MAX], until[TS_TEXT_MAX], label[128];
    size_t n = axis_time(k->p->from_us, k->p->until_us, 9, ticks);
    for (size_t i = 0; i < n; i++) {
        double x = x_of(k, (int64_t)ticks[i].at);
        canvas_colour(k->c, colour_faint);
        canvas_line(k->c, x, k->y, x, k->y + k->h, 0.12);
        canvas_colour(k->c, colour_ink);
        canvas_line(k->c, x, k->y + k->h, x, k->y + k->h + 1.1, 0.2);
        canvas_text(k->c, x, k->y + k->h + 4, 7, ALIGN_CENTRE, ticks[i].label);
    }
    (void)ts_format(k->p->from_us, from);
    (void)ts_format(k->p->until_us, until);
    if (strncmp(from, until, 10) == 0)
        (void)snprintf(label, sizeof label, "time on %.10s, UTC", from);
    else if (strncmp(from, until, 4) == 0)
        (void)snprintf(label, sizeof label, "time in %.4s, UTC", from);
    else
        (void)snprintf(label, sizeof label, "time from %.4s to %.4s, UTC", from, until);
    canvas_text(k->c, k->x + k->w / 2, k->y + k->h + 8, 7.5, ALIGN_CENTRE, label);
}

/* ---- the packets ---- */

static bool row_is_answer(const struct result *r, size_t row)
{
    return result_text(r, result_column(r, "kind"), row)[0] == 'a';
}

static int stamp_dark(const struct plot *k, double *ret_max)
{
    const struct result *r = k->p->result;
    size_t ts = result_column(r, "ts"), dst = result_column(r, "dst"), packets = result_column(r, "packets");
    size_t point = result_column(r, "point");
    struct raster raster;
    int rc = raster_init(&raster, (uint32_t)(k->w * RASTER_PX_MM), (uint32_t)(k->h * RASTER_PX_MM));
    if (rc < 0)
        return rc;
    raster.radius_px = raster_radius(&raster, result_rows(r), 2, k->p->net ? 5 : 4);
    for (size_t i = 0; i < result_rows(r); i++) {
        int64_t offset = offset_of(k, (uint32_t)result_u64(r, dst, i));
        if (offset < 0 || row_is_answer(r, i) || result_i64(r, point, i))
            continue;
        uint64_t n = result_u64(r, packets, i);
        raster_stamp(&raster, (x_of(k, result_i64(r, ts, i)) - k->x) * RASTER_PX_MM,
                     (y_of(k, (double)offset + 0.5) - k->y) * RASTER_PX_MM,
                     n < UINT32_MAX ? (uint32_t)n : UINT32_MAX);
    }
    *ret_max = raster_max(&raster);
    rc = raster_draw(&raster, k->c, k->x, k->y, k->w, k->h, *ret_max);
    raster_done(&raster);
    return rc;
}

/* Packets to points, one diamond per cell: one hidden under another is not drawn twice. */
static int draw_point_packets(const struct plot *k)
{
    const struct result *r = k->p->result;
    size_t ts = result_column(r, "ts"), dst = result_column(r, "dst"), point = result_column(r, "point");
    size_t columns = (size_t)(k->w / CELL_MM) + 1, lines = (size_t)(k->h / CELL_MM) + 1;
    unsigned char *taken = calloc(columns * lines, 1);
    if (!taken)
        return -ENOMEM;
    for (size_t i = 0; i < result_rows(r); i++) {
        int64_t offset = offset_of(k, (uint32_t)result_u64(r, dst, i)), at = result_i64(r, ts, i);
        if (offset < 0 || row_is_answer(r, i) || !result_i64(r, point, i) || at < k->p->from_us ||
            at >= k->p->until_us)
            continue;
        double x = x_of(k, at), y = y_of(k, (double)offset + 0.5);
        size_t cell = (size_t)((y - k->y) / CELL_MM) * columns + (size_t)((x - k->x) / CELL_MM);
        if (cell >= columns * lines || taken[cell])
            continue;
        taken[cell] = 1;
        canvas_colour(k->c, colour_white);
        canvas_diamond(k->c, x, y, k->dot_mm + 0.2);
        canvas_colour(k->c, colour_point);
        canvas_diamond(k->c, x, y, k->dot_mm);
    }
    free(taken);
    return 0;
}

/* The first answer of each point, ringed: that is when the source could first react to it. */
static void draw_first_answers(const struct plot *k)
{
    const struct result *r = k->p->result;
    const struct scope *s = &k->p->scope;
    size_t ts = result_column(r, "ts"), dst = result_column(r, "dst");
    unsigned char *done = calloc(s->n_points ? s->n_points : 1, 1);
    if (!done)
        return;
    canvas_colour(k->c, colour_ink);
    for (size_t i = 0; i < result_rows(r); i++) {
        int64_t offset = offset_of(k, (uint32_t)result_u64(r, dst, i)), at = result_i64(r, ts, i);
        if (offset < 0 || !row_is_answer(r, i) || at < k->p->from_us || at >= k->p->until_us)
            continue;
        for (size_t j = 0; j < s->n_points; j++) {
            if (s->points[j] == (uint32_t)result_u64(r, dst, i) && !done[j]++)
                canvas_ring(k->c, x_of(k, at), y_of(k, (double)offset + 0.5), k->p->net ? 1.5 : 1.3, 0.3);
        }
    }
    free(done);
}

static void draw_mark(const struct plot *k)
{
    if (!k->p->mark_us || k->p->mark_us < k->p->from_us || k->p->mark_us > k->p->until_us)
        return;
    double x = x_of(k, k->p->mark_us), width = canvas_text_width(k->c, 7.5, k->p->mark);
    bool left = x + width > k->x + k->w;
    canvas_colour(k->c, colour_ink);
    canvas_dashed(k->c, x, k->y - 1.5, x, k->y + k->h, 0.3);
    canvas_text(k->c, left ? x - 1 : x + (x < k->x + 1 ? 0 : -0.3), k->y - 2, 7.5,
                left ? ALIGN_RIGHT : ALIGN_LEFT, k->p->mark);
}

/* ---- the legend ---- */

static double legend_text(const struct plot *k, double x, double y, const char *text)
{
    canvas_colour(k->c, colour_ink);
    canvas_text(k->c, x, y + 0.85, 7, ALIGN_LEFT, text);
    return x + canvas_text_width(k->c, 7, text) + 4;
}

static void draw_legend(const struct plot *k, double max)
{
    double y = k->y + k->h + 12.5, x = k->x;
    char text[64];
    for (int i = 0; i < 24; i++) {
        canvas_colour(k->c, raster_ramp(pow(max > 1 ? max : 1, i / 23.0), max));
        canvas_fill(k->c, x + i * 0.5, y - 1, 0.55, 2);
    }
    (void)snprintf(text, sizeof text, max > 1 ? "packets: 1 to %.0f at one spot" : "a packet", max);
    x = legend_text(k, x + 13, y, text);
    canvas_colour(k->c, colour_point);
    canvas_diamond(k->c, x + 0.6, y, 0.9);
    x = legend_text(k, x + 2.2, y, "to an observation point");
    canvas_colour(k->c, colour_ink);
    canvas_ring(k->c, x + 1.1, y, 1.1, 0.35);
    x = legend_text(k, x + 3.2, y, "its first answer");
    if (!k->p->net) {
        canvas_colour(k->c, colour_band);
        canvas_fill(k->c, x, y - 1.3, 4, 2.6);
        x = legend_text(k, x + 5, y, "/24 with a point");
    }
    canvas_colour(k->c, colour_point);
    canvas_line(k->c, x, y, x + 2.2, y, 0.4);
    (void)legend_text(k, x + 3.2, y, "point");
}

int time_address_draw(const struct picture *p, struct canvas *c)
{
    struct plot k = {p,
                     c,
                     25,
                     21,
                     c->width_mm - 25 - (p->net ? 24 : 6),
                     c->height_mm - 21 - 17,
                     p->net ? 256 : p->scope.n_nets * 256,
                     p->net ? 1.0 : 0.6};
    double max = 1;
    canvas_colour(c, colour_ink);
    canvas_bold(c, 4, 6, 10, ALIGN_LEFT, p->title);
    canvas_colour(c, colour_grey);
    (void)canvas_paragraph(c, 4, 10.5, 7.5, c->width_mm - 8, 2, p->caption);
    if (p->until_us <= p->from_us)
        return 0;
    draw_bands(&k);
    if (p->net)
        draw_grid_net(&k);
    else
        draw_grid_darknet(&k);
    draw_time_axis(&k);
    draw_points(&k);
    cairo_save(c->cr);
    cairo_rectangle(c->cr, k.x, k.y, k.w, k.h);
    cairo_clip(c->cr);
    /* A sweep may be no wider than a diamond. */
    int rc = p->sweeps ? draw_point_packets(&k) : 0;
    if (rc == 0)
        rc = stamp_dark(&k, &max);
    if (rc == 0 && !p->sweeps)
        rc = draw_point_packets(&k);
    draw_first_answers(&k);
    cairo_restore(c->cr);
    canvas_colour(c, colour_ink);
    canvas_box(c, k.x, k.y, k.w, k.h, 0.25);
    canvas_text_up(c, 6, k.y + k.h / 2, 7.5, "destination address");
    draw_mark(&k);
    draw_legend(&k, max);
    return rc;
}
