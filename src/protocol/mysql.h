/* The MySQL service: greeting and login as the persona's version sends them, the commands of the paper's table 1. */
#ifndef HOTARU_PROTOCOL_MYSQL_H
#define HOTARU_PROTOCOL_MYSQL_H

#include "session/session.h"

extern const struct protocol protocol_mysql;

#endif
