/* hotaru-honeypot: answers on the points. Loads neither the database nor the analysis. */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/ts.h"
#include "cmd/honeypot_arms.h"
#include "cmd/listen_plan.h"
#include "config/config.h"
#include "config/persona.h"
#include "session/confine.h"
#include "session/loop.h"

struct arguments {
    const char *config, *store, *persona;
    const char *services[CONFIG_SERVICES_MAX];
    size_t n_services;
    uint32_t listen;
    bool has_listen, json;
    unsigned loops;
};

static void usage(FILE *to)
{
    (void)fprintf(
        to, "Usage: hotaru-honeypot --config FILE\n"
            "       hotaru-honeypot --listen ADDRESS --service NAME[:PORT]… --persona NAME --store DIR\n"
            "Answers on the observation points and writes what happened to DIR/journal.\n\n"
            "  --config FILE         the observatory; the options below override it\n"
            "  --listen ADDRESS      answer on this address itself, without points\n"
            "  --service NAME[:PORT] a service and the port it listens on; again for more\n"
            "  --persona NAME|FILE   a built-in persona or a file\n"
            "  --store DIR           where journals and samples go\n"
            "  --loops N             threads (default: one per core)\n"
            "  --log-format FORMAT   text or json\n"
            "SIGHUP reads the configuration anew: new sessions meet the new persona. SIGTERM "
            "ends.\n\nServices:\n");
    for (const struct protocol *const *p = protocol_table; *p; p++)
        (void)fprintf(to, "  %-8s %5u  %s\n", (*p)->name, (*p)->port, (*p)->doc);
}

/* Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},     {"store", required_argument, NULL, 's'},
        {"listen", required_argument, NULL, 'l'},     {"service", required_argument, NULL, 'S'},
        {"persona", required_argument, NULL, 'p'},    {"loops", required_argument, NULL, 'n'},
        {"log-format", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},          {0}};
    struct err err = {""};
    for (int o; (o = getopt_long(argc, argv, "c:s:l:S:p:n:h", options, NULL)) != -1;) {
        switch (o) {
        case 'c':
            a->config = optarg;
            break;
        case 's':
            a->store = optarg;
            break;
        case 'p':
            a->persona = optarg;
            break;
        case 'l':
            if (ip4_parse(optarg, &a->listen, &err) < 0) {
                (void)fprintf(stderr, "hotaru-honeypot: --listen: %s\n", err.text);
                return EXIT_USAGE;
            }
            a->has_listen = true;
            break;
        case 'S':
            if (a->n_services == CONFIG_SERVICES_MAX) {
                (void)fprintf(stderr, "hotaru-honeypot: at most %d services\n", CONFIG_SERVICES_MAX);
                return EXIT_USAGE;
            }
            a->services[a->n_services++] = optarg;
            break;
        case 'n':
            a->loops = (unsigned)strtoul(optarg, NULL, 10);
            if (a->loops < 1 || a->loops > 64) {
                (void)fprintf(stderr, "hotaru-honeypot: --loops: give 1 to 64\n");
                return EXIT_USAGE;
            }
            break;
        case 'f':
            if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0) {
                (void)fprintf(stderr, "hotaru-honeypot: --log-format is text or json\n");
                return EXIT_USAGE;
            }
            a->json = strcmp(optarg, "json") == 0;
            break;
        case 'h':
            usage(stdout);
            return EXIT_GOOD;
        case 'V':
            (void)printf("hotaru-honeypot %s\n", HOTARU_VERSION);
            return EXIT_GOOD;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "hotaru-honeypot: unexpected argument '%.60s'\n", argv[optind]);
        return EXIT_USAGE;
    }
    if (!a->config && (!a->n_services || !a->store)) {
        (void)fprintf(stderr,
                      "hotaru-honeypot: give --config FILE, or --service and --store for a quick start\n");
        return EXIT_USAGE;
    }
    return -1;
}

/* The configuration as the arguments leave it. */
static int load_config(const struct arguments *a, struct config *c, struct err *err)
{
    if (!a->config)
        config_init(c);
    int rc = a->config ? config_load(c, a->config, err) : 0;
    if (rc < 0)
        return rc;
    if (a->persona)
        (void)snprintf(c->honeypot.persona, sizeof c->honeypot.persona, "%s", a->persona);
    if (a->store)
        (void)snprintf(c->store.path, sizeof c->store.path, "%s", a->store);
    if (a->has_listen) {
        c->honeypot.listen = a->listen;
        c->n_points = 0; /* the address itself answers */
    }
    return 0;
}

/* The seed that this installation draws its persona from: the configuration's, else drawn once and kept in the store. */
static int installation_seed(const struct config *c, uint64_t *ret, struct err *err)
{
    char path[CONFIG_PATH_MAX + 32], text[32], *bytes = NULL;
    size_t n;
    *ret = c->honeypot.seed;
    if (*ret)
        return 0;
    int rc = io_mkdirs(c->store.path, err);
    if (rc < 0)
        return rc;
    (void)snprintf(path, sizeof path, "%s/honeypot.seed", c->store.path);
    rc = io_read_file(path, 64, &bytes, &n, NULL);
    if (rc == 0)
        *ret = strtoull(bytes, NULL, 10);
    free(bytes);
    if (rc < 0 && rc != -ENOENT)
        return err_sys(err, rc, "cannot read %s", path);
    if (*ret)
        return 0;
    rng_secret(ret, sizeof *ret);
    *ret = *ret >> 1 | 1;
    (void)snprintf(text, sizeof text, "%llu\n", (unsigned long long)*ret);
    return io_replace_file(path, text, strlen(text), err);
}

/* What only a restart can change: sockets are opened before the confinement. */
static bool same_sockets(const struct config *a, const struct config *b)
{
    return a->n_points == b->n_points &&
           (a->n_points == 0 || memcmp(a->points, b->points, a->n_points * sizeof *a->points) == 0) &&
           a->honeypot.n_services == b->honeypot.n_services &&
           memcmp(a->honeypot.services, b->honeypot.services, sizeof a->honeypot.services) == 0 &&
           a->honeypot.listen == b->honeypot.listen && a->gateway.mode == b->gateway.mode &&
           a->gateway.form == b->gateway.form && a->gateway.base_port == b->gateway.base_port &&
           a->gateway.honeypot == b->gateway.honeypot;
}

static void log_arms(const char *what, const struct server_arms *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct persona *p = all->arms[i].persona;
        const char *arm = all->arms[i].name;
        log_info("%s persona %s, mysql %s%s%s", what, p->name, p->mysql.version[0] ? p->mysql.version : "none", arm[0] ? ", arm " : "", arm);
    }
}

static void reload(struct server *s, const struct arguments *a, const struct config *running, uint64_t seed)
{
    struct config c;
    struct honeypot_arms *arms = calloc(1, sizeof *arms);
    struct err err = {""};
    if (!arms) {
        log_error("reload: no memory; everything stays as it was");
        return;
    }
    int rc = load_config(a, &c, &err);
    if (rc == 0) {
        if (!same_sockets(&c, running))
            log_warn("reload: points, services, addresses and ports stay as they were until a restart");
        rc = honeypot_arms_load(&c, seed, arms, &err);
        config_done(&c);
    }
    if (rc == 0)
        rc = server_reload_arms(s, &arms->all, &err);
    if (rc < 0)
        log_error("reload: %s; everything stays as it was", err.text);
    else
        log_arms("reload: new sessions meet", &arms->all);
    free(arms);
}

/* Until SIGTERM or SIGINT. */
static void serve(struct server *s, const struct arguments *a, const struct config *c, uint64_t seed,
                  int signal_fd)
{
    struct signalfd_siginfo info;
    for (;;) {
        ssize_t n = read(signal_fd, &info, sizeof info);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != (ssize_t)sizeof info)
            return;
        if (info.ssi_signo != SIGHUP)
            return;
        reload(s, a, c, seed);
    }
}

static int signals_open(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A file's folder: a reload may meet another file under the same name. */
static const char *folder_of(const char *path, char buf[static PATH_MAX])
{
    (void)snprintf(buf, PATH_MAX, "%s", path);
    return dirname(buf);
}

static int confine(const struct arguments *a, const struct config *c, const struct honeypot_arms *arms, struct err *err)
{
    char config[PATH_MAX], persona[PATH_MAX], builtin[PATH_MAX], hex[65];
    struct confine_options o = {.user = c->honeypot.user, .store_dir = c->store.path};
    if (a->config) {
        o.read_paths[0] = a->config;
        o.read_paths[1] = folder_of(a->config, config);
    }
    if (strchr(c->honeypot.persona, '/'))
        o.read_paths[2] = folder_of(c->honeypot.persona, persona);
    if (persona_builtin_folder(builtin) == 0)
        o.read_paths[3] = builtin;
    if (arms->personas[0].mysql.login.words[0])
        o.read_paths[4] = arms->personas[0].mysql.login.words;
    (void)sample_digest("", 0, hex); /* libcrypto opens what it needs at the first use */
    return confine_honeypot(&o, err);
}

static int run(const struct arguments *a, struct config *c, struct err *err)
{
    struct listen_plan plan = {0};
    struct server *server = NULL;
    struct honeypot_arms *arms = calloc(1, sizeof *arms);
    uint64_t seed = 0;
    int signal_fd = signals_open();
    int rc = signal_fd < 0 ? err_sys(err, -errno, "cannot watch signals") : arms ? 0 : err_set(err, -ENOMEM, "no memory");
    if (rc == 0)
        rc = installation_seed(c, &seed, err);
    if (rc == 0)
        rc = honeypot_arms_load(c, seed, arms, err);
    if (rc == 0)
        rc = listen_plan_make(c, a->services, a->n_services, &plan, err);
    if (rc == 0) {
        struct server_options o = {.listen = plan.listen,
                                   .n_listen = plan.n_listen,
                                   .services = plan.services,
                                   .n_services = plan.n_services,
                                   .config = c,
                                   .arms = &arms->all,
                                   .store_dir = c->store.path,
                                   .instance = c->honeypot.instance,
                                   .n_loops = a->loops,
                                   .sessions_max = c->honeypot.sessions_max,
                                   .sessions_per_source_max = c->honeypot.sessions_per_source_max,
                                   .idle_s = c->honeypot.idle_s,
                                   .life_s = c->honeypot.life_s,
                                   .seed = seed};
        rc = server_open(&o, &server, err);
    }
    if (rc == 0)
        rc = confine(a, c, arms, err);
    if (rc == 0)
        rc = server_start(server, err);
    if (rc == 0)
        rc = confine_honeypot_calls(err);
    if (rc == 0) {
        if (arms->all.n > 1)
            log_arms("arm of the experiment:", &arms->all);
        log_info("answering as %s on %zu sockets, %zu services, %zu points; journal in %s/journal",
                 arms->personas[0].name, plan.n_listen, plan.n_services, c->n_points, c->store.path);
        serve(server, a, c, seed, signal_fd);
        log_info("stopping: %zu sessions are open", server_sessions(server));
    }
    int stopped = server_stop(server, rc == 0 ? err : NULL);
    listen_plan_done(&plan);
    free(arms);
    if (signal_fd >= 0)
        close(signal_fd);
    return rc < 0 ? rc : stopped;
}

int main(int argc, char **argv)
{
    struct arguments a = {0};
    struct config c;
    struct err err = {""};
    int code = parse(argc, argv, &a);
    if (code >= 0)
        return code;
    log_init("hotaru-honeypot", a.json, LOG_LEVEL_INFO);
    int rc = load_config(&a, &c, &err);
    if (rc == 0) {
        rc = run(&a, &c, &err);
        config_done(&c);
    }
    if (rc < 0)
        log_error("%s", err.text);
    return rc < 0 ? (int)err_exit_code(rc) : EXIT_GOOD;
}
