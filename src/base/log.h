/* Lines to stderr for the person or the journal. Only cmd/, session/ and lab/ log; libraries return errors. */
#ifndef HOTARU_BASE_LOG_H
#define HOTARU_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Once at start: program name (borrowed, for life), JSON lines or text, and the most detailed level shown. */
void log_init(const char *program, bool json, enum log_level level);
bool log_is_json(void);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
