/* anon4(address), anon6(address) and dark_offset(address) in SQL: what goes out of the store goes through them. */
#include <errno.h>

#include "store/anon.h"
#include "store/store_int.h"

static bool valid(const uint64_t *mask, size_t i)
{
    return !mask || duckdb_validity_row_is_valid((uint64_t *)(uintptr_t)mask, i);
}

static uint64_t *writable(duckdb_vector out)
{
    duckdb_vector_ensure_validity_writable(out);
    return duckdb_vector_get_validity(out);
}

/* One turn a chunk: DuckDB calls from several threads. */
static struct anon_turn *begin(duckdb_function_info info)
{
    struct anon_turn *t = anon_turn_new(duckdb_scalar_function_get_extra_info(info));
    if (!t)
        duckdb_scalar_function_set_error(info, "Out of Memory: no memory to anonymise");
    return t;
}

static void anon4_rows(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct anon_turn *t = begin(info);
    duckdb_vector v = duckdb_data_chunk_get_vector(in, 0);
    const uint32_t *from = duckdb_vector_get_data(v);
    const uint64_t *mask = duckdb_vector_get_validity(v);
    uint32_t *to = duckdb_vector_get_data(out);
    uint64_t *to_mask = writable(out);
    size_t n = duckdb_data_chunk_get_size(in);
    for (size_t i = 0; t && i < n; i++) {
        bool there = valid(mask, i);
        duckdb_validity_set_row_validity(to_mask, i, there);
        if (!there)
            to[i] = 0;
        else
            to[i] = i && valid(mask, i - 1) && from[i] == from[i - 1] ? to[i - 1] : anon_ip4(t, from[i]); /* sorted by src */
    }
    anon_turn_free(t);
}

static void anon6_rows(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct anon_turn *t = begin(info);
    duckdb_vector v = duckdb_data_chunk_get_vector(in, 0);
    duckdb_string_t *from = duckdb_vector_get_data(v);
    const uint64_t *mask = duckdb_vector_get_validity(v);
    uint64_t *to_mask = writable(out);
    size_t n = duckdb_data_chunk_get_size(in);
    for (size_t i = 0; t && i < n; i++) {
        uint8_t ip[16] = {0};
        bool there = valid(mask, i) && duckdb_string_t_length(from[i]) == sizeof ip;
        if (there)
            anon_ip6(t, (const uint8_t *)duckdb_string_t_data(&from[i]), ip);
        duckdb_validity_set_row_validity(to_mask, i, there);
        duckdb_vector_assign_string_element_len(out, i, (const char *)ip, sizeof ip);
    }
    anon_turn_free(t);
}

static void offset_rows(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    const struct anon *a = duckdb_scalar_function_get_extra_info(info);
    duckdb_vector v = duckdb_data_chunk_get_vector(in, 0);
    const uint32_t *from = duckdb_vector_get_data(v);
    const uint64_t *mask = duckdb_vector_get_validity(v);
    uint32_t *to = duckdb_vector_get_data(out);
    uint64_t *to_mask = writable(out);
    size_t n = duckdb_data_chunk_get_size(in);
    for (size_t i = 0; i < n; i++) {
        int64_t offset = valid(mask, i) ? anon_offset(a, from[i]) : -1;
        to[i] = offset >= 0 ? (uint32_t)offset : 0;
        duckdb_validity_set_row_validity(to_mask, i, offset >= 0);
    }
}

static int add(struct store *s, const struct anon *a, const char *name, duckdb_type type, duckdb_scalar_function_t rows,
               struct err *err)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type t = duckdb_create_logical_type(type);
    duckdb_scalar_function_set_name(f, name);
    duckdb_scalar_function_add_parameter(f, t);
    duckdb_scalar_function_set_return_type(f, t);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)a, NULL);
    duckdb_scalar_function_set_function(f, rows);
    duckdb_state state = duckdb_register_scalar_function(s->duck.con, f);
    duckdb_destroy_logical_type(&t);
    duckdb_destroy_scalar_function(&f);
    return state == DuckDBSuccess ? 0 : err_set(err, -EIO, "DuckDB does not take the function %s", name);
}

int anon_register(struct store *s, const struct anon *a, struct err *err)
{
    int rc = add(s, a, "anon4", DUCKDB_TYPE_UINTEGER, anon4_rows, err);
    if (rc == 0)
        rc = add(s, a, "anon6", DUCKDB_TYPE_BLOB, anon6_rows, err);
    if (rc == 0)
        rc = add(s, a, "dark_offset", DUCKDB_TYPE_UINTEGER, offset_rows, err);
    return rc;
}
