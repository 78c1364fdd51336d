#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_all.h"
#include "config/persona.h"

static void every_built_in_one_is_whole(void **state)
{
    char folder[PATH_MAX];
    assert_int_equal(persona_builtin_folder(folder), 0);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t n = 0;
    for (const struct dirent *d; (d = readdir(dir));) {
        size_t len = strlen(d->d_name);
        char name[300];
        struct persona p;
        struct err err = {""};
        if (len < 6 || strcmp(d->d_name + len - 5, ".yaml") != 0)
            continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(len - 5), d->d_name);
        if (persona_load(&p, name, 1, &err) < 0)
            fail_msg("%s", err.text);
        n++;
        assert_string_equal(p.name, name);
        assert_true(strcmp(p.os, "windows") == 0 || strcmp(p.os, "linux") == 0);
        assert_true(p.hostname[0] && strlen(p.hostname) <= 15);
        if (p.mysql.version[0]) {
            assert_int_equal(p.mysql.facts[0], '/');
            assert_true(p.mysql.basedir[0] && p.mysql.datadir[0] && p.mysql.plugin_dir[0]);
            /* paths must fit the system */
            assert_int_equal(p.mysql.basedir[0] == '/', strcmp(p.os, "linux") == 0);
        }
        if (p.smb.smb1 || p.smb.smb2)
            assert_true(p.smb.native_os[0] && p.smb.server[0] && p.smb.max_buffer_bytes >= 4096);
        if (strcmp(p.os, "linux") == 0)
            assert_int_equal(p.smb.smb1 || p.smb.smb2, 0);
    }
    closedir(dir);
    assert_true(n >= 6);
}

static void each_installation_is_drawn(void **state)
{
    struct persona a, again, b;
    assert_int_equal(persona_load(&a, "mysql-5.6.10", 1, NULL), 0);
    assert_int_equal(persona_load(&again, "mysql-5.6.10", 1, NULL), 0);
    assert_int_equal(persona_load(&b, "mysql-5.6.10", 2, NULL), 0);
    assert_string_equal(a.hostname, again.hostname);
    assert_memory_equal(a.smb.guid, again.smb.guid, 16);
    assert_true(a.smb.boot_ts_us == again.smb.boot_ts_us);
    assert_string_not_equal(a.hostname, b.hostname);
    assert_memory_not_equal(a.smb.guid, b.smb.guid, 16);
    assert_true(a.smb.boot_ts_us != b.smb.boot_ts_us);
    assert_string_equal(a.smb.server, a.hostname);
    assert_memory_equal(a.hostname, "WIN-", 4);
    assert_int_equal(strlen(a.hostname), 15);
}

static void a_version_brings_its_facts(void **state)
{
    struct persona p, whole;
    struct err err = {""};
    assert_int_equal(persona_load(&p, "mysql-5.6.10", 1, NULL), 0);
    assert_int_equal(persona_load(&whole, "mysql-5.1.54", 1, NULL), 0);
    assert_int_equal(persona_set_mysql_version(&p, "5.1.54", NULL), 0);
    assert_string_equal(p.mysql.version, "5.1.54");
    assert_string_equal(p.mysql.facts, whole.mysql.facts);
    assert_string_equal(p.mysql.basedir, whole.mysql.basedir);
    assert_string_equal(p.name, "mysql-5.6.10"); /* still the same machine */
    assert_int_equal(persona_set_mysql_version(&p, "5.6.10", NULL), 0);
    assert_string_not_equal(p.mysql.facts, whole.mysql.facts);
    assert_int_equal(persona_set_mysql_version(&p, "5.1.70", NULL), 0); /* none of its own: the line's */
    assert_string_equal(p.mysql.version, "5.1.70");
    assert_string_equal(p.mysql.facts, whole.mysql.facts);
    assert_int_equal(persona_load(&p, "mysql-5.6.27", 1, NULL), 0); /* another system keeps its paths */
    assert_int_equal(persona_set_mysql_version(&p, "5.6.10", NULL), 0);
    assert_string_equal(p.mysql.basedir, "/usr");
    assert_int_equal(persona_set_mysql_version(&p, "4.0.1", &err), -ENOENT);
    assert_non_null(strstr(err.text, "5.1.54"));
    assert_string_equal(p.mysql.version, "5.6.10");
}

static void faults_have_a_place(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"name: x\nos: beos\n", ":2:5:"},
        {"name: x\ncolour: red\n", ":2:1:"},
        {"os: linux\n", ":1:1:"},
        {"name: x\nsmb:\n  max-mpx: 70000\n", ":3:12:"},
        {"name: x\nsmb: {guid: 12}\n", ":2:13:"},
        {"name: x\nsmb: {capabilities: -1}\n", ":2:21:"},
        {"name: x\nmysql: {version: [1]}\n", ":2:18:"},
        {"name: x\nsmb: {boot: yesterday}\n", ":2:13:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "/tmp/hotaru-persona-XXXXXX.yaml";
        int fd = mkstemps(path, 5);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, cases[i].text, strlen(cases[i].text)), strlen(cases[i].text));
        close(fd);
        struct persona p;
        struct err err = {""};
        assert_int_equal(persona_load(&p, path, 1, &err), -EINVAL);
        if (!strstr(err.text, cases[i].place))
            fail_msg("%s: no %s", err.text, cases[i].place);
        (void)unlink(path);
    }
    struct err err = {""};
    struct persona p;
    assert_int_equal(persona_load(&p, "no-such-one", 1, &err), -ENOENT);
    assert_int_equal(persona_load(&p, "/nowhere/x.yaml", 1, &err), -ENOENT);
    assert_int_equal(persona_load(&p, "personas/win2008.yaml", 1, NULL),
                     0); /* as DESIGN's example configuration says */
    assert_string_equal(p.name, "win2008");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_one_is_whole),
        cmocka_unit_test(each_installation_is_drawn),
        cmocka_unit_test(a_version_brings_its_facts),
        cmocka_unit_test(faults_have_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
