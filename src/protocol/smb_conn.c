/* What SMB1 and SMB2 share about a connection: ids, events, bytes kept for samples. */
#include <stdio.h>

#include "protocol/smb_int.h"

enum { SMB1_ID_FIRST = 0x0800 };
#define SMB2_SESSION_HIGH UINT64_C(0x0000040000000000)

void smb_event(struct smb_turn *t, const char *command, const char *text, const char *reply, uint32_t status)
{
    char code[16];
    if (t->c->events >= SMB_EVENTS_MAX)
        return;
    t->c->events++;
    snprintf(code, sizeof code, "0x%08X", status);
    struct event *e = session_event(t->s, EVENT_COMMAND);
    event_str(e, EVENT_F_COMMAND, command);
    event_str(e, EVENT_F_TEXT, text);
    event_str(e, EVENT_F_REPLY, reply ? reply : code);
    (void)event_end(e);
}

struct smb_user *smb_user_find(struct smb *c, uint64_t id)
{
    for (int i = 0; id && i < SMB_USERS; i++)
        if (c->users[i].id == id)
            return &c->users[i];
    return NULL;
}

/* UIDs count from 0x0800 in a connection, SessionIds through the machine's life, as on Windows. */
struct smb_user *smb_user_new(struct smb_turn *t)
{
    for (int i = 0; i < SMB_USERS; i++) {
        struct smb_user *u = &t->c->users[i];
        if (u->id)
            continue;
        bool two = t->c->phase == SMB_TWO;
        uint64_t id = two ? SMB2_SESSION_HIGH | (UINT64_C(4) * t->shared->sessions_made++ + 1)
                          : (uint64_t)SMB1_ID_FIRST + t->c->users_made++ % 0x7000;
        *u = (struct smb_user){.id = id};
        return u;
    }
    return NULL;
}

struct smb_tree *smb_tree_find(struct smb *c, uint32_t id)
{
    for (int i = 0; id && i < SMB_TREES; i++)
        if (c->trees[i].id == id)
            return &c->trees[i];
    return NULL;
}

struct smb_tree *smb_tree_new(struct smb_turn *t)
{
    for (int i = 0; i < SMB_TREES; i++) {
        struct smb_tree *tree = &t->c->trees[i];
        if (tree->id)
            continue;
        uint32_t made = t->c->trees_made++ % 0x7000;
        *tree = (struct smb_tree){.id = t->c->phase == SMB_TWO ? 4 * made + 1 : SMB1_ID_FIRST + made};
        return tree;
    }
    return NULL;
}

void smb_sample(struct session *s, struct smb *c, const char *name, const void *bytes, size_t n)
{
    if (c->samples >= SMB_SAMPLES_MAX)
        return;
    c->samples++;
    session_sample(s, name, bytes, n);
}

void smb_keep(struct smb_turn *t, const void *bytes, size_t n)
{
    struct wr *w = &t->c->kept;
    if (!w->max)
        *w = wr_of(SMB_KEPT_MAX);
    size_t room = w->max - w->len, all = SMB_KEPT_ALL - t->shared->kept_bytes;
    size_t take = n < room ? n : room;
    take = take < all ? take : all;
    size_t before = w->len;
    wr_bytes(w, bytes, take);
    t->shared->kept_bytes += w->len - before;
}

void smb_keep_store(struct session *s, struct smb *c, struct smb_shared *shared, const char *name)
{
    if (name && c->kept.len)
        smb_sample(s, c, name, c->kept.bytes, c->kept.len);
    shared->kept_bytes -= c->kept.len;
    wr_done(&c->kept);
}
