/* MySQL as attackers meet it: doc/protocol/mysql.md. */
#ifndef HOTARU_PROTOCOL_MYSQL_MYSQL_H
#define HOTARU_PROTOCOL_MYSQL_MYSQL_H

#include "session/session.h"

extern const struct protocol protocol_mysql;

#endif
