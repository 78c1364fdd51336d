#include "config/persona.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/ts.h"
#include "config/yfile.h"

/* ---- where built-in personas are ---- */

int persona_builtin_folder(char ret[static PATH_MAX])
{
    static const char tail[] = "/conf/personas";
    const char *given = getenv("HOTARU_PERSONAS");
    if (given && given[0] && strlen(given) < PATH_MAX) {
        (void)snprintf(ret, PATH_MAX, "%s", given);
        return 0;
    }
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - sizeof tail - 1);
    for (int up = 0; n > 0 && up < 6; up++) {
        while (n > 0 && exe[n - 1] != '/')
            n--;
        if (n > 0)
            n--;
        memcpy(exe + n, tail, sizeof tail);
        if (access(exe, R_OK) == 0) {
            memcpy(ret, exe, (size_t)n + sizeof tail);
            return 0;
        }
    }
    (void)snprintf(ret, PATH_MAX, "%s/personas", HOTARU_DATADIR);
    return access(ret, R_OK) == 0 ? 0 : -ENOENT;
}

static bool is_path(const char *name)
{
    size_t n = strlen(name);
    return strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".yaml") == 0);
}

static int find_file(const char *name, char ret[static PATH_MAX], struct err *err)
{
    char folder[PATH_MAX];
    if (is_path(name)) {
        if (strlen(name) >= PATH_MAX)
            return err_set(err, -ENAMETOOLONG, "persona file name is too long");
        (void)snprintf(ret, PATH_MAX, "%s", name);
        if (access(ret, R_OK) == 0)
            return 0;
        /* "personas/win2008.yaml" in a configuration also means the built-in one of that name */
        const char *base = strrchr(name, '/');
        if (persona_builtin_folder(folder) == 0 &&
            snprintf(ret, PATH_MAX, "%s/%s", folder, base ? base + 1 : name) < PATH_MAX &&
            access(ret, R_OK) == 0)
            return 0;
        return err_set(err, -ENOENT, "persona file %s cannot be read", name);
    }
    if (persona_builtin_folder(folder) < 0)
        return err_set(err, -ENOENT,
                       "the folder of built-in personas is not there; give a persona file's path");
    if (snprintf(ret, PATH_MAX, "%s/%s.yaml", folder, name) >= PATH_MAX || access(ret, R_OK) < 0)
        return err_set(err, -ENOENT, "no persona '%.60s' in %s; give one of its names or a file", name,
                       folder);
    return 0;
}

/* ---- drawing ---- */

static bool drawn(struct yn n)
{
    const char *text = yn_scalar(n);
    return text && strcmp(text, "draw") == 0;
}

static void draw_letters(struct rng *r, char *to, size_t n, const char *letters)
{
    for (size_t i = 0; i < n; i++)
        to[i] = letters[rng_below(r, strlen(letters))];
    to[n] = '\0';
}

/* Names as installers give them: WIN-K3J5H6G7F8D of Windows set-up, plain role names on Linux. */
static void draw_hostname(struct rng *r, bool windows, char ret[static PERSONA_TEXT_MAX])
{
    char letters[12];
    if (windows) {
        draw_letters(r, letters, 11, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        (void)snprintf(ret, PERSONA_TEXT_MAX, "WIN-%s", letters);
        return;
    }
    static const char *const roles[] = {"db", "web", "srv", "app", "node", "backup", "shop", "mail"};
    (void)snprintf(ret, PERSONA_TEXT_MAX, "%s%02u", roles[rng_below(r, sizeof roles / sizeof *roles)],
                   (unsigned)rng_below(r, 20) + 1);
}

/* ---- reading ---- */

static int read_guid(struct yn n, struct rng *r, uint8_t ret[static 16], struct err *err)
{
    const char *text = yn_scalar(n);
    if (!text || drawn(n)) {
        for (int i = 0; i < 16; i++)
            ret[i] = (uint8_t)rng_below(r, 256);
        ret[7] =
            (uint8_t)(0x40 |
                      (ret[7] & 0x0f)); /* version 4 as Windows draws its own, little-endian (RFC 4122 4.4) */
        ret[8] = (uint8_t)(0x80 | (ret[8] & 0x3f));
        return 0;
    }
    if (strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
        return yn_fail(n, err, "give 32 hex digits or draw");
    for (int i = 0; i < 16; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
        ret[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return 0;
}

/* 32 capability bits, as 0x1f3fc or a decimal number. */
static int read_bits(struct yn n, uint32_t *ret, struct err *err)
{
    const char *text = yn_scalar(n);
    if (!yn_present(n))
        return 0;
    char *end = NULL;
    errno = 0;
    unsigned long long v = text && text[0] != '-' ? strtoull(text, &end, 0) : 0;
    if (!end || end == text || *end || errno || v > UINT32_MAX)
        return yn_fail(n, err, "give 32 bits, such as 0x1f3fc");
    *ret = (uint32_t)v;
    return 0;
}

static int read_mysql(struct persona *p, struct yn map, const char *path, struct err *err)
{
    static const char *const keys[] = {"version",       "facts",      "basedir",         "datadir",
                                       "plugin-dir",    "compile-os", "compile-machine", "version-comment",
                                       "paper-wording", "login",      NULL};
    char facts[256] = "";
    int rc = yn_check_keys(map, keys, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "version"), p->mysql.version, sizeof p->mysql.version, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "facts"), facts, sizeof facts, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "basedir"), p->mysql.basedir, sizeof p->mysql.basedir, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "datadir"), p->mysql.datadir, sizeof p->mysql.datadir, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "plugin-dir"), p->mysql.plugin_dir, sizeof p->mysql.plugin_dir, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "compile-os"), p->mysql.compile_os, sizeof p->mysql.compile_os, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "compile-machine"), p->mysql.compile_machine,
                     sizeof p->mysql.compile_machine, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "version-comment"), p->mysql.version_comment,
                     sizeof p->mysql.version_comment, err);
    if (rc == 0)
        rc = yn_bool(yn_get(map, "paper-wording"), &p->mysql.paper_wording, err);
    if (rc == 0)
        rc = login_policy_read(yn_get(map, "login"), path, &p->mysql.login, err);
    if (rc < 0 || !facts[0])
        return rc;
    char folder[PATH_MAX], real[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    const char *parent = facts[0] == '/' ? "" : dirname(folder);
    if (snprintf(real, sizeof real, "%s%s%s", parent, parent[0] ? "/" : "", facts) >=
        (int)sizeof p->mysql.facts)
        return yn_fail(yn_get(map, "facts"), err, "the folder's path is longer than %zu",
                       sizeof p->mysql.facts - 1);
    char *absolute = realpath(real, NULL);
    const char *best = absolute && strlen(absolute) < sizeof p->mysql.facts ? absolute : real;
    memcpy(p->mysql.facts, best, strlen(best) + 1);
    free(absolute);
    return 0;
}

static int read_smb(struct persona *p, struct yn map, struct rng *r, struct err *err)
{
    static const char *const keys[] = {"native-os",
                                       "native-lan-manager",
                                       "domain",
                                       "server",
                                       "smb1",
                                       "smb2",
                                       "guid",
                                       "max-mpx",
                                       "max-buffer-bytes",
                                       "capabilities",
                                       "boot",
                                       "ms17-010-patched",
                                       NULL};
    uint64_t mpx = p->smb.max_mpx, buffer = p->smb.max_buffer_bytes;
    int rc = yn_check_keys(map, keys, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "native-os"), p->smb.native_os, sizeof p->smb.native_os, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "native-lan-manager"), p->smb.native_lan_manager,
                     sizeof p->smb.native_lan_manager, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "domain"), p->smb.domain, sizeof p->smb.domain, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "server"), p->smb.server, sizeof p->smb.server, err);
    if (rc == 0)
        rc = yn_bool(yn_get(map, "smb1"), &p->smb.smb1, err);
    if (rc == 0)
        rc = yn_bool(yn_get(map, "smb2"), &p->smb.smb2, err);
    if (rc == 0)
        rc = yn_bool(yn_get(map, "ms17-010-patched"), &p->smb.ms17_010_patched, err);
    if (rc == 0)
        rc = yn_u64(yn_get(map, "max-mpx"), 1, 65535, &mpx, err);
    if (rc == 0)
        rc = yn_u64(yn_get(map, "max-buffer-bytes"), 1024, 16644 * 4, &buffer, err);
    if (rc == 0)
        rc = read_bits(yn_get(map, "capabilities"), &p->smb.capabilities, err);
    if (rc == 0)
        rc = read_guid(yn_get(map, "guid"), r, p->smb.guid, err);
    if (rc < 0)
        return rc;
    p->smb.max_mpx = (uint16_t)mpx;
    p->smb.max_buffer_bytes = (uint32_t)buffer;
    if (!p->smb.server[0] || strcmp(p->smb.server, "draw") == 0)
        memcpy(p->smb.server, p->hostname, sizeof p->smb.server);
    if (strcmp(p->smb.domain, "draw") == 0)
        memcpy(p->smb.domain, p->hostname, sizeof p->smb.domain);
    struct yn boot = yn_get(map, "boot");
    const char *text = yn_scalar(boot);
    if (text && !drawn(boot))
        return ts_parse(text, &p->smb.boot_ts_us, NULL) < 0 ? yn_fail(boot, err, "give a UTC time or draw")
                                                            : 0;
    /* Booted between 3 and 40 days before a fixed day's midnight, so that it does not move with each start: the same seed
     * gives the same moment for a month at a time. */
    int64_t month_us = 30 * TS_DAY_US, now_us = ts_now_us();
    p->smb.boot_ts_us =
        now_us / month_us * month_us - 3 * TS_DAY_US - (int64_t)rng_below(r, (uint64_t)(37 * TS_DAY_US));
    return 0;
}

static int read_banners(struct persona *p, struct yn map, struct err *err)
{
    static const char *const keys[] = {"http-server", "telnet", "ftp", "ssh", NULL};
    int rc = yn_check_keys(map, keys, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "http-server"), p->banners.http_server, sizeof p->banners.http_server, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "telnet"), p->banners.telnet_banner, sizeof p->banners.telnet_banner, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "ftp"), p->banners.ftp_banner, sizeof p->banners.ftp_banner, err);
    if (rc == 0)
        rc = yn_text(yn_get(map, "ssh"), p->banners.ssh_banner, sizeof p->banners.ssh_banner, err);
    return rc;
}

static int read_persona(struct persona *p, struct yn root, const char *path, uint64_t seed, struct err *err)
{
    static const char *const keys[] = {"name", "os", "hostname", "mysql", "smb", "banners", NULL};
    static const char *const systems[] = {"windows", "linux", NULL};
    struct rng host = rng_of(seed, "persona hostname"), smb = rng_of(seed, "persona smb");
    int os = 1;
    int rc = yn_check_keys(root, keys, err);
    if (rc == 0 && !yn_present(yn_get(root, "name")))
        rc = yn_fail(root, err, "a persona needs a name");
    if (rc == 0)
        rc = yn_text(yn_get(root, "name"), p->name, sizeof p->name, err);
    if (rc == 0)
        rc = yn_choice(yn_get(root, "os"), systems, &os, err);
    if (rc == 0)
        rc = yn_text(yn_get(root, "hostname"), p->hostname, sizeof p->hostname, err);
    if (rc < 0)
        return rc;
    (void)snprintf(p->os, sizeof p->os, "%s", systems[os]);
    if (!p->hostname[0] || strcmp(p->hostname, "draw") == 0)
        draw_hostname(&host, os == 0, p->hostname);
    rc = read_mysql(p, yn_get(root, "mysql"), path, err);
    if (rc == 0)
        rc = read_smb(p, yn_get(root, "smb"), &smb, err);
    return rc < 0 ? rc : read_banners(p, yn_get(root, "banners"), err);
}

int persona_load(struct persona *ret, const char *name_or_path, uint64_t seed, struct err *err)
{
    char path[PATH_MAX];
    struct yfile *file = NULL;
    struct persona p = {
        .mysql = {.login = login_policy_default()},
        .smb = {.domain = "WORKGROUP", .max_mpx = 50, .max_buffer_bytes = 16644, .capabilities = 0x1f3fd}};
    int rc = find_file(name_or_path, path, err);
    if (rc == 0)
        rc = yfile_load(path, &file, err);
    if (rc == 0)
        rc = read_persona(&p, yfile_root(file), path, seed, err);
    yfile_free(file);
    if (rc == 0)
        *ret = p;
    return rc;
}

/* ---- another MySQL version ---- */

/* How many leading numbers two versions share: 5.1.54 and 5.1.63 share 2. */
static int shared_numbers(const char *a, const char *b)
{
    int n = 0;
    for (;;) {
        char *a_end, *b_end;
        unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);
        if (a_end == a || b_end == b || x != y)
            return n;
        n++;
        if (*a_end != '.' || *b_end != '.')
            return n;
        a = a_end + 1;
        b = b_end + 1;
    }
}

/* The built-in persona of the same or the closest version of this line, rather one of the same system. */
static int closest_builtin(const struct persona *p, const char *version, struct persona *ret, struct err *err)
{
    const char *family = strstr(version, "MariaDB") || strstr(version, "mariadb") ? "mariadb-" : "mysql-";
    char folder[PATH_MAX], path[PATH_MAX], known[200] = "";
    struct dirent **files = NULL;
    int n = persona_builtin_folder(folder) < 0 ? -1 : scandir(folder, &files, NULL, alphasort);
    if (n < 0)
        return err_set(err, -ENOENT, "the folder of built-in personas is not there");
    int best = 2 * 2 - 1; /* the line (two numbers) must agree */
    for (int i = 0; i < n; i++) {
        const char *name = files[i]->d_name;
        size_t len = strlen(name), skip = strlen(family);
        struct persona other;
        if (len <= skip + 5 || strncmp(name, family, skip) != 0 || strcmp(name + len - 5, ".yaml") != 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX ||
            persona_load(&other, path, 0, NULL) < 0)
            continue;
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, " %s", other.mysql.version);
        int score = 2 * shared_numbers(version, other.mysql.version) + (strcmp(p->os, other.os) == 0);
        if (score > best) {
            best = score;
            *ret = other;
        }
    }
    for (int i = 0; i < n; i++)
        free(files[i]);
    free(files);
    return best > 3
               ? 0
               : err_set(err, -ENOENT, "no facts for MySQL version '%.40s'; there are:%s", version, known);
}

int persona_set_mysql_version(struct persona *p, const char *version, struct err *err)
{
    struct persona other;
    if (strcmp(p->mysql.version, version) == 0)
        return 0;
    if (strlen(version) >= sizeof p->mysql.version)
        return err_set(err, -EINVAL, "MySQL version '%.40s…' is too long", version);
    int rc = closest_builtin(p, version, &other, err);
    if (rc < 0)
        return rc;
    if (!p->mysql.version[0] || strcmp(p->os, other.os) == 0) {
        bool wording = p->mysql.paper_wording || other.mysql.paper_wording;
        struct login_policy login = p->mysql.login;
        p->mysql = other.mysql;
        p->mysql.login = login;
        p->mysql.paper_wording = wording;
    } else { /* the machine stays what it is: its paths and build, the other's facts */
        memcpy(p->mysql.facts, other.mysql.facts, sizeof p->mysql.facts);
    }
    memcpy(p->mysql.version, version, strlen(version) + 1);
    return 0;
}
