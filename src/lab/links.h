/* What the lab's links carried and lost. */
#ifndef HOTARU_LAB_LINKS_H
#define HOTARU_LAB_LINKS_H

#include <stdint.h>

#include "base/err.h"

struct json_t;

/* {"att eth0": {"rx_frames": n, "rx_dropped": n, "tx_frames": n, "tx_dropped": n}, …} of every link end; a new reference. */
int links_read(struct json_t **ret, struct err *err);
/* Frames that arrived at the capture server so far. */
int links_mirrored(uint64_t *ret, struct err *err);

#endif
