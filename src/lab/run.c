#include "lab/run.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sibling.h"
#include "base/ts.h"
#include "lab/environment.h"
#include "lab/guard.h"
#include "lab/labconf.h"
#include "lab/links.h"
#include "lab/netns.h"
#include "lab/roster.h"
#include "lab/sandbox.h"
#include "lab/sent.h"
#include "lab/supervise.h"
#include "lab/truth.h"

#define MARK          "/run/hotaru-lab"
#define READY_MS      20000
#define STOP_MS       30000
#define ACTOR_GRACE_S 30    /* after its time an actor has this long to end */
#define SETTLE_MS     300   /* for what is under way between two kernels' queues */
#define NONE          SIZE_MAX

struct lab {
    const struct lab_options *options;
    const struct sandbox *sandbox;
    struct config config;
    char out[PATH_MAX - 64], config_path[PATH_MAX], parts[PATH_MAX];
    char recorder[PATH_MAX], honeypot[PATH_MAX], actor[PATH_MAX], hotaru[PATH_MAX];
    struct supervise s;
    size_t recorder_at, honeypot_at, converter_at; /* in s.child; NONE: not started */
    const char *actor_names[SUPERVISE_CHILDREN_MAX];
    size_t n_actors;
    struct truth truth;
};

/* --- before anything is made ------------------------------------------------------------------------------------ */

static int absolute(const char *path, char *ret, size_t n, struct err *err)
{
    char *real = realpath(path, NULL);
    if (!real)
        return err_sys(err, -errno, "cannot find %s", path);
    int rc = (size_t)snprintf(ret, n, "%s", real) < n ? 0 : err_set(err, -ENAMETOOLONG, "%.60s… is too long", real);
    if (rc == 0 && (strcmp(real, "/run") == 0 || strncmp(real, "/run/", 5) == 0 || strncmp(real, "/var/run/", 9) == 0))
        rc = err_set(err, -EINVAL, "%s lies under /run, which the lab has for itself: choose another folder", real);
    free(real);
    return rc;
}

static int load_config(struct lab *l, struct err *err)
{
    const struct lab_options *o = l->options;
    char store[PATH_MAX];
    int rc = o->config_path ? config_load(&l->config, o->config_path, err) : labconf_default(o->seed, &l->config, err);
    if (rc < 0)
        return rc;
    if ((size_t)snprintf(store, sizeof store, "%s%s", o->store ? o->store : o->out_dir, o->store ? "" : "/store") >= sizeof store)
        return err_set(err, -ENAMETOOLONG, "the store's path is too long");
    if ((rc = io_mkdirs(o->out_dir, err)) < 0 || (rc = absolute(o->out_dir, l->out, sizeof l->out, err)) < 0 ||
        (rc = io_mkdirs(store, err)) < 0 || (rc = absolute(store, l->config.store.path, sizeof l->config.store.path, err)) < 0)
        return rc;
    environment_configure(&l->config);
    (void)snprintf(l->config_path, sizeof l->config_path, "%s/observatory.yaml", l->out);
    (void)snprintf(l->parts, sizeof l->parts, "%s/log", l->out);
    if (l->config.n_darknet > 1 && !o->bare && !o->exec)
        return err_set(err, -EINVAL, "the lab's actors know one darknet prefix, not %zu: use --exec or one prefix",
                       l->config.n_darknet);
    return environment_check(&l->config, err);
}

/* The versions that MySQL answers, one after the other: the experiment's arms, or the paper's two. */
static void plan_periods(struct lab *l)
{
    static const char *const paper[] = {"5.6.10", "5.1.54"};
    const struct config_experiment *x = &l->config.experiment;
    bool arms = x->factor == EXPERIMENT_MYSQL_VERSION && x->n_arms > 0;
    size_t n = arms ? x->n_arms : 2;
    for (size_t i = 0; i < n && i < TRUTH_PERIODS_MAX; i++)
        (void)snprintf(l->truth.periods[i].version, sizeof l->truth.periods[i].version, "%s", arms ? x->arms[i] : paper[i]);
    l->truth.n_periods = n < TRUTH_PERIODS_MAX ? n : TRUTH_PERIODS_MAX;
    (void)snprintf(l->config.honeypot.mysql_version, sizeof l->config.honeypot.mysql_version, "%s", l->truth.periods[0].version);
}

static int find_programs(struct lab *l, struct err *err)
{
    int rc = sibling_path("hotaru", l->hotaru, err);
    if (rc == 0 && !l->options->bare && (rc = sibling_path("hotaru-capture", l->recorder, err)) == 0)
        rc = sibling_path("hotaru-honeypot", l->honeypot, err);
    if (rc == 0 && !l->options->bare && !l->options->exec)
        rc = sibling_path("hotaru-actor", l->actor, err);
    return rc;
}

/* --- inside ------------------------------------------------------------------------------------------------------- */

static int write_mark(struct err *err)
{
    struct guard_mark mark = {.interface = "eth0", .name = "attackers"};
    int rc = guard_netns_inode("/run/netns/att", &mark.netns_inode);
    return rc < 0 ? err_sys(err, rc, "cannot see /run/netns/att") : guard_write(MARK, &mark, 1, err);
}

static void set_env_pid(const char *name, const struct lab *l, size_t child)
{
    char text[24];
    if (child == NONE)
        return;
    (void)snprintf(text, sizeof text, "%ld", (long)l->s.child[child].pid);
    (void)setenv(name, text, 1);
}

/* What a command in the lab may want to know; actors need the mark. */
static void set_env(const struct lab *l)
{
    char text[IP4_TEXT_MAX], *points = malloc(l->config.n_points * IP4_TEXT_MAX + 1);
    size_t used = 0;
    (void)setenv(GUARD_ENV, MARK, 1);
    (void)setenv("HOTARU_LAB_CONFIG", l->config_path, 1);
    (void)setenv("HOTARU_LAB_STORE", l->config.store.path, 1);
    (void)setenv("HOTARU_LAB_OUT", l->out, 1);
    (void)setenv("HOTARU_LAB_DARKNET", ip4_prefix_format(l->config.darknet[0], text), 1);
    (void)setenv("HOTARU_LAB_INTERFACE", "eth0", 1);
    (void)setenv("HOTARU_LAB_ADDRESS", "10.76.0.2", 1);
    (void)setenv("HOTARU_LAB_GATEWAY_MAC", ENVIRONMENT_WAN_MAC, 1);
    for (size_t i = 0; points && i < l->config.n_points; i++)
        used += (size_t)snprintf(points + used, IP4_TEXT_MAX, "%s%s", i ? " " : "", ip4_format(l->config.points[i], text));
    if (points && used)
        (void)setenv("HOTARU_LAB_POINTS", points, 1);
    free(points);
    set_env_pid("HOTARU_LAB_PID_RECORDER", l, l->recorder_at);
    set_env_pid("HOTARU_LAB_PID_HONEYPOT", l, l->honeypot_at);
    set_env_pid("HOTARU_LAB_PID_CONVERTER", l, l->converter_at);
}

static int start_daemons(struct lab *l, struct err *err)
{
    const char *const recorder[] = {l->recorder, "--config", l->config_path, NULL};
    const char *const honeypot[] = {l->honeypot, "--config", l->config_path, NULL};
    const char *const converter[] = {l->hotaru, "store", "seal", "--follow", "--store", l->config.store.path, NULL};
    int rc;
    if ((rc = supervise_start(&l->s, "recorder", SUPERVISE_DAEMON, "cap", recorder, &l->recorder_at, err)) < 0 ||
        (rc = supervise_start(&l->s, "honeypot", SUPERVISE_DAEMON, "hp", honeypot, &l->honeypot_at, err)) < 0 ||
        (rc = supervise_wait_ready(&l->s, l->recorder_at, READY_MS, err)) < 0 ||
        (rc = supervise_wait_ready(&l->s, l->honeypot_at, READY_MS, err)) < 0)
        return rc;
    if (l->options->seal)
        rc = supervise_start(&l->s, "converter", SUPERVISE_DAEMON, "cap", converter, &l->converter_at, err);
    return rc;
}

static int build(struct lab *l, struct err *err)
{
    int rc;
    if ((rc = environment_build(&l->config, err)) < 0 ||
        (l->options->truth && (rc = sent_install(&l->config, err)) < 0) ||
        (rc = write_mark(err)) < 0 || (rc = labconf_write(&l->config, l->config_path, err)) < 0 ||
        (rc = environment_light(&l->config, err)) < 0)
        return rc;
    if (!l->options->bare)
        rc = start_daemons(l, err);
    set_env(l);
    return rc;
}

/* Turns for a while; 0, or as supervise_turn. */
static int turn_for(struct lab *l, int ms, struct err *err)
{
    int64_t end_us = ts_mono_us() + (int64_t)ms * 1000;
    int rc = 0;
    for (int64_t left; rc == 0 && (left = end_us - ts_mono_us()) > 0;)
        rc = supervise_turn(&l->s, (int)(left / 1000 + 1), err);
    return rc;
}

static void show_progress(const struct lab *l, int64_t begin_us, size_t period, size_t alive)
{
    static int64_t last_us;
    uint64_t frames = 0;
    int64_t now = ts_mono_us();
    if (now - last_us < (l->options->progress ? TS_SECOND_US / 2 : 10 * TS_SECOND_US))
        return;
    last_us = now;
    (void)links_mirrored(&frames, NULL);
    (void)fprintf(stderr, "%s%3d of %d s · MySQL says %s · %zu of %zu actors · %" PRIu64 " packets%s",
                  l->options->progress ? "\r" : "hotaru lab: ", (int)((now - begin_us) / TS_SECOND_US), l->options->seconds,
                  l->truth.periods[period].version, alive, l->n_actors, frames, l->options->progress ? "  " : "\n");
}

static void end_progress(const struct lab *l)
{
    if (l->options->progress)
        (void)fprintf(stderr, "\n");
}

/* A new version without a new process: sessions that are open keep theirs. */
static int switch_period(struct lab *l, size_t period, struct err *err)
{
    struct supervise_child *honeypot = &l->s.child[l->honeypot_at];
    (void)snprintf(l->config.honeypot.mysql_version, sizeof l->config.honeypot.mysql_version, "%s", l->truth.periods[period].version);
    int rc = labconf_write(&l->config, l->config_path, err);
    if (rc < 0)
        return rc;
    l->truth.periods[period - 1].to_us = l->truth.periods[period].from_us = ts_now_us();
    return honeypot->pid == 0 || kill(honeypot->pid, SIGHUP) < 0 ? err_set(err, -ECHILD, "the honeypot is gone") : 0;
}

static int start_actors(struct lab *l, struct err *err)
{
    char seed[24], seconds[16], darknet[IP4_TEXT_MAX], truth[PATH_MAX + 64];
    (void)snprintf(seed, sizeof seed, "%" PRIu64, l->options->seed);
    (void)snprintf(seconds, sizeof seconds, "%d", l->options->seconds);
    (void)ip4_prefix_format(l->config.darknet[0], darknet);
    for (const struct roster_entry *e = roster_demo; e->name; e++) {
        const char *const argv[] = {l->actor, "--as", e->name, "--seed", seed, "--seconds", seconds, "--darknet", darknet,
                                    "--interface", "eth0", "--gateway-mac", ENVIRONMENT_WAN_MAC, "--truth", truth,
                                    l->options->effects ? NULL : "--no-effects", NULL};
        (void)snprintf(truth, sizeof truth, "%s/%s.json", l->parts, e->name);
        (void)unlink(truth);
        int rc = supervise_start(&l->s, e->name, SUPERVISE_ACTOR, "att", argv, NULL, err);
        if (rc < 0)
            return rc;
        l->actor_names[l->n_actors++] = e->name;
    }
    return 0;
}

static int play(struct lab *l, struct err *err)
{
    int64_t begin_us = ts_mono_us(), length_us = l->options->seconds * TS_SECOND_US;
    size_t period = 0, alive;
    int rc = start_actors(l, err);
    while (rc == 0 && (alive = supervise_alive(&l->s, SUPERVISE_ACTOR)) > 0) {
        int64_t at_us = ts_mono_us() - begin_us;
        show_progress(l, begin_us, period, alive);
        if (at_us > length_us + ACTOR_GRACE_S * TS_SECOND_US)
            rc = err_set(err, -ETIMEDOUT, "%zu actors did not end %d s after their time", alive, ACTOR_GRACE_S);
        else if (period + 1 < l->truth.n_periods && at_us >= length_us * (int64_t)(period + 1) / (int64_t)l->truth.n_periods)
            rc = switch_period(l, ++period, err);
        if (rc == 0)
            rc = supervise_turn(&l->s, 100, err);
    }
    end_progress(l);
    return rc;
}

/* The user's command; its exit code. A daemon's end ends the command. */
static int run_command(struct lab *l, struct err *err)
{
    size_t at;
    int rc = supervise_start(&l->s, l->options->exec[0], SUPERVISE_COMMAND, "att", l->options->exec, &at, err);
    if (rc < 0)
        return rc;
    rc = supervise_wait_end(&l->s, at, -1, err);
    if (rc < 0 && l->s.child[at].pid) {
        struct err ignored = {""};
        bool asked = rc == -EINTR;
        (void)supervise_stop(&l->s, at, asked ? 5000 : 0, &ignored);
        return rc;
    }
    return rc < 0 ? rc : supervise_exit_code(&l->s.child[at]);
}

static int stay(struct lab *l, struct err *err)
{
    long pid = (long)l->sandbox->outer_pid;
    const char *user = l->sandbox->user_ns ? " -U --preserve-credentials" : "";
    log_info("the lab stays until Ctrl-C; enter it with: nsenter -t %ld%s -m -p -n ip netns exec att bash", pid, user);
    log_info("namespaces: att (attackers), rtr (router), hp (honeypot), cap (capture server); configuration: %s", l->config_path);
    int rc = 0;
    while (rc == 0)
        rc = supervise_turn(&l->s, 1000, err);
    if (rc != -EINTR)
        return rc;
    err->text[0] = '\0';
    l->s.stop_asked = false;
    return 0;
}

/* Silences the attackers, lets what is under way arrive, and ends the daemons in the data's order. The first error counts. */
static int stop_all(struct lab *l, struct err *err)
{
    const size_t order[] = {l->honeypot_at, l->recorder_at, l->converter_at};
    int rc = 0;
    l->s.stop_asked = false;
    for (size_t i = 0; i < l->s.n; i++) {
        if (l->s.child[i].role != SUPERVISE_DAEMON && l->s.child[i].pid)
            (void)supervise_stop(&l->s, i, 5000, NULL);
    }
    for (size_t i = 0; i < 3; i++) {
        struct err why = {""};
        if (i == 1 && (l->recorder_at != NONE || l->options->truth)) {
            /* The last answers of the honeypot have been met; nothing new is sent while the recorder ends. */
            (void)turn_for(l, SETTLE_MS, &why);
            (void)netns_ip("att", "link set eth0 down\n", &why);
            (void)turn_for(l, SETTLE_MS, &why);
            why.text[0] = '\0';
        }
        if (order[i] != NONE && supervise_stop(&l->s, order[i], STOP_MS, &why) < 0 && rc == 0)
            rc = err_set(err, -ECHILD, "%s", why.text);
    }
    return rc;
}

static int write_truth(struct lab *l, struct err *err)
{
    int rc = sent_read(&l->truth.sent, err);
    if (rc == 0 && (rc = links_read(&l->truth.links, err)) == 0)
        rc = truth_write(&l->truth, &l->config, l->parts, l->actor_names, l->n_actors, l->options->truth, err);
    json_decref(l->truth.sent);
    json_decref(l->truth.links);
    return rc;
}

static int perform(struct lab *l, struct err *err)
{
    int rc = build(l, err);
    if (rc < 0)
        return rc;
    l->truth.from_us = l->truth.periods[0].from_us = ts_now_us();
    if (l->options->exec)
        rc = run_command(l, err);
    else if (!l->options->bare)
        rc = play(l, err);
    l->truth.to_us = ts_now_us();
    if (rc == 0 && !l->options->exec && (l->options->keep || l->options->bare))
        rc = stay(l, err);
    return rc;
}

static int inside(void *user, const struct sandbox *sandbox)
{
    struct lab *l = user;
    struct err err = {""}, end = {""};
    l->sandbox = sandbox;
    int rc = io_mkdirs(l->parts, &err);
    if (rc == 0)
        rc = supervise_init(&l->s, l->parts, sandbox->foreground, &err);
    if (rc == 0)
        rc = perform(l, &err);
    int stopped = stop_all(l, &end);
    for (size_t i = 0; i < l->truth.n_periods; i++) {
        if (l->truth.periods[i].from_us && !l->truth.periods[i].to_us)
            l->truth.periods[i].to_us = l->truth.to_us;
    }
    if (rc >= 0 && stopped >= 0 && l->options->truth)
        stopped = write_truth(l, &end);
    supervise_done(&l->s);
    if (rc < 0)
        log_error("%s", err.text);
    else if (stopped < 0)
        log_error("%s", end.text);
    return rc < 0 ? (int)err_exit_code(rc) : rc > 0 ? rc : stopped < 0 ? EXIT_FAILED : EXIT_GOOD;
}

int lab_run(const struct lab_options *o, struct err *err)
{
    struct lab *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, -ENOMEM, "no memory for the lab");
    l->options = o;
    l->recorder_at = l->honeypot_at = l->converter_at = NONE;
    l->truth.seed = o->seed;
    l->truth.effects = o->effects;
    int rc = load_config(l, err);
    if (rc == 0) {
        plan_periods(l);
        if ((rc = find_programs(l, err)) == 0)
            rc = sandbox_run(inside, l, err);
    }
    config_done(&l->config);
    free(l);
    return rc;
}
