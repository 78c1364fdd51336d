#include "config/login.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct login_policy login_policy_default(void)
{
    return (struct login_policy){.accept = LOGIN_ACCEPT_DEFAULT, .tries = 1, .share = 1};
}

static int read_words(struct yn n, const char *path, struct login_policy *p, struct err *err)
{
    char name[256] = "", folder[PATH_MAX], whole[PATH_MAX];
    int rc = yn_text(n, name, sizeof name, err);
    if (rc < 0 || !name[0])
        return rc;
    (void)snprintf(folder, sizeof folder, "%s", path);
    int len = name[0] == '/' ? snprintf(whole, sizeof whole, "%s", name) : snprintf(whole, sizeof whole, "%s/%s", dirname(folder), name);
    char *real = len < (int)sizeof whole ? realpath(whole, NULL) : NULL;
    if (!real || access(real, R_OK) < 0 || strlen(real) >= sizeof p->words)
        rc = yn_fail(n, err, "the word list %s cannot be read: give a file of user:password lines", name);
    else
        memcpy(p->words, real, strlen(real) + 1);
    free(real);
    return rc;
}

/* A share of 0…1, as 0.3 or as 30%. */
static int read_share(struct yn n, double *ret, struct err *err)
{
    const char *text = yn_scalar(n);
    char *end = NULL;
    if (!yn_present(n))
        return 0;
    double v = text ? strtod(text, &end) : -1;
    if (end && end != text && strcmp(end, "%") == 0) {
        v /= 100;
        end++;
    }
    if (!end || end == text || *end || !(v >= 0 && v <= 1))
        return yn_fail(n, err, "give a share of the sources from 0 to 1, or in percent");
    *ret = v;
    return 0;
}

int login_policy_read(struct yn map, const char *path, struct login_policy *p, struct err *err)
{
    static const char *const keys[] = {"accept", "words", "tries", "share", NULL};
    static const char *const accepts[] = {"default", "words", "none", NULL};
    if (!yn_present(map))
        return 0;
    struct login_policy got = login_policy_default();
    int accept = LOGIN_ACCEPT_DEFAULT, rc;
    uint64_t tries = 1;
    if ((rc = yn_check_keys(map, keys, err)) < 0 || (rc = yn_choice(yn_get(map, "accept"), accepts, &accept, err)) < 0 ||
        (rc = read_words(yn_get(map, "words"), path, &got, err)) < 0 || (rc = yn_u64(yn_get(map, "tries"), 1, 100000, &tries, err)) < 0 ||
        (rc = read_share(yn_get(map, "share"), &got.share, err)) < 0)
        return rc;
    if ((accept == LOGIN_ACCEPT_WORDS) != (got.words[0] != '\0'))
        return yn_fail(map, err, accept == LOGIN_ACCEPT_WORDS ? "accept: words needs words: FILE" : "a word list counts only with accept: words");
    got.given = true;
    got.accept = (enum login_accept)accept;
    got.tries = (uint32_t)tries;
    *p = got;
    return 0;
}
