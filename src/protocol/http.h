/* HTTP/1. */
#ifndef HOTARU_PROTOCOL_HTTP_H
#define HOTARU_PROTOCOL_HTTP_H

#include "session/session.h"

extern const struct protocol protocol_http;

#endif
