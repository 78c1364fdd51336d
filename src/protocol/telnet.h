/* Telnet. */
#ifndef HOTARU_PROTOCOL_TELNET_H
#define HOTARU_PROTOCOL_TELNET_H

#include "session/session.h"

extern const struct protocol protocol_telnet;

#endif
