/* What a web server with nothing on it answers; used by http and by the catch-all. */
#ifndef HOTARU_PROTOCOL_HTTP_PAGE_H
#define HOTARU_PROTOCOL_HTTP_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wr.h"
#include "session/session.h"

/* Whether the bytes begin like an HTTP/1 request: a method of RFC 9110 section 9 (or of WebDAV) and a space. */
bool http_looks_like_request(const uint8_t *p, size_t n);

struct http_question {
    const char *method; /* "GET"; "" for a request that can not be understood */
    const char *path;   /* without query */
    const char *host;   /* as the client named it, text only; "" : the page names none */
    uint16_t port;
    bool close; /* the connection ends after the answer */
};
/* Appends the whole answer (head and body, RFC 9110 and 9112) in the words of the persona's server; now_us is its Date.
 * Returns the status code. */
int http_page(struct wr *out, const struct persona *persona, const struct http_question *q, int64_t now_us);

#endif
