/* The ledgers as tables: what was lost, what was asked and answered, which versions were told. */
#ifndef HOTARU_ANALYSIS_LEDGER_H
#define HOTARU_ANALYSIS_LEDGER_H

#include "analysis/analysis.h"

/* The loss ledger by stage and reason: packets received, stored, lost. Example (unit test): 5 packets in the store, each counted by
 * stages "kernel" and "spool", and 2 lost by "decoder" for "not-ip": "2 of 7 packets received were lost". */
extern const struct analysis analysis_loss;

/* The paper's table 1: each command that clients sent (5 per default: as often as asked; at most 200 different ones), what it
 * was answered, how often, by how many sources. Statements that hold another word in place of a name are different ones. */
extern const struct analysis analysis_table_1;

/* The paper's table 2: versions told: answers, sources, first and last time. */
extern const struct analysis analysis_table_2;

#endif
