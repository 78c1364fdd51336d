#include "protocol/mysql/syntax/my_lex.h"

#include <string.h>
#include <strings.h>

struct word {
    const char *name;
    unsigned reserved;
};
static const struct word words[MY_KW_COUNT] = {
#define X(name, reserved) [MY_K_##name] = {#name, reserved},
    MY_KEYWORDS(X)
#undef X
};

void my_lex_init(struct my_lex *l, struct arena *arena, const char *text, size_t len)
{
    uint32_t version = l->version;
    bool mariadb = l->mariadb, ansi = l->ansi_quotes, no_backslash = l->no_backslash, space = l->ignore_space;
    *l = (struct my_lex){.at = text, .begin = text, .end = text + len, .arena = arena, .line = 1,
                         .version = version, .mariadb = mariadb, .ansi_quotes = ansi, .no_backslash = no_backslash,
                         .ignore_space = space};
    l->cpp = arena_new(arena, len + 1);
    l->oom = !l->cpp;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_ident(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}
static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
static char peek(const struct my_lex *l, size_t ahead)
{
    return ahead < (size_t)(l->end - l->at) ? l->at[ahead] : '\0';
}
static bool left(const struct my_lex *l, size_t n)
{
    return n <= (size_t)(l->end - l->at);
}

/* One byte from the statement into the text without comments. */
static void keep(struct my_lex *l, size_t n)
{
    for (size_t i = 0; i < n && l->at < l->end; i++) {
        if (*l->at == '\n')
            l->line++;
        l->cpp[l->cpp_len++] = *l->at++;
    }
}
static void drop(struct my_lex *l, size_t n)
{
    for (size_t i = 0; i < n && l->at < l->end; i++)
        if (*l->at++ == '\n')
            l->line++;
}

static bool reserved_here(const struct my_lex *l, unsigned r)
{
    if (l->mariadb)
        return r & MY_RMA;
    return (r & MY_R51) || ((r & MY_R55) && l->version >= 50500) || ((r & MY_R56) && l->version >= 50600) ||
           ((r & MY_R57) && l->version >= 50700) || ((r & MY_R80) && l->version >= 80000);
}

static enum my_kw word_find(const char *s, size_t n)
{
    int low = 1, high = MY_KW_COUNT - 1;
    char up[40];
    if (n >= sizeof up)
        return MY_KW_NONE;
    for (size_t i = 0; i < n; i++)
        up[i] = (char)(s[i] >= 'a' && s[i] <= 'z' ? s[i] - 32 : s[i]);
    up[n] = '\0';
    while (low <= high) {
        int mid = (low + high) / 2, c = strcmp(up, words[mid].name);
        if (c == 0)
            return (enum my_kw)mid;
        if (c < 0)
            high = mid - 1;
        else
            low = mid + 1;
    }
    return MY_KW_NONE;
}

/* The version digits of a comment that begins at l->at + 2; *ret_len says how much of its head to drop. Returns true
 * when its content is to be read as SQL. */
static bool version_comment(struct my_lex *l, size_t *ret_len)
{
    size_t at = 2;
    if (peek(l, at) == 'M' && peek(l, at + 1) == '!') {
        if (!l->mariadb)
            return false;
        at++;
    } else if (peek(l, at) != '!') {
        return false;
    }
    at++;
    uint32_t v = 0;
    size_t digits = 0, max = l->version >= 80000 || l->mariadb ? 6 : 5;
    while (digits < max && is_digit(peek(l, at + digits)))
        v = v * 10 + (uint32_t)(peek(l, at + digits++) - '0');
    *ret_len = at;
    if (digits < 5)
        return true;
    *ret_len = at + digits;
    if (v > l->version)
        return false;
    return !(l->mariadb && v >= 50700 && v <= 99999); /* versions only MySQL has */
}

/* False when it does not end: then nothing is taken. */
static bool skip_to_end_of_comment(struct my_lex *l)
{
    struct my_lex before = *l;
    drop(l, 2);
    unsigned depth = 1;
    while (l->at < l->end) {
        if (peek(l, 0) == '*' && peek(l, 1) == '/') {
            drop(l, 2);
            if (--depth == 0)
                return true;
        } else {
            drop(l, 1);
        }
    }
    *l = before;
    return false;
}

/* White space and comments. */
static bool skip_blank(struct my_lex *l)
{
    const char *from = l->at;
    while (l->at < l->end) {
        char c = *l->at;
        if (is_space(c)) {
            keep(l, 1);
        } else if (c == '#' || (c == '-' && peek(l, 1) == '-' && (!left(l, 3) || is_space(peek(l, 2)) || peek(l, 2) < ' '))) {
            l->saw_comment = true;
            while (l->at < l->end && *l->at != '\n')
                keep(l, 1); /* the servers leave it in the text that names a column */
        } else if (c == '/' && peek(l, 1) == '*') {
            size_t head = 0;
            l->saw_comment = true;
            if (!l->in_version_comment && version_comment(l, &head)) {
                drop(l, head);
                l->in_version_comment = true;
            } else if (!skip_to_end_of_comment(l)) {
                l->open_comment = true;
                break;
            }
        } else if (l->in_version_comment && c == '*' && peek(l, 1) == '/') {
            drop(l, 2);
            l->in_version_comment = false;
        } else {
            break;
        }
    }
    return l->at != from;
}

static void tok_text(struct my_lex *l, struct my_tok *t, const char *s, size_t n)
{
    t->text = arena_copy(l->arena, s, n);
    t->len = n;
    if (!t->text) {
        l->oom = true;
        t->text = "";
        t->len = 0;
    }
}

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case '0':
        return '\0';
    case 'Z':
        return '\032';
    default:
        return c;
    }
}

/* A string that begins with its quote. False when it does not end: then nothing is taken. */
static bool lex_string(struct my_lex *l, struct my_tok *t)
{
    char q = *l->at;
    size_t n = 0, len = 0, max = (size_t)(l->end - l->at);
    bool closed = false;
    for (n = 1; n < max; n++) {
        char c = l->at[n];
        if (c == '\\' && !l->no_backslash) {
            n++;
        } else if (c == q) {
            if (n + 1 < max && l->at[n + 1] == q) {
                n++;
            } else {
                closed = true;
                break;
            }
        }
    }
    if (!closed)
        return false;
    char *out = arena_new(l->arena, n + 1);
    if (!out) {
        l->oom = true;
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        char c = l->at[i];
        if (c == '\\' && !l->no_backslash && i + 1 < n) {
            char e = l->at[++i];
            if (e == '%' || e == '_')
                out[len++] = '\\'; /* kept for LIKE */
            out[len++] = unescape(e);
        } else {
            if (c == q)
                i++;
            out[len++] = c;
        }
    }
    t->kind = MY_TOK_STRING;
    t->text = out;
    t->len = len;
    keep(l, n + 1);
    return true;
}

static bool lex_backquote(struct my_lex *l, struct my_tok *t, char q)
{
    size_t n = 1, len = 0, max = (size_t)(l->end - l->at);
    char *out = arena_new(l->arena, max + 1);
    if (!out) {
        l->oom = true;
        return false;
    }
    for (; n < max; n++) {
        char c = l->at[n];
        if (c == q) {
            if (n + 1 >= max || l->at[n + 1] != q)
                break;
            n++;
        }
        out[len++] = c;
    }
    if (n >= max)
        return false;
    t->kind = MY_TOK_QUOTED;
    t->text = out;
    t->len = len;
    keep(l, n + 1);
    return true;
}

/* x'4d5a', 0x4d5a, b'01', 0b01: digits from l->at + skip on, `tail` bytes after them. */
static bool lex_bytes(struct my_lex *l, struct my_tok *t, size_t skip, size_t digits, size_t tail, bool hex)
{
    size_t per = hex ? 2 : 8, n = (digits + per - 1) / per, pad = n * per - digits;
    char *out = arena_new(l->arena, n + 1);
    if (!out) {
        l->oom = true;
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        size_t at = pad + i;
        char c = l->at[skip + i];
        if (hex)
            out[at / 2] = (char)(out[at / 2] | hex_digit(c) << (at % 2 ? 0 : 4));
        else
            out[at / 8] = (char)(out[at / 8] | (c - '0') << (7 - at % 8));
    }
    t->kind = hex ? MY_TOK_HEX : MY_TOK_BIN;
    t->text = out;
    t->len = n;
    keep(l, skip + digits + tail);
    return true;
}

static size_t run_of(const struct my_lex *l, size_t from, bool hex)
{
    size_t n = 0;
    while (left(l, from + n + 1)) {
        char c = peek(l, from + n);
        if (hex ? hex_digit(c) < 0 : c != '0' && c != '1')
            break;
        n++;
    }
    return n;
}

/* Literals that begin like an identifier: x'..', b'..', n'..', 0x.., 0b.., _charset'..'. */
static bool lex_prefixed(struct my_lex *l, struct my_tok *t)
{
    char a = peek(l, 0), b = peek(l, 1);
    if ((a == 'x' || a == 'X' || a == 'b' || a == 'B') && b == '\'') {
        bool hex = a == 'x' || a == 'X';
        size_t n = run_of(l, 2, hex);
        if (peek(l, 2 + n) != '\'' || !left(l, 3 + n) || (hex && n % 2)) {
            t->kind = MY_TOK_BAD;
            keep(l, 1);
            return true;
        }
        return lex_bytes(l, t, 2, n, 1, hex);
    }
    if (a == '0' && (b == 'x' || b == 'b')) {
        bool hex = b == 'x';
        size_t n = run_of(l, 2, hex);
        if (n > 0 && !is_ident(peek(l, 2 + n)))
            return lex_bytes(l, t, 2, n, 0, hex);
    }
    if ((a == 'n' || a == 'N') && b == '\'') {
        keep(l, 1);
        if (!lex_string(l, t))
            t->kind = MY_TOK_BAD;
        else
            t->kind = MY_TOK_NSTRING;
        return true;
    }
    return false;
}

static void lex_number_or_ident(struct my_lex *l, struct my_tok *t)
{
    size_t n = 0;
    while (is_digit(peek(l, n)))
        n++;
    char c = peek(l, n), d = peek(l, n + 1), e = peek(l, n + 2);
    t->kind = MY_TOK_INT;
    if ((c == 'e' || c == 'E') && (is_digit(d) || ((d == '+' || d == '-') && is_digit(e)))) {
        t->kind = MY_TOK_FLOAT;
        n += 2;
        while (is_digit(peek(l, n)))
            n++;
    } else if (is_ident(c)) {
        while (is_ident(peek(l, n)))
            n++;
        t->kind = MY_TOK_WORD;
    } else if (c == '.') {
        t->kind = MY_TOK_DECIMAL;
        n++;
        while (is_digit(peek(l, n)))
            n++;
        c = peek(l, n);
        d = peek(l, n + 1);
        e = peek(l, n + 2);
        if ((c == 'e' || c == 'E') && (is_digit(d) || ((d == '+' || d == '-') && is_digit(e)))) {
            t->kind = MY_TOK_FLOAT;
            n += 2;
            while (is_digit(peek(l, n)))
                n++;
        }
    }
    tok_text(l, t, l->at, n);
    keep(l, n);
}

static void lex_word(struct my_lex *l, struct my_tok *t)
{
    size_t n = 0;
    while (left(l, n + 1) && is_ident(peek(l, n)))
        n++;
    t->kind = MY_TOK_WORD;
    tok_text(l, t, l->at, n);
    if (!l->after_dot)
        t->kw = word_find(t->text, n);
    keep(l, n);
    if (t->text[0] == '_' && !l->after_dot && n > 1) {
        static const char *const sets[] = {"_utf8", "_latin1", "_binary", "_ascii", "_utf8mb4", "_utf8mb3", "_ucs2", "_utf16",
                                           "_utf32", "_cp1251", "_gbk", "_big5", "_sjis", "_koi8r", "_latin2", "_cp1250",
                                           "_cp1252", "_gb2312", "_greek", "_hebrew", "_euckr", "_ujis", "_latin5", "_latin7"};
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
            if (strcasecmp(t->text, sets[i]) == 0) {
                t->kind = MY_TOK_CHARSET;
                t->text++;
                t->len--;
                return;
            }
    }
}

static void lex_op(struct my_lex *l, struct my_tok *t)
{
    static const struct {
        const char *text;
        int op;
    } ops[] = {{"<=>", MY_OP_EQUAL}, {"->>", MY_OP_ARROW2}, {"<=", MY_OP_LE}, {">=", MY_OP_GE}, {"<>", MY_OP_NE},
               {"!=", MY_OP_NE}, {"<<", MY_OP_SHL}, {">>", MY_OP_SHR}, {":=", MY_OP_ASSIGN}, {"&&", MY_OP_ANDAND},
               {"||", MY_OP_OROR}, {"->", MY_OP_ARROW}};
    t->kind = MY_TOK_OP;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i].text);
        if (left(l, n) && memcmp(l->at, ops[i].text, n) == 0) {
            if (ops[i].op >= MY_OP_ARROW && l->version < 50700)
                break;
            if (ops[i].op >= MY_OP_ARROW && l->mariadb)
                break;
            t->op = ops[i].op;
            keep(l, n);
            return;
        }
    }
    unsigned char c = (unsigned char)*l->at;
    t->op = c;
    if (c < ' ' || c == 0x7f || c == '\\' || c == '"' || c == '\'' || c == '`')
        t->kind = MY_TOK_BAD;
    keep(l, 1);
}

static void lex_token(struct my_lex *l, struct my_tok *t)
{
    char c = *l->at;
    if (l->after_dot && is_ident(c)) {
        lex_word(l, t);
        return;
    }
    if (lex_prefixed(l, t))
        return;
    if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)) && !l->after_dot)) {
        lex_number_or_ident(l, t);
        return;
    }
    if (is_ident(c)) {
        lex_word(l, t);
        return;
    }
    if (c == '`' || (c == '"' && l->ansi_quotes)) {
        if (lex_backquote(l, t, c))
            return;
    } else if (c == '\'' || c == '"') {
        if (lex_string(l, t))
            return;
    }
    lex_op(l, t);
}

void my_lex_next(struct my_lex *l, struct my_tok *ret)
{
    *ret = (struct my_tok){.kind = MY_TOK_END, .text = ""};
    if (l->oom)
        return;
    ret->spaced = skip_blank(l);
    ret->raw = l->at;
    ret->line = l->line;
    ret->cpp_from = l->cpp_len;
    if (l->at >= l->end || (*l->at == '\0' && l->at + 1 >= l->end)) {
        ret->cpp_to = l->cpp_len;
        return;
    }
    if (l->open_comment) { /* ABORT_SYM: a syntax error where the comment begins */
        ret->kind = MY_TOK_BAD;
        l->at = l->end;
        return;
    }
    lex_token(l, ret);
    ret->cpp_to = l->cpp_len;
    ret->paren_follows = peek(l, 0) == '(';
    if (ret->kind == MY_TOK_WORD && ret->kw != MY_KW_NONE && peek(l, 0) == '.' && is_ident(peek(l, 1)))
        ret->kw = reserved_here(l, words[ret->kw].reserved) ? ret->kw : MY_KW_NONE;
    l->after_dot = ret->kind == MY_TOK_OP && ret->op == '.' && !ret->spaced;
}

bool my_kw_reserved(const struct my_lex *l, enum my_kw kw)
{
    return kw != MY_KW_NONE && reserved_here(l, words[kw].reserved);
}
const char *my_kw_name(enum my_kw kw)
{
    return kw == MY_KW_NONE ? "" : words[kw].name;
}
