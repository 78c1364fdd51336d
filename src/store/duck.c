#include "store/duck.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int duck_errno(const char *words)
{
    if (strstr(words, "No space left") || strstr(words, "Disk quota"))
        return -ENOSPC;
    if (strstr(words, "Out of Memory") || strstr(words, "could not allocate") || strstr(words, "failed to allocate"))
        return -ENOMEM;
    if (strncmp(words, "INTERRUPT", 9) == 0)
        return -ETIMEDOUT;
    return -EIO;
}

/* These can be set only on an open database. */
static int confine(struct duck *d, const struct duck_options *o, struct err *err)
{
    struct wr w = wr_of(65536);
    wr_str(&w, "SET allowed_directories = [");
    duck_quote(&w, o->dir);
    wr_str(&w, "]; SET allowed_paths = [");
    if (o->extra_path)
        duck_quote(&w, o->extra_path);
    wr_str(&w, "]; SET enable_external_access = false; SET TimeZone = 'UTC'; SET parquet_metadata_cache = true");
    wr_u8(&w, 0);
    int rc = w.bad ? err_set(err, -ENOMEM, "no memory for the settings of %s", o->dir)
                   : duck_exec(d->con, (const char *)w.bytes, err);
    wr_done(&w);
    return rc;
}

const char *duck_words(const char *words, char *buf, size_t n)
{
    if (!words || !*words)
        return "DuckDB gives no reason";
    const char *mean = strstr(words, "Did you mean");
    int used = snprintf(buf, n, "%.*s", (int)strcspn(words, "\n"), words);
    if (mean && used > 0 && (size_t)used < n)
        (void)snprintf(buf + used, n - (size_t)used, " %.*s", (int)strcspn(mean, "\n"), mean);
    return buf;
}

static int config_set(duckdb_config c, const char *name, const char *value, struct err *err)
{
    if (duckdb_set_config(c, name, value) == DuckDBSuccess)
        return 0;
    return err_set(err, -EIO, "this libduckdb (%s) does not take %s = %.100s", duckdb_library_version(), name, value);
}

static int config_fill(duckdb_config c, const struct duck_options *o, struct err *err)
{
    char memory[40], threads[16];
    (void)snprintf(memory, sizeof memory, "%" PRIu64 "MB", (o->memory_bytes >> 20) + 1);
    (void)snprintf(threads, sizeof threads, "%" PRIu32, o->threads);
    const char *const settings[][2] = {
        {"autoinstall_known_extensions", "false"}, {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},   {"allow_persistent_secrets", "false"},
        {"home_directory", o->dir},                {"extension_directory", o->dir},
        {"secret_directory", o->dir},              {"temp_directory", o->temp_dir ? o->temp_dir : ""},
        {"memory_limit", memory},
        {"threads", threads},                      {"preserve_insertion_order", o->keep_order ? "true" : "false"},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && rc == 0; i++)
        rc = config_set(c, settings[i][0], settings[i][1], err);
    return rc;
}

int duck_open(struct duck *d, const struct duck_options *o, struct err *err)
{
    duckdb_config config = NULL;
    char *words = NULL;
    memset(d, 0, sizeof *d);
    if (duckdb_create_config(&config) != DuckDBSuccess)
        return err_set(err, -ENOMEM, "no memory for DuckDB");
    int rc = config_fill(config, o, err);
    if (rc == 0 && duckdb_open_ext(NULL, &d->db, config, &words) != DuckDBSuccess)
        rc = err_set(err, -EIO, "DuckDB does not start: %.300s", words ? words : "no reason given");
    if (rc == 0 && duckdb_connect(d->db, &d->con) != DuckDBSuccess)
        rc = err_set(err, -EIO, "DuckDB does not connect");
    if (rc == 0)
        rc = confine(d, o, err);
    duckdb_free(words);
    duckdb_destroy_config(&config);
    if (rc < 0)
        duck_close(d);
    return rc;
}

int duck_lock(struct duck *d, struct err *err)
{
    return duck_exec(d->con, "SET lock_configuration = true", err);
}

void duck_close(struct duck *d)
{
    if (d->con)
        duckdb_disconnect(&d->con);
    if (d->db)
        duckdb_close(&d->db);
    memset(d, 0, sizeof *d);
}

int duck_exec(duckdb_connection con, const char *sql, struct err *err)
{
    duckdb_result result;
    int rc = 0;
    if (duckdb_query(con, sql, &result) != DuckDBSuccess) {
        char line[400];
        const char *words = duck_words(duckdb_result_error(&result), line, sizeof line);
        rc = err_set(err, duck_errno(words), "%s", words);
    }
    duckdb_destroy_result(&result);
    return rc;
}

int duck_number(duckdb_connection con, const char *sql, int64_t *ret, struct err *err)
{
    duckdb_result result;
    int rc;
    if (duckdb_query(con, sql, &result) != DuckDBSuccess) {
        char line[400];
        const char *words = duck_words(duckdb_result_error(&result), line, sizeof line);
        rc = err_set(err, duck_errno(words), "%s", words);
        duckdb_destroy_result(&result);
        return rc;
    }
    rc = -ENODATA;
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
    if (chunk && duckdb_data_chunk_get_size(chunk) > 0 && duckdb_column_type(&result, 0) == DUCKDB_TYPE_BIGINT) {
        duckdb_vector v = duckdb_data_chunk_get_vector(chunk, 0);
        uint64_t *valid = duckdb_vector_get_validity(v);
        if (!valid || duckdb_validity_row_is_valid(valid, 0)) {
            *ret = *(int64_t *)duckdb_vector_get_data(v);
            rc = 0;
        }
    }
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    return rc;
}

void duck_quote(struct wr *w, const char *text)
{
    wr_u8(w, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            wr_u8(w, '\'');
        wr_u8(w, (uint8_t)*p);
    }
    wr_u8(w, '\'');
}
