/* Values out of DuckDB's vectors. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/ts.h"
#include "store/ask.h"

bool cell_null(duckdb_vector v, size_t row)
{
    uint64_t *valid = duckdb_vector_get_validity(v);
    return valid && !duckdb_validity_row_is_valid(valid, row);
}

#define AT(type) (((const type *)data)[row])

static int64_t huge_i64(duckdb_hugeint h)
{
    if (h.upper == 0 && h.lower <= INT64_MAX)
        return (int64_t)h.lower;
    if (h.upper == -1 && h.lower > INT64_MAX)
        return (int64_t)h.lower;
    return h.upper < 0 ? INT64_MIN : INT64_MAX; /* nearest there is */
}

static int64_t f64_i64(double f)
{
    return isnan(f) ? 0 : f >= 9.2e18 ? INT64_MAX : f <= -9.2e18 ? INT64_MIN : (int64_t)f;
}

static double decimal_f64(const struct ask_column *c, const void *data, size_t row)
{
    double v = c->internal == DUCKDB_TYPE_SMALLINT ? AT(int16_t)
               : c->internal == DUCKDB_TYPE_INTEGER ? AT(int32_t)
               : c->internal == DUCKDB_TYPE_BIGINT  ? (double)AT(int64_t)
                                                    : duckdb_hugeint_to_double(AT(duckdb_hugeint));
    return v / pow(10, c->scale);
}

int64_t cell_i64(const struct ask_column *c, duckdb_vector v, size_t row)
{
    const void *data = duckdb_vector_get_data(v);
    switch (c->type) {
    case DUCKDB_TYPE_BOOLEAN: return AT(bool);
    case DUCKDB_TYPE_TINYINT: return AT(int8_t);
    case DUCKDB_TYPE_SMALLINT: return AT(int16_t);
    case DUCKDB_TYPE_INTEGER: return AT(int32_t);
    case DUCKDB_TYPE_UTINYINT: return AT(uint8_t);
    case DUCKDB_TYPE_USMALLINT: return AT(uint16_t);
    case DUCKDB_TYPE_UINTEGER: return AT(uint32_t);
    case DUCKDB_TYPE_UBIGINT: return (int64_t)AT(uint64_t);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return AT(int64_t);
    case DUCKDB_TYPE_TIMESTAMP_S: return AT(int64_t) * 1000000;
    case DUCKDB_TYPE_TIMESTAMP_MS: return AT(int64_t) * 1000;
    case DUCKDB_TYPE_TIMESTAMP_NS: return AT(int64_t) / 1000;
    case DUCKDB_TYPE_HUGEINT: return huge_i64(AT(duckdb_hugeint));
    case DUCKDB_TYPE_FLOAT: return f64_i64(AT(float));
    case DUCKDB_TYPE_DOUBLE: return f64_i64(AT(double));
    case DUCKDB_TYPE_DECIMAL: return f64_i64(decimal_f64(c, data, row));
    default: return 0;
    }
}

double cell_f64(const struct ask_column *c, duckdb_vector v, size_t row)
{
    const void *data = duckdb_vector_get_data(v);
    switch (c->type) {
    case DUCKDB_TYPE_FLOAT: return AT(float);
    case DUCKDB_TYPE_DOUBLE: return AT(double);
    case DUCKDB_TYPE_UBIGINT: return (double)AT(uint64_t);
    case DUCKDB_TYPE_HUGEINT: return duckdb_hugeint_to_double(AT(duckdb_hugeint));
    case DUCKDB_TYPE_DECIMAL: return decimal_f64(c, data, row);
    default: return (double)cell_i64(c, v, row);
    }
}

const char *cell_bytes(duckdb_vector v, size_t row, size_t *ret_n)
{
    duckdb_string_t *s = (duckdb_string_t *)duckdb_vector_get_data(v) + row;
    *ret_n = duckdb_string_t_length(*s);
    return duckdb_string_t_data(s);
}

void value_text(struct wr *w, enum value_type type, int64_t i64, double f64)
{
    char ts[TS_TEXT_MAX], number[40];
    switch (type) {
    case VALUE_BOOL: wr_str(w, i64 ? "true" : "false"); break;
    case VALUE_TS: wr_str(w, ts_format(i64, ts)); break;
    case VALUE_U64: wr_fmt(w, "%" PRIu64, (uint64_t)i64); break;
    case VALUE_I64: wr_fmt(w, "%" PRId64, i64); break;
    case VALUE_F64:
        (void)snprintf(number, sizeof number, "%.15g", f64);
        double back = 0;
        if (sscanf(number, "%lf", &back) == 1 && back != f64)
            (void)snprintf(number, sizeof number, "%.17g", f64);
        wr_str(w, number);
        break;
    default: break;
    }
}

static void blob_text(struct wr *w, const char *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t *at = n ? wr_room(w, n * 2) : NULL;
    for (size_t i = 0; at && i < n; i++) {
        at[2 * i] = (uint8_t)hex[(uint8_t)bytes[i] >> 4];
        at[2 * i + 1] = (uint8_t)hex[(uint8_t)bytes[i] & 15];
    }
}

void cell_text(struct wr *w, const struct ask_column *c, duckdb_vector v, size_t row)
{
    size_t n;
    const char *bytes;
    switch (c->value) {
    case VALUE_TEXT:
        bytes = cell_bytes(v, row, &n);
        wr_bytes(w, bytes, n);
        break;
    case VALUE_BLOB:
        bytes = cell_bytes(v, row, &n);
        blob_text(w, bytes, n);
        break;
    case VALUE_F64: value_text(w, VALUE_F64, 0, cell_f64(c, v, row)); break;
    default: value_text(w, c->value, cell_i64(c, v, row), 0); break;
    }
}
