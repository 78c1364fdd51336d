/* --src --dst --port --proto --since --until, the same for every command. */
#ifndef HOTARU_CMD_FILTER_ARGS_H
#define HOTARU_CMD_FILTER_ARGS_H

#include <getopt.h>
#include <stdbool.h>

#include "store/store.h"

enum { FILTER_OPT_SRC = 0x4600, FILTER_OPT_DST, FILTER_OPT_PORT, FILTER_OPT_PROTO, FILTER_OPT_SINCE, FILTER_OPT_UNTIL };
/* For a command's table of struct option. */
#define FILTER_LONG_OPTIONS                                                                                  \
    {"src", required_argument, NULL, FILTER_OPT_SRC}, {"dst", required_argument, NULL, FILTER_OPT_DST},     \
    {"port", required_argument, NULL, FILTER_OPT_PORT}, {"proto", required_argument, NULL, FILTER_OPT_PROTO}, \
    {"since", required_argument, NULL, FILTER_OPT_SINCE}, {"until", required_argument, NULL, FILTER_OPT_UNTIL}
#define FILTER_HELP                                                                                          \
    "  --src PREFIX       source address or prefix\n"                                                        \
    "  --dst PREFIX       destination address or prefix\n"                                                   \
    "  --port PORT        destination port\n"                                                                \
    "  --proto PROTO      tcp, udp, icmp or a number\n"                                                      \
    "  --since TIME       from this time on: 2013-04-17, 2013-04-17T09:30, @UNIX-SECONDS (UTC)\n"            \
    "  --until TIME       before this time\n"

/* Is option one of the filter's? Then it is put into f: 1; 0: not ours; -EINVAL with the reason. */
int filter_arg(struct filter *f, int option, const char *value, struct err *err);
/* After the last option: since < until. */
int filter_args_done(const struct filter *f, struct err *err);

#endif
