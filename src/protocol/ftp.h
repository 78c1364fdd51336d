/* FTP. */
#ifndef HOTARU_PROTOCOL_FTP_H
#define HOTARU_PROTOCOL_FTP_H

#include "session/session.h"

extern const struct protocol protocol_ftp;

#endif
