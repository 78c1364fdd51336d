#include "cmd/cmd.h"

const struct command *const command_table[] = {
    NULL,
};
