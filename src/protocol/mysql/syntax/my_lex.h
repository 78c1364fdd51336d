/* SQL text -> tokens, as MySQL's lexer cuts them (manual "Language Structure"): comments and version comments,
 * strings with escapes, hex and bit literals, identifiers, system and user variables, operators. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_LEX_H
#define HOTARU_PROTOCOL_MYSQL_MY_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "protocol/mysql/syntax/my_keywords.h"

enum my_tok_kind {
    MY_TOK_END,
    MY_TOK_WORD,      /* keyword or bare identifier; kw says which keyword, MY_KW_NONE for none */
    MY_TOK_QUOTED,    /* `identifier` (or "identifier" with ANSI_QUOTES) */
    MY_TOK_STRING,    /* 'text' or "text" */
    MY_TOK_NSTRING,   /* n'text' */
    MY_TOK_CHARSET,   /* _utf8 before a literal: text is the character set */
    MY_TOK_INT,       /* digits, any number of them */
    MY_TOK_DECIMAL,   /* 1.5 */
    MY_TOK_FLOAT,     /* 1e5 */
    MY_TOK_HEX,       /* 0x4d5a, x'4d5a': text holds the bytes */
    MY_TOK_BIN,       /* 0b01, b'01': text holds the bytes */
    MY_TOK_OP,        /* one of the operators below or a single character */
    MY_TOK_BAD,       /* a byte or literal that starts no token: always a syntax error here */
};
enum my_tok_op { /* above 255; single characters are themselves */
    MY_OP_LE = 256,
    MY_OP_GE,
    MY_OP_NE,
    MY_OP_EQUAL,  /* <=> */
    MY_OP_SHL,
    MY_OP_SHR,
    MY_OP_ASSIGN, /* := */
    MY_OP_ANDAND,
    MY_OP_OROR,
    MY_OP_ARROW,  /* -> */
    MY_OP_ARROW2, /* ->> */
};

struct my_tok {
    enum my_tok_kind kind;
    enum my_kw kw;
    int op;
    const char *text;      /* decoded, NUL-terminated, in the arena */
    size_t len;
    const char *raw;       /* where it begins in the statement: what a syntax error points at */
    size_t cpp_from, cpp_to; /* the same in the text without comments: what names a column */
    unsigned line;
    bool spaced;           /* white space or a comment stood before it */
    bool paren_follows;    /* an opening parenthesis follows at once */
};

struct my_lex {
    const char *at, *end, *begin;
    struct arena *arena;
    char *cpp;             /* the statement without comments */
    size_t cpp_len;
    unsigned line;
    uint32_t version;      /* 50127: decides version comments and keywords */
    bool mariadb, ansi_quotes, no_backslash, ignore_space;
    bool in_version_comment;
    bool saw_comment;      /* a statement of nothing but comments is not empty */
    bool open_comment;     /* one that does not end was met */
    bool after_dot;        /* the next word is an identifier, whatever it spells */
    bool oom;
};

void my_lex_init(struct my_lex *l, struct arena *arena, const char *text, size_t len);
void my_lex_next(struct my_lex *l, struct my_tok *ret);
/* Whether the word cannot be a bare identifier in this version. */
bool my_kw_reserved(const struct my_lex *l, enum my_kw kw);
const char *my_kw_name(enum my_kw kw);

#endif
