#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ts.h"

static struct {
    const char *program;
    bool json;
    enum log_level level;
} log_to = {"hotaru", false, LOG_LEVEL_INFO};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_init(const char *program, bool json, enum log_level level)
{
    log_to.program = program;
    log_to.json = json;
    log_to.level = level;
}

bool log_is_json(void)
{
    return log_to.json;
}

__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level, const char *fmt, va_list ap)
{
    if (level > log_to.level)
        return;
    char text[1024];
    (void)vsnprintf(text, sizeof text, fmt, ap);
    char line[2400];
    size_t n = 0;
    if (log_to.json) {
        char ts[TS_TEXT_MAX];
        n = (size_t)snprintf(line, sizeof line,
                             "{\"timestamp\":\"%s\",\"level\":\"%s\",\"program\":\"%s\",\"message\":\"",
                             ts_format(ts_now_us(), ts), level_names[level], log_to.program);
    } else {
        n = (size_t)snprintf(line, sizeof line, "%s: %s%s", log_to.program,
                             level == LOG_LEVEL_INFO ? "" : level_names[level],
                             level == LOG_LEVEL_INFO ? "" : ": ");
    }
    for (const char *p = text; *p && n + 8 < sizeof line; p++) {
        if (log_to.json && (*p == '"' || *p == '\\')) {
            line[n++] = '\\';
            line[n++] = *p;
        } else if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            line[n++] = '?';
        } else {
            line[n++] = *p;
        }
    }
    if (log_to.json) {
        line[n++] = '"';
        line[n++] = '}';
    }
    line[n++] = '\n';
    /* One write, so that lines of several processes do not mix. */
    ssize_t put = write(STDERR_FILENO, line, n);
    (void)put;
}

#define LOG_FUNCTION(name, level)                                                                            \
    void name(const char *fmt, ...)                                                                          \
    {                                                                                                        \
        va_list ap;                                                                                          \
        va_start(ap, fmt);                                                                                   \
        log_line(level, fmt, ap);                                                                            \
        va_end(ap);                                                                                          \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
