#include "protocol/mysql/expr/my_func.h"

#include <string.h>
#include <strings.h>

static const struct my_func *const families[] = {
    my_funcs_addr, my_funcs_agg, my_funcs_arith, my_funcs_cast, my_funcs_cmp,
    my_funcs_crypt, my_funcs_flow, my_funcs_geo, my_funcs_info, my_funcs_json, my_funcs_num, my_funcs_regexp, my_funcs_str,
    my_funcs_str_change, my_funcs_str_num, my_funcs_time, my_funcs_time_arith, my_funcs_time_conv,
    my_funcs_time_format, my_funcs_xml,
};

static bool there_is(const struct my_func *f, uint32_t version, bool mariadb)
{
    if (mariadb)
        return !(f->flags & MY_FN_NOT_MARIADB);
    if (f->flags & MY_FN_MARIADB)
        return false;
    uint32_t since = f->flags & MY_FN_SINCE_80   ? 80000
                     : f->flags & MY_FN_SINCE_57 ? 50700
                     : f->flags & MY_FN_SINCE_56 ? 50600
                     : f->flags & MY_FN_SINCE_55 ? 50500
                                                 : 0;
    return version >= since && !((f->flags & MY_FN_UNTIL_80) && version >= 80000);
}

const struct my_func *my_func_find(const char *name, size_t len, uint32_t version, bool mariadb)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct my_func *f = families[i]; f->name; f++)
            if (!(f->flags & (MY_FN_WORD | MY_FN_AGG)) && strlen(f->name) == len && strncasecmp(f->name, name, len) == 0)
                return there_is(f, version, mariadb) ? f : NULL;
    return NULL;
}

const struct my_func *my_func_op(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct my_func *f = families[i]; f->name; f++)
            if (strcmp(f->name, name) == 0)
                return f;
    return NULL;
}
