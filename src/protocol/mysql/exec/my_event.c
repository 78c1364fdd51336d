/* Events, which are kept and never run, and DROP TRIGGER. */
#include <strings.h>

#include "protocol/mysql/exec/my_routine.h"
#include "protocol/mysql/world/my_sysvars.h"

void my_drop_trigger(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!my_need_db(r, &db))
        return;
    struct my_routine *t = my_world_routine(r->w, "TRIGGER", db, st->name);
    if (t)
        my_world_drop_routine(r->w, t);
    else if (st->if_exists)
        my_warn(r, MY_NOTE, MY_ER_TRG_DOES_NOT_EXIST);
    else
        my_fail(r, MY_ER_TRG_DOES_NOT_EXIST);
}

static void scheduler_note(struct my_run *r)
{
    const struct my_sysvar *v = my_sysvar_find(r->kit, "event_scheduler");
    const char *t = v ? my_var_text(r, v, MY_SCOPE_GLOBAL) : NULL;
    if (r->kit->mariadb && t && strcasecmp(t, "OFF") == 0)
        my_warn_text(r, MY_WARNING, 1105, "Event scheduler is switched off, use SET GLOBAL event_scheduler=ON to enable it.");
}

void my_create_event(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!my_need_db(r, &db))
        return;
    if (!my_world_db(r->w, db))
        my_fail(r, MY_ER_BAD_DB, db);
    else if (my_world_routine(r->w, "EVENT", db, st->name) && st->if_not_exists)
        my_warn(r, MY_NOTE, MY_ER_EVENT_ALREADY_EXISTS, st->name);
    else if (my_world_routine(r->w, "EVENT", db, st->name))
        my_fail(r, MY_ER_EVENT_ALREADY_EXISTS, st->name);
    else if (my_world_add_routine(r->w, "EVENT", db, st->name, st->text, st->text_len) < 0)
        my_fail(r, MY_ER_OUTOFMEMORY, (int)st->text_len);
    else
        scheduler_note(r);
}

void my_drop_event(struct my_run *r, struct my_stmt *st)
{
    const char *db = st->db;
    if (!my_need_db(r, &db))
        return;
    struct my_routine *e = my_world_routine(r->w, "EVENT", db, st->name);
    if (e && st->word == MY_K_ALTER)
        return;
    if (e)
        my_world_drop_routine(r->w, e);
    else if (st->if_exists)
        my_warn(r, MY_NOTE, MY_ER_SP_DOES_NOT_EXIST, "Event", st->name);
    else
        my_fail(r, MY_ER_EVENT_DOES_NOT_EXIST, st->name);
}
