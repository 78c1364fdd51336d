/* The layout text of TCP options as bytes again. Values that the text does not hold are zero. */
#include <string.h>

#include "header/build.h"
#include "header/hdr_int.h"

enum { ITEMS_MAX = HDR_OPTIONS_MAX, KIND_MALFORMED = 2 };

struct item {
    uint8_t kind, least; /* bytes it takes at least */
    bool stretches;      /* takes more when there is room: the text does not say its length */
    uint16_t value;
};

static bool is_named(int kind) /* has a letter of its own, so "?kind" is never written for it */
{
    return kind <= 5 || kind == 8 || kind == 34;
}

/* number: -1 when the letter stands alone. */
static bool item_of(char letter, int number, struct item *ret)
{
    bool alone = number < 0;
    switch (letter) {
    case 'E': *ret = (struct item){0, 1, true, 0}; return alone;
    case 'N': *ret = (struct item){1, 1, false, 0}; return alone;
    case 'M': *ret = (struct item){2, 4, false, (uint16_t)number}; return !alone;
    case 'W': *ret = (struct item){3, 3, false, (uint16_t)number}; return !alone && number < 256;
    case 'S': *ret = (struct item){4, 2, false, 0}; return alone;
    case 'T': *ret = (struct item){8, 10, false, 0}; return alone;
    case 'F': *ret = (struct item){34, 2, true, 0}; return alone;
    case '!': *ret = (struct item){KIND_MALFORMED, 1, true, 0}; return alone;
    case 'K':
        if (number < 1 || number > 4)
            return false;
        *ret = (struct item){5, (uint8_t)(2 + 8 * number), false, 0};
        return true;
    case '?':
        if (number < 0 || number > 255 || is_named(number))
            return false;
        *ret = (struct item){(uint8_t)number, 2, true, 0};
        return true;
    default: return false;
    }
}

static bool read_item(struct rd *r, struct item *ret, bool *ret_last)
{
    char letter = (char)rd_u8(r);
    int number = -1;
    bool comma = false;
    while (rd_left(r) && !comma) {
        uint8_t c = rd_u8(r);
        comma = c == ',';
        if (comma)
            break;
        if (c < '0' || c > '9' || number > 6553)
            return false;
        number = (number < 0 ? 0 : number * 10) + (c - '0');
        if (number > 65535)
            return false;
    }
    *ret_last = letter == 'E' || letter == '!';
    /* A comma has something behind it; nothing stands behind an end. */
    return !r->bad && item_of(letter, number, ret) && comma == (rd_left(r) > 0) && !(*ret_last && comma);
}

static void put_item(uint8_t **at, const struct item *i, size_t bytes)
{
    uint8_t *p = *at;
    memset(p, 0, bytes);
    p[0] = i->kind;
    if (i->kind > 1 && bytes > 1 && !(i->kind == KIND_MALFORMED && i->stretches)) {
        p[1] = (uint8_t)bytes;
        if (i->kind == 2)
            p[2] = (uint8_t)(i->value >> 8), p[3] = (uint8_t)i->value;
        else if (i->kind == 3)
            p[2] = (uint8_t)i->value;
    }
    *at += bytes;
}

bool hdr_options_bytes(const char *text, size_t n_text, size_t total, uint8_t ret[static HDR_OPTIONS_MAX], size_t *ret_least)
{
    struct rd r = rd_of(text, n_text);
    struct item items[ITEMS_MAX];
    size_t n = 0, least = 0, stretch = SIZE_MAX;
    *ret_least = 0;
    while (rd_left(&r)) {
        bool last;
        if (n == ITEMS_MAX || !read_item(&r, &items[n], &last))
            return false;
        least += items[n].least;
        if (items[n].stretches)
            stretch = n;
        n++;
    }
    *ret_least = least;
    if (total > HDR_OPTIONS_MAX || least > total || (least < total && stretch == SIZE_MAX))
        return false;
    uint8_t *at = ret;
    for (size_t i = 0; i < n; i++)
        put_item(&at, &items[i], items[i].least + (i == stretch ? total - least : 0));
    return true;
}
