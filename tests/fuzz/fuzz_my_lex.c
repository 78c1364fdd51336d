/* The SQL lexer: every token takes at least one byte, lies in the statement, counts lines rightly, and the end comes. The
 * first byte chooses version and modes. */
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/syntax/my_lex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t versions[] = {50154, 50610, 101114, 80036};
    if (size < 1 || size > 65536)
        return 0;
    char *text = malloc(size); /* of exactly its size: the sanitizer sees a read past its end */
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    size_t len = size - 1;
    struct arena a = arena_of(64u << 20);
    struct my_lex l = {.version = versions[data[0] & 3],
                       .mariadb = (data[0] & 3) == 2,
                       .ansi_quotes = data[0] & 4,
                       .no_backslash = data[0] & 8,
                       .ignore_space = data[0] & 16};
    my_lex_init(&l, &a, text, len);
    struct my_tok t = {.kind = MY_TOK_WORD};
    unsigned line = 0;
    size_t n = 0;
    const char *before = text;
    while (t.kind != MY_TOK_END) {
        my_lex_next(&l, &t);
        if (++n > len + 2 || t.raw < before || t.raw > text + len || t.line < line || l.at > l.end || l.cpp_len > len + 1)
            abort();
        if (t.kind != MY_TOK_END && t.kind != MY_TOK_BAD && t.text && t.text[t.len] != '\0')
            abort();
        before = t.raw;
        line = t.line;
    }
    arena_done(&a);
    free(text);
    return 0;
}
