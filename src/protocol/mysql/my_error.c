#include "protocol/mysql/my_error.h"

static const struct my_errdef errors[MY_ER_COUNT] = {
    [MY_ER_NONE] = {0, "00000", ""},
#define X(name, number, state, text) [MY_ER_##name] = {number, state, text},
    MY_ERRORS(X)
#undef X
};

const struct my_errdef *my_errdef(enum my_err e)
{
    return &errors[e];
}

static const char *const mariadb_texts[MY_ER_COUNT] = {
    [MY_ER_TOO_LONG_IDENT] = "Identifier name '%.97s...' is too long", /* never shorter than that where it is too long */
    [MY_ER_HOST_NOT_PRIVILEGED] = "Host '%s' is not allowed to connect to this MariaDB server",
    [MY_ER_NOT_ALLOWED_COMMAND] = "The used command is not allowed with this MariaDB version",
    [MY_ER_NOT_SUPPORTED_YET] = "This version of MariaDB doesn't yet support '%s'",
    [MY_ER_OPTION_PREVENTS_STATEMENT] = "The MariaDB server is running with the %s option so it cannot execute this statement",
    [MY_ER_READ_ONLY_TRANSACTION] = "Cannot execute statement in a READ ONLY transaction",
    [MY_ER_SYNTAX] = "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right "
                     "syntax to use",
};

const char *my_errtext(enum my_err e, bool mariadb)
{
    return mariadb && mariadb_texts[e] ? mariadb_texts[e] : errors[e].text;
}
