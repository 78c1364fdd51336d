/* A store folder for one test, and its journal read back with jansson. */
#ifndef HOTARU_TESTS_JOURNAL_READ_H
#define HOTARU_TESTS_JOURNAL_READ_H

#include <jansson.h>
#include <stddef.h>

/* An empty folder; remove_store() takes it and what is in it away. */
void make_store(char ret[static 64]);
void remove_store(const char *store);

struct journal_content {
    json_t *events; /* array, in the order of the segments' names */
    size_t n_segments, n_live, n_torn, torn_bytes;
};
/* Fails the test on a line that is no JSON object. Free with json_decref(events). */
struct journal_content read_journal(const char *store);

#endif
