#include "protocol/smb_srvsvc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/smb_share.h"
#include "protocol/smb_text.h"

enum { SHARE_ENUM = 15, SHARE_GET_INFO = 16, SERVER_GET_INFO = 21, PATH_CANONICALIZE = 31, PATH_COMPARE = 32, NAME_MAX_CHARS = 1024,
       PATH_KEPT_MIN = 256 };
#define FAULT_OP_RANGE  UINT32_C(0x1c010002) /* nca_s_op_rng_error */
#define FAULT_BAD_STUB  UINT32_C(0x000006f7) /* RPC_X_BAD_STUB_DATA */
#define ERR_OK             UINT32_C(0)
#define ERR_ACCESS_DENIED  UINT32_C(5)
#define ERR_INVALID_NAME   UINT32_C(123)
#define ERR_INVALID_LEVEL  UINT32_C(124)
#define ERR_NET_NAME       UINT32_C(2310)    /* NERR_NetNameNotFound */

static void align4(struct wr *w, size_t base)
{
    while (!w->bad && (w->len - base) % 4)
        wr_u8(w, 0);
}

/* A conformant varying string with its NUL (C706 14.3.4.2). */
static void string(struct wr *w, size_t base, const char *text)
{
    align4(w, base);
    size_t at = w->len;
    wr_zero(w, 12);
    smb_wr_string(w, text, true);
    if (w->bad)
        return;
    size_t chars = (w->len - at - 12) / 2;
    w->bytes[at] = w->bytes[at + 8] = (uint8_t)chars;
    w->bytes[at + 1] = w->bytes[at + 9] = (uint8_t)(chars >> 8);
    align4(w, base);
}

static void read_align4(struct rd *r, const uint8_t *base)
{
    size_t pad = (4 - (size_t)(r->p - base) % 4) % 4;
    rd_skip(r, pad <= rd_left(r) ? pad : rd_left(r));
}

/* The string behind a pointer that was already read; buf may be NULL. */
static void read_string(struct rd *r, const uint8_t *base, char *buf, size_t cap)
{
    uint32_t max = rd_le32(r), offset = rd_le32(r), chars = rd_le32(r);
    if (offset || chars > max || chars > NAME_MAX_CHARS * 32)
        r->bad = true;
    const uint8_t *at = rd_take(r, (uint64_t)chars * 2);
    if (buf)
        smb_utf8(at, at ? chars * 2 : 0, buf, cap);
    read_align4(r, base);
}

static void read_server_name(struct rd *r, const uint8_t *base)
{
    if (rd_le32(r))
        read_string(r, base, NULL, 0);
}

/* NetrShareEnum [MS-SRVS 3.1.4.8], levels 0 and 1; the levels that need an administrator are refused. */
static uint32_t share_enum(struct smb_turn *t, struct rd *r, const uint8_t *stub, struct wr *w, size_t base)
{
    struct smb_share list[SMB_SHARES_MAX];
    size_t n = smb_shares(t->persona, &t->host, list);
    read_server_name(r, stub);
    uint32_t level = rd_le32(r);
    if (r->bad)
        return FAULT_BAD_STUB;
    uint32_t error = level <= 1 ? ERR_OK : level == 2 || level == 502 || level == 503 ? ERR_ACCESS_DENIED : ERR_INVALID_LEVEL;
    wr_le32(w, level);
    wr_le32(w, level);
    if (error)
        n = 0;
    wr_le32(w, 0x00020000);
    wr_le32(w, (uint32_t)n);
    wr_le32(w, n ? 0x00020004 : 0);
    if (n)
        wr_le32(w, (uint32_t)n);
    uint32_t ref = 0x00020008;
    for (size_t i = 0; i < n; i++, ref += 8) {
        wr_le32(w, ref);
        if (level == 1) {
            wr_le32(w, list[i].type);
            wr_le32(w, ref + 4);
        }
    }
    for (size_t i = 0; i < n; i++) {
        string(w, base, list[i].name);
        if (level == 1)
            string(w, base, list[i].comment);
    }
    wr_le32(w, (uint32_t)n);
    wr_le32(w, 0); /* no resume handle */
    wr_le32(w, error);
    return 0;
}

/* NetrShareGetInfo [MS-SRVS 3.1.4.10], level 1. */
static uint32_t share_info(struct smb_turn *t, struct rd *r, const uint8_t *stub, struct wr *w, size_t base)
{
    struct smb_share list[SMB_SHARES_MAX];
    size_t n = smb_shares(t->persona, &t->host, list), i = 0;
    char name[128];
    read_server_name(r, stub);
    read_string(r, stub, name, sizeof name);
    uint32_t level = rd_le32(r);
    if (r->bad)
        return FAULT_BAD_STUB;
    while (i < n && strcasecmp(name, list[i].name) != 0)
        i++;
    uint32_t error = i == n ? ERR_NET_NAME : level <= 1 ? ERR_OK : ERR_ACCESS_DENIED;
    wr_le32(w, level);
    wr_le32(w, error ? 0 : 0x00020000);
    if (!error) {
        wr_le32(w, 0x00020004);
        if (level == 1) {
            wr_le32(w, list[i].type);
            wr_le32(w, 0x00020008);
        }
        string(w, base, list[i].name);
        if (level == 1)
            string(w, base, list[i].comment);
    }
    wr_le32(w, error);
    return 0;
}

/* NetrServerGetInfo [MS-SRVS 3.1.4.17], levels 100 and 101. */
static uint32_t server_info(struct smb_turn *t, struct rd *r, const uint8_t *stub, struct wr *w, size_t base)
{
    const uint32_t platform_nt = 500, type = t->host.server ? 0x00009003 : 0x00001003;
    read_server_name(r, stub);
    uint32_t level = rd_le32(r);
    if (r->bad)
        return FAULT_BAD_STUB;
    uint32_t error = level == 100 || level == 101 ? ERR_OK : level == 102 ? ERR_ACCESS_DENIED : ERR_INVALID_LEVEL;
    wr_le32(w, level);
    wr_le32(w, error ? 0 : 0x00020000);
    if (!error) {
        wr_le32(w, platform_nt);
        wr_le32(w, 0x00020004);
        if (level == 101) {
            wr_le32(w, t->host.major);
            wr_le32(w, t->host.minor);
            wr_le32(w, type);
            wr_le32(w, 0x00020008);
        }
        string(w, base, t->persona->smb.server);
        if (level == 101)
            string(w, base, "");
    }
    wr_le32(w, error);
    return 0;
}

/* "\a\..\b" to "\b", in place; false when ".." climbs above the root, which a machine whose stack it would smash
 * (MS08-067) is asked for. */
static bool canonical(char *path)
{
    char *out = path;
    if (strncmp(path, "..", 2) == 0)
        return false;
    for (const char *p = path; *p;) {
        size_t n = strcspn(p + 1, "\\/") + 1; /* one step with what separates it */
        if (n == 3 && p[1] == '.' && p[2] == '.') {
            if (out == path)
                return false;
            do
                out--;
            while (out > path && *out != '\\');
        } else if (!(n == 2 && p[1] == '.')) {
            memmove(out, p, n);
            if (*out == '/')
                *out = '\\';
            out += n;
        }
        p += n;
    }
    *out = 0;
    return true;
}

/* What a client wants canonicalized is long only when it is meant to overflow: kept, never acted on. */
static void keep_long(struct smb_turn *t, const uint8_t *stub, size_t n)
{
    if (n >= PATH_KEPT_MIN)
        smb_sample(t->s, t->c, "srvsvc-path", stub, n);
}

/* NetprPathCompare [MS-SRVS 3.1.4.31]: equal after both are made canonical. */
static uint32_t path_compare(struct smb_turn *t, struct rd *r, const uint8_t *stub, size_t n, struct wr *w)
{
    char one[NAME_MAX_CHARS], two[NAME_MAX_CHARS];
    read_server_name(r, stub);
    read_string(r, stub, one, sizeof one);
    read_string(r, stub, two, sizeof two);
    if (r->bad)
        return FAULT_BAD_STUB;
    keep_long(t, stub, n);
    wr_le32(w, !canonical(one) || !canonical(two) ? ERR_INVALID_NAME : strcasecmp(one, two) == 0 ? ERR_OK : 1);
    return 0;
}

/* NetprPathCanonicalize [MS-SRVS 3.1.4.30]. */
static uint32_t path_canonicalize(struct smb_turn *t, struct rd *r, const uint8_t *stub, size_t n, struct wr *w, size_t base)
{
    char path[NAME_MAX_CHARS];
    read_server_name(r, stub);
    read_string(r, stub, path, sizeof path);
    uint32_t room = rd_le32(r);
    if (r->bad)
        return FAULT_BAD_STUB;
    keep_long(t, stub, n);
    bool good = canonical(path);
    if (room > 2 * NAME_MAX_CHARS)
        room = 2 * NAME_MAX_CHARS;
    struct wr text = wr_of(4 * NAME_MAX_CHARS);
    smb_wr_string(&text, good ? path : "", true);
    good = good && !text.bad && text.len <= room;
    wr_le32(w, room);
    size_t take = good ? text.len : 0;
    wr_bytes(w, text.bytes, take);
    wr_zero(w, room - take);
    align4(w, base);
    wr_le32(w, 0); /* path type */
    wr_le32(w, good ? ERR_OK : ERR_INVALID_NAME);
    wr_done(&text);
    return 0;
}

uint32_t smb_srvsvc_call(struct smb_turn *t, uint16_t opnum, const uint8_t *stub, size_t n, struct wr *w, size_t base)
{
    char text[32];
    struct rd r = rd_of(stub, n);
    snprintf(text, sizeof text, "srvsvc opnum %u", opnum);
    smb_event(t, "RPC call", text, "answered", SMB_OK);
    switch (opnum) {
    case SHARE_ENUM:
        return share_enum(t, &r, stub, w, base);
    case SHARE_GET_INFO:
        return share_info(t, &r, stub, w, base);
    case SERVER_GET_INFO:
        return server_info(t, &r, stub, w, base);
    case PATH_CANONICALIZE:
        return path_canonicalize(t, &r, stub, n, w, base);
    case PATH_COMPARE:
        return path_compare(t, &r, stub, n, w);
    default:
        return FAULT_OP_RANGE;
    }
}
