#include "lab/actor_truth.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

int actor_truth_init(struct actor_truth *t, const char *name, const struct behaviour *b,
                     const struct behaviour_params *params)
{
    *t = (struct actor_truth){.behaviour = b->name,
                              .seed = params->seed,
                              .darknet = params->darknet,
                              .sources = params->sources,
                              .effects = params->effects};
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    uint64_t n = ip4_prefix_size(params->darknet);
    t->cap_sources = 64;
    t->raw_per_dst = calloc(n, sizeof *t->raw_per_dst);
    t->broken_per_dst = calloc(n, sizeof *t->broken_per_dst);
    t->connects_per_dst = calloc(n, sizeof *t->connects_per_dst);
    t->sources_seen = calloc(t->cap_sources, sizeof *t->sources_seen);
    if (t->raw_per_dst && t->broken_per_dst && t->connects_per_dst && t->sources_seen)
        return 0;
    actor_truth_done(t);
    return -ENOMEM;
}

void actor_truth_done(struct actor_truth *t)
{
    free(t->raw_per_dst);
    free(t->broken_per_dst);
    free(t->connects_per_dst);
    free(t->sources_seen);
    free(t->dialogues);
    free(t->sweeps);
    free(t->phases);
    *t = (struct actor_truth){0};
}

static bool is_empty(const struct truth_source *s)
{
    return s->raw + s->broken + s->connects == 0;
}

static struct truth_source *slot_of(struct truth_source *table, size_t cap, uint32_t src)
{
    size_t i = (src * UINT32_C(2654435761)) & (cap - 1);
    while (!is_empty(&table[i]) && table[i].src != src)
        i = (i + 1) & (cap - 1);
    return &table[i];
}

static int grow_sources(struct actor_truth *t)
{
    size_t cap = t->cap_sources * 2;
    struct truth_source *more = calloc(cap, sizeof *more);
    if (!more)
        return -ENOMEM;
    for (size_t i = 0; i < t->cap_sources; i++)
        if (!is_empty(&t->sources_seen[i]))
            *slot_of(more, cap, t->sources_seen[i].src) = t->sources_seen[i];
    free(t->sources_seen);
    t->sources_seen = more;
    t->cap_sources = cap;
    return 0;
}

/* The counters of src; the caller adds to one of them at once. NULL without memory. */
static struct truth_source *source_of(struct actor_truth *t, uint32_t src)
{
    if (t->n_sources * 2 >= t->cap_sources && grow_sources(t) < 0) {
        t->out_of_memory = true;
        return NULL;
    }
    struct truth_source *s = slot_of(t->sources_seen, t->cap_sources, src);
    if (is_empty(s)) {
        s->src = src;
        t->n_sources++;
    }
    return s;
}

static void count_dst(struct actor_truth *t, uint32_t *per_dst, uint32_t dst)
{
    if (ip4_in(dst, t->darknet))
        per_dst[dst - t->darknet.base]++;
    else
        t->elsewhere++;
}

void actor_truth_packet(struct actor_truth *t, const struct action *a)
{
    struct truth_source *s = source_of(t, a->src);
    if (s && a->broken_ip)
        s->broken++;
    else if (s)
        s->raw++;
    t->raw_bytes += a->packet_len_bytes;
    if (a->broken_ip)
        t->broken_packets++;
    else
        t->raw_packets++;
    count_dst(t, a->broken_ip ? t->broken_per_dst : t->raw_per_dst, a->dst);
}

void actor_truth_connect(struct actor_truth *t, const struct action *a)
{
    struct truth_source *s = source_of(t, a->src);
    if (s)
        s->connects++;
    t->connects++;
    count_dst(t, t->connects_per_dst, a->dst);
}

/* Room for one more in a growing array; NULL (and noted) without memory. */
static void *append(struct actor_truth *t, void **array, size_t *n, size_t *cap, size_t one)
{
    if (*n == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        void *bigger = realloc(*array, more * one);
        if (!bigger) {
            t->out_of_memory = true;
            return NULL;
        }
        *array = bigger;
        *cap = more;
    }
    void *at = (char *)*array + *n * one;
    memset(at, 0, one);
    (*n)++;
    return at;
}

void actor_truth_dialogue(struct actor_truth *t, const struct truth_dialogue *d)
{
    t->outcomes[d->outcome]++;
    if (d->outcome == OUTCOME_SILENCE)
        return;
    void *array = t->dialogues;
    struct truth_dialogue *at = append(t, &array, &t->n_dialogues, &t->cap_dialogues, sizeof *at);
    t->dialogues = array;
    if (at)
        *at = *d;
}

static void note_sweep(struct actor_truth *t, const struct note *n)
{
    void *array = t->sweeps;
    struct truth_sweep *s = append(t, &array, &t->n_sweeps, &t->cap_sweeps, sizeof *s);
    t->sweeps = array;
    if (s)
        *s = (struct truth_sweep){n->net, n->ip, n->n, 0, n->at_us, -1};
}

static void note_phase(struct actor_truth *t, const struct note *n)
{
    void *array = t->phases;
    struct truth_phase *p = append(t, &array, &t->n_phases, &t->cap_phases, sizeof *p);
    t->phases = array;
    if (!p)
        return;
    p->at_us = n->at_us;
    p->by = n->ip;
    p->known = n->n;
    (void)snprintf(p->name, sizeof p->name, "%s", n->text);
    (void)snprintf(p->version, sizeof p->version, "%.23s", n->version);
}

void actor_truth_note(void *truth, const struct note *n)
{
    struct actor_truth *t = truth;
    if (n->kind == NOTE_SWEEP_BEGIN)
        note_sweep(t, n);
    else if (n->kind == NOTE_PHASE)
        note_phase(t, n);
    else if (t->n_sweeps) {
        t->sweeps[t->n_sweeps - 1].asked = n->n;
        t->sweeps[t->n_sweeps - 1].end_us = n->at_us;
    }
}

static void set(json_t *o, const char *key, json_t *value)
{
    (void)json_object_set_new(o, key, value); /* a NULL value or a full memory shows as a missing key */
}

static void set_int(json_t *o, const char *key, int64_t value)
{
    set(o, key, json_integer(value));
}

static void set_ip(json_t *o, const char *key, uint32_t ip)
{
    char text[IP4_TEXT_MAX];
    set(o, key, json_string(ip4_format(ip, text)));
}

static void set_net(json_t *o, const char *key, struct ip4_prefix net)
{
    char text[IP4_TEXT_MAX];
    set(o, key, json_string(ip4_prefix_format(net, text)));
}

static json_t *left_out(uint64_t n)
{
    json_t *o = json_object();
    set_int(o, "left_out", (int64_t)n);
    return o;
}

static json_t *per_dst_json(const struct actor_truth *t, const uint32_t *per_dst)
{
    uint64_t n = ip4_prefix_size(t->darknet);
    if (n > ACTOR_TRUTH_MAP_MAX)
        return left_out(n);
    json_t *o = json_object();
    char text[IP4_TEXT_MAX];
    for (uint64_t i = 0; i < n; i++)
        if (per_dst[i])
            set_int(o, ip4_format(t->darknet.base + (uint32_t)i, text), per_dst[i]);
    return o;
}

static int by_address(const void *a, const void *b)
{
    uint32_t x = ((const struct truth_source *)a)->src, y = ((const struct truth_source *)b)->src;
    return (x > y) - (x < y);
}

/* {"raw": n, "broken": n, "connects": n} per source, in the order of the addresses. */
static json_t *per_src_json(const struct actor_truth *t)
{
    if (t->n_sources > ACTOR_TRUTH_MAP_MAX)
        return left_out(t->n_sources);
    json_t *o = json_object();
    struct truth_source *sorted = calloc(t->n_sources + 1, sizeof *sorted);
    size_t n = 0;
    char text[IP4_TEXT_MAX];
    for (size_t i = 0; sorted && i < t->cap_sources; i++)
        if (!is_empty(&t->sources_seen[i]))
            sorted[n++] = t->sources_seen[i];
    if (n)
        qsort(sorted, n, sizeof *sorted, by_address);
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        set_int(one, "raw", (int64_t)sorted[i].raw);
        set_int(one, "broken", (int64_t)sorted[i].broken);
        set_int(one, "connects", (int64_t)sorted[i].connects);
        set(o, ip4_format(sorted[i].src, text), one);
    }
    free(sorted);
    return o;
}

static json_t *raw_json(const struct actor_truth *t)
{
    json_t *o = json_object();
    set_int(o, "packets", (int64_t)t->raw_packets);
    set_int(o, "bytes", (int64_t)t->raw_bytes);
    set_int(o, "errors", (int64_t)t->send_errors);
    set(o, "per_dst", per_dst_json(t, t->raw_per_dst));
    set_int(o, "broken_packets", (int64_t)t->broken_packets);
    set(o, "broken_per_dst", per_dst_json(t, t->broken_per_dst));
    return o;
}

static json_t *connects_json(const struct actor_truth *t)
{
    json_t *o = json_object();
    set_int(o, "begun", (int64_t)t->connects);
    for (int i = OUTCOME_SILENCE; i <= OUTCOME_ANSWERED; i++)
        set_int(o, outcome_name((enum outcome_kind)i), (int64_t)t->outcomes[i]);
    set_int(o, "unfinished", (int64_t)t->unfinished);
    set_int(o, "errors", (int64_t)t->connect_errors);
    set(o, "per_dst", per_dst_json(t, t->connects_per_dst));
    return o;
}

static json_t *dialogue_json(const struct actor_truth *t, const struct truth_dialogue *d)
{
    static const char *const kinds[] = {"connect", "smb-negotiate", "mysql-version"};
    json_t *o = json_object();
    set_int(o, "begin_us", t->start_ts_us + d->begin_us);
    set_int(o, "end_us", t->start_ts_us + d->end_us);
    set_ip(o, "src", d->src);
    set_int(o, "sport", d->sport);
    set_ip(o, "dst", d->dst);
    set_int(o, "dport", d->dport);
    set(o, "kind", json_string(kinds[d->kind]));
    set(o, "outcome", json_string(outcome_name(d->outcome)));
    if (d->version[0])
        set(o, "version", json_string(d->version));
    return o;
}

static json_t *sweep_json(const struct actor_truth *t, const struct truth_sweep *s)
{
    json_t *o = json_object();
    set_net(o, "net", s->net);
    set_ip(o, "from", s->from);
    set_int(o, "pass", s->pass);
    set_int(o, "asked", s->asked);
    set_int(o, "begin_us", t->start_ts_us + s->begin_us);
    if (s->end_us >= 0)
        set_int(o, "end_us", t->start_ts_us + s->end_us);
    return o;
}

static json_t *phase_json(const struct actor_truth *t, const struct truth_phase *p)
{
    json_t *o = json_object();
    set_int(o, "ts_us", t->start_ts_us + p->at_us);
    set(o, "phase", json_string(p->name));
    set_int(o, "known", p->known);
    if (p->by)
        set_ip(o, "by", p->by);
    if (p->version[0])
        set(o, "version", json_string(p->version));
    return o;
}

struct json_t *actor_truth_json(const struct actor_truth *t)
{
    json_t *o = json_object(), *dialogues = json_array(), *sweeps = json_array(), *phases = json_array();
    set(o, "format", json_string("hotaru-actor-truth"));
    set_int(o, "version", 1);
    set(o, "name", json_string(t->name));
    set(o, "behaviour", json_string(t->behaviour));
    set(o, "simulated", json_boolean(t->simulated));
    set(o, "effects", json_boolean(t->effects));
    char seed[24];
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    set(o, "seed", json_string(seed)); /* 64 bits do not fit JSON's numbers everywhere */
    set_net(o, "darknet", t->darknet);
    set_net(o, "sources_from", t->sources);
    set_int(o, "start_us", t->start_ts_us);
    set_int(o, "end_us", t->end_ts_us);
    set_int(o, "elsewhere", (int64_t)t->elsewhere);
    set(o, "raw", raw_json(t));
    set(o, "connects", connects_json(t));
    set(o, "sources", per_src_json(t));
    for (size_t i = 0; i < t->n_dialogues; i++)
        (void)json_array_append_new(dialogues, dialogue_json(t, &t->dialogues[i]));
    for (size_t i = 0; i < t->n_sweeps; i++)
        (void)json_array_append_new(sweeps, sweep_json(t, &t->sweeps[i]));
    for (size_t i = 0; i < t->n_phases; i++)
        (void)json_array_append_new(phases, phase_json(t, &t->phases[i]));
    set(o, "dialogues", dialogues);
    set(o, "sweeps", sweeps);
    set(o, "phases", phases);
    return o;
}

int actor_truth_write(const struct actor_truth *t, const char *path, struct err *err)
{
    json_t *o = t->out_of_memory ? NULL : actor_truth_json(t);
    char *text = o ? json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
    int rc = text ? io_replace_file(path, text, strlen(text), err)
                  : err_set(err, -ENOMEM, "%s: the truth does not fit the memory", path);
    free(text);
    json_decref(o);
    return rc;
}
