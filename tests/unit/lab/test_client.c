/* The dialogue clients against whole answers, answers in pieces, and answers that are wrong. */
#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"
#include "lab/client.h"

struct script {
    uint8_t bytes[1024];
    size_t n;
};

/* One packet of a MySQL server; body is a literal, its NUL is not sent. */
#define ADD(script, sequence, body) add(script, sequence, body, sizeof(body) - 1)
static void add(struct script *s, uint8_t sequence, const char *body, size_t n)
{
    assert_true(n < 256 && s->n + 4 + n <= sizeof s->bytes);
    s->bytes[s->n] = (uint8_t)n;
    s->bytes[s->n + 3] = sequence;
    memcpy(s->bytes + s->n + 4, body, n);
    s->n += 4 + n;
}

static struct script mysql_script(void)
{
    struct script s = {.n = 0};
    ADD(&s, 0,
        "\x0a"
        "5.1.54\0"
        "\1\0\0\0"
        "saltsalt\0"
        "\xff\xf7\x08\2\0"
        "\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "saltsaltsalt");
    ADD(&s, 2, "\0\0\0\2\0\0\0");
    ADD(&s, 1, "\0\0\0\2\0\0\0");
    ADD(&s, 1, "\1"); /* one column, its definition, EOF, one row, EOF */
    ADD(&s, 2, "\3def\0\0\0\x09version()\0\x0c\x08\0\6\0\0\0\xfd\1\0\x1f\0\0");
    ADD(&s, 3, "\xfe\0\0\2\0");
    ADD(&s, 4,
        "\6"
        "5.1.54");
    ADD(&s, 5, "\xfe\0\0\2\0");
    for (int i = 0; i < 3; i++)
        ADD(&s, 1, "\xff\x19\5#42000no such function");
    ADD(&s, 1, "\0\0\0\2\0\0\0");
    return s;
}

/* Feeds n bytes, the first `cut` of them alone first; out is left with all that was said. */
static void feed(struct client *c, const uint8_t *bytes, size_t n, size_t cut)
{
    size_t used = client_input(c, bytes, cut);
    assert_true(used <= cut);
    while (!c->done && used < n) {
        size_t more = client_input(c, bytes + used, n - used);
        if (more == 0)
            break;
        used += more;
    }
}

static bool said(const struct client *c, const char *text)
{
    return memmem(c->out.bytes, c->out.len, text, strlen(text)) != NULL;
}

static void test_mysql(void **state)
{
    (void)state;
    struct script s = mysql_script();
    for (size_t cut = 0; cut <= s.n; cut++) {
        struct client c;
        client_start(&c, DIALOGUE_MYSQL_VERSION);
        assert_int_equal(c.out.len, 0); /* the server speaks first */
        feed(&c, s.bytes, s.n, cut);
        assert_true(c.done && c.answered);
        assert_string_equal(c.version, "5.1.54");
        static const char *const statements[] = {"set autocommit=0",        "select version()",
                                                 "drop function cmdshell",  "drop function my_udfdoor",
                                                 "drop function do_system", "use mysql"};
        for (size_t i = 0; i < 6; i++)
            assert_true(said(&c, statements[i]));
        assert_memory_equal(c.out.bytes + 36, "root\0\0", 6);              /* no password */
        assert_memory_equal(c.out.bytes + c.out.len - 5, "\1\0\0\0\1", 5); /* COM_QUIT */
        client_free(&c);
    }
}

/* Every shorter answer ends without a completed dialogue, and without a version before the row came. */
static void test_mysql_cut(void **state)
{
    (void)state;
    struct script s = mysql_script();
    for (size_t n = 0; n < s.n; n++) {
        struct client c;
        client_start(&c, DIALOGUE_MYSQL_VERSION);
        feed(&c, s.bytes, n, 0);
        assert_false(c.answered);
        client_free(&c);
    }
}

static void test_mysql_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } answers[] = {
        {"\x05\0\0\0\xff\x6a\x04Ho", 9}, /* error instead of a greeting */
        {"\xff\xff\xff\0", 4},           /* 16 MB announced */
        {"\x03\0\0\0\x09\x35\0", 7},     /* protocol 9 */
        {"SSH-2.0-OpenSSH", 15},         /* another service */
        {"\0\0\0\0", 4},                 /* an empty packet */
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct client c;
        client_start(&c, DIALOGUE_MYSQL_VERSION);
        feed(&c, (const uint8_t *)answers[i].bytes, answers[i].n, 0);
        assert_false(c.answered);
        assert_string_equal(c.version, "");
        if (i != 3) /* "SSH-" announces 0x485353 bytes: also too long */
            assert_true(c.done);
        client_free(&c);
    }
}

static void make_smb1(uint8_t out[41], uint16_t dialect, uint8_t status)
{
    memset(out, 0, 41);
    out[3] = 37;
    memcpy(out + 4, "\xffSMB\x72", 5);
    out[9] = status;
    out[13] = 0x98;
    out[36] = 17;
    out[37] = (uint8_t)dialect;
    out[38] = (uint8_t)(dialect >> 8);
}

static bool smb_answered(const uint8_t *bytes, size_t n, size_t cut)
{
    struct client c;
    client_start(&c, DIALOGUE_SMB_NEGOTIATE);
    assert_memory_equal(c.out.bytes + 4, "\xffSMB\x72", 5);
    assert_int_equal(c.out.bytes[2] << 8 | c.out.bytes[3], c.out.len - 4);
    feed(&c, bytes, n, cut);
    bool answered = c.done && c.answered;
    client_free(&c);
    return answered;
}

static void test_smb(void **state)
{
    (void)state;
    uint8_t m[41];
    make_smb1(m, 4, 0);
    for (size_t cut = 0; cut <= sizeof m; cut++)
        assert_true(smb_answered(m, sizeof m, cut));
    for (size_t n = 0; n < sizeof m; n++)
        assert_false(smb_answered(m, n, 0));
    make_smb1(m, 0xffff, 0); /* no common dialect */
    assert_false(smb_answered(m, sizeof m, 0));
    make_smb1(m, 4, 0x0d);
    assert_false(smb_answered(m, sizeof m, 0));
    assert_false(smb_answered((const uint8_t *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0));
    uint8_t smb2[4 + 66] = {0, 0, 0, 66};
    memcpy(smb2 + 4, "\xfeSMB\x40", 5);
    smb2[4 + 64] = 65;
    assert_true(smb_answered(smb2, sizeof smb2, 0));
    smb2[4 + 12] = 3; /* another command */
    assert_false(smb_answered(smb2, sizeof smb2, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mysql),
        cmocka_unit_test(test_mysql_cut),
        cmocka_unit_test(test_mysql_refusals),
        cmocka_unit_test(test_smb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
