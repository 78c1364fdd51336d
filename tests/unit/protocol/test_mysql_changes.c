/* Statements that change things, table by table: what each persona says, statement after statement, on one connection. */
#include <stdio.h>
#include <string.h>

#include "../cmocka_all.h"
#include "harness.h"
#include "mysql_login.h"
#include "protocol/mysql/mysql.h"

#define MYSQL_56 "mysql-5.6.27"
#define MYSQL_51 "mysql-5.1.63"
#define MARIADB  "mariadb-10.11"

struct step {
    const char *sql, *reply; /* the reply in the event's short form, its beginning; NULL: any */
};

static struct harness *logged_in(const char *persona)
{
    struct harness *h = harness_new(&protocol_mysql, persona);
    struct login_bytes in = {.n = 0};
    const uint32_t caps = 0x000fa285; /* protocol 4.1, secure connection, several statements and results */
    harness_open(h);
    login_packet(&in, 1, caps, "root", NULL, 0, NULL);
    harness_feed(h, in.b, in.n);
    return h;
}

static const char *reply_of(struct harness *h, const char *sql)
{
    struct login_bytes in = {.n = 0}, p = {.n = 0};
    harness_forget(h);
    login_put(&p, "\x03", 1);
    login_put(&p, sql, strlen(sql));
    login_frame(&in, 0, p.b, p.n);
    harness_feed(h, in.b, in.n);
    for (int i = 0; i < 8 && harness_is_paused(h); i++) /* what cost many steps is answered later */
        harness_advance(h, 10000000);
    assert_true(harness_is_open(h));
    return harness_text(h, "command", 0, "reply");
}

static void run(const char *persona, const struct step *steps)
{
    struct harness *h = logged_in(persona);
    for (; steps->sql; steps++) {
        const char *got = reply_of(h, steps->sql);
        assert_non_null(got);
        if (steps->reply && strncmp(got, steps->reply, strlen(steps->reply)) != 0) {
            print_message("%s: %s\n", persona, steps->sql);
            assert_string_equal(got, steps->reply);
        }
    }
    harness_free(h);
}

static void run_all(const struct step *steps)
{
    run(MYSQL_51, steps);
    run(MYSQL_56, steps);
    run(MARIADB, steps);
}

/* ROLLBACK, ROLLBACK TO and a failed statement undo rows of transactional tables, and only of them. */
static void test_rollback(void **state)
{
    static const struct step inno[] = {
        {"create database u", "OK"}, {"use u", "OK"}, {"create table t (a int primary key, b int) engine=innodb", "OK"},
        {"create table m (a int) engine=myisam", "OK"}, {"insert into t values (1,1),(2,2),(3,3)", "OK"},
        {"begin", "OK"}, {"insert into t values (4,4)", "OK"}, {"update t set b = b + 10", "OK"}, {"delete from t where a = 2", "OK"},
        {"insert into m values (1)", "OK"}, {"rollback", "OK"},
        {"select group_concat(a, ':', b order by a) from t", "1 row: 1:1,2:2,3:3"}, {"select count(*) from m", "1 row: 1"},
        {"begin", "OK"}, {"delete from t where a = 1", "OK"}, {"savepoint s", "OK"}, {"delete from t", "OK"}, {"rollback to s", "OK"},
        {"select count(*) from t", "1 row: 2"}, {"rollback to nosuch", "ERROR 1305 (42000): SAVEPOINT nosuch does not exist"},
        {"commit", "OK"}, {"select count(*) from t", "1 row: 2"},
        {"insert into t values (7,7),(8,8),(3,9)", "ERROR 1062 (23000): Duplicate entry '3' for key 'PRIMARY'"},
        {"select count(*) from t", "1 row: 2"},
        {"set autocommit=0", "OK"}, {"insert into t values (9,9)", "OK"}, {"rollback", "OK"}, {"select count(*) from t", "1 row: 2"},
        {"insert into t values (9,9)", "OK"}, {"create table x (a int)", "OK"}, {"rollback", "OK"}, {"select count(*) from t", "1 row: 3"},
        {NULL, NULL}};
    run(MYSQL_56, inno);
    run(MARIADB, inno);
}

static void test_locks_and_read_only(void **state)
{
    static const struct step steps[] = {
        {"create database u", "OK"}, {"use u", "OK"}, {"create table t (a int)", "OK"}, {"create table o (a int)", "OK"},
        {"lock table t read", "OK"}, {"insert into t values (1)", "ERROR 1099 (HY000): Table 't' was locked with a READ lock and"},
        {"select * from o", "ERROR 1100 (HY000): Table 'o' was not locked with LOCK TABLES"}, {"unlock tables", "OK"},
        {"insert into t values (1)", "OK"}, {"xa start 'a'", "OK"}, {"commit", "ERROR 1399 (XAE07)"}, {"xa end 'a'", "OK"},
        {"xa rollback 'b'", "ERROR 1397 (XAE04): XAER_NOTA: Unknown XID"}, {"xa rollback 'a'", "OK"}, {NULL, NULL}};
    static const struct step only[] = {
        {"create database u", "OK"}, {"use u", "OK"}, {"create table t (a int)", "OK"}, {"start transaction read only", "OK"},
        {"insert into t values (1)", "ERROR 1792 (25006): Cannot execute statement in a READ ONLY transaction"}, {"commit", "OK"},
        {"insert into t values (1)", "OK"}, {NULL, NULL}};
    run_all(steps);
    run(MYSQL_56, only);
    run(MARIADB, only);
}

static void test_routines(void **state)
{
    static const struct step steps[] = {
        {"create database u", "OK"}, {"use u", "OK"}, {"create table t (a int)", "OK"},
        {"create procedure p(in n int, out s int) begin declare i int default 0; set s = 0; l: while i < n do set i = i + 1; "
         "if i = 3 then iterate l; end if; insert into t values (i); set s = s + i; end while; end", "OK"},
        {"call p(5, @s)", "OK"}, {"select @s", "1 row: 12"}, {"select count(*) from t", "1 row: 4"},
        {"create function f(x int) returns int deterministic begin if x < 0 then return -1; end if; return x * 2; end", "OK"},
        {"select f(21)", "1 row: 42"}, {"select f(-5)", "1 row: -1"}, {"select f()", NULL},
        {"create procedure h() begin declare exit handler for sqlexception set @got = 1; select * from nosuch; set @got = 2; end", "OK"},
        {"call h()", "OK"}, {"select @got", "1 row: 1"},
        {"create procedure c() begin declare v, total int default 0; declare done int default 0; declare k cursor for select a from t; "
         "declare continue handler for not found set done = 1; open k; repeat fetch k into v; if not done then set total = total + v; "
         "end if; until done end repeat; close k; set @total = total; end", "OK"},
        {"call c()", "OK"}, {"select @total", "1 row: 12"},
        {"create trigger g before insert on t for each row set new.a = new.a * 100", "OK"}, {"insert into t values (7)", "OK"},
        {"select max(a) from t", "1 row: 700"}, {"drop trigger g", "OK"}, {"insert into t values (7)", "OK"},
        {"select count(*) from t where a = 7", "1 row: 1"},
        {"create procedure r() call r()", "OK"}, {"call r()", "ERROR 1456 (HY000): Recursive limit 0 (as set by the max_sp_recursion_depth"},
        {"create procedure e() while 1 do set @x = 1; end while", "OK"}, {"call e()", "ERROR 1317 (70100)"}, /* no end, but bounded */
        {"call nosuch()", "ERROR 1305 (42000): PROCEDURE u.nosuch does not exist"},
        {"call p(1)", "ERROR 1318 (42000): Incorrect number of arguments for PROCEDURE u.p; expe"},
        {"call p(1, 2)", "ERROR 1414 (42000): OUT or INOUT argument 2 for routine u.p is not a variab"},
        {"create procedure b() begin leave nosuch; end", "ERROR 1308 (42000): LEAVE with no matching label: nosuch"},
        {"create procedure b(a int, a int) select 1", "ERROR 1330 (42000): Duplicate parameter: a"},
        {"create procedure b() begin declare v int; declare v int; end", "ERROR 1331 (42000): Duplicate variable: v"},
        {"create procedure b() return 1", "ERROR 1313 (42000): RETURN is only allowed in a FUNCTION"},
        {"create procedure b() use mysql", "ERROR 1314 (0A000): USE is not allowed in stored procedures"}, {NULL, NULL}};
    run_all(steps);
}

static void test_values(void **state)
{
    static const struct step strict[] = {
        {"set sql_mode='STRICT_ALL_TABLES'", "OK"}, {"create database u", "OK"}, {"use u", "OK"},
        {"create table n (a int not null, b varchar(2), c tinyint unsigned, d date, e enum('x','y'), f bit(3))", "OK"},
        {"insert into n (b) values ('x')", "ERROR 1364 (HY000): Field 'a' doesn't have a default value"},
        {"insert into n (a) values (null)", "ERROR 1048 (23000): Column 'a' cannot be null"},
        {"insert into n (a, b) values (1, 'abc')", "ERROR 1406 (22001): Data too long for column 'b' at row 1"},
        {"insert into n (a, c) values (1, 256)", "ERROR 1264 (22003): Out of range value for column 'c' at row 1"},
        {"insert into n (a, c) values (1, -1)", "ERROR 1264 (22003): Out of range value for column 'c' at row 1"},
        {"insert into n (a, e) values (1, 'z')", "ERROR 1265 (01000): Data truncated for column 'e' at row 1"},
        {"insert into n (a, f) values (1, 8)", "ERROR 1406 (22001): Data too long for column 'f' at row 1"},
        {"insert into n (a, a) values (1, 2)", "ERROR 1110 (42000): Column 'a' specified twice"},
        {"insert into n values (1)", "ERROR 1136 (21S01): Column count doesn't match value count at row 1"},
        {"select count(*) from n", "1 row: 0"}, {NULL, NULL}};
    static const struct step words_56[] = {
        {"create database u", "OK"}, {"use u", "OK"}, {"set sql_mode='STRICT_ALL_TABLES'", "OK"}, {"create table n (a int)", "OK"},
        {"insert into n values ('x')", "ERROR 1366 (HY000): Incorrect integer value: 'x' for column 'a' at row 1"},
        {"alter table n drop column z", "ERROR 1091 (42000): Can't DROP 'z'; check that column/key exists"},
        {"update n set z = 1", "ERROR 1054 (42S22): Unknown column 'z' in 'field list'"},
        {"insert into n values (1) returning a", "ERROR 1064 (42000)"}, {NULL, NULL}};
    static const struct step words_maria[] = {
        {"create database u", "OK"}, {"use u", "OK"}, {"create table n (a int primary key auto_increment, b int)", "OK"},
        {"insert into n values ('x', 1)", "ERROR 1366 (22007): Incorrect integer value: 'x' for column `u`.`n`.`a` at r"},
        {"alter table n drop column z", "ERROR 1091 (42000): Can't DROP COLUMN `z`; check that it exists"},
        {"update n set z = 1", "ERROR 1054 (42S22): Unknown column 'z' in 'SET'"},
        {"insert into n (z) values (1)", "ERROR 1054 (42S22): Unknown column 'z' in 'INSERT INTO'"},
        {"insert into n (b) values (5) returning a", "1 row: 1"}, {"delete from n returning b", "1 row: 5"}, {"select count(*) from n", "1 row: 0"},
        {"drop view nosuch", "ERROR 4092 (42S02): Unknown VIEW: 'u.nosuch'"}, {NULL, NULL}};
    run_all(strict);
    run(MYSQL_56, words_56);
    run(MARIADB, words_maria);
}

/* Errors that come while the statement is read. */
static void test_parse_order(void **state)
{
    static const struct step steps[] = {
        {"insert into t", "ERROR 1046 (3D000): No database selected"}, {"update t set", "ERROR 1046 (3D000): No database selected"},
        {"create table t (", "ERROR 1046 (3D000): No database selected"}, {"show tables fro mysql", "ERROR 1046 (3D000): No database selected"},
        {"create function x", "ERROR 1046 (3D000): No database selected"}, {"call p(", "ERROR 1046 (3D000): No database selected"},
        {"insert into mysql.t", "ERROR 1064 (42000)"}, {NULL, NULL}};
    struct harness *h;
    static const char *const personas[] = {MYSQL_51, MYSQL_56, MARIADB};
    size_t n;
    run_all(steps);
    for (size_t i = 0; i < 3; i++) { /* behind a comma the place is what follows it */
        h = logged_in(personas[i]);
        (void)reply_of(h, "select ,1");
        const uint8_t *out = harness_output(h, &n);
        assert_non_null(memmem(out, n, "near '1' at line 1", 18));
        harness_free(h);
    }
    h = logged_in(MARIADB); /* control characters as numbers, long texts with dots */
    (void)reply_of(h, "selec \x01\x02");
    const uint8_t *out = harness_output(h, &n);
    assert_non_null(memmem(out, n, "near 'selec \\0001\\0002'", 23));
    harness_free(h);
}

/* A library must look like one for this system; what was written stays a whole sample. */
static void test_library(void **state)
{
    static const struct step maria[] = {
        {"select 'short' into dumpfile '/usr/lib/mysql/plugin/s.so'", "OK"},
        {"create function f returns string soname 's.so'", "ERROR 1126 (HY000): Can't open shared library 's.so' (errno: 11, file too short)"},
        {"select repeat('x', 100) into dumpfile '/usr/lib/mysql/plugin/h.so'", "OK"},
        {"create function f returns string soname 'h.so'", "ERROR 1126 (HY000): Can't open shared library 'h.so' (errno: 11, invalid ELF"},
        {"create function f returns string soname 'no.so'", "ERROR 1126 (HY000): Can't open shared library 'no.so' (errno: 2, cannot open"},
        {"create function f returns string soname '../x.so'", "ERROR 1124 (HY000): No paths allowed for shared library"},
        {"select concat(0x7f454c46020101000000000000000000, 0x03003e0001000000, repeat(0x00, 30), 0x3800, repeat(0x00, 60)) "
         "into dumpfile '/usr/lib/mysql/plugin/ok.so'", "OK"},
        {"create function f returns string soname 'ok.so'", "OK"}, {"create function f returns string soname 'ok.so'", "ERROR 1125 (HY000)"},
        {"select count(*) from mysql.func where name = 'f'", "1 row: 1"}, {"drop function f", "OK"},
        {"install soname 'nosuch'", "ERROR 1126 (HY000): Can't open shared library '/usr/lib/mysql/plugin/nosuch."},
        {"uninstall plugin nosuch", "ERROR 1305 (42000): PLUGIN nosuch does not exist"}, {NULL, NULL}};
    run(MARIADB, maria);
    struct harness *h = logged_in(MARIADB);
    size_t n = 0;
    assert_string_equal(reply_of(h, "select repeat('ab', 3000) into dumpfile '/usr/lib/mysql/plugin/whole.so'"), "OK");
    const uint8_t *sample = harness_sample(h, 0, &n);
    assert_non_null(sample);
    assert_int_equal(n, 6000);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sample[i], i % 2 ? 'b' : 'a');
    harness_free(h);
}

static void test_files(void **state)
{
    static const struct step maria[] = {
        {"select 1 into dumpfile '/tmp'", "ERROR 1086 (HY000): File '/tmp' already exists"},
        {"select 1 into dumpfile '/tmp/'", "ERROR 1086 (HY000): File '/tmp/' already exists"},
        {"select 1 into dumpfile '/nosuch/x'", "ERROR 1290 (HY000): The MariaDB server is running with the --secure-file-priv op"},
        {"select 1 into dumpfile '/tmp/a'", "OK"}, {"select 1 into dumpfile '/tmp/a'", "ERROR 1086 (HY000): File '/tmp/a' already exists"},
        {"create database u", "OK"}, {"create table u.t (a int)", "OK"},
        {"load data infile '/tmp/nosuch' into table u.t", "ERROR 13 (HY000): Can't get stat of '/tmp/nosuch' (Errcode: 2"},
        {"load data local infile '/etc/passwd' into table u.t", "ERROR 4166 (HY000)"},
        {"load data infile '/tmp/a' into table u.t", "OK"}, {"select a from u.t", "1 row: 1"},
        {"select 1 into dumpfile '/var/lib/mysql/u/x'", "OK"},
        {"drop database u", "ERROR 1010 (HY000): Error dropping database (can't rmdir './u', errno: 39"}, {NULL, NULL}};
    static const struct step old[] = {
        {"select 1 into dumpfile '/nosuch/x'", "ERROR 1 (HY000): Can't create/write to file '/nosuch/x' (Errcode: 2"},
        {"select 1 into dumpfile '/tmp/'", "ERROR 1086 (HY000): File '/tmp/' already exists"},
        {"load data local infile '/etc/passwd' into table mysql.func", "ERROR 1148 (42000): The used command is not allowed with this MySQL"},
        {NULL, NULL}};
    run(MARIADB, maria);
    run(MYSQL_51, old);
    run(MYSQL_56, old);
}

/* Nesting is bounded while a body is read and while it runs. */
static void test_nesting(void **state)
{
    struct harness *h = logged_in(MYSQL_56);
    char sql[8000] = "create procedure u.d() ";
    (void)reply_of(h, "create database u");
    size_t n = strlen(sql);
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "begin ");
    n += (size_t)snprintf(sql + n, sizeof sql - n, "set @x = 1;");
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "end%s", i < 299 ? ";" : "");
    assert_string_equal(reply_of(h, sql), "OK");
    assert_string_equal(reply_of(h, "call u.d()"), "OK");
    n = (size_t)snprintf(sql, sizeof sql, "create procedure u.e() if 1 then set @x=1;");
    for (int i = 0; i < 250; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, " elseif 1 then set @x=1;");
    (void)snprintf(sql + n, sizeof sql - n, " end if");
    assert_string_equal(reply_of(h, sql), "OK");
    n = (size_t)snprintf(sql, sizeof sql, "create procedure u.f() ");
    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "begin ");
    assert_int_equal(strncmp(reply_of(h, sql), "ERROR 1436", 10), 0);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rollback), cmocka_unit_test(test_locks_and_read_only), cmocka_unit_test(test_routines),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_parse_order),         cmocka_unit_test(test_library),
        cmocka_unit_test(test_files),    cmocka_unit_test(test_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
