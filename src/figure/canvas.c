#include "figure/canvas.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>

#define MM_PT (72 / 25.4)
#define FONT  "DejaVu Sans"

const struct colour colour_ink = {0.1, 0.1, 0.1};
const struct colour colour_grey = {0.42, 0.42, 0.42};
const struct colour colour_faint = {0.86, 0.86, 0.86};
const struct colour colour_band = {1, 0.955, 0.83};
const struct colour colour_dark = {0, 0.447, 0.698};  /* #0072B2 */
const struct colour colour_point = {0.835, 0.369, 0}; /* #D55E00 */
const struct colour colour_white = {1, 1, 1};

int canvas_format_of(const char *path, enum canvas_format *ret, struct err *err)
{
    static const char *const ends[] = {".png", ".svg", ".pdf"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (n > 4 && strcmp(path + n - 4, ends[i]) == 0) {
            *ret = (enum canvas_format)i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "%s: a figure's name ends in .png, .svg or .pdf", path);
}

static cairo_status_t put(void *to, const unsigned char *bytes, unsigned n)
{
    return fwrite(bytes, 1, n, to) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int canvas_open(struct canvas *c, enum canvas_format format, double width_mm, double height_mm,
                const char *title, FILE *to)
{
    double scale = MM_PT;
    *c = (struct canvas){.format = format, .width_mm = width_mm, .height_mm = height_mm, .to = to};
    if (format == CANVAS_PNG) {
        scale = CANVAS_PNG_DPI / 25.4;
        c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width_mm * scale),
                                                (int)ceil(height_mm * scale));
    } else if (format == CANVAS_SVG) {
        c->surface = cairo_svg_surface_create_for_stream(put, to, width_mm * scale, height_mm * scale);
        cairo_svg_surface_set_document_unit(c->surface, CAIRO_SVG_UNIT_PT);
    } else {
        c->surface = cairo_pdf_surface_create_for_stream(put, to, width_mm * scale, height_mm * scale);
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_TITLE, title);
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_CREATOR, "hotaru " HOTARU_VERSION);
    }
    c->cr = cairo_create(c->surface);
    cairo_scale(c->cr, scale, scale);
    canvas_colour(c, colour_white);
    cairo_paint(c->cr);
    return cairo_status(c->cr) == CAIRO_STATUS_SUCCESS ? 0 : -ENOMEM;
}

int canvas_close(struct canvas *c)
{
    cairo_status_t bad = cairo_status(c->cr);
    if (bad == CAIRO_STATUS_SUCCESS && c->format == CANVAS_PNG)
        bad = cairo_surface_write_to_png_stream(c->surface, put, c->to);
    cairo_surface_finish(c->surface);
    if (bad == CAIRO_STATUS_SUCCESS)
        bad = cairo_surface_status(c->surface);
    cairo_destroy(c->cr);
    cairo_surface_destroy(c->surface);
    return bad == CAIRO_STATUS_SUCCESS && !ferror(c->to) ? 0 : -EIO;
}

void canvas_colour(struct canvas *c, struct colour colour)
{
    cairo_set_source_rgb(c->cr, colour.r, colour.g, colour.b);
}

static void set_font(struct canvas *c, double size_pt, cairo_font_weight_t weight)
{
    cairo_select_font_face(c->cr, FONT, CAIRO_FONT_SLANT_NORMAL, weight);
    cairo_set_font_size(c->cr, size_pt / MM_PT);
}

static void show(struct canvas *c, double x, double y, enum align align, const char *text)
{
    cairo_text_extents_t e;
    cairo_text_extents(c->cr, text, &e);
    cairo_move_to(c->cr,
                  x - (align == ALIGN_LEFT     ? 0
                       : align == ALIGN_CENTRE ? e.x_advance / 2
                                               : e.x_advance),
                  y);
    cairo_show_text(c->cr, text);
    cairo_new_path(c->cr);
}

void canvas_text(struct canvas *c, double x, double y, double size_pt, enum align align, const char *text)
{
    set_font(c, size_pt, CAIRO_FONT_WEIGHT_NORMAL);
    show(c, x, y, align, text);
}

void canvas_bold(struct canvas *c, double x, double y, double size_pt, enum align align, const char *text)
{
    set_font(c, size_pt, CAIRO_FONT_WEIGHT_BOLD);
    show(c, x, y, align, text);
}

void canvas_text_up(struct canvas *c, double x, double y, double size_pt, const char *text)
{
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -M_PI / 2);
    canvas_text(c, 0, 0, size_pt, ALIGN_CENTRE, text);
    cairo_restore(c->cr);
}

double canvas_text_width(struct canvas *c, double size_pt, const char *text)
{
    cairo_text_extents_t e;
    set_font(c, size_pt, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_text_extents(c->cr, text, &e);
    return e.x_advance;
}

/* "p = 0.01" and "95 %" stay together. */
static bool may_break(const char *text, size_t i)
{
    return text[i] == '\0' ||
           (text[i] == ' ' && text[i + 1] != '=' && text[i + 1] != '%' && (i == 0 || text[i - 1] != '='));
}

/* Bytes of text that fit into width_mm, ending before a space or at the end; at least one word. */
static size_t fitting(struct canvas *c, double size_pt, double width_mm, const char *text)
{
    size_t best = 0;
    char line[512];
    for (size_t i = 0; i < sizeof line - 4; i++) {
        if (!may_break(text, i))
            continue;
        memcpy(line, text, i);
        line[i] = '\0';
        if (best && canvas_text_width(c, size_pt, line) > width_mm)
            break;
        best = i;
        if (text[i] == '\0')
            break;
    }
    return best;
}

double canvas_paragraph(struct canvas *c, double x, double y, double size_pt, double width_mm, int max_lines,
                        const char *text)
{
    char line[512];
    for (int i = 0; i < max_lines && *text; i++) {
        size_t n = fitting(c, size_pt, width_mm, text);
        if (n == 0)
            break;
        (void)snprintf(line, sizeof line, "%.*s%s", (int)n, text, text[n] && i + 1 == max_lines ? " …" : "");
        canvas_text(c, x, y, size_pt, ALIGN_LEFT, line);
        y += size_pt / MM_PT * 1.3;
        text += n;
        while (*text == ' ')
            text++;
    }
    return y;
}

void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1, double width_mm)
{
    cairo_move_to(c->cr, x0, y0);
    cairo_line_to(c->cr, x1, y1);
    cairo_set_line_width(c->cr, width_mm);
    cairo_stroke(c->cr);
}

void canvas_dashed(struct canvas *c, double x0, double y0, double x1, double y1, double width_mm)
{
    const double dash[] = {1.2, 0.8};
    cairo_set_dash(c->cr, dash, 2, 0);
    canvas_line(c, x0, y0, x1, y1, width_mm);
    cairo_set_dash(c->cr, NULL, 0, 0);
}

void canvas_box(struct canvas *c, double x, double y, double w, double h, double width_mm)
{
    cairo_rectangle(c->cr, x, y, w, h);
    cairo_set_line_width(c->cr, width_mm);
    cairo_stroke(c->cr);
}

void canvas_fill(struct canvas *c, double x, double y, double w, double h)
{
    cairo_rectangle(c->cr, x, y, w, h);
    cairo_fill(c->cr);
}

void canvas_dot(struct canvas *c, double x, double y, double radius_mm)
{
    cairo_new_path(c->cr);
    cairo_arc(c->cr, x, y, radius_mm, 0, 2 * M_PI);
    cairo_fill(c->cr);
}

void canvas_diamond(struct canvas *c, double x, double y, double radius_mm)
{
    cairo_move_to(c->cr, x, y - radius_mm);
    cairo_line_to(c->cr, x + radius_mm, y);
    cairo_line_to(c->cr, x, y + radius_mm);
    cairo_line_to(c->cr, x - radius_mm, y);
    cairo_close_path(c->cr);
    cairo_fill(c->cr);
}

void canvas_ring(struct canvas *c, double x, double y, double radius_mm, double width_mm)
{
    cairo_new_path(c->cr);
    cairo_arc(c->cr, x, y, radius_mm, 0, 2 * M_PI);
    cairo_set_line_width(c->cr, width_mm);
    cairo_stroke(c->cr);
}

void canvas_square(struct canvas *c, double x, double y, double radius_mm, double width_mm)
{
    canvas_box(c, x - radius_mm, y - radius_mm, 2 * radius_mm, 2 * radius_mm, width_mm);
}
