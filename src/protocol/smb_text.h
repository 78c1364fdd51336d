/* SMB strings: UTF-16LE on the wire, UTF-8 in events; times in 100 ns since 1601. */
#ifndef HOTARU_PROTOCOL_SMB_TEXT_H
#define HOTARU_PROTOCOL_SMB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"

/* UTF-8 text as UTF-16LE without a NUL; bytes that are not UTF-8 go out as U+FFFD. */
void smb_wr_utf16(struct wr *w, const char *text);
/* The same or OEM bytes (ASCII), with the NUL. */
void smb_wr_string(struct wr *w, const char *text, bool unicode);
/* len_bytes of UTF-16LE (an odd last byte is left out) as UTF-8 with NUL into buf, cut at cap on a character's border;
 * stops at a NUL. Returns buf. */
char *smb_utf8(const uint8_t *utf16, size_t len_bytes, char *buf, size_t cap);
/* Reads a NUL-ended string of either kind into buf as UTF-8; a missing NUL ends at the data's end. base is where the
 * message began: UTF-16 strings are aligned to it (MS-CIFS 2.2.1.1). Returns buf. */
char *smb_rd_string(struct rd *r, bool unicode, const uint8_t *base, char *buf, size_t cap);

/* FILETIME [MS-DTYP 2.3.3] of a time stamp; 0 stays 0. */
uint64_t smb_filetime(int64_t ts_us);
/* SMB_TIME then SMB_DATE [MS-CIFS 2.2.1.4], UTC. */
void smb_wr_dos_time(struct wr *w, int64_t ts_us);

#endif
