/* A page in millimetres on cairo, the same calls for PNG, SVG and PDF; the colours and type of every figure.
 *
 * Colours: Okabe and Ito 2008 (vermillion for what concerns observation points, blue for the dark), chosen so that they
 * differ in lightness too; each class also differs in shape or place, for greyscale print. */
#ifndef HOTARU_FIGURE_CANVAS_H
#define HOTARU_FIGURE_CANVAS_H

#include <stdio.h>

#include <cairo.h>

#include "base/err.h"

struct colour {
    double r, g, b;
};
extern const struct colour colour_ink, colour_grey, colour_faint, colour_band, colour_dark, colour_point,
    colour_white;

enum canvas_format { CANVAS_PNG, CANVAS_SVG, CANVAS_PDF };
#define CANVAS_PNG_DPI 200

struct canvas {
    cairo_t *cr; /* user units: mm, origin top left */
    cairo_surface_t *surface;
    enum canvas_format format;
    double width_mm, height_mm;
    FILE *to;
};

/* By the end of the name: .png, .svg, .pdf. -EINVAL names what is known. */
int canvas_format_of(const char *path, enum canvas_format *ret, struct err *err);
/* A white page that canvas_close() writes to `to` (borrowed). -ENOMEM. */
int canvas_open(struct canvas *c, enum canvas_format format, double width_mm, double height_mm,
                const char *title, FILE *to);
/* Writes the rest; 0, or -EIO when drawing or writing failed. */
int canvas_close(struct canvas *c);

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };
void canvas_colour(struct canvas *c, struct colour colour);
/* One line of UTF-8 with its baseline at y. size in points. */
void canvas_text(struct canvas *c, double x, double y, double size_pt, enum align align, const char *text);
void canvas_bold(struct canvas *c, double x, double y, double size_pt, enum align align, const char *text);
/* Turned by 90° counter-clockwise, centred on (x, y). */
void canvas_text_up(struct canvas *c, double x, double y, double size_pt, const char *text);
double canvas_text_width(struct canvas *c, double size_pt, const char *text);
/* Broken at spaces to width_mm, at most max_lines (the last ends in … when cut). Returns the baseline after the last. */
double canvas_paragraph(struct canvas *c, double x, double y, double size_pt, double width_mm, int max_lines,
                        const char *text);
void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1, double width_mm);
void canvas_dashed(struct canvas *c, double x0, double y0, double x1, double y1, double width_mm);
void canvas_box(struct canvas *c, double x, double y, double w, double h, double width_mm);
void canvas_fill(struct canvas *c, double x, double y, double w, double h);
void canvas_dot(struct canvas *c, double x, double y, double radius_mm);
void canvas_diamond(struct canvas *c, double x, double y, double radius_mm);
void canvas_ring(struct canvas *c, double x, double y, double radius_mm, double width_mm);
void canvas_square(struct canvas *c, double x, double y, double radius_mm, double width_mm);

#endif
