#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "config/config.h"

static int load_text(const char *text, struct config *c, struct err *err)
{
    char path[] = "/tmp/hotaru-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    *err = (struct err){""};
    int rc = config_load(c, path, err);
    char *at = strstr(err->text, path);
    if (at) /* the tests compare what stands behind the file's name */
        memmove(err->text, at + strlen(path), strlen(at + strlen(path)) + 1);
    unlink(path);
    return rc;
}

static void the_design_example_loads(void **state)
{
    struct config c;
    struct err err;
    assert_int_equal(load_text("darknet:  [10.77.0.0/18]\n"
                               "points:   {draw: {count: 32, one-per: 24, seed: 7, exclude: [10.77.0.0/24]}}\n"
                               "gateway:  {mode: dnat, form: port-per-point, outside: wan, mirror: mir, honeypot: 10.78.0.10}\n"
                               "capture:  {interface: mir, payload-bytes: 0}\n"
                               "honeypot: {persona: personas/win2008.yaml, services: [mysql, smb, http, telnet, any], mysql: {version: 5.6.10}}\n"
                               "store:    {path: /var/lib/hotaru, keep: {days: 365, bytes: 500GB}}\n"
                               "experiment: {name: version, factor: mysql.version, arms: [5.6.10, 5.1.54], unit: source, seed: 1}\n",
                               &c, &err),
                     0);
    assert_int_equal(c.n_points, 32);
    assert_int_equal(c.honeypot.n_services, 5);
    assert_string_equal(c.honeypot.mysql_version, "5.6.10");
    assert_int_equal(c.store.keep_bytes, 500000000000);
    assert_int_equal(c.experiment.n_arms, 2);
    assert_int_equal(config_point_index(&c, c.points[31]), 31);
    assert_int_equal(config_point_index(&c, 0x0a4d0001), -1);
    assert_int_equal(config_darknet_size(&c), 16384);
    config_done(&c);
}

static void empty_file_is_the_default(void **state)
{
    struct config c;
    struct err err;
    assert_int_equal(load_text("", &c, &err), 0);
    assert_int_equal(c.n_darknet, 1);
    assert_int_equal(c.n_points, 0);
    config_done(&c);
}

static void each_fault_is_one_line_with_its_place(void **state)
{
    static const struct {
        const char *yaml, *place, *says;
    } cases[] = {
        {"darknet: [10.77.0.0/33]\n", ":1:11: ", "0 to 32"},
        {"darknet: [10.77.3.0/18]\n", ":1:11: ", "10.77.0.0/18 is the prefix"},
        {"darknet: [10.77.0.0/18, 10.77.1.0/24]\n", ":1:25: ", "overlaps"},
        {"darknet: []\n", ":1:10: ", "1 to 64 prefixes"},
        {"darkness: [10.77.0.0/18]\n", ":1:1: ", "unknown key 'darkness'"},
        {"store:\n  path: /x\n  path: /y\n", ":3:3: ", "twice"},
        {"store:\n  path: ''\n", ":2:9: ", "needs a path"},
        {"store:\n  keep: {bytes: 12 apples}\n", ":2:17: ", "no size"},
        {"points: {list: [10.77.1.1, 10.99.1.1]}\n", ":1:28: ", "outside the darknet"},
        {"points: {list: [10.77.1.1, 10.77.1.1]}\n", ":1:28: ", "twice"},
        {"points: {list: [10.77.1.300]}\n", ":1:17: ", "no IPv4 address"},
        {"points: {draw: {count: 65}}\n", ":1:24: ", "only 64"},
        {"points: {draw: {seed: 1}}\n", ":1:16: ", "needs a count"},
        {"points: {draw: {count: 1}, list: [10.77.1.1]}\n", ":1:9: ", "not both"},
        {"darknet: [10.77.0.0/30]\npoints: {list: [10.77.0.0, 10.77.0.1, 10.77.0.2, 10.77.0.3, 10.77.0.4]}\n", ":2:16: ",
         "more than the darknet's 4 addresses"},
        {"points: {draw: {count: 99999999}}\n", ":1:24: ", "more than the 65536"},
        {"gateway: {mode: magic}\n", ":1:17: ", "one of dnat"},
        {"gateway: {honeypot: 10.77.0.1}\n", ":1:21: ", "lies in the darknet"},
        {"gateway: {alias: 10.77.32.0/24}\n", ":1:18: ", "overlaps the darknet"},
        {"points: {draw: {count: 5}}\ngateway: {alias: 10.80.0.0/30}\n", ":2:18: ", "4 addresses for 5 points"},
        {"points: {draw: {count: 32}}\ngateway: {base-port: 65500}\n", ":2:10: ", "need ports up to"},
        {"honeypot: {idle-seconds: soon}\n", ":1:26: ", "whole number"},
        {"honeypot: {idle-seconds: -1}\n", ":1:26: ", "whole number"},
        {"honeypot: {services: [mysql, mysql]}\n", ":1:30: ", "twice"},
        {"capture: {recorder: 'Not Me'}\n", ":1:21: ", "a-z"},
        {"store: [1, 2\n", ":2:1: ", "no valid YAML"},
        {"a: &x [*x]\n", ":1:4: ", "anchors"},
        {"- 1\n- 2\n", ":1:1: ", "map of keys"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c;
        struct err err;
        int rc = load_text(cases[i].yaml, &c, &err);
        if (rc != -EINVAL || !strstr(err.text, cases[i].says) || strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("case %zu: rc %d, '%s' (wanted '%s…%s')", i, rc, err.text, cases[i].place, cases[i].says);
        assert_null(c.points);
        assert_null(strchr(err.text, '\n'));
    }
}

static void missing_file(void **state)
{
    struct config c;
    struct err err = {""};
    assert_int_equal(config_load(&c, "/nonexistent/observatory.yaml", &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/observatory.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_design_example_loads),
        cmocka_unit_test(empty_file_is_the_default),
        cmocka_unit_test(each_fault_is_one_line_with_its_place),
        cmocka_unit_test(missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
