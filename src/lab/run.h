/* One run of the lab, from nothing to nothing. */
#ifndef HOTARU_LAB_RUN_H
#define HOTARU_LAB_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lab_options {
    const char *config_path;   /* NULL: the lab's own */
    const char *out_dir;       /* gets observatory.yaml and log/ */
    const char *store;         /* NULL: OUT/store */
    const char *truth;         /* file; NULL: none */
    int seconds;               /* of the actors */
    uint64_t seed;
    bool keep;                 /* stay until Ctrl-C after the actors */
    bool effects;              /* false: the actors react to no answer */
    bool bare;                 /* the network only: no recorder, no honeypot */
    bool progress;             /* a line that changes (a terminal) */
    bool seal;                 /* hotaru store seal exists */
    const char *const *exec;   /* NULL, or a command instead of the actors */
};

/* Exit code (enum exit_code, or that of exec), or a negative errno with its line. */
int lab_run(const struct lab_options *o, struct err *err);

#endif
