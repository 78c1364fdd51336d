/* Telnet (RFC 854, 855): a login prompt that lets nobody in. */
#include "protocol/telnet.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/ts.h"
#include "config/persona.h"

#define TELNET_LINE_MAX 128
#define TRIES_MAX       3
#define OPTIONS_MAX     64 /* answered; a peer that goes on negotiating is ignored */

enum { IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250, SE = 240 };
enum { OPTION_ECHO = 1, OPTION_GO_AHEAD = 3 };

enum telnet_at { AT_DATA, AT_IAC, AT_OPTION, AT_SUB, AT_SUB_IAC };

struct telnet {
    uint8_t at, command; /* of the byte machine; the command whose option comes */
    bool greeted, asks_password, after_cr;
    uint8_t tries, options;
    uint8_t n_user, n_line;
    char user[TELNET_LINE_MAX], line[TELNET_LINE_MAX];
};

static void say(struct session *s, const char *text)
{
    (void)session_send(s, text, strlen(text));
}

static bool windows(struct session *s)
{
    return strcmp(session_persona(s)->os, "windows") == 0;
}

static void prompt(struct session *s)
{
    char text[PERSONA_TEXT_MAX + 16];
    if (windows(s))
        (void)snprintf(text, sizeof text, "\n\rlogin: ");
    else
        (void)snprintf(text, sizeof text, "%s login: ", session_persona(s)->hostname);
    say(s, text);
}

static void greet(struct session *s, struct telnet *t)
{
    static const uint8_t offer[] = {IAC, WILL, OPTION_GO_AHEAD, IAC, WILL, OPTION_ECHO};
    const char *banner = session_persona(s)->banners.telnet_banner;
    t->greeted = true;
    if (!windows(s))
        (void)session_send(s, offer, sizeof offer);
    say(s, banner);
    prompt(s);
    session_answered(s, banner[0] ? banner : session_persona(s)->os);
}

/* What the two systems' servers ask for first. Linux's then waits for what the client says to it; bots that say nothing get
 * the prompt after a second. */
static int telnet_open(struct session *s)
{
    static const uint8_t ask_windows[] = {IAC, DO,  37, IAC, WILL, 1,  IAC, WILL, 3,    IAC, DO,
                                          39,  IAC, DO, 31,  IAC,  DO, 0,   IAC,  WILL, 0};
    static const uint8_t ask_linux[] = {IAC, DO, 24, IAC, DO, 32, IAC, DO, 35, IAC, DO, 39};
    if (windows(s)) {
        (void)session_send(s, ask_windows, sizeof ask_windows);
        greet(s, session_state(s));
    } else {
        (void)session_send(s, ask_linux, sizeof ask_linux);
        session_set_timer(s, TS_SECOND_US);
    }
    return 0;
}

/* RFC 854: what we did not offer is refused, what was not asked for is declined; agreements need no answer. */
static void negotiate(struct session *s, struct telnet *t, uint8_t option)
{
    bool ours = option == OPTION_ECHO || option == OPTION_GO_AHEAD;
    uint8_t answer[3] = {IAC, 0, option};
    if (t->command == DO && !ours)
        answer[1] = WONT;
    else if (t->command == WILL && option != 24 && option != 31 && option != 32 && option != 35 &&
             option != 39)
        answer[1] = DONT;
    if (answer[1] && t->options < OPTIONS_MAX) {
        t->options++;
        (void)session_send(s, answer, sizeof answer);
    }
}

static void told_login(struct session *s, const struct telnet *t)
{
    struct event *e = session_event(s, EVENT_LOGIN);
    event_text(e, EVENT_F_USER, t->user, t->n_user);
    event_str(e, EVENT_F_PLUGIN, "plain");
    event_bytes(e, EVENT_F_RESPONSE, t->line, t->n_line);
    event_int(e, EVENT_F_ACCEPTED, 0);
    (void)event_end(e);
}

/* A line is whole. True when a refusal is due after a while. */
static bool line_ended(struct session *s, struct telnet *t)
{
    say(s, "\r\n");
    if (!t->asks_password) {
        if (t->n_line == 0) {
            prompt(s);
            return false;
        }
        memcpy(t->user, t->line, t->n_line);
        t->n_user = t->n_line;
        t->n_line = 0;
        t->asks_password = true;
        say(s, windows(s) ? "password: " : "Password: ");
        return false;
    }
    told_login(s, t);
    t->n_line = 0;
    t->asks_password = false;
    t->tries++;
    uint16_t spread;
    rng_secret(&spread, sizeof spread);
    session_set_timer(s, 3 * TS_SECOND_US / 2 + spread * INT64_C(20)); /* 1.5 to 2.8 s, as PAM waits */
    return true;
}

/* One byte of the login dialogue. True when the session pauses. */
static bool data_byte(struct session *s, struct telnet *t, uint8_t c)
{
    bool second = t->after_cr && (c == '\n' || c == '\0'); /* CR LF and CR NUL are one end of line */
    t->after_cr = c == '\r';
    if (second)
        return false;
    if (c == '\r' || c == '\n')
        return line_ended(s, t);
    if (c == 8 || c == 127) {
        if (t->n_line) {
            t->n_line--;
            if (!t->asks_password)
                say(s, "\b \b");
        }
        return false;
    }
    if (t->n_line < TELNET_LINE_MAX)
        t->line[t->n_line++] = (char)c;
    if (!t->asks_password && c >= 0x20)
        (void)session_send(s, &c, 1);
    return false;
}

static struct feed telnet_input(struct session *s, const uint8_t *in, size_t n)
{
    struct telnet *t = session_state(s);
    if (!t->greeted) {
        session_set_timer(s, 0);
        greet(s, t);
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = in[i];
        switch (t->at) {
        case AT_DATA:
            if (c == IAC)
                t->at = AT_IAC;
            else if (data_byte(s, t, c))
                return (struct feed){FEED_PAUSE, i + 1};
            break;
        case AT_IAC:
            t->command = c;
            t->at = c >= WILL && c < IAC ? AT_OPTION : c == SB ? AT_SUB : AT_DATA;
            if (c == IAC && data_byte(s, t, c))
                return (struct feed){FEED_PAUSE, i + 1};
            break;
        case AT_OPTION:
            negotiate(s, t, c);
            t->at = AT_DATA;
            break;
        case AT_SUB:
            t->at = c == IAC ? AT_SUB_IAC : AT_SUB;
            break;
        default:
            t->at = c == SE ? AT_DATA : AT_SUB;
        }
    }
    return (struct feed){FEED_MORE, n};
}

static void telnet_timer(struct session *s)
{
    struct telnet *t = session_state(s);
    if (!t->greeted) {
        greet(s, t);
        return;
    }
    say(s, windows(s) ? "The handle is invalid.\r\n\r\nLogin Failed\r\n" : "\r\nLogin incorrect\r\n");
    if (t->tries >= TRIES_MAX) {
        session_end(s, "server");
        return;
    }
    prompt(s);
    session_resume(s);
}

static const char *telnet_version(const struct persona *persona)
{
    return persona->banners.telnet_banner[0] ? persona->banners.telnet_banner : persona->os;
}

const struct protocol protocol_telnet = {
    .name = "telnet",
    .doc = "a login prompt that lets nobody in; credentials are recorded",
    .port = 23,
    .state_bytes = sizeof(struct telnet),
    .in_max_bytes = 4096,
    .open = telnet_open,
    .input = telnet_input,
    .timer = telnet_timer,
    .version = telnet_version,
};
