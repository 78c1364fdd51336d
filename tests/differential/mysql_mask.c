#include "mysql_mask.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rd.h"
#include "base/wr.h"
#include "mysql_result.h"

/* Cells of rows, by column. A NULL pattern matches everything; patterns ignore case. The value is replaced only when it
 * is not NULL and, where number is set, when it is a number: a wrong type still shows. */
static const struct mask_rule {
    const char *table;  /* of the column's org_table */
    const char *column; /* of the column's name */
    const char *first;  /* of the row's first cell */
    bool number;
    const char *put, *why;
} rules[] = {
    {NULL, "connection_id()*", NULL, true, "<id>", "thread id"},
    {NULL, "*pseudo_thread_id*", NULL, true, "<id>", "thread id"},
    {"*_VARIABLES", "V*_VALUE", "pseudo_thread_id", true, "<id>", "thread id"},
    {NULL, "Value", "pseudo_thread_id", true, "<id>", "thread id"},
    {NULL, "@@bind_address", NULL, false, "<address>", "listening address"},
    {NULL, "*VALUE", "bind_address", false, "<address>", "listening address"},
    {NULL, "@@hostname", NULL, false, "<host>", "host name"},
    {NULL, "*VALUE", "hostname", false, "<host>", "host name"},
    {NULL, "*VALUE", "timestamp", true, "<t>", "clock"},
    {NULL, "@@timestamp*", NULL, true, "<t>", "clock"},
    {NULL, "@@*.timestamp*", NULL, true, "<t>", "clock"},
    {NULL, "*now(*", NULL, false, "<t>", "clock"},
    {NULL, "*unix_timestamp()*", NULL, true, "<t>", "clock"},
    {NULL, "*sysdate(*", NULL, false, "<t>", "clock"},
    {NULL, "*curtime(*", NULL, false, "<t>", "clock"},
    {NULL, "*current_time*", NULL, false, "<t>", "clock"},
    {NULL, "*utc_time*", NULL, false, "<t>", "clock"},
    {NULL, "*localtime*", NULL, false, "<t>", "clock"},
    {NULL, "create_time", NULL, false, "<t>", "clock"},
    {NULL, "update_time", NULL, false, "<t>", "clock"},
    {NULL, "check_time", NULL, false, "<t>", "clock"},
    {NULL, "*uuid()*", NULL, false, "<uuid>", "uuid"},
    {NULL, "*uuid_short()*", NULL, true, "<uuid>", "uuid"},
    {NULL, "@@*server_uid*", NULL, false, "<uuid>", "uuid"},
    {NULL, "*VALUE", "server_uid", false, "<uuid>", "uuid"},
    {NULL, "*VALUE", "server_uuid", false, "<uuid>", "uuid"},
    {NULL, "rand()", NULL, true, "<random>", "random"},
    {NULL, "*random_bytes(*", NULL, false, "<random>", "random"},
    {NULL, "@@rand_seed?", NULL, true, "<random>", "random"},
    {NULL, "*VALUE", "rand_seed?", true, "<random>", "random"},
    {NULL, "*VALUE", "Innodb_buffer_pool_*_status", false, "<t>", "clock"},
    {"*_STATUS", "V*_VALUE", NULL, true, "<count>", "statistics"},
    {"*_STATUS", "Value", NULL, true, "<count>", "statistics"},
    {"STATUS", "Value", NULL, true, "<count>", "statistics"},
};
enum { RULES = sizeof rules / sizeof rules[0] };
/* Whole rows: every row of such a result becomes one packet, so that their number does not matter either. */
static const struct row_rule {
    const char *first_column, *fifth_column, *put, *why;
} row_rules[] = {
    {"Id", "Command", "<process rows>", "process rows"},
    {"ID", "COMMAND", "<process rows>", "process rows"},
};
enum { ROW_RULES = sizeof row_rules / sizeof row_rules[0] };

void mask_print_rules(FILE *out)
{
    (void)fputs(
        "greeting: thread id, salt (recorded form: version)\nauth switch: salt\n"
        "every packet but column definitions: a date and time within two days of now, today's date -> <t>\n"
        "recorded form: every date and time -> <t>, without a change of the length before it\n"
        "error 1126 of MariaDB: errno, left by earlier calls -> <left>\n"
        "COM_STATISTICS: numbers -> N; result SHOW ENGINE … STATUS: the status text\n",
        out);
    for (size_t i = 0; i < RULES; i++)
        (void)fprintf(out, "table %s, column %s, first cell %s%s -> %s (%s)\n",
                      rules[i].table ? rules[i].table : "*", rules[i].column,
                      rules[i].first ? rules[i].first : "*", rules[i].number ? ", a number" : "",
                      rules[i].put, rules[i].why);
    for (size_t i = 0; i < ROW_RULES; i++)
        (void)fprintf(out, "first column %s, fifth %s: all rows -> %s\n", row_rules[i].first_column,
                      row_rules[i].fifth_column, row_rules[i].put);
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

static bool like_date(const uint8_t *p)
{
    static const char form[] = "dddd-dd-dd";
    for (int i = 0; i < 10; i++)
        if (form[i] == 'd' ? !isdigit(p[i]) : p[i] != (uint8_t)form[i])
            return false;
    return true;
}

static bool like_time(const uint8_t *p)
{
    return (p[0] == ' ' || p[0] == 'T') && isdigit(p[1]) && isdigit(p[2]) && p[3] == ':' && isdigit(p[4]) &&
           isdigit(p[5]) && p[6] == ':' && isdigit(p[7]) && isdigit(p[8]);
}

static int number_at(const uint8_t *p, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

/* Days from today, UTC. */
static long days_off(const uint8_t *p)
{
    struct tm tm = {
        .tm_year = number_at(p, 4) - 1900, .tm_mon = number_at(p + 5, 2) - 1, .tm_mday = number_at(p + 8, 2)};
    long day = (long)(timegm(&tm) / 86400), today = (long)(time(NULL) / 86400);
    return labs(day - today);
}

/* Times near now, or every date with a time when all is set. */
static void mask_times(const uint8_t *p, size_t n, bool all, struct wr *out)
{
    for (size_t i = 0; i < n;) {
        size_t used = 0;
        if (n - i >= 10 && like_date(p + i)) {
            if (n - i >= 19 && like_time(p + i + 10) && (all || days_off(p + i) <= 2))
                used = 19;
            else if (days_off(p + i) <= 1)
                used = 10;
        }
        if (used)
            wr_str(out, "<t>");
        else
            wr_u8(out, p[i]);
        i += used ? used : 1;
    }
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

static void mask_greeting(const struct mask_context *c, const struct wire_packet *k, struct wr *out)
{
    struct rd r = rd_of(k->bytes, k->len);
    size_t version = 0;
    rd_skip(&r, 1);
    while (!r.bad && rd_u8(&r))
        version++;
    rd_skip(&r, 4 + 8 + 1);
    const uint8_t *flags = rd_take(&r, 2 + 1 + 2 + 2 + 1 + 10), *salt = rd_take(&r, 12);
    if (!flags || !salt || memmem(k->bytes, k->len, "<salt>", 6)) { /* short, or masked already */
        wr_bytes(out, k->bytes, k->len);
        return;
    }
    wr_u8(out, 10);
    if (c->recorded_form)
        wr_str(out, "<v>");
    else
        wr_bytes(out, k->bytes + 1, version + 1);
    wr_str(out, "<id,salt>");
    wr_bytes(out, flags, 18);
    wr_str(out, "<salt>");
    wr_bytes(out, r.p, rd_left(&r));
}

static void mask_auth_switch(const struct wire_packet *k, struct wr *out)
{
    struct rd r = rd_of(k->bytes, k->len);
    while (!r.bad && rd_u8(&r))
        ;
    size_t plugin = k->len - rd_left(&r);
    bool done = memmem(k->bytes, k->len, "<salt>", 6);
    wr_bytes(out, k->bytes, plugin);
    if (!done && rd_left(&r) >= 20) {
        wr_str(out, "<salt>");
        rd_skip(&r, 20);
    }
    wr_bytes(out, r.p, rd_left(&r));
}

static void mask_statistics(const struct wire_packet *k, struct wr *out)
{
    for (size_t i = 0; i < k->len; i++) {
        bool digit = isdigit(k->bytes[i]) || (k->bytes[i] == '.' && i && isdigit(k->bytes[i - 1]));
        if (!digit)
            wr_u8(out, k->bytes[i]);
        else if (i == 0 || !(isdigit(k->bytes[i - 1]) || k->bytes[i - 1] == '.'))
            wr_u8(out, 'N');
    }
}

static bool glob(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

static bool is_number(const uint8_t *p, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (!isdigit(p[i]) && p[i] != '.' && p[i] != '-' && p[i] != 'e')
            return false;
    return n > 0;
}

static const char *rule_for(const struct result_column *c, const char *first, const uint8_t *p, uint64_t n)
{
    if (strcasecmp(c->name, "Status") == 0 && n > 400)
        return "<status text>";
    for (size_t i = 0; i < RULES; i++)
        if (glob(rules[i].table, c->org_table) && glob(rules[i].column, c->name) &&
            glob(rules[i].first, first) && (!rules[i].number || is_number(p, n)))
            return rules[i].put;
    return NULL;
}

/* A text row cell by cell. false when it is not one (a binary row, a row that is masked already). */
static bool mask_cells(const struct result_walk *walk, const struct wire_packet *k, bool all_times,
                       struct wr *out)
{
    struct rd r = rd_of(k->bytes, k->len);
    char first[68] = "";
    for (size_t i = 0; i < walk->count; i++) {
        const uint8_t *from = r.p, *p;
        uint8_t b = rd_u8(&r);
        if (b == 0xfb) {
            wr_u8(out, b);
            continue;
        }
        uint64_t n = b < 0xfb ? b : b == 0xfc ? rd_le16(&r) : b == 0xfd ? rd_le24(&r) : rd_le64(&r);
        p = rd_take(&r, n);
        if (!p || b == 0xff)
            return false;
        if (i == 0) {
            size_t keep = n < sizeof first - 1 ? (size_t)n : sizeof first - 1;
            memcpy(first, p, keep);
            first[keep] = 0;
        }
        const char *put = rule_for(&walk->columns[i], i ? first : "", p, n);
        if (put) {
            wr_str(out, put);
        } else {
            wr_bytes(out, from, (size_t)(p - from));
            mask_times(p, (size_t)n, all_times, out);
        }
    }
    return !r.bad && rd_left(&r) == 0;
}

static const char *row_rule_for(const struct result_walk *w)
{
    for (size_t i = 0; w->count >= 8 && i < ROW_RULES; i++)
        if (strcmp(w->columns[0].name, row_rules[i].first_column) == 0 &&
            strcmp(w->columns[4].name, row_rules[i].fifth_column) == 0)
            return row_rules[i].put;
    return NULL;
}

/* Error 1126 of MariaDB shows errno as earlier calls left it: two of the same server differ. */
static bool mask_left_errno(const struct wire_packet *k, struct wr *out)
{
    static const char head[] = "(errno: ";
    const uint8_t *at = k->len > 3 && k->bytes[1] == (1126 & 0xff) && k->bytes[2] == 1126 >> 8 ? memmem(k->bytes, k->len, head, sizeof head - 1) : NULL;
    const uint8_t *end = k->bytes + k->len, *p = at ? at + sizeof head - 1 : NULL;
    while (p && p < end && *p >= '0' && *p <= '9')
        p++;
    if (!p || p == end || *p != ',')
        return false;
    wr_bytes(out, k->bytes, (size_t)(at - k->bytes) + sizeof head - 1);
    wr_str(out, "<left>");
    wr_bytes(out, p, (size_t)(end - p));
    return true;
}

static void mask_packet(const struct mask_context *c, const struct result_walk *walk, enum packet_kind kind,
                        const struct wire_packet *k, struct wr *out)
{
    switch (kind) {
    case KIND_GREETING:
        mask_greeting(c, k, out);
        return;
    case KIND_AUTH_SWITCH:
        mask_auth_switch(k, out);
        return;
    case KIND_ROW:
        if (mask_cells(walk, k, c->recorded_form, out))
            return;
        wr_clear(out);
        mask_times(k->bytes, k->len, c->recorded_form, out);
        return;
    case KIND_OTHER:
        if (k->len > 7 && memcmp(k->bytes, "Uptime:", 7) == 0)
            mask_statistics(k, out);
        else
            mask_times(k->bytes, k->len, c->recorded_form, out);
        return;
    case KIND_ERR:
        if (mask_left_errno(k, out))
            return;
        /* fall through */
    case KIND_OK:
        mask_times(k->bytes, k->len, c->recorded_form, out);
        return;
    case KIND_EOF:
    case KIND_COUNT:
    case KIND_COLUMN:
        wr_bytes(out, k->bytes, k->len);
        return;
    }
}

int mask_reply(const struct mask_context *context, const struct wire_reply *in, struct wire_reply *ret)
{
    struct result_walk *walk = calloc(1, sizeof *walk);
    struct wr out = wr_of(WIRE_REPLY_MAX_BYTES);
    int rc = walk ? 0 : -ENOMEM;
    bool rows_put = false;
    uint8_t skipped = 0;
    if (walk) {
        walk->logged_in = context->logged_in;
        walk->caps = context->caps;
    }
    for (size_t i = 0; rc == 0 && i < in->count; i++) {
        const struct wire_packet *k = &in->packets[i];
        enum packet_kind kind = result_next(walk, k);
        const char *rows = kind == KIND_ROW ? row_rule_for(walk) : NULL;
        if (rows && rows_put) {
            skipped++;
            continue;
        }
        rows_put = rows != NULL;
        wr_clear(&out);
        if (rows)
            wr_str(&out, rows);
        else
            mask_packet(context, walk, kind, k, &out);
        if (out.bad || !wire_reply_add(ret, (uint8_t)(k->seq - skipped), out.bytes, out.len))
            rc = -ENOMEM;
    }
    ret->closed = in->closed;
    ret->timed_out = in->timed_out;
    wr_done(&out);
    free(walk);
    return rc;
}
