/* The protocol's entry in the table: sessions, frames in, delayed replies. */
#include "protocol/mysql/mysql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "protocol/mysql/exec/my_files.h"
#include "protocol/mysql/my_auth.h"
#include "protocol/mysql/my_ses.h"

#define STATEMENT_BYTES_MAX (96u << 20)
#define LOGIN_BYTES_MAX     65536u
#define PACKET_BYTES_MAX    (32u << 20) /* whatever max_allowed_packet says */

static int my_start(const struct persona *persona, uint64_t seed, void **ret_shared, struct err *err)
{
    struct my_shared *sh = calloc(1, sizeof *sh);
    if (!sh)
        return err_set(err, -ENOMEM, "no memory for the MySQL service");
    sh->seed = seed;
    sh->arena = arena_of(STATEMENT_BYTES_MAX);
    struct rng p = rng_of(seed, "mysql login policy");
    sh->policy_key = rng_u64(&p);
    struct rng r = rng_of(seed, "mysql-thread-id");
    sh->next_id = 20 + (uint32_t)rng_below(&r, 60000);
    int rc = my_kit_new(persona, seed, &sh->kit, err);
    if (rc < 0) {
        free(sh);
        return rc;
    }
    *ret_shared = sh;
    return 0;
}

static void my_stop(void *shared)
{
    struct my_shared *sh = shared;
    if (!sh)
        return;
    for (size_t i = 0; i < sizeof sh->worlds / sizeof *sh->worlds; i++)
        while (sh->worlds[i]) {
            struct my_world *w = sh->worlds[i];
            sh->worlds[i] = w->next;
            my_world_unref(w);
        }
    arena_done(&sh->arena);
    wr_done(&sh->out.w);
    my_kit_unref(sh->kit);
    free(sh);
}

static int my_persona_changed(void *shared, const struct persona *persona, struct err *err)
{
    struct my_shared *sh = shared;
    struct my_kit *kit = NULL;
    int rc = my_kit_new(persona, sh->seed, &kit, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sizeof sh->worlds / sizeof *sh->worlds; i++) /* worlds of the old persona: its sessions keep theirs */
        while (sh->worlds[i]) {
            struct my_world *w = sh->worlds[i];
            sh->worlds[i] = w->next;
            sh->n_worlds--;
            my_world_unref(w);
        }
    my_kit_unref(sh->kit);
    sh->kit = kit;
    return 0;
}

static const char *my_told(const struct persona *persona)
{
    return persona->mysql.version;
}

static int my_open(struct session *s)
{
    struct my_ses *ses = session_state(s);
    struct my_shared *sh = session_shared(s);
    *ses = (struct my_ses){.s = s, .sh = sh, .kit = my_kit_ref(sh->kit), .phase = MY_PHASE_LOGIN, .since_us = session_now_us(s)};
    sh->next_id++;
    if (sh->next_id == 0)
        sh->next_id = 1;
    ses->thread_id = sh->next_id;
    sh->connections++;
    ses->next = sh->sessions;
    if (ses->next)
        ses->next->prev = ses;
    sh->sessions = ses;
    int rc = my_send_greeting(ses);
    session_answered(s, ses->kit->version_text);
    ses->in.seq = 1;
    return rc;
}

static struct feed out_of_order(struct my_ses *ses)
{
    struct my_out *o = &ses->sh->out;
    bool state = ses->kit->version >= 50500 || (ses->caps & MY_CAP_PROTOCOL_41);
    bool change = ses->changing && ses->kit->mariadb; /* COM_CHANGE_USER has failed; the frame's bytes stay in the stream */
    wr_clear(&o->w);
    o->w.max = 65536;
    o->seq = ses->in.seq;
    my_send_raw_error(ses, o, MY_ER_NET_OUT_OF_ORDER, state, my_errdef(MY_ER_NET_OUT_OF_ORDER)->text);
    (void)session_send(ses->s, o->w.bytes, o->w.len);
    if (change)
        return my_auth_failed_change(ses);
    ses->phase = MY_PHASE_OVER;
    return (struct feed){FEED_CLOSE, 0};
}

static struct feed too_large(struct my_ses *ses)
{
    struct my_out *o = &ses->sh->out;
    wr_clear(&o->w);
    o->w.max = 65536;
    o->seq = ses->in.seq;
    my_send_raw_error(ses, o, MY_ER_NET_PACKET_TOO_LARGE, true, my_errdef(MY_ER_NET_PACKET_TOO_LARGE)->text);
    (void)session_send(ses->s, o->w.bytes, o->w.len);
    if (ses->phase != MY_PHASE_COMMAND || (ses->in.late && ses->kit->mariadb)) {
        ses->phase = MY_PHASE_OVER;
        return (struct feed){FEED_CLOSE, 0};
    }
    return (struct feed){FEED_MORE, 0};
}

static size_t packet_max(struct my_ses *ses)
{
    if (ses->phase != MY_PHASE_COMMAND)
        return LOGIN_BYTES_MAX;
    struct my_run r = my_run_of(ses);
    uint64_t max = my_var_u64(&r, "max_allowed_packet");
    arena_clear(&ses->sh->arena);
    return max > PACKET_BYTES_MAX ? PACKET_BYTES_MAX : (size_t)max;
}

static struct feed my_packet(struct my_ses *ses, struct rd p)
{
    switch (ses->phase) {
    case MY_PHASE_LOGIN:
        ses->seq = ses->in.seq;
        return my_login(ses, p);
    case MY_PHASE_SWITCH:
        ses->seq = ses->in.seq;
        return my_auth_more(ses, p);
    case MY_PHASE_COMMAND:
        return my_command(ses, p);
    default:
        return (struct feed){FEED_CLOSE, 0};
    }
}

static struct feed my_input(struct session *s, const uint8_t *in, size_t n)
{
    struct my_ses *ses = session_state(s);
    size_t used = 0;
    if (ses->delayed.len)
        return (struct feed){FEED_PAUSE, 0};
    while (used < n) {
        struct rd p;
        size_t took = 0;
        int rc = my_in_feed(&ses->in, in + used, n - used, packet_max(ses), &took, &p);
        used += took;
        if (rc == 0)
            break;
        if (rc == -EPROTO)
            used += 4;
        struct feed f = rc == -EPROTO ? out_of_order(ses) : rc == -EMSGSIZE ? too_large(ses) : my_packet(ses, p);
        if (ses->phase == MY_PHASE_COMMAND)
            ses->in.seq = 0;
        else
            ses->in.seq = ses->seq; /* the login counts on, over what we sent */
        if (f.status != FEED_MORE)
            return (struct feed){f.status, used};
    }
    return (struct feed){FEED_MORE, used};
}

/* SLEEP has ended: the reply goes out. */
static void my_timer(struct session *s)
{
    struct my_ses *ses = session_state(s);
    if (ses->delayed.len)
        (void)session_send(s, ses->delayed.bytes, ses->delayed.len);
    wr_done(&ses->delayed);
    if (ses->phase == MY_PHASE_OVER)
        session_end(s, "server");
    else
        session_resume(s);
}

static void my_close(struct session *s)
{
    struct my_ses *ses = session_state(s);
    if (!ses->sh)
        return;
    if (ses->prev)
        ses->prev->next = ses->next;
    else
        ses->sh->sessions = ses->next;
    if (ses->next)
        ses->next->prev = ses->prev;
    my_files_close(ses);
    my_conn_free(ses->c);
    my_in_done(&ses->in);
    wr_done(&ses->delayed);
    my_kit_unref(ses->kit);
}

const struct protocol protocol_mysql = {
    .name = "mysql",
    .doc = "MySQL and MariaDB: login, SQL over a virtual server, samples from loadable-function attacks",
    .port = 3306,
    .state_bytes = sizeof(struct my_ses),
    .in_max_bytes = 64u << 10,
    .version = my_told,
    .start = my_start,
    .stop = my_stop,
    .persona_changed = my_persona_changed,
    .open = my_open,
    .input = my_input,
    .timer = my_timer,
    .close = my_close,
};
