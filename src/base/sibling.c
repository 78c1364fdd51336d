#include "base/sibling.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sibling_path(const char *name, char ret[static PATH_MAX], struct err *err)
{
    char self[PATH_MAX], path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return err_sys(err, -errno, "cannot tell where this program lies");
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash || snprintf(path, sizeof path, "%.*s/%s", (int)(slash - self), self, name) >= (int)sizeof path)
        return err_set(err, -ENAMETOOLONG, "the path of %s is too long", name);
    if (access(path, X_OK) < 0)
        return err_sys(err, -errno, "program %s", path);
    memcpy(ret, path, sizeof path);
    return 0;
}
