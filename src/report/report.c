#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ts.h"
#include "figure/figure.h"
#include "report/gather.h"
#include "report/html.h"

#define FINDINGS_MAX 10

struct page {
    FILE *to;
    struct store *store;
    const struct analysis_params *params;
    const struct report_options *options;
    struct gather g;
};

static const char style[] =
    ":root{color-scheme:light "
    "dark;--ink:#1b1b1b;--soft:#5c5c5c;--line:#d9d9d9;--back:#fff;--box:#f6f4ef;--mark:#b84e00}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a9a6a0;--line:#44423e;--back:#1b1a18;--"
    "box:#262421;--mark:#ff9a4d}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1.5rem 1.25rem "
    "4rem;background:var(--back);color:var(--ink);"
    "font:16px/1.5 'DejaVu Sans','Noto "
    "Sans',system-ui,sans-serif}h1{font-size:1.7rem;line-height:1.2;margin:.2em 0}"
    "h2{font-size:1.25rem;margin:2.2em 0 .5em;border-bottom:1px solid var(--line);padding-bottom:.2em}"
    ".sub,.note,figcaption .note{color:var(--soft);font-size:.86rem}.note{margin:.35em 0}"
    ".banner{background:var(--box);border-left:4px solid var(--mark);padding:.6em .9em;margin:1em 0}"
    "ol.findings{background:var(--box);padding:.8em 1em .8em 2.4em;border-radius:6px}ol.findings "
    "li{margin:.35em 0}"
    "figure{margin:1.8em 0;break-inside:avoid}figure "
    "img{display:block;width:100%;height:auto;background:#fff;border:1px solid var(--line);"
    "border-radius:4px}figcaption{margin-top:.5em}figcaption b{color:var(--mark)}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.82rem;margin:.5em 0;width:100%}"
    "th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid "
    "var(--line);vertical-align:top;white-space:nowrap}"
    "thead th{white-space:normal;vertical-align:bottom}"
    "td.t{white-space:normal;overflow-wrap:anywhere;min-width:5.2rem}td.n,th.n{text-align:right;font-variant-numeric:"
    "tabular-nums}"
    "code{font-family:'DejaVu Sans "
    "Mono',monospace;font-size:.9em}dt{font-weight:600;margin-top:.6em}dd{margin:0 0 0 1.2em}"
    "@media "
    "print{body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}a{color:inherit}.scroll{"
    "overflow:visible}}";

static void put_title(const struct page *p)
{
    html_text(p->to, p->options->title ? p->options->title : "Darknet observatory");
}

static void put_head(const struct page *p)
{
    char now[TS_TEXT_MAX];
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
                "style-src 'unsafe-inline'\">"
                "<meta name=\"generator\" content=\"hotaru " HOTARU_VERSION "\"><title>",
                p->to);
    put_title(p);
    (void)fprintf(p->to, "</title><style>%s</style></head><body>\n<header><h1>", style);
    put_title(p);
    (void)fprintf(p->to, "</h1><p class=\"sub\">hotaru %s, report of %.19s UTC</p></header>\n",
                  HOTARU_VERSION, ts_format(ts_now_us(), now));
    if (p->g.synthetic)
        html_paragraph(p->to, "banner",
                       "Synthetic data: the darknet lies in private or documentation addresses, which the "
                       "Internet does not route, or the store holds simulated packets. "
                       "These packets were made in a lab or by a simulator; what is found here says nothing "
                       "about the Internet.");
    if (p->options->origin)
        html_paragraph(p->to, "sub", p->options->origin);
}

static void put_item(void *to, const char *text)
{
    (void)fputs("<li>", to);
    html_text(to, text);
    (void)fputs("</li>\n", to);
}

static void put_findings(const struct page *p)
{
    (void)fputs("<h2>What was found</h2>\n<ol class=\"findings\">\n", p->to);
    gather_findings(&p->g, FINDINGS_MAX, put_item, p->to);
    (void)fputs("</ol>\n", p->to);
}

/* ---- figures ---- */

static const struct {
    const char *name, *method;
} shown[] = {
    {"3", "Method: packets are counted as the paper does, per /24 of both kinds. The test counts probes "
          "(SYN) to silent addresses only, "
          "because a conversation with a point has more packets than a knock on a dark address whatever the "
          "source makes of it; the labels "
          "of the /24s are shuffled (permutation test), the false discovery rate over the sources is held at "
          "1 %."},
    {"4", "Method: the source with most packets to the port among those that completed a handshake with a "
          "point. Sweep: at least 10 "
          "addresses in a chain, each within 8 of the one before, after the first answer of the /24; "
          "placebo: the same in dark /24s from a "
          "moment at which nothing answered."},
    {"5", "Method: the longest chain of the source of figure 4."},
    {"6", "Method: as figure 4, for the answered source with second-most packets."},
    {"7", "Method: the source that was told most different versions; from its first packet to the first "
          "answer with another version. At "
          "random, a visit goes to a point with the share that points have of the darknet."},
    {"8", "Method: the same source from the first answer with the second version on. Leaving out is tested "
          "against the dark addresses that "
          "it had visited before: a scan that asks nothing twice leaves out points without avoiding them."},
};

static int put_image(const struct page *p, const struct picture *picture)
{
    char *svg = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&svg, &n);
    if (!memory)
        return -ENOMEM;
    int rc = picture_write(picture, CANVAS_SVG, memory);
    if (fclose(memory) != 0 && rc == 0)
        rc = -ENOMEM;
    if (rc == 0) {
        (void)fputs("<img alt=\"", p->to);
        html_text(p->to, picture->title);
        (void)fputs(". ", p->to);
        html_text(p->to, picture->caption);
        (void)fputs("\" src=\"", p->to);
        html_data_uri(p->to, "image/svg+xml", svg, n);
        (void)fputs("\">\n", p->to);
    }
    free(svg);
    return rc;
}

static int put_figure(const struct page *p, const char *name, const char *method, struct err *err)
{
    struct picture *picture = NULL;
    int rc = figure_make(figure_find(name), p->store, p->params, &picture, err);
    if (rc < 0) {
        err_prefix(err, "figure %s: ", name);
        return rc;
    }
    (void)fprintf(p->to, "<figure id=\"figure-%s\">\n", name);
    rc = result_rows(picture->result) ? put_image(p, picture) : 0;
    (void)fprintf(p->to, "<figcaption><b>Figure %s.</b> ", name);
    html_text(p->to, picture->caption);
    html_paragraph(p->to, "note", method);
    (void)fputs("</figcaption></figure>\n", p->to);
    picture_free(picture);
    return rc < 0 ? err_set(err, rc, "figure %s could not be drawn", name) : 0;
}

static int put_figures(const struct page *p, struct err *err)
{
    int rc = 0;
    (void)fputs("<h2>Figures</h2>\n", p->to);
    for (size_t i = 0; rc == 0 && i < sizeof shown / sizeof *shown; i++)
        rc = put_figure(p, shown[i].name, shown[i].method, err);
    return rc;
}

/* ---- tables ---- */

static void put_section(const struct page *p, enum gather_part part, const char *heading,
                        const char *const *columns, size_t max_rows)
{
    const struct result *r = p->g.part[part];
    (void)fprintf(p->to, "<h2>%s</h2>\n", heading);
    for (size_t i = 0; i < result_findings(r); i++)
        html_paragraph(p->to, "found", result_finding_at(r, i));
    html_table(p->to, r, columns, max_rows);
    for (size_t i = 0; i < result_notes(r); i++)
        html_paragraph(p->to, "note", result_note_at(r, i));
}

static void put_tables(const struct page *p)
{
    static const char *const lit[] = {"src",      "packets",  "mean_lit", "mean_dark", "met_point", "ratio",
                                      "ratio_lo", "ratio_hi", "p",        "q",         "effect",    NULL};
    static const char *const sweep[] = {"src",      "kind",     "probes",   "events",         "sweeps",
                                        "share_lo", "share_hi", "placebos", "placebo_sweeps", "before_sweeps",
                                        "p",        "q",        NULL};
    static const char *const version[] = {
        "src",      "version", "told",        "visits",    "points",     "share",   "expected", "p_more",
        "p_versus", "known",   "known_again", "dark_seen", "dark_again", "p_avoid", "effect",   NULL};
    put_section(p, GATHER_TABLE_1, "Table 1: what clients asked and were answered", NULL, 30);
    put_section(p, GATHER_TABLE_2, "Table 2: versions told", NULL, 30);
    put_section(p, GATHER_LIT, "Numbers of figure 3: /24s with and without a point", lit, 15);
    put_section(p, GATHER_SWEEP, "Sweeps after an answer", sweep, 15);
    put_section(p, GATHER_VERSION, "After a version was told", version, 15);
    put_section(p, GATHER_OVERVIEW, "Ports", NULL, 12);
    put_section(p, GATHER_TOP, "Sources", NULL, 12);
    put_section(p, GATHER_LOSS, "Loss ledger", NULL, 0);
}

static const char method[] =
    "<h2>Method</h2>\n<dl>"
    "<dt>Packets</dt><dd>Recorded before any address translation, one row each, with the destination that "
    "stood on the wire. Only packets to "
    "the darknet are counted.</dd>"
    "<dt>Observation points</dt><dd>Addresses that the lighting ledger says were lit in this time. Points "
    "drawn by lot make “which /24s hold "
    "one” a randomised label: the permutation and Fisher tests rest on that.</dd>"
    "<dt>Who can have been answered</dt><dd>A source that never met a point cannot have reacted to one. "
    "Sources that met dark addresses only, on "
    "the same port at the same time, are the matched control and are reported apart.</dd>"
    "<dt>Dependence</dt><dd>Packets of one source are not independent. Tests are per source, with the /24 as "
    "unit; intervals over many sources "
    "are drawn over whole sources; a ratio’s interval allows for counts that vary between /24s more than "
    "Poisson counts.</dd>"
    "<dt>Many tests</dt><dd>Each family of tests holds its false discovery rate at 1 % (Benjamini and "
    "Hochberg 1995). Where there is no "
    "effect, a family still claims one with this probability.</dd>"
    "<dt>Intervals</dt><dd>95 %: Clopper–Pearson for shares, exact given the total for ratios of "
    "rates.</dd></dl>\n";

static void put_foot(const struct page *p)
{
    (void)fputs(method, p->to);
    (void)fprintf(p->to,
                  "<p class=\"note\">hotaru %s. Draws of the tests: seed %llu. Numbers of a figure: "
                  "<code>hotaru figure 4 -o figure-4.svg "
                  "--csv figure-4.csv</code>; of a table: <code>hotaru analyze sweep --format "
                  "csv</code>.</p>\n</body></html>\n",
                  HOTARU_VERSION, (unsigned long long)p->params->seed);
}

int report_write(struct store *store, const struct analysis_params *params,
                 const struct report_options *options, FILE *to, struct err *err)
{
    struct page p = {.to = to, .store = store, .params = params, .options = options};
    int rc = gather_init(&p.g, store, params, err);
    if (rc < 0)
        return rc;
    put_head(&p);
    put_findings(&p);
    rc = put_figures(&p, err);
    if (rc == 0) {
        put_tables(&p);
        put_foot(&p);
        if (fflush(to) != 0 || ferror(to))
            rc = err_sys(err, errno ? -errno : -EIO, "the report could not be written");
    }
    gather_done(&p.g);
    return rc;
}

static void put_line(void *to, const char *text)
{
    (void)fprintf(to, "- %s\n", text);
}

int report_findings(struct store *store, const struct analysis_params *params, FILE *to, struct err *err)
{
    struct gather g;
    int rc = gather_init(&g, store, params, err);
    if (rc < 0)
        return rc;
    gather_findings(&g, FINDINGS_MAX, put_line, to);
    gather_done(&g);
    return fflush(to) == 0 ? 0 : -EIO;
}
