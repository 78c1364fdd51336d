/* Error numbers, SQLSTATEs and texts of MySQL and MariaDB (errmsg, manual "Server Error Message Reference"). */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_ERROR_H
#define HOTARU_PROTOCOL_MYSQL_MY_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, number, SQLSTATE, text in printf form) */
#define MY_ERRORS(X)                                                                                                  \
    X(CANT_WRITE, 1, "HY000", "Can't create/write to file '%s' (Errcode: %s)")                                        \
    X(ERROR_ON_WRITE, 3, "HY000", "Error writing file '%s' (Errcode: %s)")                                            \
    X(CANT_STAT, 13, "HY000", "Can't get stat of '%s' (Errcode: %s)")                                                 \
    X(FILE_NOT_FOUND_SYS, 29, "HY000", "File '%s' not found (Errcode: %s)")                                           \
    X(CANT_CREATE_TABLE, 1005, "HY000", "Can't create table '%s' (errno: %d)")                                        \
    X(DB_CREATE_EXISTS, 1007, "HY000", "Can't create database '%s'; database exists")                                 \
    X(DB_DROP_EXISTS, 1008, "HY000", "Can't drop database '%s'; database doesn't exist")                              \
    X(DISK_FULL, 1021, "HY000", "Disk full (%s); waiting for someone to free some space...")                          \
    X(OUTOFMEMORY, 1037, "HY001", "Out of memory; restart server and try again (needed %d bytes)")                    \
    X(CON_COUNT, 1040, "08004", "Too many connections")                                                               \
    X(HANDSHAKE, 1043, "08S01", "Bad handshake")                                                                      \
    X(DBACCESS_DENIED, 1044, "42000", "Access denied for user '%s'@'%s' to database '%s'")                            \
    X(ACCESS_DENIED, 1045, "28000", "Access denied for user '%s'@'%s' (using password: %s)")                          \
    X(NO_DB, 1046, "3D000", "No database selected")                                                                   \
    X(UNKNOWN_COM, 1047, "08S01", "Unknown command")                                                                  \
    X(BAD_NULL, 1048, "23000", "Column '%s' cannot be null")                                                          \
    X(BAD_DB, 1049, "42000", "Unknown database '%s'")                                                                 \
    X(TABLE_EXISTS, 1050, "42S01", "Table '%s' already exists")                                                       \
    X(BAD_TABLE, 1051, "42S02", "Unknown table '%s'")                                                                 \
    X(NON_UNIQ, 1052, "23000", "Column '%s' in %s is ambiguous")                                                      \
    X(SERVER_SHUTDOWN, 1053, "08S01", "Server shutdown in progress")                                                  \
    X(BAD_FIELD, 1054, "42S22", "Unknown column '%s' in '%s'")                                                        \
    X(WRONG_FIELD_WITH_GROUP, 1055, "42000", "'%s' isn't in GROUP BY")                                                \
    X(WRONG_GROUP_FIELD, 1056, "42000", "Can't group on '%s'")                                                        \
    X(WRONG_VALUE_COUNT, 1058, "21S01", "Column count doesn't match value count")                                     \
    X(TOO_LONG_IDENT, 1059, "42000", "Identifier name '%s' is too long")                                              \
    X(DUP_FIELDNAME, 1060, "42S21", "Duplicate column name '%s'")                                                     \
    X(DUP_KEYNAME, 1061, "42000", "Duplicate key name '%s'")                                                          \
    X(DUP_ENTRY, 1062, "23000", "Duplicate entry '%s' for key '%s'")                                                  \
    X(PARSE, 1064, "42000", "%s near '%s' at line %d")                                                               \
    X(EMPTY_QUERY, 1065, "42000", "Query was empty")                                                                  \
    X(NONUNIQ_TABLE, 1066, "42000", "Not unique table/alias: '%s'")                                                   \
    X(INVALID_DEFAULT, 1067, "42000", "Invalid default value for '%s'")                                               \
    X(MULTIPLE_PRI_KEY, 1068, "42000", "Multiple primary key defined")                                                \
    X(KEY_COLUMN_DOES_NOT_EXIST, 1072, "42000", "Key column '%s' doesn't exist in table")                             \
    X(TOO_BIG_FIELDLENGTH, 1074, "42000", "Column length too big for column '%s' (max = %d); use BLOB or TEXT instead") \
    X(WRONG_AUTO_KEY, 1075, "42000",                                                                                  \
      "Incorrect table definition; there can be only one auto column and it must be defined as a key")                \
    X(DROP_DB_RMDIR, 1010, "HY000", "Error dropping database (can't rmdir '%s', errno: %s)")                          \
    X(TEXTFILE_NOT_READABLE, 1085, "HY000", "The file '%s' must be in the database directory or be readable by all")  \
    X(WRONG_FIELD_TERMINATORS, 1083, "42000", "Field separator argument is not what is expected; check the manual")   \
    X(FILE_EXISTS, 1086, "HY000", "File '%s' already exists")                                                         \
    X(LOAD_INFO, 1087, "HY000", "Records: %d  Deleted: %d  Skipped: %d  Warnings: %d")                                \
    X(WRONG_SUB_KEY, 1089, "HY000",                                                                                   \
      "Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, or the storage " \
      "engine doesn't support unique prefix keys")                                                                    \
    X(CANT_REMOVE_ALL_FIELDS, 1090, "42000", "You can't delete all columns with ALTER TABLE; use DROP TABLE instead")  \
    X(CANT_DROP_FIELD_OR_KEY, 1091, "42000", "Can't DROP '%s'; check that column/key exists")                         \
    X(CANT_DROP_NAMED, 1091, "42000", "Can't DROP %s `%s`; check that it exists")                                     \
    X(UPDATE_TABLE_USED, 1093, "HY000", "You can't specify target table '%s' for update in FROM clause")              \
    X(NO_SUCH_THREAD, 1094, "HY000", "Unknown thread id: %llu")                                                       \
    X(NO_TABLES_USED, 1096, "HY000", "No tables used")                                                                \
    X(BLOB_CANT_HAVE_DEFAULT, 1101, "42000", "BLOB/TEXT column '%s' can't have a default value")                      \
    X(WRONG_DB_NAME, 1102, "42000", "Incorrect database name '%s'")                                                   \
    X(WRONG_TABLE_NAME, 1103, "42000", "Incorrect table name '%s'")                                                   \
    X(UNKNOWN, 1105, "HY000", "Unknown error")                                                                        \
    X(UNKNOWN_PROCEDURE, 1106, "42000", "Unknown procedure '%s'")                                                     \
    X(UNKNOWN_TABLE, 1109, "42S02", "Unknown table '%s' in %s")                                                       \
    X(FIELD_SPECIFIED_TWICE, 1110, "42000", "Column '%s' specified twice")                                            \
    X(INVALID_GROUP_FUNC_USE, 1111, "HY000", "Invalid use of group function")                                         \
    X(TABLE_MUST_HAVE_COLUMNS, 1113, "42000", "A table must have at least 1 column")                                  \
    X(UNKNOWN_CHARACTER_SET, 1115, "42000", "Unknown character set: '%s'")                                            \
    X(TOO_MANY_FIELDS, 1117, "HY000", "Too many columns")                                                             \
    X(STACK_OVERRUN, 1119, "HY000", "Thread stack overrun:  Used: %ld of a %ld stack.  Use 'mysqld --thread_stack=#' to " \
      "specify a bigger stack if needed")                                                                             \
    X(CANT_FIND_UDF, 1122, "HY000", "Can't load function '%s'")                                                       \
    X(CANT_INITIALIZE_UDF, 1123, "HY000", "Can't initialize function '%s'; %s")                                       \
    X(UDF_NO_PATHS, 1124, "HY000", "No paths allowed for shared library")                                             \
    X(UDF_EXISTS, 1125, "HY000", "Function '%s' already exists")                                                      \
    X(CANT_OPEN_LIBRARY, 1126, "HY000", "Can't open shared library '%s' (errno: %d%s)")                               \
    X(CANT_FIND_DL_ENTRY, 1127, "HY000", "Can't find symbol '%s' in library")                                         \
    X(FUNCTION_NOT_DEFINED, 1128, "HY000", "Function '%s' is not defined")                                            \
    X(HOST_NOT_PRIVILEGED, 1130, "HY000", "Host '%s' is not allowed to connect to this MySQL server")                 \
    X(PASSWORD_NO_MATCH, 1133, "42000", "Can't find any matching row in the user table")                              \
    X(UPDATE_INFO, 1134, "HY000", "Rows matched: %ld  Changed: %ld  Warnings: %ld")                                   \
    X(WRONG_VALUE_COUNT_ON_ROW, 1136, "21S01", "Column count doesn't match value count at row %ld")                   \
    X(MIX_OF_GROUP_FUNC, 1140, "42000",                                                                               \
      "Mixing of GROUP columns (MIN(),MAX(),COUNT(),...) with no GROUP columns is illegal if there is no GROUP BY clause") \
    X(NONEXISTING_GRANT, 1141, "42000", "There is no such grant defined for user '%s' on host '%s'")                  \
    X(NO_SUCH_TABLE, 1146, "42S02", "Table '%s.%s' doesn't exist")                                                    \
    X(NONEXISTING_TABLE_GRANT, 1147, "42000", "There is no such grant defined for user '%s' on host '%s' on table '%s'") \
    X(NOT_ALLOWED_COMMAND, 1148, "42000", "The used command is not allowed with this MySQL version")                  \
    X(SYNTAX, 1149, "42000",                                                                                          \
      "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right " \
      "syntax to use")                                                                                                \
    X(NET_PACKET_TOO_LARGE, 1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")                     \
    X(NET_OUT_OF_ORDER, 1156, "08S01", "Got packets out of order")                                                    \
    X(NET_UNCOMPRESS, 1157, "08S01", "Couldn't uncompress communication packet")                                      \
    X(TABLE_CANT_HANDLE_AUTO_INC, 1164, "42000", "The used table type doesn't support AUTO_INCREMENT columns")        \
    X(WRONG_COLUMN_NAME, 1166, "42000", "Incorrect column name '%s'")                                                 \
    X(BLOB_KEY_WITHOUT_LENGTH, 1170, "42000", "BLOB/TEXT column '%s' used in key specification without a key length") \
    X(PRIMARY_CANT_HAVE_NULL, 1171, "42000",                                                                          \
      "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead")                   \
    X(TOO_MANY_ROWS, 1172, "42000", "Result consisted of more than one row")                                          \
    X(KEY_DOES_NOT_EXIST, 1176, "42000", "Key '%s' doesn't exist in table '%s'")                                      \
    X(UNKNOWN_SYSTEM_VARIABLE, 1193, "HY000", "Unknown system variable '%s'")                                         \
    X(SET_CONSTANTS_ONLY, 1204, "HY000", "You may only use constant expressions with SET")                            \
    X(LOCK_WAIT_TIMEOUT, 1205, "HY000", "Lock wait timeout exceeded; try restarting transaction")                     \
    X(WRONG_ARGUMENTS, 1210, "HY000", "Incorrect arguments to %s")                                                    \
    X(WRONG_USAGE, 1221, "HY000", "Incorrect usage of %s and %s")                                                     \
    X(WRONG_NUMBER_OF_COLUMNS, 1222, "21000", "The used SELECT statements have a different number of columns")        \
    X(SPECIFIC_ACCESS_DENIED, 1227, "42000",                                                                          \
      "Access denied; you need (at least one of) the %s privilege(s) for this operation")                             \
    X(LOCAL_VARIABLE, 1228, "HY000", "Variable '%s' is a SESSION variable and can't be used with SET GLOBAL")         \
    X(GLOBAL_VARIABLE, 1229, "HY000", "Variable '%s' is a GLOBAL variable and should be set with SET GLOBAL")         \
    X(NO_DEFAULT, 1230, "42000", "Variable '%s' doesn't have a default value")                                        \
    X(WRONG_VALUE_FOR_VAR, 1231, "42000", "Variable '%s' can't be set to the value of '%s'")                          \
    X(WRONG_TYPE_FOR_VAR, 1232, "42000", "Incorrect argument type to variable '%s'")                                  \
    X(VAR_CANT_BE_READ, 1233, "HY000", "Variable '%s' can only be set, not read")                                     \
    X(CANT_USE_OPTION_HERE, 1234, "42000", "Incorrect usage/placement of '%s'")                                       \
    X(NOT_SUPPORTED_YET, 1235, "42000", "This version of MySQL doesn't yet support '%s'")                             \
    X(MASTER_FATAL_BINLOG, 1236, "HY000", "%s")                                                                       \
    X(INCORRECT_GLOBAL_LOCAL_VAR, 1238, "HY000", "Variable '%s' is a %s variable")                                    \
    X(OPERAND_COLUMNS, 1241, "21000", "Operand should contain %d column(s)")                                          \
    X(SUBQUERY_NO_1_ROW, 1242, "21000", "Subquery returns more than 1 row")                                           \
    X(UNKNOWN_STMT_HANDLER, 1243, "HY000", "Unknown prepared statement handler (%.*s) given to %s")                   \
    X(DERIVED_MUST_HAVE_ALIAS, 1248, "42000", "Every derived table must have its own alias")                          \
    X(TABLENAME_NOT_ALLOWED_HERE, 1250, "42000", "Table '%s' from one of the SELECTs cannot be used in %s")           \
    X(NOT_SUPPORTED_AUTH_MODE, 1251, "08004",                                                                         \
      "Client does not support authentication protocol requested by server; consider upgrading MySQL client")         \
    X(WARN_TOO_FEW_RECORDS, 1261, "01000", "Row %ld doesn't contain data for all columns")                            \
    X(WARN_DATA_OUT_OF_RANGE, 1264, "22003", "Out of range value for column '%s' at row %ld")                         \
    X(WARN_DATA_TRUNCATED, 1265, "01000", "Data truncated for column '%s' at row %ld")                                \
    X(WARN_USING_OTHER_HANDLER, 1266, "HY000", "Using storage engine %s for table '%s'")                              \
    X(CANT_AGGREGATE_2COLLATIONS, 1267, "HY000", "Illegal mix of collations (%s,%s) and (%s,%s) for operation '%s'")  \
    X(UNKNOWN_COLLATION, 1273, "HY000", "Unknown collation: '%s'")                                                    \
    X(COLLATION_CHARSET_MISMATCH, 1253, "42000", "COLLATION '%s' is not valid for CHARACTER SET '%s'")                \
    X(SERVER_IS_IN_SECURE_AUTH_MODE, 1275, "HY000",                                                                   \
      "Server is running in --secure-auth mode, but '%s'@'%s' has a password in the old format; please change the password " \
      "to the new format")                                                                                            \
    X(WARN_DEPRECATED_SYNTAX, 1287, "HY000", "'%s' is deprecated and will be removed in a future release. Please use %s instead") \
    X(UNKNOWN_STORAGE_ENGINE, 1286, "42000", "Unknown storage engine '%s'")                                           \
    X(FEATURE_DISABLED, 1289, "HY000", "The '%s' feature is disabled; you need MySQL built with '%s' to have it working") \
    X(OPTION_PREVENTS_STATEMENT, 1290, "HY000",                                                                       \
      "The MySQL server is running with the %s option so it cannot execute this statement")                           \
    X(TRUNCATED_WRONG_VALUE, 1292, "22007", "Truncated incorrect %s value: '%s'")                                     \
    X(INCORRECT_VALUE, 1292, "22007", "Incorrect %s value: '%s'")                                                     \
    X(UNSUPPORTED_PS, 1295, "HY000", "This command is not supported in the prepared statement protocol yet")          \
    X(UNKNOWN_TIME_ZONE, 1298, "HY000", "Unknown or incorrect time zone: '%s'")                                       \
    X(WARN_ALLOWED_PACKET_OVERFLOWED, 1301, "HY000", "Result of %s() was larger than max_allowed_packet (%ld) - truncated") \
    X(SP_ALREADY_EXISTS, 1304, "42000", "%s %s already exists")                                                       \
    X(SP_DOES_NOT_EXIST, 1305, "42000", "%s %s does not exist")                                                       \
    X(QUERY_INTERRUPTED, 1317, "70100", "Query execution was interrupted")                                            \
    X(SP_LILABEL_MISMATCH, 1308, "42000", "%s with no matching label: %s")                                            \
    X(SP_LABEL_MISMATCH, 1310, "42000", "End-label %s without match")                                                 \
    X(SP_BADSELECT, 1312, "0A000", "PROCEDURE %s can't return a result set in the given context")                     \
    X(SP_BADRETURN, 1313, "42000", "RETURN is only allowed in a FUNCTION")                                            \
    X(SP_COND_MISMATCH, 1319, "42000", "Undefined CONDITION: %s")                                                     \
    X(SP_NORETURN, 1320, "42000", "No RETURN found in FUNCTION %s")                                                   \
    X(SP_NORETURNEND, 1321, "2F005", "FUNCTION %s ended without RETURN")                                              \
    X(SP_CURSOR_MISMATCH, 1324, "42000", "Undefined CURSOR: %s")                                                      \
    X(SP_CURSOR_ALREADY_OPEN, 1325, "24000", "Cursor is already open")                                                \
    X(SP_CURSOR_NOT_OPEN, 1326, "24000", "Cursor is not open")                                                        \
    X(SP_WRONG_NO_OF_FETCH_ARGS, 1328, "HY000", "Incorrect number of FETCH variables")                                \
    X(SP_FETCH_NO_DATA, 1329, "02000", "No data - zero rows fetched, selected, or processed")                         \
    X(SP_DUP_PARAM, 1330, "42000", "Duplicate parameter: %s")                                                         \
    X(SP_DUP_VAR, 1331, "42000", "Duplicate variable: %s")                                                            \
    X(SP_DUP_CURS, 1333, "42000", "Duplicate cursor: %s")                                                             \
    X(SP_VARCOND_AFTER_CURSHNDLR, 1337, "42000", "Variable or condition declaration after cursor or handler declaration") \
    X(SP_CURSOR_AFTER_HANDLER, 1338, "42000", "Cursor declaration after handler declaration")                         \
    X(SP_CASE_NOT_FOUND, 1339, "20000", "Case not found for CASE statement")                                          \
    X(STMT_NOT_ALLOWED_IN_SF_OR_TRG, 1336, "0A000", "%s is not allowed in stored function or trigger")                \
    X(SP_BAD_SQLSTATE, 1407, "42000", "Bad SQLSTATE: '%s'")                                                           \
    X(SP_NOT_VAR_ARG, 1414, "42000", "OUT or INOUT argument %d for routine %s is not a variable or NEW pseudo-variable in BEFORE trigger") \
    X(SP_NO_RETSET, 1415, "0A000", "Not allowed to return a result set from a %s")                                    \
    X(SP_NO_RECURSION, 1424, "HY000", "Recursive stored functions and triggers are not allowed.")                     \
    X(SP_RECURSION_LIMIT, 1456, "HY000",                                                                              \
      "Recursive limit %d (as set by the max_sp_recursion_depth variable) was exceeded for routine %s")               \
    X(TRG_ON_SYSTEM, 1465, "HY000", "Triggers can not be created on system tables")                                   \
    X(RESIGNAL_NO_HANDLER, 1645, "0K000", "RESIGNAL when handler not active")                                         \
    X(SIGNAL_EXCEPTION, 1644, "HY000", "Unhandled user-defined exception condition")                                  \
    X(SP_WRONG_NO_OF_ARGS, 1318, "42000", "Incorrect number of arguments for %s %s; expected %u, got %u")             \
    X(SP_NO_RECURSIVE_CREATE, 1303, "2F003", "Can't create a %s from within another stored routine")                  \
    X(VIEW_INVALID, 1356, "HY000",                                                                                    \
      "View '%s.%s' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them") \
    X(NO_DEFAULT_FOR_FIELD, 1364, "HY000", "Field '%s' doesn't have a default value")                                 \
    X(DIVISION_BY_ZERO, 1365, "22012", "Division by 0")                                                               \
    X(TRUNCATED_WRONG_VALUE_22007, 1366, "22007", "Incorrect %s value: '%s' for column %s at row %ld")                \
    X(TRUNCATED_WRONG_VALUE_FOR_FIELD, 1366, "HY000", "Incorrect %s value: '%s' for column '%s' at row %ld")          \
    X(WRONG_VALUE, 1525, "HY000", "Incorrect %s value: '%.128s'")                                                      \
    X(ILLEGAL_PARAMETER_TYPES, 4078, "HY000", "Illegal parameter data types %s and %s for operation '%s'")             \
    X(INVALID_JSON_TEXT, 3141, "22032", "%s")                                                                          \
    X(UNKNOWN_DATA_TYPE, 4161, "HY000", "Unknown data type: '%s'")                                                     \
    X(ILLEGAL_PARAMETER_TYPE, 4079, "HY000", "Illegal parameter data type %s for operation '%s'")                      \
    X(TOO_BIG_PRECISION, 1426, "42000", "Too big precision specified for '%s'. Maximum is %d")                          \
    X(REGEX, 1139, "42000", "Regex error '%s'")                                                                        \
    X(ILLEGAL_VALUE_FOR_TYPE, 1367, "22007", "Illegal %s '%s' value found during parsing")                            \
    X(PASSWD_LENGTH, 1372, "HY000", "Password hash should be a %d-digit hexadecimal number")                          \
    X(CANNOT_USER, 1396, "HY000", "Operation %s failed for %s")                                                       \
    X(NONEXISTING_PROC_GRANT, 1403, "42000", "There is no such grant defined for user '%s' on host '%s' on routine '%s'") \
    X(DATA_TOO_LONG, 1406, "22001", "Data too long for column '%s' at row %ld")                                       \
    X(SP_BADSTATEMENT, 1314, "0A000", "%s is not allowed in stored procedures")                                       \
    X(SP_NO_DROP_SP, 1357, "HY000", "Can't drop or alter a %s from within another stored routine")                    \
    X(DATETIME_FUNCTION_OVERFLOW, 1441, "22008", "Datetime function: %s field overflow")                              \
    X(STACK_OVERRUN_NEED_MORE, 1436, "HY000",                                                                         \
      "Thread stack overrun:  %ld bytes used of a %ld byte stack, and %ld bytes needed.  Use 'mysqld --thread_stack=#' to " \
      "specify a bigger stack.")                                                                                      \
    X(WRONG_STRING_LENGTH, 1470, "HY000", "String '%s' is too long for %s (should be no longer than %d)")             \
    X(DBACCESS_DENIED_INNER, 1044, "42000", "Access denied for user '%s'@'%s' to database '%s'")                      \
    X(WRONG_PARAMCOUNT_TO_NATIVE_FCT, 1582, "42000", "Incorrect parameter count in the call to native function '%s'") \
    X(WRONG_PARAMETERS_TO_NATIVE_FCT, 1583, "42000", "Incorrect parameters in the call to native function '%s'")      \
    X(NATIVE_FCT_NAME_COLLISION, 1585, "HY000", "This function '%s' has the same name as a native function")          \
    X(DATA_OUT_OF_RANGE, 1690, "22003", "%s value is out of range in '%s'")                                           \
    X(WRONG_SPVAR_TYPE_IN_LIMIT, 1691, "HY000", "A variable of a non-integer based type in LIMIT clause")             \
    X(TABLE_IN_FK_CHECK, 1725, "HY000", "Table is being used in foreign key check")                                   \
    X(UNKNOWN_PARTITION, 1735, "HY000", "Unknown partition '%s' in table '%s'")                                       \
    X(MALFORMED_GTID_SET, 1773, "HY000", "Malformed GTID set encoding.")                                              \
    X(MALFORMED_GTID_SPEC, 1774, "HY000", "Malformed GTID specification '%s'.")                                       \
    X(PLUGIN_IS_NOT_LOADED, 1524, "HY000", "Plugin '%s' is not loaded")                                               \
    X(RECORD_FILE_FULL, 1114, "HY000", "The table '%s' is full")                                                      \
    X(STMT_HAS_NO_OPEN_CURSOR, 1421, "HY000", "The statement (%lu) has no open cursor.")                              \
    X(MAX_PREPARED_STMT_COUNT, 1461, "42000", "Can't create more than max_prepared_stmt_count statements (current value: %lu)") \
    X(LOAD_LOCAL_DISABLED, 4166, "HY000",                                                                             \
      "The used command is not allowed because the MariaDB server or client has disabled the local infile capability") \
    X(SP_UNDECLARED_VAR, 1327, "42000", "Undeclared variable: %s")                                                    \
    X(ERROR_ON_WRITE_TABLE, 1026, "HY000", "Error writing file '%s' (errno: %s)")                                     \
    X(TABLE_NOT_LOCKED, 1100, "HY000", "Table '%s' was not locked with LOCK TABLES")                                  \
    X(BINLOG_CLOSED, 1186, "HY000", "Binlog closed, cannot RESET MASTER")                                             \
    X(BAD_SLAVE, 1200, "HY000",                                                                                       \
      "The server is not configured as slave; fix in config file or with CHAN"                                        \
      "GE MASTER TO")                                                                                                 \
    X(SLAVE_WAS_NOT_RUNNING, 1255, "HY000", "Slave already has been stopped")                                         \
    X(UNKNOWN_KEY_CACHE, 1284, "HY000", "Unknown key cache '%s'")                                                     \
    X(TRG_ALREADY_EXISTS, 1359, "HY000", "Trigger already exists")                                                    \
    X(TRG_DOES_NOT_EXIST, 1360, "HY000", "Trigger does not exist")                                                    \
    X(XAER_NOTA, 1397, "XAE04", "XAER_NOTA: Unknown XID")                                                             \
    X(XAER_OUTSIDE, 1400, "XAE09", "XAER_OUTSIDE: Some work is done outside global transaction")                      \
    X(XAER_RMFAIL, 1399, "XAE07",                                                                                     \
      "XAER_RMFAIL: The command cannot be executed when global transaction is"                                        \
      " in the  %s state")                                                                                            \
    X(EVENT_ALREADY_EXISTS, 1537, "HY000", "Event '%s' already exists")                                               \
    X(EVENT_DOES_NOT_EXIST, 1539, "HY000", "Unknown event '%s'")                                                      \
    X(BASE64_DECODE, 1575, "HY000", "Decoding of base64 string failed.")                                              \
    X(SLAVE_CONFIGURATION, 1794, "HY000",                                                                             \
      "Slave is not configured or failed to initialize properly. You must at "                                        \
      "least set --server-id to enable either a master or a slave. Additional error messages can be found in the MySQL error log.")\
    X(MALFORMED_PACKET, 1835, "HY000", "Malformed communication packet")                                              \
    X(WARNING_NOT_COMPLETE_ROLLBACK, 1196, "HY000", "Some non-transactional changed tables couldn't be rolled back")  \
    X(TABLE_NOT_LOCKED_FOR_WRITE, 1099, "HY000", "Table '%s' was locked with a READ lock and can't be updated")       \
    X(READ_ONLY_TRANSACTION, 1792, "25006", "Cannot execute statement in a READ ONLY transaction.")                   \
    X(UNKNOWN_VIEW, 4092, "42S02", "Unknown VIEW: '%s'")                                                              \
    X(TRUNCATED_INT, 1916, "22018", "Got overflow when casting '%s' to %s. Value truncated")

enum my_err {
    MY_ER_NONE,
#define X(name, number, state, text) MY_ER_##name,
    MY_ERRORS(X)
#undef X
        MY_ER_COUNT
};

struct my_errdef {
    uint16_t number;
    const char *state, *text;
};
const struct my_errdef *my_errdef(enum my_err e);
const char *my_errstate(uint16_t number); /* SQLSTATE of a number; HY000 for those that have none */
/* The text in printf form; MariaDB has words of its own for some, with the same arguments. */
const char *my_errtext(enum my_err e, bool mariadb);

#endif
