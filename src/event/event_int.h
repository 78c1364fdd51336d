/* Shared by the files of event/ alone. */
#ifndef HOTARU_EVENT_EVENT_INT_H
#define HOTARU_EVENT_EVENT_INT_H

#include "base/wr.h"
#include "event/event.h"

struct event {
    struct journal *journal;
    struct wr line;
    uint32_t set;           /* bit per field that is set */
    uint32_t cut_len_bytes; /* whole length of the first value that was cut; 0: none */
    uint32_t text_max_bytes;
};
_Static_assert(EVENT_FIELD_COUNT <= 32, "event.set has a bit per field");

#define LINE_MAX_BYTES (256u * 1024)

/* The common part, without the closing brace. */
void line_begin(struct event *e, const struct event_head *head);
/* Closes the line with "}\n"; false when it grew too long or memory ran out. */
bool line_end(struct event *e);

/* Takes one whole line; counts it as lost when it can not be kept. */
int journal_put(struct journal *j, const struct wr *line);
/* The folder STORE/sample, or -1; and the quota that is left. */
int journal_sample_dir(const struct journal *j);
uint64_t *journal_sample_left(struct journal *j);

/* STORE/sample opened relative to store_fd, and the bytes it holds already. */
int sample_open(int store_fd, int *ret_fd, uint64_t *ret_used_bytes);

#endif
