#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

#define OUT_MAX (64u * 1024 * 1024)

struct session {
    struct harness *harness;
    void *state;
    struct arena arena;
    struct persona persona; /* the session's own: a reload does not change it */
    uint64_t id;
    uint32_t src, dst;
    uint16_t sport, dport;
    bool open, paused, resumed, in_callback;
    const char *reason;
    int64_t alarm_us; /* 0: none */
    uint8_t *in;
    size_t in_len;
    char told[8][64];
    size_t n_told;
};

struct sample {
    uint8_t *bytes;
    size_t n;
};

struct harness {
    const struct protocol *protocol;
    struct persona persona;
    void *shared;
    struct journal *journal;
    struct session session;
    struct wr out;
    json_t *events;
    struct sample *samples;
    size_t n_samples;
    int64_t now_us;
    uint64_t next_id;
};

static void need(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "harness: %s\n", what);
    abort();
}

static void take_line(void *arg, const char *line, size_t n)
{
    struct harness *h = arg;
    json_error_t error;
    json_t *event = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!event)
        (void)fprintf(stderr, "%.*s%s at %d\n", (int)(n < 2000 ? n : 2000), line, error.text, error.position);
    need(event != NULL, "a journal line is no JSON");
    need(json_array_append_new(h->events, event) == 0, "out of memory");
}

struct harness *harness_new_with(const struct protocol *p, const struct persona *persona, uint64_t seed)
{
    struct harness *h = calloc(1, sizeof *h);
    struct err err = {""};
    need(h != NULL, "out of memory");
    h->protocol = p;
    h->persona = *persona;
    h->out = wr_of(OUT_MAX);
    h->events = json_array();
    h->now_us = INT64_C(1366191000000000); /* 2013-04-17 09:30 */
    h->next_id = 1;
    struct journal_options o = {.store_dir = "", .instance = "harness", .sink = take_line, .sink_arg = h};
    need(journal_open(&o, &h->journal, &err) == 0, err.text);
    if (p->start)
        need(p->start(&h->persona, seed, &h->shared, &err) == 0, err.text);
    return h;
}

struct harness *harness_new(const struct protocol *p, const char *name)
{
    struct persona persona;
    struct err err = {""};
    need(persona_load(&persona, name, 1, &err) == 0, err.text);
    return harness_new_with(p, &persona, 1);
}

void harness_forget(struct harness *h)
{
    wr_clear(&h->out);
    json_array_clear(h->events);
    for (size_t i = 0; i < h->n_samples; i++)
        free(h->samples[i].bytes);
    free(h->samples);
    h->samples = NULL;
    h->n_samples = 0;
}

static void session_over(struct session *s, const char *reason)
{
    if (!s->open)
        return;
    if (!s->reason)
        s->reason = reason;
    size_t sent = s->harness->out.len;
    if (s->harness->protocol->close) {
        s->in_callback = true;
        s->harness->protocol->close(s);
        s->in_callback = false;
    }
    s->harness->out.len = sent; /* nothing is sent any more */
    s->open = false;
    free(s->state);
    s->state = NULL;
    free(s->in);
    s->in = NULL;
    s->in_len = 0;
    s->alarm_us = 0;
    arena_done(&s->arena);
}

void harness_free(struct harness *h)
{
    if (!h)
        return;
    session_over(&h->session, "client");
    if (h->protocol->stop)
        h->protocol->stop(h->shared);
    harness_forget(h);
    json_decref(h->events);
    wr_done(&h->out);
    (void)journal_close(h->journal, NULL);
    free(h);
}

/* ---- the loop's part ---- */

static void after_callback(struct session *s)
{
    s->in_callback = false;
    if (s->reason)
        session_over(s, s->reason);
}

static void give(struct session *s)
{
    for (int i = 0; i < 1000 && s->open && !s->paused && s->in_len; i++) {
        const struct protocol *p = s->harness->protocol;
        s->resumed = false;
        s->in_callback = true;
        struct feed f = p->input(s, s->in, s->in_len);
        need(f.used <= s->in_len, "the protocol used more than it was given");
        if (f.status == FEED_ABORT && !s->reason)
            s->reason = "error";
        else if (f.status == FEED_CLOSE && !s->reason)
            s->reason = "server";
        after_callback(s);
        if (!s->open)
            return;
        size_t left = s->in_len - f.used;
        uint8_t *rest = left ? malloc(left) : NULL;
        need(left == 0 || rest, "out of memory");
        if (left)
            memcpy(rest, s->in + f.used, left);
        free(s->in);
        s->in = rest;
        s->in_len = left;
        if (f.status == FEED_PAUSE && !s->resumed) {
            s->paused = true;
            return;
        }
        if (f.status == FEED_MORE && left >= p->in_max_bytes) {
            session_over(s, "limit");
            return;
        }
        if (f.status == FEED_MORE && !s->resumed)
            return; /* the loop calls again only when more has come */
    }
}

void harness_open_from(struct harness *h, uint32_t src, uint32_t dst, uint16_t dport)
{
    struct session *s = &h->session;
    session_over(s, "client");
    harness_forget(h);
    uint16_t port = dport ? dport : h->protocol->port ? h->protocol->port : 7777;
    *s = (struct session){.harness = h,
                          .open = true,
                          .id = h->next_id++,
                          .persona = h->persona,
                          .src = src ? src : UINT32_C(0xc6336407),
                          .dst = dst ? dst : UINT32_C(0x0a4d0311),
                          .sport = 40000,
                          .dport = port,
                          .arena = arena_of(64u * 1024 * 1024)};
    if (h->protocol->state_bytes)
        need((s->state = calloc(1, h->protocol->state_bytes)) != NULL, "out of memory");
    s->in_callback = true;
    int rc = h->protocol->open ? h->protocol->open(s) : 0;
    if (rc < 0 && !s->reason)
        s->reason = "error";
    after_callback(s);
}

void harness_open(struct harness *h)
{
    harness_open_from(h, 0, 0, 0);
}

/* As the loop does, never more than the protocol's share at once. */
void harness_feed(struct harness *h, const void *bytes, size_t n)
{
    struct session *s = &h->session;
    const uint8_t *p = bytes;
    while (s->open && n) {
        size_t max = h->protocol->in_max_bytes, room = max > s->in_len ? max - s->in_len : 1;
        size_t take = n < room ? n : room;
        uint8_t *in = malloc(s->in_len + take); /* exactly as long as what is in it */
        need(in != NULL, "out of memory");
        if (s->in_len)
            memcpy(in, s->in, s->in_len);
        memcpy(in + s->in_len, p, take);
        free(s->in);
        s->in = in;
        s->in_len += take;
        p += take;
        n -= take;
        give(s);
        if (s->paused && s->in_len >= max)
            return; /* the loop would leave the rest in the socket; a test that needs it advances first */
    }
}

void harness_close(struct harness *h)
{
    session_over(&h->session, "client");
}

void harness_advance(struct harness *h, int64_t us)
{
    struct session *s = &h->session;
    int64_t end_us = h->now_us + us;
    while (s->open && s->alarm_us && s->alarm_us <= end_us) {
        h->now_us = s->alarm_us > h->now_us ? s->alarm_us : h->now_us;
        s->alarm_us = 0;
        s->resumed = false;
        s->in_callback = true;
        if (h->protocol->timer)
            h->protocol->timer(s);
        bool resumed = s->resumed;
        after_callback(s);
        if (s->open && resumed) {
            s->paused = false;
            give(s);
        }
    }
    h->now_us = end_us;
}

void harness_reload(struct harness *h, const struct persona *persona)
{
    struct err err = {""};
    h->persona = *persona;
    if (h->protocol->persona_changed)
        need(h->protocol->persona_changed(h->shared, &h->persona, &err) == 0, err.text);
}

/* ---- looking ---- */

const uint8_t *harness_output(const struct harness *h, size_t *ret_n)
{
    static const uint8_t none[1];
    *ret_n = h->out.len;
    return h->out.len ? h->out.bytes : none;
}

bool harness_is_open(const struct harness *h)
{
    return h->session.open;
}
bool harness_is_paused(const struct harness *h)
{
    return h->session.paused;
}
const char *harness_reason(const struct harness *h)
{
    return h->session.open ? NULL : h->session.reason;
}
size_t harness_held(const struct harness *h)
{
    return h->session.in_len;
}
struct session *harness_session(struct harness *h)
{
    return &h->session;
}

json_t *harness_event(const struct harness *h, const char *type, size_t i)
{
    size_t at;
    json_t *event;
    json_array_foreach(h->events, at, event)
    {
        const char *is = json_string_value(json_object_get(event, "event_type"));
        if ((!type || strcmp(is, type) == 0) && i-- == 0)
            return event;
    }
    return NULL;
}

size_t harness_events(const struct harness *h, const char *type)
{
    size_t n = 0;
    while (harness_event(h, type, n))
        n++;
    return n;
}

const char *harness_text(const struct harness *h, const char *type, size_t i, const char *key)
{
    return json_string_value(json_object_get(harness_event(h, type, i), key));
}

int64_t harness_int(const struct harness *h, const char *type, size_t i, const char *key)
{
    json_t *value = json_object_get(harness_event(h, type, i), key);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

const uint8_t *harness_sample(const struct harness *h, size_t i, size_t *ret_n)
{
    *ret_n = i < h->n_samples ? h->samples[i].n : 0;
    return i < h->n_samples ? h->samples[i].bytes : NULL;
}

/* ---- splits ---- */

struct outcome {
    uint8_t *out;
    size_t n_out;
    char *events; /* types in order */
    const char *reason;
};

static struct outcome outcome_of(struct harness *h, void (*mask)(uint8_t *out, size_t n))
{
    struct outcome o = {NULL, h->out.len, NULL, harness_reason(h)};
    o.out = malloc(o.n_out + 1);
    size_t cap = harness_events(h, NULL) * 16 + 1, used = 0;
    o.events = calloc(1, cap);
    need(o.out && o.events, "out of memory");
    if (o.n_out)
        memcpy(o.out, h->out.bytes, o.n_out);
    if (mask)
        mask(o.out, o.n_out);
    for (size_t i = 0; harness_event(h, NULL, i); i++)
        used +=
            (size_t)snprintf(o.events + used, cap - used, "%.14s ", harness_text(h, NULL, i, "event_type"));
    return o;
}

static void outcome_same(const struct outcome *a, const struct outcome *b, size_t cut)
{
    bool reason =
        (a->reason == NULL) == (b->reason == NULL) && (!a->reason || strcmp(a->reason, b->reason) == 0);
    bool out = a->n_out == b->n_out && memcmp(a->out, b->out, a->n_out) == 0;
    bool events = strcmp(a->events, b->events) == 0;
    if (reason && out && events)
        return;
    size_t at = 0;
    while (at < a->n_out && at < b->n_out && a->out[at] == b->out[at])
        at++;
    (void)fprintf(stderr,
                  "harness: cut at %zu: output %zu and %zu bytes, first difference at %zu; end %s and %s;\n  "
                  "events %s\n"
                  "  and    %s\n",
                  cut, a->n_out, b->n_out, at, a->reason ? a->reason : "-", b->reason ? b->reason : "-",
                  a->events, b->events);
    abort();
}

static void outcome_free(struct outcome *o)
{
    free(o->out);
    free(o->events);
}

void harness_every_split(struct harness *h, const void *bytes, size_t n, void (*mask)(uint8_t *out, size_t n))
{
    const uint8_t *p = bytes;
    harness_open(h);
    harness_feed(h, p, n);
    struct outcome whole = outcome_of(h, mask);
    for (size_t cut = 1; cut <= n; cut++) { /* the last round: byte by byte */
        harness_open(h);
        if (cut < n) {
            harness_feed(h, p, cut);
            harness_feed(h, p + cut, n - cut);
        } else {
            for (size_t i = 0; i < n; i++)
                harness_feed(h, p + i, 1);
        }
        struct outcome part = outcome_of(h, mask);
        outcome_same(&whole, &part, cut);
        outcome_free(&part);
    }
    outcome_free(&whole);
}

void harness_every_prefix(struct harness *h, const void *bytes, size_t n)
{
    for (size_t i = 0; i <= n; i++) {
        harness_open(h);
        harness_feed(h, bytes, i);
        harness_advance(h, 60 * 1000000);
        harness_close(h);
        need(harness_reason(h) != NULL, "a session did not end");
    }
}

/* ---- session.h ---- */

void *session_state(struct session *s)
{
    return s->state;
}
void *session_shared(struct session *s)
{
    return s->harness->shared;
}
struct arena *session_arena(struct session *s)
{
    return &s->arena;
}
const struct persona *session_persona(const struct session *s)
{
    return &s->persona;
}
uint64_t session_id(const struct session *s)
{
    return s->id;
}
uint32_t session_src(const struct session *s)
{
    return s->src;
}
uint16_t session_sport(const struct session *s)
{
    return s->sport;
}
uint32_t session_dst(const struct session *s)
{
    return s->dst;
}
uint16_t session_dport(const struct session *s)
{
    return s->dport;
}
int64_t session_now_us(const struct session *s)
{
    return s->harness->now_us;
}

int session_send(struct session *s, const void *bytes, size_t n)
{
    need(s->in_callback, "session_send outside a callback");
    wr_bytes(&s->harness->out, bytes, n);
    if (!s->harness->out.bad)
        return 0;
    s->reason = "limit";
    return -105; /* ENOBUFS */
}

void session_set_timer(struct session *s, int64_t after_us)
{
    need(s->in_callback, "session_set_timer outside a callback");
    s->alarm_us = after_us > 0 ? s->harness->now_us + after_us : 0;
}

void session_resume(struct session *s)
{
    s->resumed = true;
}

void session_end(struct session *s, const char *reason)
{
    if (!s->reason)
        s->reason = reason;
}

struct event *session_event(struct session *s, enum event_type type)
{
    need(s->in_callback, "session_event outside a callback");
    struct event_head head = {.type = type,
                              .ts_us = s->harness->now_us,
                              .session = s->id,
                              .src = s->src,
                              .dst = s->dst,
                              .sport = s->sport,
                              .dport = s->dport,
                              .proto = 6};
    struct event *e = event_begin(s->harness->journal, &head);
    event_str(e, EVENT_F_SERVICE, s->harness->protocol->name);
    event_str(e, EVENT_F_PERSONA, s->persona.name);
    return e;
}

void session_answered(struct session *s, const char *version)
{
    for (size_t i = 0; i < s->n_told; i++)
        if (strncmp(s->told[i], version, sizeof s->told[i] - 1) == 0)
            return;
    if (s->n_told < 8)
        (void)snprintf(s->told[s->n_told++], sizeof s->told[0], "%s", version);
    struct event *e = session_event(s, EVENT_ANSWER);
    event_str(e, EVENT_F_VERSION, version);
    (void)event_end(e);
}

void session_sample(struct session *s, const char *name, const void *bytes, size_t n)
{
    struct harness *h = s->harness;
    char sha256[65];
    struct sample *more = realloc(h->samples, (h->n_samples + 1) * sizeof *more);
    need(more != NULL, "out of memory");
    h->samples = more;
    struct sample *sample = &h->samples[h->n_samples++];
    *sample = (struct sample){malloc(n + 1), n};
    need(sample->bytes != NULL, "out of memory");
    if (n)
        memcpy(sample->bytes, bytes, n);
    need(sample_store(h->journal, bytes, n, sha256) == 0, "no digest");
    struct event *e = session_event(s, EVENT_SAMPLE);
    event_str(e, EVENT_F_SHA256, sha256);
    event_int(e, EVENT_F_LEN, (int64_t)n);
    event_str(e, EVENT_F_NAME, name);
    (void)event_end(e);
}
