/* The catch-all. */
#ifndef HOTARU_PROTOCOL_ANY_H
#define HOTARU_PROTOCOL_ANY_H

#include "session/session.h"

extern const struct protocol protocol_any;

#endif
