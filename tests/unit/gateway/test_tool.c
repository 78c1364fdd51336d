/* Tools are fed and heard at once, and their failure is one line. */
#include "gateway/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_all.h"

static void large_input_and_output_do_not_block(void **state)
{
    (void)state;
    const char *const argv[] = {"cat", NULL};
    size_t n = (size_t)3 << 20; /* many times a pipe's buffer */
    char *in = malloc(n);
    assert_non_null(in);
    for (size_t i = 0; i < n; i++)
        in[i] = (char)(i * 31 % 251);
    struct wr out = wr_of(n);
    assert_int_equal(tool_run(argv, in, n, &out, NULL), 0);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.bytes, in, n);
    wr_done(&out);
    free(in);
}

static void unread_input_is_no_error_of_ours(void **state)
{
    (void)state;
    const char *const argv[] = {"true", NULL};
    static const char in[1 << 20];
    assert_int_equal(tool_run(argv, in, sizeof in, NULL, NULL), 0);
}

static void failure_is_one_line(void **state)
{
    (void)state;
    struct err err = {""};
    const char *const argv[] = {"sh", "-c", "echo noise >&2; echo 'x:1: Error: it broke' >&2; echo '  ^^' >&2; exit 3", NULL};
    assert_int_equal(tool_run(argv, NULL, 0, NULL, &err), 3);
    assert_string_equal(err.text, "sh: it broke");
    const char *const long_winded[] = {"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", NULL};
    err = (struct err){""};
    assert_int_equal(tool_run(long_winded, NULL, 0, NULL, &err), 1);
    assert_int_equal(strncmp(err.text, "sh: xxx", 7), 0);
    const char *const missing[] = {"hotaru-no-such-tool", NULL};
    err = (struct err){""};
    assert_int_equal(tool_run(missing, NULL, 0, NULL, &err), -ENOENT);
    assert_non_null(strstr(err.text, "not installed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_input_and_output_do_not_block),
        cmocka_unit_test(unread_input_is_no_error_of_ours),
        cmocka_unit_test(failure_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
