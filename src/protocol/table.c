/* The protocols that are emulated; the catch-all stands last. */
#include <stddef.h>
#include <string.h>

#include "protocol/any.h"
#include "protocol/ftp.h"
#include "protocol/http.h"
#include "protocol/mysql/mysql.h"
#include "protocol/smb.h"
#include "protocol/telnet.h"
#include "session/session.h"

const struct protocol *const protocol_table[] = {
    /* clang-format off: a line each */
    &protocol_mysql,
    &protocol_smb,
    &protocol_http,
    &protocol_telnet,
    &protocol_ftp,
    &protocol_any,
    NULL,
    /* clang-format on */
};

const struct protocol *protocol_find(const char *name)
{
    for (const struct protocol *const *p = protocol_table; *p; p++)
        if (strcmp((*p)->name, name) == 0)
            return *p;
    return NULL;
}
