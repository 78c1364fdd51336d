/* Numbers of the MySQL client/server protocol (MySQL Internals manual, "Client/Server Protocol"). */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_DEF_H
#define HOTARU_PROTOCOL_MYSQL_MY_DEF_H

enum my_cap { /* capability flags of greeting and login */
    MY_CAP_LONG_PASSWORD = 1u << 0,
    MY_CAP_FOUND_ROWS = 1u << 1,
    MY_CAP_LONG_FLAG = 1u << 2,
    MY_CAP_CONNECT_WITH_DB = 1u << 3,
    MY_CAP_COMPRESS = 1u << 5,
    MY_CAP_LOCAL_FILES = 1u << 7,
    MY_CAP_PROTOCOL_41 = 1u << 9,
    MY_CAP_SSL = 1u << 11,
    MY_CAP_TRANSACTIONS = 1u << 13,
    MY_CAP_SECURE_CONNECTION = 1u << 15,
    MY_CAP_MULTI_STATEMENTS = 1u << 16,
    MY_CAP_MULTI_RESULTS = 1u << 17,
    MY_CAP_PS_MULTI_RESULTS = 1u << 18,
    MY_CAP_PLUGIN_AUTH = 1u << 19,
    MY_CAP_CONNECT_ATTRS = 1u << 20,
    MY_CAP_PLUGIN_AUTH_LENENC = 1u << 21,
    MY_CAP_EXPIRED_PASSWORDS = 1u << 22,
    MY_CAP_SESSION_TRACK = 1u << 23,
    MY_CAP_DEPRECATE_EOF = 1u << 24,
    MY_CAP_OPTIONAL_METADATA = 1u << 25,
    MY_CAP_ZSTD = 1u << 26,
    MY_CAP_QUERY_ATTRIBUTES = 1u << 27,
};

enum my_cap_ext { /* MariaDB's capabilities from bit 32 on */
    MY_EXT_PROGRESS = 1u << 0,
    MY_EXT_BULK = 1u << 2,
    MY_EXT_METADATA = 1u << 3,
    MY_EXT_CACHE_METADATA = 1u << 4,
};

enum my_com { /* first byte of a command */
    MY_COM_SLEEP,
    MY_COM_QUIT,
    MY_COM_INIT_DB,
    MY_COM_QUERY,
    MY_COM_FIELD_LIST,
    MY_COM_CREATE_DB,
    MY_COM_DROP_DB,
    MY_COM_REFRESH,
    MY_COM_SHUTDOWN,
    MY_COM_STATISTICS,
    MY_COM_PROCESS_INFO,
    MY_COM_CONNECT,
    MY_COM_PROCESS_KILL,
    MY_COM_DEBUG,
    MY_COM_PING,
    MY_COM_TIME,
    MY_COM_DELAYED_INSERT,
    MY_COM_CHANGE_USER,
    MY_COM_BINLOG_DUMP,
    MY_COM_TABLE_DUMP,
    MY_COM_CONNECT_OUT,
    MY_COM_REGISTER_SLAVE,
    MY_COM_STMT_PREPARE,
    MY_COM_STMT_EXECUTE,
    MY_COM_STMT_SEND_LONG_DATA,
    MY_COM_STMT_CLOSE,
    MY_COM_STMT_RESET,
    MY_COM_SET_OPTION,
    MY_COM_STMT_FETCH,
    MY_COM_DAEMON,
    MY_COM_BINLOG_DUMP_GTID,
    MY_COM_RESET_CONNECTION,
    MY_COM_CLONE,
    MY_COM_BULK_EXECUTE = 0xfa, /* MariaDB */
};

enum my_status { /* server status bits of OK and EOF */
    MY_STATUS_IN_TRANS = 0x0001,
    MY_STATUS_AUTOCOMMIT = 0x0002,
    MY_STATUS_MORE_RESULTS = 0x0008,
    MY_STATUS_NO_GOOD_INDEX = 0x0010,
    MY_STATUS_NO_INDEX = 0x0020,
    MY_STATUS_CURSOR = 0x0040,
    MY_STATUS_LAST_ROW = 0x0080,
    MY_STATUS_DB_DROPPED = 0x0100,
    MY_STATUS_NO_BACKSLASH = 0x0200,
    MY_STATUS_IN_TRANS_READONLY = 0x2000,
    MY_STATUS_SESSION_CHANGED = 0x4000,
    MY_STATUS_ANSI_QUOTES = 0x8000, /* MariaDB */
};

enum my_type { /* column types on the wire */
    MY_T_DECIMAL = 0,
    MY_T_TINY = 1,
    MY_T_SHORT = 2,
    MY_T_LONG = 3,
    MY_T_FLOAT = 4,
    MY_T_DOUBLE = 5,
    MY_T_NULL = 6,
    MY_T_TIMESTAMP = 7,
    MY_T_LONGLONG = 8,
    MY_T_INT24 = 9,
    MY_T_DATE = 10,
    MY_T_TIME = 11,
    MY_T_DATETIME = 12,
    MY_T_YEAR = 13,
    MY_T_VARCHAR = 15,
    MY_T_BIT = 16,
    MY_T_JSON = 245,
    MY_T_NEWDECIMAL = 246,
    MY_T_ENUM = 247,
    MY_T_SET = 248,
    MY_T_TINY_BLOB = 249,
    MY_T_MEDIUM_BLOB = 250,
    MY_T_LONG_BLOB = 251,
    MY_T_BLOB = 252,
    MY_T_VAR_STRING = 253,
    MY_T_STRING = 254,
    MY_T_GEOMETRY = 255,
};

enum my_flag { /* column flags on the wire */
    MY_F_NOT_NULL = 0x0001,
    MY_F_PRI_KEY = 0x0002,
    MY_F_UNIQUE_KEY = 0x0004,
    MY_F_MULTIPLE_KEY = 0x0008,
    MY_F_BLOB = 0x0010,
    MY_F_UNSIGNED = 0x0020,
    MY_F_ZEROFILL = 0x0040,
    MY_F_BINARY = 0x0080,
    MY_F_ENUM = 0x0100,
    MY_F_AUTO_INCREMENT = 0x0200,
    MY_F_TIMESTAMP = 0x0400,
    MY_F_SET = 0x0800,
    MY_F_NO_DEFAULT = 0x1000,
    MY_F_ON_UPDATE_NOW = 0x2000,
    MY_F_PART_KEY = 0x4000,
    MY_F_GROUP = 0x8000, /* a column of GROUP BY or DISTINCT in a temporary table */
};

#define MY_DEC_FLOAT   31 /* "decimals" of strings and of reals without a fixed scale */
#define MY_FRAME_MAX   0xffffff
#define MY_NAME_MAX    64
#define MY_SALT_LEN    20

#endif
