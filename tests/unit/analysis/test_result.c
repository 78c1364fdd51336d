#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "../cmocka_all.h"
#include "analysis/result.h"

static const struct result_field fields[] = {{"src", "", "address", VALUE_U64, true},
                                             {"n", "packets", "count", VALUE_U64, false},
                                             {"x", "", "number", VALUE_F64, false},
                                             {"text", "", "from a peer", VALUE_TEXT, false},
                                             {"yes", "", "", VALUE_BOOL, false},
                                             {"ts", "UTC", "", VALUE_TS, false},
                                             {0}};

static struct result *make(void)
{
    struct result *r = NULL;
    assert_int_equal(result_new("test", "A test", fields, &r), 0);
    result_row(r);
    result_set_u64(r, 0, 0x0a4d0001);
    result_set_u64(r, 1, 18446744073709551615u);
    result_set_f64(r, 2, INFINITY);
    result_set_text(r, 3, "a,\"b\"\r\n\x1b[31m");
    result_set_i64(r, 4, 1);
    result_set_i64(r, 5, 1365552000000001);
    result_row(r);
    result_set_f64(r, 2, NAN);
    result_set_text(r, 3, "\xff caf\xc3\xa9");
    result_finding(r, "found %d\n", 1);
    result_note(r, "note");
    result_set_loss(r, (struct result_loss){true, 10, 9, 1});
    return r;
}

static char *written(const struct result *r, enum result_format format)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(result_write(r, format, f), 0);
    (void)fclose(f);
    return text;
}

static void csv(void **state)
{
    struct result *r = make();
    char *text = written(r, RESULT_CSV);
    assert_string_equal(
        text,
        "src,n,x,text,yes,ts\n"
        "10.77.0.1,18446744073709551615,inf,\"a,\"\"b\"\"\r\n\x1b[31m\",true,2013-04-10T00:00:00.000001Z\n"
        ",,,\xff caf\xc3\xa9,,\n");
    free(text);
    result_free(r);
}

static void json(void **state)
{
    struct result *r = make();
    char *text = written(r, RESULT_JSON);
    json_error_t why;
    json_t *root = json_loads(text, 0, &why);
    if (!root)
        fail_msg("%s in %s", why.text, text);
    assert_int_equal(json_array_size(json_object_get(root, "rows")), 2);
    json_t *first = json_array_get(json_object_get(root, "rows"), 0),
           *second = json_array_get(json_object_get(root, "rows"), 1);
    assert_string_equal(json_string_value(json_object_get(first, "src")), "10.77.0.1");
    assert_string_equal(json_string_value(json_object_get(first, "x")), "inf");
    assert_true(json_is_null(json_object_get(second, "x")));
    assert_non_null(strstr(json_string_value(json_object_get(second, "text")), "\xc3\xbf caf"));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "loss"), "lost")), 1);
    json_decref(root);
    free(text);
    result_free(r);
}

/* A peer's escape sequences and newlines never reach the terminal; columns stay aligned. */
static void table_is_safe_and_aligned(void **state)
{
    struct result *r = make();
    char *text = written(r, RESULT_TABLE);
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "\\x1b[31m"));
    assert_non_null(strstr(text, "1 of 10 received"));
    assert_non_null(strstr(text, "found 1\\x0a\n"));
    free(text);
    result_free(r);
}

static void grows(void **state)
{
    struct result *r = NULL;
    assert_int_equal(result_new("test", "A test", fields, &r), 0);
    for (uint64_t i = 0; i < 10000; i++) {
        result_row(r);
        result_set_u64(r, 1, i);
    }
    struct result *same = NULL;
    assert_int_equal(result_finish(r, &same, NULL), 0);
    assert_int_equal(result_rows(same), 10000);
    assert_int_equal(result_u64(same, 1, 9999), 9999);
    assert_true(result_is_null(same, 0, 9999));
    result_free(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(csv), cmocka_unit_test(json),
                                       cmocka_unit_test(table_is_safe_and_aligned), cmocka_unit_test(grows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
