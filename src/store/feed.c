/* Rows in memory as DuckDB tables: feed4(), feed6(), feed_loss(). Only the feeder's connection has them, and it runs no SQL
 * but ours. One thread reads, in order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

static void feed_bind(duckdb_bind_info info, enum row_family family)
{
    struct row_column columns[COLUMN_COUNT];
    size_t n = row_columns(family, columns);
    for (size_t i = 0; i < n; i++) {
        duckdb_logical_type t = duckdb_create_logical_type(columns[i].type);
        duckdb_bind_add_result_column(info, columns[i].name, t);
        duckdb_destroy_logical_type(&t);
    }
}

static void feed4_bind(duckdb_bind_info info)
{
    feed_bind(info, ROW_IP4);
}

static void feed6_bind(duckdb_bind_info info)
{
    feed_bind(info, ROW_IP6);
}

/* The columns that are read: vector i is column wanted[i]. */
struct wanted {
    size_t n;
    idx_t at[COLUMN_COUNT];
};

static void feed_init(duckdb_init_info info)
{
    struct wanted *w = calloc(1, sizeof *w);
    duckdb_init_set_max_threads(info, 1);
    if (!w) {
        duckdb_init_set_error(info, "Out of Memory: no memory to feed rows");
        return;
    }
    w->n = duckdb_init_get_column_count(info);
    w->n = w->n < COLUMN_COUNT ? w->n : COLUMN_COUNT;
    for (size_t i = 0; i < w->n; i++)
        w->at[i] = duckdb_init_get_column_index(info, i);
    duckdb_init_set_init_data(info, w, free);
}

static void feed_rows(duckdb_function_info info, duckdb_data_chunk out)
{
    struct feed *f = duckdb_function_get_extra_info(info);
    const struct wanted *w = duckdb_function_get_init_data(info);
    size_t n = f->end - f->at;
    if (n > duckdb_vector_size())
        n = duckdb_vector_size();
    struct row_column columns[COLUMN_COUNT];
    size_t n_columns = row_columns(f->block->family, columns);
    for (size_t i = 0; i < w->n && n; i++)
        if (w->at[i] < n_columns)
            row_fill(f->block, &columns[w->at[i]], f->order, f->at, n, duckdb_data_chunk_get_vector(out, i));
    f->at += n;
    duckdb_data_chunk_set_size(out, n);
}

static void feed_loss_bind(duckdb_bind_info info)
{
    loss_columns(info);
}

static void feed_loss_rows(duckdb_function_info info, duckdb_data_chunk out)
{
    struct feed *f = duckdb_function_get_extra_info(info);
    size_t n = f->loss_end - f->loss_at;
    if (n > duckdb_vector_size())
        n = duckdb_vector_size();
    for (size_t i = 0; i < n; i++)
        loss_fill(out, i, &f->loss[f->loss_at + i]);
    f->loss_at += n;
    duckdb_data_chunk_set_size(out, n);
}

void loss_columns(duckdb_bind_info info)
{
    static const struct {
        const char *name;
        duckdb_type type;
    } columns[] = {{"ts", DUCKDB_TYPE_TIMESTAMP}, {"interval_us", DUCKDB_TYPE_BIGINT}, {"stage", DUCKDB_TYPE_VARCHAR},
                   {"reason", DUCKDB_TYPE_VARCHAR}, {"received", DUCKDB_TYPE_UBIGINT}, {"stored", DUCKDB_TYPE_UBIGINT},
                   {"lost", DUCKDB_TYPE_UBIGINT}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        duckdb_logical_type t = duckdb_create_logical_type(columns[i].type);
        duckdb_bind_add_result_column(info, columns[i].name, t);
        duckdb_destroy_logical_type(&t);
    }
}

static void put_u64(duckdb_data_chunk out, idx_t column, size_t i, uint64_t v)
{
    ((uint64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(out, column)))[i] = v;
}

void loss_fill(duckdb_data_chunk out, size_t i, const struct loss_row *row)
{
    put_u64(out, 0, i, (uint64_t)row->ts_us);
    put_u64(out, 1, i, (uint64_t)row->interval_us);
    duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(out, 2), i, row->stage,
                                            strnlen(row->stage, sizeof row->stage));
    duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(out, 3), i, row->reason,
                                            strnlen(row->reason, sizeof row->reason));
    put_u64(out, 4, i, row->received);
    put_u64(out, 5, i, row->stored);
    put_u64(out, 6, i, row->lost);
}

int table_function(duckdb_connection con, const char *name, void *extra, duckdb_table_function_bind_t bind,
                   duckdb_table_function_init_t init, duckdb_table_function_init_t local,
                   duckdb_table_function_t rows, bool projection, struct err *err)
{
    duckdb_table_function t = duckdb_create_table_function();
    duckdb_table_function_set_name(t, name);
    duckdb_table_function_set_extra_info(t, extra, NULL);
    duckdb_table_function_set_bind(t, bind);
    duckdb_table_function_set_init(t, init);
    if (local)
        duckdb_table_function_set_local_init(t, local);
    duckdb_table_function_set_function(t, rows);
    duckdb_table_function_supports_projection_pushdown(t, projection);
    duckdb_state state = duckdb_register_table_function(con, t);
    duckdb_destroy_table_function(&t);
    return state == DuckDBSuccess ? 0 : err_set(err, -EIO, "DuckDB does not take the table function %s", name);
}

int feed_register(duckdb_connection con, struct feed *feed, struct err *err)
{
    int rc = table_function(con, "feed4", feed, feed4_bind, feed_init, NULL, feed_rows, true, err);
    if (rc == 0)
        rc = table_function(con, "feed6", feed, feed6_bind, feed_init, NULL, feed_rows, true, err);
    if (rc == 0)
        rc = table_function(con, "feed_loss", feed, feed_loss_bind, feed_init, NULL, feed_loss_rows, false, err);
    return rc;
}
