/* REGEXP and its family. MariaDB and MySQL 8 have a Perl-like syntax (PCRE2 here), older servers Henry Spencer's, which is POSIX. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/expr/my_eval.h"
#include "protocol/mysql/expr/my_fn_str.h"

#define PATTERN_MAX (16u << 10)
#define SUBJECT_MAX (1u << 20)
#define MATCH_LIMIT 100000u

static bool is_modern(const struct my_eval *ev)
{
    return ev->r->kit->mariadb || ev->r->kit->version >= 80004;
}

/* ---- PCRE2 ---- */
struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

static void pattern_free(struct pattern *p)
{
    pcre2_match_data_free(p->match);
    pcre2_match_context_free(p->limits);
    pcre2_code_free(p->code);
}

/* false: an error was raised, or the pattern is too long. */
static bool compile(struct my_eval *ev, struct my_expr *e, const struct my_val *text, struct pattern *ret)
{
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    bool utf = c && strncmp(c->charset, "utf8", 4) == 0;
    uint32_t options = (c && c->bin ? 0 : PCRE2_CASELESS) | (utf ? PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF : 0) | PCRE2_NEVER_BACKSLASH_C;
    int code = 0;
    PCRE2_SIZE at = 0;
    *ret = (struct pattern){0};
    if (text->s.n > PATTERN_MAX || !my_step(ev->r, 1000 + text->s.n))
        return false;
    ret->code = pcre2_compile((PCRE2_SPTR)text->s.p, text->s.n, options, &code, &at, NULL);
    if (!ret->code) {
        char why[160], line[220];
        (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
        (void)snprintf(line, sizeof line, "%s at offset %zu", why, (size_t)at);
        my_fail(ev->r, MY_ER_REGEX, line);
        return false;
    }
    ret->match = pcre2_match_data_create_from_pattern(ret->code, NULL);
    ret->limits = pcre2_match_context_create(NULL);
    if (!ret->match || !ret->limits) {
        pattern_free(ret);
        my_fail(ev->r, MY_ER_OUTOFMEMORY, 1024);
        return false;
    }
    (void)pcre2_set_match_limit(ret->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(ret->limits, 1000);
    (void)pcre2_set_heap_limit(ret->limits, 4096);
    return true;
}

/* The first match from `from` on: its bounds, false when there is none. */
static bool find(struct my_eval *ev, const struct pattern *p, const struct my_val *s, size_t from, size_t *ret_start, size_t *ret_end)
{
    if (s->s.n > SUBJECT_MAX || !my_step(ev->r, 100 + (s->s.n - from)))
        return false;
    if (pcre2_match(p->code, (PCRE2_SPTR)(s->s.p ? s->s.p : ""), s->s.n, from, 0, p->match, p->limits) < 0)
        return false;
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(p->match);
    *ret_start = v[0];
    *ret_end = v[1];
    return v[1] >= v[0];
}

static struct my_val modern_regexp(struct my_eval *ev, struct my_expr *e, const struct my_val *s, const struct my_val *p)
{
    struct pattern pat;
    size_t from, to;
    if (!compile(ev, e, p, &pat))
        return my_null();
    bool hit = find(ev, &pat, s, 0, &from, &to);
    pattern_free(&pat);
    return my_int(hit != e->not_);
}

/* ---- POSIX ---- */
static struct my_val posix_regexp(struct my_eval *ev, struct my_expr *e, const struct my_val *s, const struct my_val *p)
{
    if (p->s.n == 0) {
        my_fail_text(ev->r, MY_ER_WRONG_ARGUMENTS, "Got error 'empty (sub)expression' from regexp");
        return my_null();
    }
    char *pat = arena_copy(ev->r->arena, p->s.p, p->s.n), *text = arena_copy(ev->r->arena, s->s.p, s->s.n);
    regex_t re;
    const struct my_coll *c = my_coll_meet(&e->args[0]->m, &e->args[1]->m, NULL);
    bool bin = c && c->bin;
    if (!pat || !text || p->s.n > 1024 || s->s.n > 65536 || !my_step(ev->r, 1000 + s->s.n))
        return my_null();
    int rc = regcomp(&re, pat, REG_EXTENDED | REG_NOSUB | (bin ? 0 : REG_ICASE));
    if (rc) {
        char why[120], line[200];
        (void)regerror(rc, &re, why, sizeof why);
        (void)snprintf(line, sizeof line, "Got error '%s' from regexp", why);
        my_fail_text(ev->r, MY_ER_WRONG_ARGUMENTS, line);
        return my_null();
    }
    bool hit = regexec(&re, text, 0, NULL, 0) == 0;
    regfree(&re);
    return my_int(hit != e->not_);
}

static void fix_regexp(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 1, my_any_maybe_null(e), false);
    if (!ev->r->kit->mariadb || e->args[1]->op != MY_X_LITERAL || ev->r->describe_only)
        return;
    struct pattern pat; /* a constant pattern is compiled when it is resolved: its error comes alone */
    struct my_val v = my_eval_expr(ev, e->args[1]), t = my_val_text(ev->r->arena, &v, &e->args[1]->m);
    if (t.kind == MY_V_STR && compile(ev, e, &t, &pat))
        pattern_free(&pat);
}

static struct my_val ev_regexp(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args);
    if (!my_ok(ev->r))
        return my_null();
    return is_modern(ev) ? modern_regexp(ev, e, &s, &p) : posix_regexp(ev, e, &s, &p);
}

/* ---- REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_REPLACE ---- */
static void fix_instr(struct my_eval *ev, struct my_expr *e)
{
    my_fix_int(ev->r->kit, e, 11, my_any_maybe_null(e), false);
    e->m.type = MY_T_LONG;
}

static struct my_val ev_instr(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args);
    struct pattern pat;
    size_t from = 0, to;
    if (!my_ok(ev->r) || !compile(ev, e, &p, &pat))
        return my_null();
    bool hit = find(ev, &pat, &s, 0, &from, &to);
    pattern_free(&pat);
    return my_int(hit ? (int64_t)my_chars(e->args[0]->m.coll, s.s.p, from) + 1 : 0);
}

static struct my_val ev_substr(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args);
    struct pattern pat;
    size_t from = 0, to = 0;
    if (!my_ok(ev->r) || !compile(ev, e, &p, &pat))
        return my_null();
    bool hit = find(ev, &pat, &s, 0, &from, &to);
    pattern_free(&pat);
    return hit ? my_str(s.s.p + from, to - from) : my_str("", 0);
}

static void fix_replace(struct my_eval *ev, struct my_expr *e)
{
    my_fix_meet(ev, e, 0, 1, 0, my_any_maybe_null(e));
    e->m.len = 16777216;
    e->m.type = MY_T_LONG_BLOB;
}

struct sink {
    char *p;
    size_t len, max;
};
static void put(struct sink *o, const char *s, size_t n)
{
    n = o->len + n > o->max ? o->max - o->len : n;
    if (n)
        memcpy(o->p + o->len, s, n);
    o->len += n;
}

/* The replacement; \1 … \9 are the groups of the match. */
static void put_replacement(struct sink *o, const struct pattern *pat, const struct my_val *s, const struct my_val *r)
{
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(pat->match);
    uint32_t groups = pcre2_get_ovector_count(pat->match);
    for (size_t i = 0; i < r->s.n; i++) {
        bool group = r->s.p[i] == '\\' && i + 1 < r->s.n && r->s.p[i + 1] >= '0' && r->s.p[i + 1] <= '9';
        if (!group) {
            put(o, r->s.p + i, 1);
            continue;
        }
        uint32_t g = (uint32_t)(r->s.p[++i] - '0');
        if (g < groups && v[2 * g] != PCRE2_UNSET && v[2 * g] <= v[2 * g + 1])
            put(o, s->s.p + v[2 * g], v[2 * g + 1] - v[2 * g]);
    }
}

static struct my_val ev_replace(struct my_eval *ev, struct my_expr *e, struct my_val *args)
{
    struct my_val s = my_arg_text(ev, e, 0, args), p = my_arg_text(ev, e, 1, args), r = my_arg_text(ev, e, 2, args);
    struct pattern pat;
    if (!my_ok(ev->r) || !compile(ev, e, &p, &pat))
        return my_null();
    struct sink o = {.max = s.s.n + (s.s.n + 1) * (r.s.n < 4096 ? r.s.n : 4096) + 1};
    o.max = o.max > (4u << 20) ? 4u << 20 : o.max;
    o.p = arena_new(ev->r->arena, o.max + 1);
    size_t at = 0, from, to;
    while (o.p && at <= s.s.n && find(ev, &pat, &s, at, &from, &to)) {
        put(&o, s.s.p + at, from - at);
        put_replacement(&o, &pat, &s, &r);
        if (to == from) { /* an empty match: one character on */
            size_t one = from < s.s.n ? my_char_bytes(e->args[0]->m.coll, s.s.p + from, s.s.n - from, 1) : 0;
            put(&o, s.s.p + from, one);
            at = from + (one ? one : 1);
        } else {
            at = to;
        }
    }
    if (o.p && at < s.s.n)
        put(&o, s.s.p + at, s.s.n - at);
    pattern_free(&pat);
    return o.p && my_ok(ev->r) ? my_str(o.p, o.len) : my_null();
}

const struct my_func my_funcs_regexp[] = {
    {"regexp", 2, 2, MY_FN_WORD, fix_regexp, ev_regexp},
    {"regexp_instr", 2, 2, MY_FN_SINCE_80, fix_instr, ev_instr},
    {"regexp_substr", 2, 2, MY_FN_SINCE_80, my_fix_same, ev_substr},
    {"regexp_replace", 3, 3, MY_FN_SINCE_80, fix_replace, ev_replace},
    {0},
};
