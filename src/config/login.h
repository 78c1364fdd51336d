/* Who gets in where a service asks for a password: the login policy of observatory.yaml and of a persona. */
#ifndef HOTARU_CONFIG_LOGIN_H
#define HOTARU_CONFIG_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/yfile.h"

enum login_accept {
    LOGIN_ACCEPT_DEFAULT, /* the server as installed: root with an empty password */
    LOGIN_ACCEPT_WORDS,   /* the pairs of a file */
    LOGIN_ACCEPT_NONE,    /* nobody */
};

struct login_policy {
    bool given;           /* the file says something about it */
    enum login_accept accept;
    char words[512];      /* absolute path of the file of user:password lines; "" without */
    uint32_t tries;       /* a right answer counts from the source's n-th attempt on; 1: at once */
    double share;         /* of the sources, by a keyed hash; the others are always refused */
};

/* The policy without a file: as installed, at once, every source. */
struct login_policy login_policy_default(void);
/* Reads `accept: default|words|none`, `words: FILE`, `tries: N`, `share: 0…1`. A relative file is looked for beside `path`,
 * the file that the map stands in. An absent map leaves *p. -EINVAL with the place. */
int login_policy_read(struct yn map, const char *path, struct login_policy *p, struct err *err);

#endif
