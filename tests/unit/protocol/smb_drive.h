/* Drives the SMB emulation in the test's own process: a loop of one session, its events as text. */
#ifndef HOTARU_TESTS_SMB_DRIVE_H
#define HOTARU_TESTS_SMB_DRIVE_H

#include "base/wr.h"
#include "config/persona.h"
#include "session/session.h"

struct drive {
    const struct persona *persona;
    void *shared;               /* of protocol_smb.start(); kept over several sessions of one drive */
    struct session *s;
    struct wr in, out, events;  /* out: all that was sent; events: "type field=value …\n" each */
    enum feed_status status;
    bool ended;
    unsigned samples;
    size_t sample_bytes;        /* of the last sample */
};

/* Personas for tests: "xp", "2003", "2008", "2008r2", "7", "2012", "2012r2", "2016", "2019"; values of nmap's patterns. */
const struct persona *drive_persona(const char *name);

void drive_init(struct drive *d, const char *persona);
/* A fresh connection; the one before is closed. */
void drive_open(struct drive *d, uint32_t src, uint32_t dst, uint16_t dport);
/* Bytes as they arrive; what the protocol leaves is kept as the loop keeps it. */
void drive_feed(struct drive *d, const void *bytes, size_t n);
void drive_close(struct drive *d);
void drive_done(struct drive *d);
/* The clock that sessions see: 2013-04-17T09:30:00Z. */
#define DRIVE_NOW_US INT64_C(1366191000000000)

#endif
