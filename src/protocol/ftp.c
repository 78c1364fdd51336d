/* FTP's control connection (RFC 959) up to the login, which fails. */
#include "protocol/ftp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/rng.h"
#include "base/ts.h"
#include "config/persona.h"

#define LINE_MAX_BYTES 1024
#define COMMANDS_MAX   200

struct ftp {
    uint8_t n_user, tries;
    bool has_user;
    uint16_t commands;
    char user[120];
};

static void say(struct session *s, const char *text)
{
    (void)session_send(s, text, strlen(text));
    (void)session_send(s, "\r\n", 2);
}

static bool windows(struct session *s)
{
    return strcmp(session_persona(s)->os, "windows") == 0;
}

static const char *ftp_version(const struct persona *persona)
{
    if (persona->banners.ftp_banner[0])
        return persona->banners.ftp_banner;
    return strcmp(persona->os, "windows") == 0 ? "Microsoft FTP Service" : "(vsFTPd 3.0.3)";
}

static int ftp_open(struct session *s)
{
    const char *banner = ftp_version(session_persona(s));
    char text[300];
    (void)snprintf(text, sizeof text, "220 %s", banner);
    say(s, text);
    session_answered(s, banner);
    return 0;
}

static void told_login(struct session *s, const struct ftp *f, const char *pass, size_t n)
{
    struct event *e = session_event(s, EVENT_LOGIN);
    event_text(e, EVENT_F_USER, f->user, f->n_user);
    event_str(e, EVENT_F_PLUGIN, "plain");
    event_bytes(e, EVENT_F_RESPONSE, pass, n);
    event_int(e, EVENT_F_ACCEPTED, 0);
    (void)event_end(e);
}

static void take_user(struct session *s, struct ftp *f, const char *arg, size_t n)
{
    f->n_user = (uint8_t)(n < sizeof f->user ? n : sizeof f->user - 1);
    memcpy(f->user, arg, f->n_user);
    f->user[f->n_user] = '\0';
    f->has_user = true;
    if (windows(s)) {
        (void)session_send(s, "331 Password required for ", 26);
        (void)session_send(s, f->user, f->n_user);
        say(s, ".");
    } else {
        say(s, "331 Please specify the password.");
    }
}

static void features(struct session *s)
{
    if (windows(s))
        say(s, "211-Extended features supported:\r\n LANG EN*\r\n UTF8\r\n AUTH TLS;TLS-C;SSL;TLS-P;\r\n "
               "PBSZ\r\n PROT "
               "C;P;\r\n CCC\r\n HOST\r\n SIZE\r\n MDTM\r\n REST STREAM\r\n211 END");
    else
        say(s, "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n "
               "UTF8\r\n211 End");
}

enum after { GO_ON, WAIT, END };

static enum after take_line(struct session *s, struct ftp *f, const char *line, size_t n)
{
    size_t verb = 0;
    while (verb < n && line[verb] != ' ')
        verb++;
    const char *arg = verb < n ? line + verb + 1 : line + n;
    size_t n_arg = n - (size_t)(arg - line);
    bool four = verb == 4;
    if (four && strncasecmp(line, "PASS", 4) == 0 && f->has_user) {
        told_login(s, f, arg, n_arg);
        f->has_user = false;
        uint16_t spread;
        rng_secret(&spread, sizeof spread);
        session_set_timer(s, TS_SECOND_US + spread * INT64_C(20));
        return WAIT;
    }
    if (four && strncasecmp(line, "USER", 4) == 0 && n_arg) {
        take_user(s, f, arg, n_arg);
        return GO_ON;
    }
    struct event *e = session_event(s, EVENT_COMMAND);
    event_text(e, EVENT_F_COMMAND, line, verb < 32 ? verb : 32);
    event_text(e, EVENT_F_TEXT, arg, n_arg);
    (void)event_end(e);
    if (four && strncasecmp(line, "QUIT", 4) == 0) {
        say(s, "221 Goodbye.");
        return END;
    }
    if (four && strncasecmp(line, "PASS", 4) == 0)
        say(s, "503 Login with USER first.");
    else if (four && strncasecmp(line, "FEAT", 4) == 0)
        features(s);
    else if (four && strncasecmp(line, "SYST", 4) == 0 && windows(s))
        say(s, "215 Windows_NT");
    else
        say(s, "530 Please login with USER and PASS.");
    return ++f->commands >= COMMANDS_MAX ? END : GO_ON;
}

static struct feed too_long(struct session *s, size_t n)
{
    say(s, "500 Input line too long.");
    return (struct feed){FEED_CLOSE, n};
}

static struct feed ftp_input(struct session *s, const uint8_t *in, size_t n)
{
    struct ftp *f = session_state(s);
    size_t used = 0;
    for (const uint8_t *end; used < n && (end = memchr(in + used, '\n', n - used));) {
        const char *line = (const char *)in + used;
        size_t len = (size_t)(end - in) - used;
        used += len + 1;
        if (len > LINE_MAX_BYTES)
            return too_long(s, n);
        if (len && line[len - 1] == '\r')
            len--;
        switch (take_line(s, f, line, len)) {
        case WAIT:
            return (struct feed){FEED_PAUSE, used};
        case END:
            return (struct feed){FEED_CLOSE, used};
        default:
            break;
        }
    }
    if (n - used > LINE_MAX_BYTES)
        return too_long(s, n);
    return (struct feed){FEED_MORE, used};
}

static void ftp_timer(struct session *s)
{
    struct ftp *f = session_state(s);
    say(s, windows(s) ? "530 User cannot log in." : "530 Login incorrect.");
    if (++f->tries >= (windows(s) ? 10 : 3))
        session_end(s, "server");
    session_resume(s);
}

const struct protocol protocol_ftp = {
    .name = "ftp",
    .doc = "a control connection whose logins fail; credentials are recorded",
    .port = 21,
    .state_bytes = sizeof(struct ftp),
    .in_max_bytes = 4096,
    .open = ftp_open,
    .input = ftp_input,
    .timer = ftp_timer,
    .version = ftp_version,
};
