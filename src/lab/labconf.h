/* The lab's own observatory.yaml, so that every other command can use the run. */
#ifndef HOTARU_LAB_LABCONF_H
#define HOTARU_LAB_LABCONF_H

#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

/* The configuration without a file: darknet 10.77.0.0/18, 32 points, one per /24, drawn by the seed. */
int labconf_default(uint64_t seed, struct config *c, struct err *err);
/* Writes c as YAML that config_load reads back to the same. The file is replaced whole. */
int labconf_write(const struct config *c, const char *path, struct err *err);

#endif
