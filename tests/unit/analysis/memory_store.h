/* A store in memory in the place of src/store: the contract's query side over DuckDB tables that a test fills by SQL. */
#ifndef HOTARU_TESTS_MEMORY_STORE_H
#define HOTARU_TESTS_MEMORY_STORE_H

#include "store/store.h"

/* Empty tables of every name; asserts on failure. Closed with store_close(). */
struct store *memory_store_open(void);
/* One or more statements; fails the test with DuckDB's own message. */
void memory_store_run(struct store *s, const char *sql);
/* Runs tests/data/planted.sql: the paper's observations, with or without what the sources do after an answer. */
void memory_store_plant(struct store *s, bool effects);

#endif
