#include "cmd/filter_args.h"

#include <errno.h>
#include <string.h>

#include "base/ts.h"
#include "cmd/arg.h"

static int take_proto(struct filter *f, const char *value, struct err *err)
{
    static const struct {
        const char *name;
        uint8_t number;
    } names[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"icmp6", 58}, {"gre", 47}, {"sctp", 132}};
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, value) == 0) {
            f->has_proto = true;
            f->proto = names[i].number;
            return 1;
        }
    }
    if (arg_number("proto", value, 255, &number, NULL) < 0)
        return err_set(err, -EINVAL, "--proto: '%.40s' is none of tcp, udp, icmp, icmp6, gre, sctp and no number up to 255", value);
    f->has_proto = true;
    f->proto = (uint8_t)number;
    return 1;
}

static int take_prefix(const char *option, const char *value, bool *ret_has, struct ip4_prefix *ret, struct err *err)
{
    int rc = ip4_prefix_parse(value, ret, err);
    if (rc < 0) {
        err_prefix(err, "%s: ", option);
        return rc;
    }
    *ret_has = true;
    return 1;
}

static int take_time(const char *option, const char *value, int64_t *ret, struct err *err)
{
    int rc = ts_parse(value, ret, err);
    if (rc < 0) {
        err_prefix(err, "%s: ", option);
        return rc;
    }
    return 1;
}

int filter_arg(struct filter *f, int option, const char *value, struct err *err)
{
    uint64_t number;
    switch (option) {
    case FILTER_OPT_SRC: return take_prefix("--src", value, &f->has_src, &f->src, err);
    case FILTER_OPT_DST: return take_prefix("--dst", value, &f->has_dst, &f->dst, err);
    case FILTER_OPT_PROTO: return take_proto(f, value, err);
    case FILTER_OPT_SINCE: return take_time("--since", value, &f->since_us, err);
    case FILTER_OPT_UNTIL: return take_time("--until", value, &f->until_us, err);
    case FILTER_OPT_PORT:
        if (arg_number("port", value, 65535, &number, err) < 0)
            return -EINVAL;
        f->has_port = true;
        f->port = (uint16_t)number;
        return 1;
    default: return 0;
    }
}

int filter_args_done(const struct filter *f, struct err *err)
{
    if (f->since_us && f->until_us && f->since_us >= f->until_us)
        return err_set(err, -EINVAL, "--since is not before --until: no packet can match");
    return 0;
}
