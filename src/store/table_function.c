/* DuckDB table functions, and the rows of the ledger as one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

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
