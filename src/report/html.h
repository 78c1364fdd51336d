/* HTML out: everything that came from a packet, a session or a file is escaped here and nowhere else. */
#ifndef HOTARU_REPORT_HTML_H
#define HOTARU_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

#include "analysis/result.h"

/* Text for an element or a double-quoted attribute: & < > " ' as references, control bytes as \xNN, and what is no UTF-8 as
 * U+FFFD. */
void html_text(FILE *to, const char *text);
/* <p class="…">text</p> */
void html_paragraph(FILE *to, const char *class_name, const char *text);
/* Columns named in `columns` (NULL-terminated; NULL: all), at most max_rows rows (0: all), headed by names with their
 * documentation as title. Says how many rows were left out. */
void html_table(FILE *to, const struct result *r, const char *const *columns, size_t max_rows);
/* "data:TYPE;base64,…" */
void html_data_uri(FILE *to, const char *type, const void *bytes, size_t n);

#endif
