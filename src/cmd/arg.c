#include "cmd/arg.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

int arg_number(const char *option, const char *text, uint64_t max, uint64_t *ret, struct err *err)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno || end == text || *end || !isdigit((unsigned char)text[0]) || v > max)
        return err_set(err, -EINVAL, "--%s: '%.40s' is not a number from 0 to %" PRIu64, option, text, max);
    *ret = v;
    return 0;
}

int arg_real(const char *option, const char *text, double max, double *ret, struct err *err)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !isfinite(v) || v <= 0 || v > max)
        return err_set(err, -EINVAL, "--%s: '%.40s' is not a number above 0 and up to %g", option, text, max);
    *ret = v;
    return 0;
}
