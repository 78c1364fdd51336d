/* A persona: one believable machine. */
#ifndef HOTARU_CONFIG_PERSONA_H
#define HOTARU_CONFIG_PERSONA_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/login.h"

#define PERSONA_TEXT_MAX 128

struct persona {
    char name[PERSONA_TEXT_MAX];     /* "mysql-5.6.10" */
    char os[PERSONA_TEXT_MAX];       /* "windows" or "linux" */
    char hostname[PERSONA_TEXT_MAX]; /* drawn per installation when the file says "draw" */
    struct {
        char version[PERSONA_TEXT_MAX]; /* what greeting and version() say: "5.6.10" */
        char facts[512]; /* absolute path of the folder of variables, columns, collations … */
        char basedir[256], datadir[256], plugin_dir[256];
        char compile_os[PERSONA_TEXT_MAX], compile_machine[PERSONA_TEXT_MAX],
            version_comment[PERSONA_TEXT_MAX];
        struct login_policy login;
        bool paper_wording; /* "FUNCTION(UDF) x does not exist", as table 1 of the paper prints it */
    } mysql;
    struct {
        char native_os[PERSONA_TEXT_MAX], native_lan_manager[PERSONA_TEXT_MAX];
        char domain[PERSONA_TEXT_MAX], server[PERSONA_TEXT_MAX];
        bool smb1, smb2;
        uint8_t guid[16];
        uint16_t max_mpx;
        uint32_t max_buffer_bytes, capabilities;
        int64_t boot_ts_us;
        bool ms17_010_patched; /* false: the MS17-010 check finds the hole, and EternalBlue seems to work */
    } smb;
    struct {
        char http_server[PERSONA_TEXT_MAX], telnet_banner[256], ftp_banner[256], ssh_banner[PERSONA_TEXT_MAX];
    } banners;
};

/* A file path or a built-in name (conf/personas/NAME.yaml in the source tree or under the data folder). What the file
 * leaves to be drawn is drawn from seed, so that no two installations look alike. -ENOENT, -EINVAL with FILE:LINE:COLUMN. */
int persona_load(struct persona *p, const char *name_or_path, uint64_t seed, struct err *err);
/* The folder of the built-in personas: HOTARU_PERSONAS of the environment, conf/personas above the running program, or the
 * data folder. -ENOENT. */
int persona_builtin_folder(char ret[static PATH_MAX]);
/* Makes the persona's MySQL say `version`: facts, wording and comment of the built-in persona mysql-VERSION (mariadb-VERSION
 * for a text with "MariaDB") when there is one, else of the closest built-in one of the same line ("5.1"); paths stay those
 * of the persona's own system when the two differ. -ENOENT names the versions there are. */
int persona_set_mysql_version(struct persona *p, const char *version, struct err *err);

#endif
