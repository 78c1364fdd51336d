#include "cmd/cmd.h"

extern const struct command command_lab, command_run, command_gateway, command_honeypot, command_check_config, command_simulate;

const struct command *const command_table[] = {
    &command_lab,
    &command_run,
    &command_gateway,
    &command_honeypot,
    &command_check_config,
    &command_simulate,
    NULL,
};
