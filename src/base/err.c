#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void escape_controls(char *text)
{
    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
}

int err_vset(struct err *err, int code, const char *fmt, va_list ap)
{
    if (err && err->text[0] == '\0') {
        (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
        escape_controls(err->text);
    }
    return code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)err_vset(err, code, fmt, ap);
    va_end(ap);
    return code;
}

int err_sys(struct err *err, int code, const char *fmt, ...)
{
    if (!err || err->text[0] != '\0')
        return code;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(-code));
    escape_controls(err->text);
    return code;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char was[sizeof err->text];
    memcpy(was, err->text, sizeof was);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, "%s", was);
    escape_controls(err->text);
}

enum exit_code err_exit_code(int code)
{
    switch (-code) {
    case EINVAL:
    case EPROTO:
    case ENODATA:
    case EBADMSG:
    case ENOENT:
        return EXIT_BAD_INPUT;
    default:
        return code >= 0 ? EXIT_GOOD : EXIT_FAILED;
    }
}
