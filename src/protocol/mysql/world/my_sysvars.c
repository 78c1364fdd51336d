#include "protocol/mysql/world/my_sysvars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/mysql/world/my_facts.h"

static bool in_list(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}
#define IN(list, name) in_list(list, sizeof list / sizeof *list, name)

/* Settable per session and globally. */
static const char *const both[] = {
    "auto_increment_increment", "auto_increment_offset", "autocommit", "big_tables", "binlog_direct_non_transactional_updates", "binlog_format",
    "binlog_row_image", "binlog_rows_query_log_events", "block_encryption_mode", "bulk_insert_buffer_size", "character_set_client",
    "character_set_connection", "character_set_database", "character_set_filesystem", "character_set_results", "character_set_server",
    "collation_connection", "collation_database", "collation_server", "completion_type", "default_storage_engine",
    "default_tmp_storage_engine", "default_week_format", "div_precision_increment", "end_markers_in_json", "engine_condition_pushdown",
    "eq_range_index_dive_limit", "explicit_defaults_for_timestamp", "foreign_key_checks", "group_concat_max_len", "innodb_lock_wait_timeout",
    "innodb_strict_mode", "innodb_support_xa", "innodb_table_locks", "innodb_ft_enable_stopword", "interactive_timeout", "join_buffer_size",
    "keep_files_on_create", "lc_messages", "lc_time_names", "lock_wait_timeout", "long_query_time", "low_priority_updates",
    "max_allowed_packet", "max_delayed_threads", "max_error_count", "max_heap_table_size", "max_insert_delayed_threads", "max_join_size",
    "max_length_for_sort_data", "max_seeks_for_key", "max_sort_length", "max_sp_recursion_depth", "max_tmp_tables", "max_user_connections",
    "min_examined_row_limit", "multi_range_count", "myisam_repair_threads", "myisam_sort_buffer_size", "myisam_stats_method",
    "net_buffer_length", "net_read_timeout", "net_retry_count", "net_write_timeout", "new", "old_alter_table", "old_passwords",
    "optimizer_prune_level", "optimizer_search_depth", "optimizer_switch", "optimizer_trace", "optimizer_trace_features",
    "optimizer_trace_limit", "optimizer_trace_max_mem_size", "optimizer_trace_offset", "preload_buffer_size", "profiling",
    "profiling_history_size", "query_alloc_block_size", "query_cache_type", "query_cache_wlock_invalidate", "query_prealloc_size",
    "range_alloc_block_size", "read_buffer_size", "read_rnd_buffer_size", "sort_buffer_size", "sql_auto_is_null", "sql_big_selects",
    "sql_big_tables", "sql_buffer_result", "sql_log_bin", "sql_log_off", "sql_log_update", "sql_low_priority_updates", "sql_max_join_size",
    "sql_mode", "sql_notes", "sql_quote_show_create", "sql_safe_updates", "sql_select_limit", "sql_warnings", "storage_engine",
    "session_track_schema", "show_old_temporals", "table_type", "time_zone", "timed_mutexes", "tmp_table_size", "transaction_alloc_block_size",
    "transaction_prealloc_size", "tx_isolation", "tx_read_only", "unique_checks", "updatable_views_with_limit", "wait_timeout",
    "binlogging_impossible_mode", "max_statement_time", "transaction_isolation", "transaction_read_only", "performance_schema_x"};

static const char *const session_only[] = {
    "error_count", "warning_count", "identity", "insert_id", "last_insert_id", "pseudo_thread_id", "pseudo_slave_mode", "rand_seed1",
    "rand_seed2", "timestamp", "gtid_next", "external_user", "proxy_user", "transaction_allow_batching", "sql_slave_skip_counter_x",
    "skip_replication", "in_transaction", "last_gtid", "error_countx", "debug_sync", "gtid_seq_no", "default_master_connection"};

static const char *const read_only[] = {
    "back_log", "basedir", "bind_address", "binlog_gtid_simple_recovery", "character_set_system", "character_sets_dir", "core_file",
    "datadir", "date_format", "datetime_format", "disconnect_on_expired_password", "error_count", "external_user", "ft_max_word_len",
    "ft_min_word_len", "ft_query_expansion_limit", "ft_stopword_file", "gtid_executed", "gtid_owned", "have_compress", "have_crypt",
    "have_community_features", "have_csv", "have_dynamic_loading", "have_geometry", "have_innodb", "have_ndbcluster", "have_openssl",
    "have_partitioning", "have_profiling", "have_query_cache", "have_rtree_keys", "have_ssl", "have_symlink", "hostname",
    "ignore_builtin_innodb", "ignore_db_dirs", "init_file", "innodb_version", "language", "large_files_support", "large_page_size",
    "large_pages", "lc_messages_dir", "license", "locked_in_memory", "log_bin", "log_bin_basename", "log_bin_index", "log_error",
    "log_slave_updates", "lower_case_file_system", "lower_case_table_names", "metadata_locks_cache_size", "metadata_locks_hash_instances",
    "myisam_mmap_size", "myisam_recover_options", "named_pipe", "old", "open_files_limit", "performance_schema", "pid_file", "plugin_dir",
    "port", "protocol_version", "proxy_user", "relay_log", "relay_log_basename", "relay_log_index", "relay_log_info_file",
    "relay_log_recovery", "relay_log_space_limit", "report_host", "report_password", "report_port", "report_user", "secure_file_priv",
    "server_id_bits", "server_uuid", "shared_memory", "shared_memory_base_name", "skip_external_locking", "skip_name_resolve",
    "skip_networking", "skip_show_database", "slave_load_tmpdir", "slave_skip_errors", "socket", "ssl_ca", "ssl_capath", "ssl_cert",
    "ssl_cipher", "ssl_crl", "ssl_crlpath", "ssl_key", "system_time_zone", "table_open_cache_instances", "thread_concurrency",
    "thread_handling", "thread_stack", "time_format", "tmpdir", "version", "version_comment", "version_compile_machine",
    "version_compile_os", "warning_count", "max_digest_length", "max_long_data_size", "innodb_page_size", "innodb_data_home_dir",
    "innodb_data_file_path", "innodb_log_group_home_dir", "innodb_log_files_in_group", "innodb_log_file_size", "innodb_read_only",
    "innodb_buffer_pool_size", "innodb_buffer_pool_instances", "innodb_doublewrite", "innodb_flush_method", "innodb_force_recovery",
    "innodb_read_io_threads", "innodb_write_io_threads", "innodb_autoinc_lock_mode", "innodb_checksums", "innodb_open_files",
    "innodb_purge_threads", "innodb_rollback_on_timeout", "innodb_undo_directory", "innodb_undo_tablespaces", "innodb_use_native_aio",
    "innodb_use_sys_malloc", "innodb_locks_unsafe_for_binlog", "innodb_additional_mem_pool_size", "innodb_log_buffer_size", "wsrep_on_x"};

static const struct {
    const char *name, *values;
} enums[] = {
    {"binlog_format", "MIXED,STATEMENT,ROW"}, {"binlog_row_image", "MINIMAL,NOBLOB,FULL"}, {"binlog_checksum", "NONE,CRC32"},
    {"completion_type", "NO_CHAIN,CHAIN,RELEASE"}, {"concurrent_insert", "NEVER,AUTO,ALWAYS"}, {"delay_key_write", "OFF,ON,ALL"},
    {"event_scheduler", "OFF,ON,DISABLED"}, {"gtid_mode", "OFF,UPGRADE_STEP_1,UPGRADE_STEP_2,ON"},
    {"enforce_gtid_consistency", "OFF,ON,WARN"}, {"innodb_stats_method", "nulls_equal,nulls_unequal,nulls_ignored"},
    {"innodb_checksum_algorithm", "crc32,strict_crc32,innodb,strict_innodb,none,strict_none"},
    {"myisam_stats_method", "nulls_unequal,nulls_equal,nulls_ignored"}, {"query_cache_type", "OFF,ON,DEMAND"},
    {"slave_exec_mode", "STRICT,IDEMPOTENT"}, {"thread_handling", "one-thread-per-connection,no-threads,loaded-dynamically"},
    {"tx_isolation", "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE"},
    {"transaction_isolation", "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE"},
    {"updatable_views_with_limit", "NO,YES"}, {"block_encryption_mode", NULL}, {"master_info_repository", "FILE,TABLE"},
    {"relay_log_info_repository", "FILE,TABLE"}, {"timed_mutexes_x", "OFF,ON"}, {"binlog_error_action", "IGNORE_ERROR,ABORT_SERVER"},
    {"innodb_change_buffering", "none,inserts,deletes,changes,purges,all"}, {"innodb_flush_log_at_trx_commit_x", "0,1,2"}};

static const char *const sets[] = {"sql_mode", "log_output", "optimizer_switch", "slave_type_conversions", "slave_rows_search_algorithms",
                                   "myisam_recover_options"};
static const char *const strings[] = {"log_bin", "have_compress", "have_crypt", "have_dynamic_loading", "have_geometry", "have_openssl",
                                      "have_query_cache", "have_rtree_keys", "have_ssl", "have_symlink", "have_profiling", "have_csv",
                                      "have_innodb", "have_ndbcluster", "have_partitioning", "have_community_features", "slave_skip_errors",
                                      "innodb_version", "version", "innodb_doublewrite_x", "have_statement_timeout", "innodb_change_buffering",
                                      "ssl_key", "hostname"};

static bool all_digits(const char *s)
{
    if (*s == '-')
        s++;
    if (!*s)
        return false;
    for (; *s; s++)
        if (*s < '0' || *s > '9')
            return false;
    return true;
}

static bool looks_double(const char *s)
{
    const char *dot = strchr(s, '.');
    if (!dot || dot == s || !dot[1])
        return false;
    for (const char *p = s; *p; p++)
        if (p != dot && (*p < '0' || *p > '9'))
            return false;
    return true;
}

static const struct {
    const char *name;
    uint64_t min, max;
} ranges[] = {
    {"max_connections", 1, 100000}, {"max_allowed_packet", 1024, 1073741824}, {"net_buffer_length", 1024, 1048576},
    {"wait_timeout", 1, 31536000}, {"interactive_timeout", 1, 31536000}, {"net_read_timeout", 1, 31536000}, {"net_write_timeout", 1, 31536000},
    {"connect_timeout", 2, 31536000}, {"group_concat_max_len", 4, UINT64_MAX}, {"sort_buffer_size", 32768, UINT64_MAX},
    {"max_error_count", 0, 65535}, {"auto_increment_increment", 1, 65535}, {"auto_increment_offset", 1, 65535},
    {"default_week_format", 0, 7}, {"div_precision_increment", 0, 30}, {"key_buffer_size", 8, UINT64_MAX},
    {"tmp_table_size", 1024, UINT64_MAX}, {"max_heap_table_size", 16384, UINT64_MAX}, {"max_sp_recursion_depth", 0, 255},
    {"expire_logs_days", 0, 99}, {"server_id", 0, 4294967295}, {"long_query_time", 0, 31536000}, {"old_passwords", 0, 2}};

void my_sysvar_classify(const struct my_kit *k, struct my_sysvar *v)
{
    const char *value = v->global ? v->global : v->session ? v->session : "";
    v->read_only = IN(read_only, v->name);
    v->max = UINT64_MAX;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (strcmp(ranges[i].name, v->name) == 0) {
            v->min = ranges[i].min;
            v->max = ranges[i].max;
        }
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++)
        if (strcmp(enums[i].name, v->name) == 0 && enums[i].values) {
            v->type = MY_VAR_ENUM;
            v->values = enums[i].values;
            if (all_digits(value)) { /* 5.1 shows some by number */
                v->type = MY_VAR_INT;
                v->max = 2;
            }
            return;
        }
    if (IN(sets, v->name))
        v->type = MY_VAR_SET;
    else if (IN(strings, v->name))
        v->type = MY_VAR_STR;
    else if (strcmp(value, "ON") == 0 || strcmp(value, "OFF") == 0)
        v->type = MY_VAR_BOOL;
    else if (all_digits(value))
        v->type = MY_VAR_INT;
    else if (looks_double(value))
        v->type = MY_VAR_DOUBLE;
    else if (strcmp(v->name, "rand_seed1") == 0 || strcmp(v->name, "rand_seed2") == 0 || strcmp(v->name, "sql_slave_skip_counter") == 0)
        v->type = MY_VAR_INT;
    else
        v->type = MY_VAR_STR;
    (void)k;
}

static const char *recorded(const struct my_kit *k, size_t row, const char *head)
{
    int col = my_tsv_col(&k->variables, head);
    return col >= 0 ? my_tsv_cell(&k->variables, row, (size_t)col) : NULL;
}

static bool is_word(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

static void recorded_type(struct my_sysvar *v, const char *type)
{
    static const struct {
        const char *name;
        enum my_vartype type;
    } types[] = {{"VARCHAR", MY_VAR_STR}, {"BIGINT", MY_VAR_INT}, {"INT", MY_VAR_INT}, {"BOOLEAN", MY_VAR_BOOL},
                 {"ENUM", MY_VAR_ENUM}, {"SET", MY_VAR_SET}, {"FLAGSET", MY_VAR_SET}, {"DOUBLE", MY_VAR_DOUBLE}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(type, types[i].name, strlen(types[i].name)) == 0) {
            v->type = types[i].type;
            break;
        }
    v->is_signed = v->type == MY_VAR_INT && !strstr(type, "UNSIGNED");
}

void my_sysvars_recorded(struct my_kit *k)
{
    for (size_t row = 0; row < k->variables.n_rows; row++) {
        const struct my_sysvar *found = my_sysvar_find(k, my_tsv_cell(&k->variables, row, 0));
        const char *type = recorded(k, row, "variable_type"), *scope = recorded(k, row, "variable_scope");
        if (!found || !type || !scope)
            continue;
        struct my_sysvar *v = &k->vars[found - k->vars];
        const char *min = recorded(k, row, "numeric_min_value"), *max = recorded(k, row, "numeric_max_value"),
                   *block = recorded(k, row, "numeric_block_size"), *values = recorded(k, row, "enum_value_list"),
                   *null = recorded(k, row, "select_null"), *wire = recorded(k, row, "wire_type");
        recorded_type(v, type);
        if (v->type == MY_VAR_ENUM && !values)
            v->type = MY_VAR_STR; /* the server's own lists: character sets, locales */
        v->values = values;
        v->read_only = is_word(recorded(k, row, "read_only"), "YES");
        v->recorded_scope = (uint8_t)(1 + (is_word(scope, "GLOBAL") ? MY_VAR_GLOBAL : is_word(scope, "SESSION ONLY") ? MY_VAR_SESSION : MY_VAR_BOTH));
        v->min = min ? (uint64_t)(v->is_signed ? strtoll(min, NULL, 10) : (long long)strtoull(min, NULL, 10)) : 0;
        v->max = max ? strtoull(max, NULL, 10) : UINT64_MAX;
        v->block = block ? strtoull(block, NULL, 10) : 0;
        v->dflt = recorded(k, row, "default_value");
        v->null_when_empty = is_word(null, "YES");
        v->hidden = is_word(null, "UNKNOWN");
        v->wire_type = wire ? (uint8_t)strtoul(wire, NULL, 10) : 0;
    }
}

enum my_var_scope my_sysvar_scope(const struct my_kit *k, const struct my_sysvar *v)
{
    (void)k;
    if (v->recorded_scope)
        return (enum my_var_scope)(v->recorded_scope - 1);
    if (IN(session_only, v->name) || !v->global)
        return MY_VAR_SESSION;
    return IN(both, v->name) ? MY_VAR_BOTH : MY_VAR_GLOBAL;
}

static const char *joined(struct my_kit *k, const char *a, const char *b, const char *c)
{
    size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
    char *at = arena_new(&k->arena, n);
    if (!at)
        return "";
    (void)snprintf(at, n, "%s%s%s", a, b, c);
    return at;
}

const char *my_sysvar_follow(struct my_kit *k, const char *name, const char *recorded)
{
    const struct persona *p = &k->persona;
    const char *base = recorded + strlen(recorded);
    while (base > recorded && base[-1] != '/' && base[-1] != '\\')
        base--;
    bool lab = strncmp(recorded, "/run/m5", 7) == 0; /* where the recorded servers ran; not where servers run */
    if (strcmp(name, "port") == 0 || strcmp(name, "report_port") == 0)
        return "3306";
    if (strncmp(base, "db01", 4) == 0) /* the host that all facts were recorded on */
        return joined(k, base > recorded ? p->mysql.datadir : "", p->hostname, base + 4);
    if (lab && strcmp(name, "general_log_file") == 0)
        return joined(k, p->mysql.datadir, p->hostname, ".log");
    if (lab && strcmp(name, "slow_query_log_file") == 0)
        return joined(k, p->mysql.datadir, p->hostname, "-slow.log");
    if (lab && !k->windows && strcmp(name, "pid_file") == 0)
        return joined(k, p->mysql.datadir, p->hostname, ".pid");
    if (lab && !k->windows)
        return joined(k, p->mysql.datadir, strcmp(name, "socket") == 0 ? "mysql.sock" : base, "");
    if (!k->windows)
        return recorded;
    bool back = strchr(p->mysql.basedir, '\\') != NULL;
    const char *slash = back ? "\\" : "/";
    if (strcmp(name, "character_sets_dir") == 0)
        return joined(k, p->mysql.basedir, back ? "share\\charsets" : "share/charsets", slash);
    if (strcmp(name, "language") == 0)
        return joined(k, p->mysql.basedir, "share/english/", "");
    if (strcmp(name, "lc_messages_dir") == 0)
        return joined(k, p->mysql.basedir, "share", slash);
    if (strcmp(name, "tmpdir") == 0 || strcmp(name, "slave_load_tmpdir") == 0)
        return back ? "C:\\Windows\\SERVIC~2\\NETWOR~1\\AppData\\Local\\Temp" : "C:/Windows/TEMP";
    if (strcmp(name, "socket") == 0)
        return "MySQL";
    if (strcmp(name, "pid_file") == 0)
        return joined(k, p->mysql.datadir, p->hostname, ".pid");
    if (strcmp(name, "log_error") == 0)
        return joined(k, back ? ".\\" : p->mysql.datadir, p->hostname, ".err");
    if (strcmp(name, "lower_case_table_names") == 0)
        return "1";
    if (strcmp(name, "lower_case_file_system") == 0)
        return "ON";
    return recorded;
}
