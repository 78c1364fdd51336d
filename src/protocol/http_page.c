#include "protocol/http_page.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/ts.h"
#include "config/persona.h"

static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                      "OPTIONS", "CONNECT", "TRACE", "PATCH", "PROPFIND",
                                      "SEARCH",  "MKCOL",   "MOVE",  "COPY",  "LOCK"};

bool http_looks_like_request(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        size_t len = strlen(methods[i]);
        if (n > len && memcmp(p, methods[i], len) == 0 && p[len] == ' ')
            return true;
    }
    return false;
}

/* "Wed, 17 Apr 2013 09:30:00 GMT" (RFC 9110 section 5.6.7); in our own words, since strftime follows the locale. */
static void date(int64_t us, char ret[static 40])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)(us / TS_SECOND_US);
    struct tm tm;
    if (!gmtime_r(&t, &tm))
        memset(&tm, 0, sizeof tm);
    (void)snprintf(ret, 40, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday % 7], tm.tm_mday % 100,
                   months[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
                   tm.tm_sec % 100);
}

static const char *phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 405:
        return "Method Not Allowed";
    case 501:
        return "Not Implemented";
    default:
        return "Not Found";
    }
}

static int status_of(const struct http_question *q)
{
    if (!q->method[0])
        return 400;
    bool reads = strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0;
    if (strcmp(q->method, "OPTIONS") == 0)
        return 200;
    if (!reads && strcmp(q->method, "POST") != 0)
        return strcmp(q->method, "CONNECT") == 0 || strcmp(q->method, "TRACE") == 0 ? 405 : 501;
    return strcmp(q->path, "/") == 0 && reads ? 200 : 404;
}

/* Nothing of the client's becomes markup. */
static void put_escaped(struct wr *w, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '<' || *p == '>' || *p == '&' || *p == '"')
            wr_fmt(w, "&#%d;", *p);
        else
            wr_u8(w, (uint8_t)*p);
    }
}

static void body_apache(struct wr *w, int status, const struct http_question *q, const char *server)
{
    if (status == 200) {
        wr_str(w, "<html><body><h1>It works!</h1>\n<p>This is the default web page for this server.</p>\n"
                  "<p>The web server software is running but no content has been added, "
                  "yet.</p>\n</body></html>\n");
        return;
    }
    wr_fmt(w,
           "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>%d "
           "%s</title>\n</head><body>\n"
           "<h1>%s</h1>\n",
           status, phrase(status), phrase(status));
    if (status == 404) {
        wr_str(w, "<p>The requested URL ");
        put_escaped(w, q->path);
        wr_str(w, " was not found on this server.</p>\n");
    } else if (status == 400) {
        wr_str(w, "<p>Your browser sent a request that this server could not understand.<br />\n</p>\n");
    } else {
        wr_str(w, "<p>The requested method is not supported by this server.</p>\n");
    }
    wr_fmt(w, "<hr>\n<address>%s Server", server);
    if (q->host[0]) {
        wr_str(w, " at ");
        put_escaped(w, q->host);
        wr_fmt(w, " Port %u", q->port);
    }
    wr_str(w, "</address>\n</body></html>\n");
}

static void body_iis(struct wr *w, int status)
{
    if (status == 200) {
        wr_str(w,
               "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/"
               "xhtml1-strict.dtd\">\r\n<html "
               "xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head>\r\n<title>IIS7</title>\r\n"
               "</head>\r\n<body>\r\n<div id=\"container\">\r\n<img src=\"welcome.png\" alt=\"IIS7\" "
               "width=\"571\" "
               "height=\"411\" />\r\n</div>\r\n</body>\r\n</html>");
        return;
    }
    wr_fmt(w,
           "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML "
           "4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n<HTML><HEAD>"
           "<TITLE>%s</TITLE>\r\n<META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; "
           "charset=us-ascii\"></HEAD>\r\n"
           "<BODY><h2>%s</h2>\r\n<hr><p>HTTP Error %d. The request could not be "
           "served.</p>\r\n</BODY></HTML>\r\n",
           phrase(status), phrase(status), status);
}

int http_page(struct wr *out, const struct persona *persona, const struct http_question *q, int64_t now_us)
{
    const char *server = persona->banners.http_server[0] ? persona->banners.http_server : "Apache";
    bool iis = strstr(server, "IIS") != NULL;
    int status = status_of(q);
    bool options = strcmp(q->method, "OPTIONS") == 0;
    struct wr body = wr_of(16384);
    if (!options && iis)
        body_iis(&body, status);
    else if (!options)
        body_apache(&body, status, q, server);
    char when[40];
    date(now_us, when);
    wr_fmt(out, "HTTP/1.1 %d %s\r\n", status, phrase(status));
    if (iis) {
        if (options)
            wr_str(out, "Allow: OPTIONS, TRACE, GET, HEAD, POST\r\n");
        wr_fmt(out, "Content-Type: text/html\r\nServer: %s\r\nX-Powered-By: ASP.NET\r\nDate: %s\r\n", server,
               when);
    } else {
        wr_fmt(out, "Date: %s\r\nServer: %s\r\n", when, server);
        if (options)
            wr_str(out, "Allow: GET,HEAD,POST,OPTIONS\r\n");
    }
    wr_fmt(out, "Content-Length: %zu\r\n", body.len);
    if (q->close)
        wr_str(out, "Connection: close\r\n");
    if (!iis)
        wr_str(out, "Content-Type: text/html\r\n");
    wr_str(out, "\r\n");
    if (strcmp(q->method, "HEAD") != 0)
        wr_bytes(out, body.bytes, body.len);
    wr_done(&body);
    return status;
}
