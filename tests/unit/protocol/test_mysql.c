/* MySQL on the harness: greeting, login, the paper's table 1, hostile input. */
#include <stdio.h>
#include <string.h>

#include "../cmocka_all.h"
#include "harness.h"
#include "protocol/mysql/mysql.h"

#define PACKET_MAX 4096

struct bytes {
    uint8_t b[PACKET_MAX];
    size_t n;
};

static void put(struct bytes *to, const void *p, size_t n)
{
    assert_true(to->n + n <= sizeof to->b);
    memcpy(to->b + to->n, p, n);
    to->n += n;
}

static void put_frame(struct bytes *to, uint8_t seq, const void *p, size_t n)
{
    uint8_t head[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), seq};
    put(to, head, 4);
    put(to, p, n);
}

/* HandshakeResponse41: user, a response of n bytes, no database. */
static void put_login(struct bytes *to, const char *user, size_t response)
{
    struct bytes p = {.n = 0};
    static const uint8_t zero[32];
    const uint8_t caps[4] = {0x85, 0xa6, 0x03, 0x00}, max[4] = {0, 0, 0, 1};
    uint8_t cs = 8, len = (uint8_t)response;
    put(&p, caps, 4);
    put(&p, max, 4);
    put(&p, &cs, 1);
    put(&p, zero, 23);
    put(&p, user, strlen(user) + 1);
    put(&p, &len, 1);
    put(&p, "abcdefghijklmnopqrst", response);
    put_frame(to, 1, p.b, p.n);
}

static void put_query(struct bytes *to, const char *sql)
{
    struct bytes p = {.n = 0};
    put(&p, "\x03", 1);
    put(&p, sql, strlen(sql));
    put_frame(to, 0, p.b, p.n);
}

static struct harness *log_in(struct harness *h)
{
    struct bytes in = {.n = 0};
    harness_open(h);
    put_login(&in, "root", 0);
    harness_feed(h, in.b, in.n);
    return h;
}

static struct harness *logged_in(const char *persona)
{
    return log_in(harness_new(&protocol_mysql, persona));
}

/* The greeting: protocol 10, version, thread id, 8 bytes of salt, a NUL (manual, "Protocol::HandshakeV10"). */
static void greeting(const char *persona, const char *version, bool plugin)
{
    struct harness *h = harness_new(&protocol_mysql, persona);
    size_t n = 0;
    harness_open(h);
    const uint8_t *out = harness_output(h, &n);
    size_t v = strlen(version);
    assert_true(n >= 4 + 1 + v + 1 + 4 + 8 + 1 + 18 + 13);
    assert_int_equal(out[0] | out[1] << 8 | out[2] << 16, n - 4);
    assert_int_equal(out[3], 0);
    assert_int_equal(out[4], 10);
    assert_string_equal((const char *)out + 5, version);
    const uint8_t *caps = out + 5 + v + 1 + 4 + 8 + 1;
    assert_int_equal(caps[-1], 0);
    assert_true(caps[1] & 0x02); /* PROTOCOL_41 */
    assert_true(caps[1] & 0x80); /* SECURE_CONNECTION */
    bool at_end = n > 22 && memcmp(out + n - 22, "mysql_native_password", 22) == 0;
    assert_int_equal(at_end, plugin);
    assert_int_equal((caps[5] & 0x08) != 0, plugin); /* PLUGIN_AUTH */
    harness_free(h);
}

static void test_greeting(void **state)
{
    greeting("mysql-5.1.54", "5.1.54", false);
    greeting("mysql-5.6.10", "5.6.10", true);
}

static void test_login(void **state)
{
    struct harness *h = logged_in("mysql-5.6.10");
    size_t n = 0;
    assert_true(harness_is_open(h));
    assert_int_equal(harness_int(h, "login", 0, "accepted"), 1);
    assert_string_equal(harness_text(h, "login", 0, "user"), "root");
    harness_forget(h);
    harness_free(h);

    h = harness_new(&protocol_mysql, "mysql-5.6.10");
    harness_open(h);
    harness_forget(h);
    struct bytes in = {.n = 0};
    put_login(&in, "root", 20);
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    assert_true(n > 13);
    assert_int_equal(out[3], 2);
    assert_int_equal(out[4], 0xff);
    assert_int_equal(out[5] | out[6] << 8, 1045);
    assert_memory_equal(out + 7, "#28000", 6);
    assert_non_null(memmem(out, n, "(using password: YES)", 21));
    assert_false(harness_is_open(h));
    assert_int_equal(harness_int(h, "login", 0, "accepted"), 0);
    const char *line = harness_text(h, "login", 0, "hashcat");
    assert_non_null(line);
    assert_int_equal(strncmp(line, "$mysqlna$", 9), 0);
    assert_int_equal(strlen(line), 9 + 40 + 1 + 40);
    harness_free(h);
}

static void test_login_cut(void **state)
{
    struct harness *h = harness_new(&protocol_mysql, "mysql-5.6.10");
    struct bytes in = {.n = 0};
    put_login(&in, "root", 20);
    harness_every_prefix(h, in.b, in.n);
    for (size_t n = 0; n + 4 < in.n; n++) { /* whole frames around cut logins */
        struct bytes cut = {.n = 0};
        put_frame(&cut, 1, in.b + 4, n);
        harness_open(h);
        harness_feed(h, cut.b, cut.n);
        assert_int_not_equal(harness_int(h, "login", 0, "accepted"), 1);
    }
    harness_free(h);
}

/* What came back for one statement; the event's short form of the reply. */
static const char *reply_of(struct harness *h, const char *sql)
{
    struct bytes in = {.n = 0};
    harness_forget(h);
    put_query(&in, sql);
    harness_feed(h, in.b, in.n);
    assert_true(harness_is_open(h));
    const char *text = harness_text(h, "command", 0, "reply");
    assert_non_null(text);
    return text;
}

static void error_is(struct harness *h, const char *sql, unsigned code, const char *state, const char *text)
{
    char want[256];
    size_t n = 0;
    (void)snprintf(want, sizeof want, "ERROR %u (%s): %.60s", code, state, text);
    assert_string_equal(reply_of(h, sql), want);
    const uint8_t *out = harness_output(h, &n);
    assert_int_equal(n, 4 + 3 + 6 + strlen(text));
    assert_memory_equal(out + 13, text, strlen(text));
}

/* Table 1 of the paper, then the version. Takes h. dropped: what DROP FUNCTION says, with no database and in mysql. */
static void table_1(struct harness *h, const char *version, unsigned code, const char *state, const char *dropped, const char *dropped_in_db)
{
    char want[64];
    assert_string_equal(reply_of(h, "set autocommit=0"), "OK");
    error_is(h, "drop function cmdshell", code, state, dropped);
    assert_string_equal(reply_of(h, "use mysql"), "OK");
    error_is(h, "drop function cmdshell", 1305, "42000", dropped_in_db);
    (void)snprintf(want, sizeof want, "1 row: %s", version);
    assert_string_equal(reply_of(h, "select version()"), want);
    assert_string_equal(reply_of(h, "select @@version"), want);
    harness_free(h);
}

/* Real wording: recorded from 5.1.63 and 5.6.27. Paper wording: on every version. */
static void test_table_1(void **state)
{
    const char *in_db = "FUNCTION mysql.cmdshell does not exist", *paper = "FUNCTION(UDF) cmdshell does not exist";
    table_1(logged_in("mysql-5.1.54"), "5.1.54", 1046, "3D000", "No database selected", in_db);
    table_1(logged_in("mysql-5.6.10"), "5.6.10", 1305, "42000", "FUNCTION (UDF) cmdshell does not exist", in_db);
    table_1(logged_in("paper"), "5.6.10", 1305, "42000", paper, paper);
    struct persona p;
    assert_int_equal(persona_load(&p, "mysql-5.1.54", 1, NULL), 0);
    p.mysql.paper_wording = true;
    table_1(log_in(harness_new_with(&protocol_mysql, &p, 7)), "5.1.54", 1305, "42000", paper, paper);
}

static void test_rows(void **state)
{
    struct harness *h = logged_in("mysql-5.6.10");
    assert_string_equal(reply_of(h, "create database d"), "OK");
    assert_string_equal(reply_of(h, "use d"), "OK");
    assert_string_equal(reply_of(h, "create table t (id int primary key auto_increment, s varchar(8), b longblob)"), "OK");
    assert_string_equal(reply_of(h, "insert into t (s, b) values ('one', 0x4d5a90), ('two', null)"), "OK");
    assert_string_equal(reply_of(h, "select count(*) from t"), "1 row: 2");
    assert_string_equal(reply_of(h, "select last_insert_id()"), "1 row: 1");
    assert_string_equal(reply_of(h, "select hex(b) from t where s = 'one'"), "1 row: 4D5A90");
    assert_string_equal(reply_of(h, "update t set s = concat(s, id) where id = 2"), "OK");
    assert_string_equal(reply_of(h, "select s from t where id = 2"), "1 row: two2");
    error_is(h, "insert into t (id) values (1)", 1062, "23000", "Duplicate entry '1' for key 'PRIMARY'");
    assert_string_equal(reply_of(h, "replace into t values (1, 'neu', 'x')"), "OK");
    assert_string_equal(reply_of(h, "insert into t values (1, 'x', 'y') on duplicate key update s = values(s), b = concat(b, values(b))"), "OK");
    assert_string_equal(reply_of(h, "select concat(s, b) from t where id = 1"), "1 row: xxy");
    assert_string_equal(reply_of(h, "prepare p from 'select ? + ?'"), "OK");
    assert_string_equal(reply_of(h, "set @a = 40, @b = 2"), "OK");
    assert_string_equal(reply_of(h, "execute p using @a, @b"), "1 row: 42");
    assert_string_equal(reply_of(h, "delete from t where id = 2"), "OK");
    assert_string_equal(reply_of(h, "select count(*) from t"), "1 row: 1");
    error_is(h, "update t set s = (select max(s) from t)", 1093, "HY000", "You can't specify target table 't' for update in FROM clause");
    assert_string_equal(reply_of(h, "update t set s = (select m from (select max(b) m from t) x)"), "OK");
    assert_string_equal(reply_of(h, "truncate t"), "OK");
    assert_string_equal(reply_of(h, "select count(*) from t"), "1 row: 0");
    assert_string_equal(reply_of(h, "select '5\\tfive\\n6\\tsix\\n' into dumpfile 'C:/ProgramData/MySQL/MySQL Server 5.6/data/rows.txt'"), "OK");
    assert_string_equal(reply_of(h, "load data infile 'C:/ProgramData/MySQL/MySQL Server 5.6/data/rows.txt' into table t (id, s)"), "OK");
    assert_string_equal(reply_of(h, "select group_concat(id, s) from t"), "1 row: 5five,6six");
    error_is(h, "load data local infile '/etc/passwd' into table t", 1148, "42000", "The used command is not allowed with this MySQL version");
    harness_free(h);
}

static void test_scopes(void **state)
{
    struct harness *h = logged_in("mysql-5.6.10");
    assert_string_equal(reply_of(h, "set @@global.sort_buffer_size = 65536"), "OK");
    assert_string_equal(reply_of(h, "select @@global.sort_buffer_size"), "1 row: 65536");
    assert_string_equal(reply_of(h, "set @@session.sort_buffer_size = 131072"), "OK");
    assert_string_equal(reply_of(h, "select @@global.sort_buffer_size"), "1 row: 65536");
    assert_string_equal(reply_of(h, "select @@local.sort_buffer_size"), "1 row: 131072");
    assert_string_equal(reply_of(h, "set @v = 7"), "OK");
    assert_string_equal(reply_of(h, "select @v + 1"), "1 row: 8");
    harness_free(h);
}

/* Another session of the same source; the account has no password. */
static bool log_in_as(struct harness *h, const char *user)
{
    struct bytes in = {.n = 0};
    size_t n = 0;
    harness_open(h);
    harness_forget(h);
    put_login(&in, user, 0);
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    return n > 4 && out[4] == 0;
}

static void test_rights(void **state)
{
    struct harness *h = logged_in("mariadb-10.11");
    assert_string_equal(reply_of(h, "create user weak"), "OK");
    assert_string_equal(reply_of(h, "grant select on mysql.func to weak"), "OK");
    assert_true(log_in_as(h, "weak"));
    harness_forget(h);
    assert_string_equal(reply_of(h, "select count(*) from mysql.func"), "1 row: 0");
    assert_string_equal(reply_of(h, "select count(*) from information_schema.schemata where schema_name = 'sys'"), "1 row: 0");
    assert_string_equal(reply_of(h, "select count(*) from information_schema.tables where table_schema = 'mysql'"), "1 row: 1");
    error_is(h, "drop database mysql", 1044, "42000", "Access denied for user 'weak'@'%' to database 'mysql'");
    error_is(h, "use sys", 1044, "42000", "Access denied for user 'weak'@'%' to database 'sys'");
    error_is(h, "set global max_connections = 1", 1227, "42000",
             "Access denied; you need (at least one of) the SUPER, CONNECTION ADMIN privilege(s) for this operation");
    error_is(h, "select 1 into outfile '/tmp/x'", 1227, "42000", "Access denied; you need (at least one of) the FILE privilege(s) for this operation");
    harness_free(h);
}

/* Rows removed by hand are accounts until FLUSH PRIVILEGES; so are all of them when schema mysql is gone. */
static void test_accounts_in_force(void **state)
{
    struct harness *h = logged_in("mysql-5.6.10");
    assert_string_equal(reply_of(h, "create user a"), "OK");
    assert_string_equal(reply_of(h, "create user b"), "OK");
    assert_string_equal(reply_of(h, "delete from mysql.user where user = 'a'"), "OK");
    assert_true(log_in_as(h, "a"));
    assert_true(log_in_as(h, "root"));
    harness_forget(h);
    assert_string_equal(reply_of(h, "flush privileges"), "OK");
    assert_false(log_in_as(h, "a"));
    assert_true(log_in_as(h, "root"));
    harness_forget(h);
    assert_string_equal(reply_of(h, "drop database mysql"), "OK");
    assert_true(log_in_as(h, "b"));
    harness_free(h);
}

/* COM_STMT_PREPARE, _EXECUTE with an int and a string, _CLOSE. */
static void test_binary(void **state)
{
    struct harness *h = logged_in("mysql-5.6.10");
    struct bytes in = {.n = 0};
    size_t n = 0;
    harness_forget(h);
    const char *sql = "\x16select ?, ?";
    put_frame(&in, 0, sql, strlen(sql));
    harness_feed(h, in.b, in.n);
    const uint8_t *out = harness_output(h, &n);
    assert_true(n > 16);
    assert_int_equal(out[4], 0);
    assert_int_equal(out[5], 1);  /* statement 1 */
    assert_int_equal(out[9], 2);  /* columns */
    assert_int_equal(out[11], 2); /* parameters */
    harness_forget(h);
    in.n = 0;
    static const uint8_t exec[] = {0x17, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 253, 0, 7, 0, 0, 0, 3, 'a', 'b', 'c'};
    put_frame(&in, 0, exec, sizeof exec);
    harness_feed(h, in.b, in.n);
    out = harness_output(h, &n);
    static const uint8_t row[] = {0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c'};
    assert_non_null(memmem(out, n, row, sizeof row));
    for (size_t cut = 0; cut < sizeof exec; cut++) {
        in.n = 0;
        put_frame(&in, 0, exec, cut);
        harness_feed(h, in.b, in.n);
        assert_true(harness_is_open(h));
    }
    harness_free(h);
}

/* Salt and thread id differ from session to session. */
static void mask(uint8_t *out, size_t n)
{
    size_t v = n > 5 ? strnlen((const char *)out + 5, n - 5) : 0, at = 5 + v + 1;
    for (size_t i = at; i < at + 12 && i < n; i++)
        out[i] = 0;
    for (size_t i = at + 13 + 18; i < at + 13 + 18 + 12 && i < n; i++)
        out[i] = 0;
}

static void test_splits(void **state)
{
    struct harness *h = harness_new(&protocol_mysql, "mysql-5.6.10");
    struct bytes in = {.n = 0};
    put_login(&in, "root", 0);
    put_query(&in, "select version()");
    put_query(&in, "drop function cmdshell");
    put_frame(&in, 0, "\x01", 1);
    harness_every_split(h, in.b, in.n, mask);
    harness_every_prefix(h, in.b, in.n);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greeting), cmocka_unit_test(test_login), cmocka_unit_test(test_login_cut), cmocka_unit_test(test_table_1),
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_scopes), cmocka_unit_test(test_binary), cmocka_unit_test(test_splits),
        cmocka_unit_test(test_rights),   cmocka_unit_test(test_accounts_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
