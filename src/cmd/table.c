#include "cmd/cmd.h"

extern const struct command command_lab, command_run, command_gateway, command_honeypot, command_check_config, command_simulate;
extern const struct command command_capture;
extern const struct command command_query, command_export;
extern const struct command command_store;
extern const struct command command_analyze, command_figure, command_report;

const struct command *const command_table[] = {
    &command_lab,     &command_run,    &command_capture, &command_gateway, &command_honeypot, &command_check_config,
    &command_query,   &command_export, &command_analyze, &command_figure, &command_report,  &command_store,    &command_simulate,
    NULL,
};
