/* Expressions of SQL: SELECT <input>, as text and prepared, on each persona. The first byte chooses persona and table. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "protocol/mysql/mysql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t login[] = "\x26\0\0\1\x85\xa6\x03\0\0\0\0\1\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0root\0";

static void command(struct harness *h, uint8_t com, const char *before, const uint8_t *text, size_t n, const char *after)
{
    size_t b = strlen(before), a = strlen(after), all = 1 + b + n + a;
    uint8_t head[5] = {(uint8_t)all, (uint8_t)(all >> 8), (uint8_t)(all >> 16), 0, com};
    harness_feed(h, head, sizeof head);
    if (b)
        harness_feed(h, before, b);
    if (n)
        harness_feed(h, text, n);
    if (a)
        harness_feed(h, after, a);
    harness_advance(h, INT64_C(31000000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct harness *harness[3];
    static const char *const personas[] = {"mysql-5.1.54", "mysql-5.6.10", "mariadb-10.11"};
    static const char table[] = "CREATE TEMPORARY TABLE test.t (i INT, v VARCHAR(9), d DECIMAL(9,3), f DOUBLE, t DATETIME, b BLOB, u BIGINT UNSIGNED)";
    static const char rows[] = "INSERT INTO test.t VALUES (1,'a',1.5,-2e9,'2001-02-03 04:05:06',0x00ff,18446744073709551615),(NULL,NULL,NULL,NULL,NULL,NULL,NULL)";
    static const uint8_t execute[] = {10, 0, 0, 0, 23, 1, 0, 0, 0, 0, 1, 0, 0, 0};
    if (!harness[0])
        for (size_t i = 0; i < 3; i++)
            harness[i] = harness_new(&protocol_mysql, personas[i]);
    if (size < 2 || size > 20000)
        return 0;
    struct harness *h = harness[(data[0] & 3) % 3];
    bool with_table = data[0] & 4;
    harness_open_from(h, 0, 0, 0);
    harness_feed(h, login, sizeof login);
    if (with_table) {
        command(h, 3, table, NULL, 0, "");
        command(h, 3, rows, NULL, 0, "");
    }
    const char *after = with_table ? " FROM test.t" : "";
    if (data[0] & 8) {
        command(h, 22, "SELECT ", data + 1, size - 1, after);
        harness_feed(h, execute, sizeof execute);
        harness_advance(h, INT64_C(31000000));
    } else {
        command(h, 3, "SELECT ", data + 1, size - 1, after);
    }
    harness_close(h);
    if (!harness_reason(h))
        abort();
    return 0;
}
