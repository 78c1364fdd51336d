#include "figure/lit_dark_plot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "analysis/lit_dark.h"
#include "base/ip.h"
#include "figure/axis.h"

#define SOURCES_SHOWN 22

struct panel {
    struct canvas *c;
    const struct result *r;
    double x, y, w, h, lo, hi; /* mm; both ends of the logarithmic axis */
    double zero_mm;            /* where 0 stands: left of (below) the axis */
    double below_mm;           /* between the axis' end and its labels: zero_mm when y has a 0 too */
};

static double scaled(const struct panel *k, double v)
{
    return (log10(v) - log10(k->lo)) / (log10(k->hi) - log10(k->lo));
}

static double x_of(const struct panel *k, double v)
{
    return v > 0 ? k->x + k->w * scaled(k, v) : k->x - k->zero_mm;
}

static double y_of(const struct panel *k, double v)
{
    return v > 0 ? k->y + k->h * (1 - scaled(k, v)) : k->y + k->h + k->zero_mm;
}

static double value(const struct result *r, const char *name, size_t row)
{
    double v = result_f64(r, result_column(r, name), row);
    return isnan(v) ? 0 : v;
}

static bool is_more(const struct result *r, size_t row)
{
    return strcmp(result_text(r, result_column(r, "effect"), row), "more") == 0;
}

/* The decades that hold every positive mean. */
static void find_range(struct panel *k)
{
    double lo = INFINITY, hi = 0;
    for (size_t i = 0; i < result_rows(k->r); i++) {
        double a = value(k->r, "mean_lit", i), b = value(k->r, "mean_dark", i);
        lo = a > 0 ? fmin(lo, a) : lo;
        lo = b > 0 ? fmin(lo, b) : lo;
        hi = fmax(hi, fmax(a, b));
    }
    k->lo = isinf(lo) ? 0.1 : pow(10, floor(log10(lo)));
    k->hi = hi > k->lo ? pow(10, ceil(log10(hi))) : k->lo * 10;
}

static void draw_x_axis(const struct panel *k, const char *label)
{
    struct axis_tick ticks[AXIS_TICKS_MAX];
    size_t n = axis_log(k->lo, k->hi, ticks);
    for (size_t i = 0; i < n; i++) {
        double x = x_of(k, ticks[i].at);
        canvas_colour(k->c, colour_faint);
        canvas_line(k->c, x, k->y, x, k->y + k->h, 0.15);
        canvas_colour(k->c, colour_ink);
        canvas_text(k->c, x, k->y + k->h + k->below_mm + 4, 7, ALIGN_CENTRE, ticks[i].label);
    }
    canvas_text(k->c, k->x - k->zero_mm, k->y + k->h + k->below_mm + 4, 7, ALIGN_CENTRE, "0");
    canvas_text(k->c, k->x + k->w / 2, k->y + k->h + k->below_mm + 8, 7.5, ALIGN_CENTRE, label);
}

static void draw_lit(const struct panel *k, double x, double y)
{
    canvas_colour(k->c, colour_point);
    canvas_dot(k->c, x, y, 0.95);
}

static void draw_unlit(const struct panel *k, double x, double y)
{
    canvas_colour(k->c, colour_white);
    canvas_fill(k->c, x - 0.8, y - 0.8, 1.6, 1.6);
    canvas_colour(k->c, colour_dark);
    canvas_square(k->c, x, y, 0.8, 0.4);
}

static void draw_source(const struct panel *k, size_t row, double y)
{
    char text[IP4_TEXT_MAX];
    double lit = x_of(k, value(k->r, "mean_lit", row));
    double dark = x_of(k, value(k->r, "mean_dark", row));
    canvas_colour(k->c, colour_ink);
    ip4_format((uint32_t)result_u64(k->r, result_column(k->r, "src"), row), text);
    if (is_more(k->r, row))
        canvas_bold(k->c, k->x - k->zero_mm - 2.4, y + 0.9, 7, ALIGN_RIGHT, text);
    else
        canvas_text(k->c, k->x - k->zero_mm - 2.4, y + 0.9, 7, ALIGN_RIGHT, text);
    canvas_colour(k->c, colour_faint);
    canvas_line(k->c, k->x - k->zero_mm, y, k->x + k->w, y, 0.08);
    canvas_colour(k->c, colour_grey);
    canvas_line(k->c, lit, y, dark, y, 0.35);
    draw_unlit(k, dark, y);
    draw_lit(k, lit, y);
}

static void draw_list(struct panel *k)
{
    size_t n = result_rows(k->r) < SOURCES_SHOWN ? result_rows(k->r) : SOURCES_SHOWN;
    draw_x_axis(k, "packets per /24");
    for (size_t i = 0; i < n; i++)
        draw_source(k, i, k->y + k->h * ((double)i + 0.5) / (double)(n > 8 ? n : 8));
    canvas_colour(k->c, colour_ink);
    canvas_line(k->c, k->x - k->zero_mm, k->y + k->h, k->x + k->w, k->y + k->h, 0.25);
}

static void draw_y_axis(const struct panel *k)
{
    struct axis_tick ticks[AXIS_TICKS_MAX];
    size_t n = axis_log(k->lo, k->hi, ticks);
    for (size_t i = 0; i < n; i++) {
        double y = y_of(k, ticks[i].at);
        canvas_colour(k->c, colour_faint);
        canvas_line(k->c, k->x, y, k->x + k->w, y, 0.15);
        canvas_colour(k->c, colour_ink);
        canvas_text(k->c, k->x - k->zero_mm - 2, y + 0.9, 7, ALIGN_RIGHT, ticks[i].label);
    }
    canvas_text(k->c, k->x - k->zero_mm - 2, k->y + k->h + k->zero_mm + 0.9, 7, ALIGN_RIGHT, "0");
    canvas_text_up(k->c, k->x - k->zero_mm - 9, k->y + k->h / 2, 7.5, "packets per /24 with a point");
}

static void draw_pairs(struct panel *k)
{
    draw_x_axis(k, "packets per /24 without one");
    draw_y_axis(k);
    canvas_colour(k->c, colour_grey);
    canvas_dashed(k->c, k->x, k->y + k->h, k->x + k->w, k->y, 0.2);
    canvas_text(k->c, k->x + 2, k->y + 4, 7, ALIGN_LEFT, "more where a point answers");
    canvas_text(k->c, k->x + k->w - 2, k->y + k->h - 2.5, 7, ALIGN_RIGHT, "fewer");
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = result_rows(k->r); i-- > 0;) {
            double x = x_of(k, value(k->r, "mean_dark", i));
            double y = y_of(k, value(k->r, "mean_lit", i));
            if (is_more(k->r, i) != (pass == 1))
                continue;
            canvas_colour(k->c, is_more(k->r, i) ? colour_point : colour_dark);
            if (is_more(k->r, i) || result_i64(k->r, result_column(k->r, "met_point"), i))
                canvas_dot(k->c, x, y, is_more(k->r, i) ? 1.1 : 0.6);
            else
                canvas_ring(k->c, x, y, 0.6, 0.25);
        }
    }
    canvas_colour(k->c, colour_ink);
    canvas_box(k->c, k->x - k->zero_mm, k->y, k->w + k->zero_mm, k->h + k->zero_mm, 0.25);
}

static double legend_text(struct canvas *c, double x, double y, const char *text)
{
    canvas_colour(c, colour_ink);
    canvas_text(c, x, y + 0.85, 7, ALIGN_LEFT, text);
    return x + canvas_text_width(c, 7, text);
}

static void draw_legend(const struct panel *list, const struct panel *pairs)
{
    struct canvas *c = list->c;
    double y = c->height_mm - 4;
    draw_lit(list, 6, y);
    double x = legend_text(c, 8, y, "per /24 with a point");
    draw_unlit(list, x + 4, y);
    (void)legend_text(c, x + 6, y, "per /24 without (bold: more, q < 0.01)");
    x = pairs->x - 10;
    canvas_colour(c, colour_point);
    canvas_dot(c, x, y, 1.1);
    x = legend_text(c, x + 2, y, "more (q < 0.01)");
    canvas_colour(c, colour_dark);
    canvas_dot(c, x + 3.5, y, 0.6);
    x = legend_text(c, x + 5, y, "met a point");
    canvas_colour(c, colour_dark);
    canvas_ring(c, x + 3.5, y, 0.6, 0.25);
    (void)legend_text(c, x + 5, y, "never did");
}

static int draw(const struct picture *p, struct canvas *c)
{
    struct panel list = {.c = c, .r = p->result, .x = 33, .y = 20, .w = 68, .h = 88, .zero_mm = 4};
    struct panel pairs = {
        .c = c, .r = p->result, .x = 122, .y = 20, .w = 53, .h = 84, .zero_mm = 4, .below_mm = 4};
    canvas_colour(c, colour_ink);
    canvas_bold(c, 4, 6, 10, ALIGN_LEFT, p->title);
    canvas_colour(c, colour_grey);
    (void)canvas_paragraph(c, 4, 10.5, 7.5, c->width_mm - 8, 2, p->caption);
    if (result_rows(p->result) == 0)
        return 0;
    find_range(&list);
    pairs.lo = list.lo;
    pairs.hi = list.hi;
    draw_list(&list);
    draw_pairs(&pairs);
    draw_legend(&list, &pairs);
    return 0;
}

static int make(struct store *store, const struct analysis_params *params, struct picture *p, struct err *err)
{
    int rc = scope_init(&p->scope, store, params, 6, 445, err);
    if (rc == 0)
        rc = analysis_lit_dark.run(store, params, &p->result, err);
    if (rc < 0)
        return rc;
    (void)snprintf(p->title, sizeof p->title,
                   "Packets to %s %u by source: /24s with an observation point and without",
                   p->scope.proto == 17 ? "UDP" : "TCP", p->scope.port);
    (void)snprintf(p->caption, sizeof p->caption, "%s", result_finding_at(p->result, 0));
    return 0;
}

const struct figure figure_3 = {
    "3",  "packets to TCP 445 per source, /24s with an observation point against those without",
    180,  125,
    make, draw};
