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
