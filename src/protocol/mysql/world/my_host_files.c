/* Files of the host that any MySQL account with FILE can read, and that intruders read first: as a usual installation of the
 * persona's system has them, with nothing of the machine the honeypot runs on. */
#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "protocol/mysql/world/my_kit.h"
#include "protocol/mysql/world/my_world.h"

/* Debian's base-passwd, then the accounts its packages make. */
static const char passwd[] =
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
    "sys:x:3:3:sys:/dev:/usr/sbin/nologin\nsync:x:4:65534:sync:/bin:/bin/sync\ngames:x:5:60:games:/usr/games:/usr/sbin/nologin\n"
    "man:x:6:12:man:/var/cache/man:/usr/sbin/nologin\nlp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\n"
    "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\nnews:x:9:9:news:/var/spool/news:/usr/sbin/nologin\n"
    "uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin\nproxy:x:13:13:proxy:/bin:/usr/sbin/nologin\n"
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nbackup:x:34:34:backup:/var/backups:/usr/sbin/nologin\n"
    "list:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin\nirc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nmessagebus:x:100:107::/nonexistent:/usr/sbin/nologin\n"
    "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\nmysql:x:104:110:MySQL Server,,,:/nonexistent:/bin/false\n";

static const char win_ini[] = "; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n[Mail]\r\nMAPI=1\r\n";

static int put(struct my_world *w, const char *path, const char *text)
{
    return my_world_write_file(w, path, text, strlen(text));
}

static int put_named(struct my_world *w, const char *path, const char *before, const char *host)
{
    struct wr text = wr_of(1024);
    wr_fmt(&text, "%s%s\n", before, host);
    wr_u8(&text, '\0');
    int rc = text.bad ? -ENOMEM : put(w, path, (const char *)text.bytes);
    wr_done(&text);
    return rc;
}

int my_host_files(const struct my_kit *k, struct my_world *w)
{
    const char *host = k->persona.hostname;
    if (k->windows)
        return put(w, "C:/Windows/win.ini", win_ini);
    int rc = put(w, "/etc/passwd", passwd);
    if (rc == 0)
        rc = put_named(w, "/etc/hostname", "", host);
    if (rc == 0)
        rc = put_named(w, "/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\t", host);
    return rc;
}
