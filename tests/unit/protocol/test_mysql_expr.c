/* Expressions of the MySQL emulator: statement -> the row that real servers answered (MariaDB 10.11.19 for its persona, 5.6.27 and
 * 5.1.63 as recorded or as their manuals have it), and that hostile expressions end. */
#include <stdio.h>
#include <string.h>

#include "../cmocka_all.h"
#include "harness.h"
#include "protocol/mysql/mysql.h"

#define PACKET_MAX (1u << 20)

static struct harness *logged_in(const char *persona)
{
    static const uint8_t login[36] = {0, 0, 0, 1, 0x85, 0xa6, 3, 0, 0, 0, 0, 1, 33}; /* HandshakeResponse41 up to the user */
    uint8_t packet[64];
    size_t n = sizeof login;
    struct harness *h = harness_new(&protocol_mysql, persona);
    harness_open(h);
    memcpy(packet, login, n);
    memcpy(packet + n, "root", 5);
    n += 5;
    packet[n++] = 0;
    packet[0] = (uint8_t)(n - 4);
    harness_feed(h, packet, n);
    harness_forget(h);
    return h;
}

static void query(struct harness *h, const char *sql, size_t len)
{
    static uint8_t packet[PACKET_MAX + 8];
    assert_true(len < PACKET_MAX);
    size_t n = len + 1;
    packet[0] = (uint8_t)n;
    packet[1] = (uint8_t)(n >> 8);
    packet[2] = (uint8_t)(n >> 16);
    packet[3] = 0;
    packet[4] = 3;
    memcpy(packet + 5, sql, len);
    harness_forget(h);
    harness_feed(h, packet, n + 4);
    for (int i = 0; i < 40 && harness_is_paused(h); i++)
        harness_advance(h, 1000000);
}

/* The reply's last row as "a|b|NULL", or "ERR number text". */
static void answer(struct harness *h, char *ret, size_t max)
{
    size_t n = 0, at = 0, packet = 0, eofs = 0;
    const uint8_t *out = harness_output(h, &n);
    ret[0] = '\0';
    while (at + 4 <= n) {
        size_t len = (size_t)(out[at] | out[at + 1] << 8 | out[at + 2] << 16);
        const uint8_t *p = out + at + 4;
        assert_true(at + 4 + len <= n);
        at += 4 + len;
        packet++;
        if (len && p[0] == 0xff) {
            (void)snprintf(ret, max, "ERR %d %.*s", p[1] | p[2] << 8, (int)len - 9, (const char *)p + 9);
            return;
        }
        if (len && p[0] == 0xfe && len < 9) {
            eofs++;
            continue;
        }
        if (eofs != 1)
            continue;
        size_t w = 0, i = 0;
        while (i < len && w + 2 < max) {
            size_t cell = p[i++];
            if (i > 1)
                ret[w++] = '|';
            if (cell == 0xfb) {
                w += (size_t)snprintf(ret + w, max - w, "NULL");
                continue;
            }
            if (cell == 0xfc) {
                cell = (size_t)(p[i] | p[i + 1] << 8);
                i += 2;
            }
            assert_true(i + cell <= len);
            cell = cell < max - w - 1 ? cell : max - w - 1;
            memcpy(ret + w, p + i, cell);
            w += cell;
            i += cell;
        }
        ret[w] = '\0';
    }
    assert_true(packet > 0);
}

struct line {
    const char *sql, *want;
};

static void check(const char *persona, const struct line *lines, size_t n)
{
    struct harness *h = logged_in(persona);
    for (size_t i = 0; i < n; i++) {
        char got[2000];
        query(h, lines[i].sql, strlen(lines[i].sql));
        answer(h, got, sizeof got);
        if (strcmp(got, lines[i].want) != 0)
            print_error("%s: %s\n  got  %s\n  want %s\n", persona, lines[i].sql, got, lines[i].want);
        assert_string_equal(got, lines[i].want);
    }
    harness_free(h);
}
#define CHECK(persona, lines) check(persona, lines, sizeof lines / sizeof *lines)

/* Answers of a real MariaDB 10.11.19. */
static void test_mariadb(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"select 1+1, 10/4, 7 div 2, -7 % 3, 5.5 % 2", "2|2.5000|3|-1|1.5"},
        {"select 10/0, 1 div 0, mod(1,0)", "NULL|NULL|NULL"},
        {"select 9223372036854775807+1", "ERR 1690 BIGINT value is out of range in '9223372036854775807 + 1'"},
        {"select !(select*from(select user())x)-~0", "ERR 1690 BIGINT UNSIGNED value is out of range in '!(select #2) - ~0'"},
        {"select pow(-8, 1/3)", "ERR 1690 DOUBLE value is out of range in 'pow(-8,1 / 3)'"},
        {"select exp(710)", "ERR 1690 DOUBLE value is out of range in 'exp(710)'"},
        {"select conv(10+'10'+'10'+x'0a', 10, 10), bit_count(b'101010')", "30|3"},
        {"select least('a', 1), greatest(1, 2.5, '3'), least(null, 1)", "0|3|NULL"},
        {"select format(12332.1, 4), format(1e10, 2)", "12,332.1000|10,000,000,000.00"},
        {"select cast(123456 as decimal(3)), cast(-1.5 as unsigned), cast('12abc' as unsigned)", "999|0|12"},
        {"select lpad('a', 3), lpad('hi', 1, '?'), lpad('hi', 4, '')", "  a|h|NULL"},
        {"select time('1:2:3'), unix_timestamp('x'), sec_to_time(1.5)", "01:02:03|NULL|00:00:01.5"},
        {"select date '2020-01-01' + 1, time '10:00:00' + 0", "20200102|100000"},
        {"select date 'x'", "ERR 1525 Incorrect DATE value: 'x'"},
        {"select '2020-01-31' + interval 1 month, addtime('2020-01-01 23:59:59.999999','00:00:00.000001')", "2020-02-29|2020-01-02 00:00:00"},
        {"select str_to_date('2020-01-02 10:11:12.5', '%Y-%m-%d %H:%i:%s.%f')", "2020-01-02 10:11:12.500000"},
        {"select upper('\xc3\xa9'), lcase('\xc3\x80\xc3\x88'), hex(convert('\xc3\xa9' using utf16)), concat(_latin1 0xe9, 'x')",
         "\xc3\x89|\xc3\xa0\xc3\xa8|00E9|\xc3\xa9x"},
        {"select 'a\\nb' regexp 'a.b', 'abc' rlike '[[:alpha:]]+'", "0|1"},
        {"select 'abc' regexp '('", "ERR 1139 Regex error 'missing closing parenthesis at offset 1'"},
        {"select regexp_replace('abcb', 'b', 'X'), regexp_substr('abc123', '[0-9]+'), regexp_instr('abc123', '[0-9]')", "aXcX|123|4"},
        {"select hex(inet6_aton('1.2.3.4')), inet6_ntoa(inet6_aton('::1')), inet6_aton('x')", "01020304|::1|NULL"},
        {"select 'a' collate utf8_bin = 'a' collate utf8_general_ci",
         "ERR 1267 Illegal mix of collations (utf8mb3_bin,EXPLICIT) and (utf8mb3_general_ci,EXPLICIT) for operation '='"},
        {"select 1 + (1,2)", "ERR 4078 Illegal parameter data types int and row for operation '+'"},
        {"select cast(1 as nosuch)", "ERR 4161 Unknown data type: 'nosuch'"},
        {"select nosuch", "ERR 1054 Unknown column 'nosuch' in 'SELECT'"},
        {"select 1 order by nosuch", "ERR 1054 Unknown column 'nosuch' in 'ORDER BY'"},
        {"select 1e400", "ERR 1367 Illegal double '1e400' value found during parsing"},
        {"with a as (select 1 as x), b as (select x + 1 as y from a) select * from a, b", "1|2"},
        {"with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select sum(i), count(*) from n", "6|3"},
        {"select 1 intersect select 1", "1"},
        {"values (1,2),(3,4)", "3|4"},
    };
    CHECK("mariadb-10.11", lines);
}

/* XPath: what it finds, and errors that stand where the server's lexer stood. */
static void test_xpath(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"select extractvalue('<a><b>x</b><b>y</b></a>', '/a/b'), extractvalue('<a><b>x</b></a>', '//b')", "x y|x"},
        {"select extractvalue('<a x=\"1\"/>', '/a/@x'), extractvalue('<a>x</a>', 'count(/a)')", "1|1"},
        {"select extractvalue('<a><b>1</b><b>2</b></a>', '/a/b[2]'), extractvalue('<a><b i=\"x\">1</b></a>', '/a/b[@i=\"x\"]')", "2|1"},
        {"select updatexml('<a><b>x</b></a>', '/a/b', '<c/>'), updatexml('<a>x</a>', '/b', 'y')", "<a><c/></a>|<a>x</a>"},
        {"select extractvalue(1,'~')", "ERR 1105 XPATH syntax error: '~'"},
        {"select extractvalue(1,':a')", "ERR 1105 XPATH syntax error: ':a'"},
        {"select extractvalue(1,'$a')", "ERR 1105 Unknown XPATH variable at: '$a'"},
        {"select updatexml(1,concat(0x2e,0x71,(select (elt(3=3,1)))),1)", "ERR 1105 XPATH syntax error: 'q1'"},
        {"select updatexml(1,concat(0x7e,(select user()),0x7e),1)", "ERR 1105 XPATH syntax error: '~root@198.51.100.7~'"},
    };
    CHECK("mariadb-10.11", lines);
    CHECK("mysql-5.6.27", lines);
}

/* RAND() in GROUP BY: the key that is inserted is not the key that was looked up. */
static void test_group_key(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"select count(*), floor(rand(0)*2) x from information_schema.character_sets group by x", "ERR 1062 Duplicate entry '1' for key 'group_key'"},
        {"select count(*), concat(0x7e,floor(rand(0)*2)) x from (select 1 union select 2 union select 3) a group by x",
         "ERR 1062 Duplicate entry '~1' for key 'group_key'"},
    };
    CHECK("mariadb-10.11", lines);
    CHECK("mysql-5.6.27", lines);
}

static void test_mysql(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {"select 1+1, 10/4, 7 div 2", "2|2.5000|3"},
        {"select exp(~(select*from(select user())x))", "ERR 1690 DOUBLE value is out of range in 'exp(~((select 'root@198.51.100.7' from dual)))'"},
        {"select nosuch", "ERR 1054 Unknown column 'nosuch' in 'field list'"},
        {"select sec_to_time(1.5), date '2020-01-01'", "00:00:01.5|2020-01-01"},
        {"select lpad('a', 3)", "ERR 1582 Incorrect parameter count in the call to native function 'lpad'"},
        {"select hex(inet6_aton('::1'))", "00000000000000000000000000000001"},
        {"select 'abc' regexp '^a', 'abc' regexp 'B'", "1|1"},
    };
    CHECK("mysql-5.6.27", lines);
}

/* Work is bounded: each of these ends, and the session answers the next statement. */
static void test_bounded(void **state)
{
    (void)state;
    static char deep[60000];
    static const char *const hostile[] = {
        "select regexp_replace(repeat('a',5000), '(a+)+$', 'b'), 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab' regexp '(a|aa)+$'",
        "select extractvalue(repeat('<a>',5000), '//a//a//a//a'), extractvalue(concat(repeat('<a>',900),repeat('</a>',900)), '//a//a//a//a')",
        "with recursive n as (select 1 as i union all select i from n) select count(*) from n",
        "with recursive n as (select * from n) select * from n",
        "select repeat(repeat(repeat('a',100000),1000),1000) = ''",
        "select concat(repeat('a',16000000),repeat('b',16000000)) is null",
    };
    struct harness *h = logged_in("mariadb-10.11");
    char got[2000];
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        query(h, hostile[i], strlen(hostile[i]));
        assert_true(harness_is_open(h));
    }
    size_t n = (size_t)snprintf(deep, sizeof deep, "select extractvalue('<a/>', '");
    memset(deep + n, '(', 50000);
    memcpy(deep + n + 50000, "')", 3);
    query(h, deep, strlen(deep));
    answer(h, got, sizeof got);
    assert_memory_equal(got, "ERR 1105", 8);
    query(h, "select 2", 8);
    answer(h, got, sizeof got);
    assert_string_equal(got, "2");
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mariadb), cmocka_unit_test(test_xpath), cmocka_unit_test(test_group_key),
        cmocka_unit_test(test_mysql),   cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
