#!/usr/bin/env python3
"""Writes what a real server says about itself as facts of a persona (conf/personas/facts-VERSION/*.tsv).

record_facts.py ADDRESS:PORT FOLDER     root without a password; record_facts.sh starts the server

Column definitions are taken from the wire (type, flags, length, character set, decimals) with character_set_results NULL, so
that lengths are those of the column's own character set. Texts that are programs of the server's authors (bodies of routines,
definitions of the sys views, help texts) are not recorded, neither is what differs from start to start.
"""
import os
import socket
import struct
import sys

CAPS = 0x00000001 | 0x00000004 | 0x00000200 | 0x00002000 | 0x00008000  # long password, long flag, 4.1, transactions, secure


class Server:
    """A client of the text protocol, as far as recording needs one."""

    def __init__(self, address, port):
        self.sock = socket.create_connection((address, port), timeout=30)
        self.packet()
        login = struct.pack("<IIB23x", CAPS, 1 << 24, 33) + b"root\0" + b"\0"
        self.sock.sendall(struct.pack("<I", len(login))[:3] + b"\1" + login)
        if self.packet()[0] != 0:
            raise SystemExit("record_facts.py: login refused")

    def packet(self):
        head = self.take(4)
        return self.take(head[0] | head[1] << 8 | head[2] << 16)

    def take(self, n):
        out = b""
        while len(out) < n:
            part = self.sock.recv(n - len(out))
            if not part:
                raise SystemExit("record_facts.py: the server closed the connection")
            out += part
        return out

    @staticmethod
    def lenenc(p, at):
        first = p[at]
        if first < 251:
            return first, at + 1
        size = {252: 2, 253: 3, 254: 8}[first]
        return int.from_bytes(p[at + 1:at + 1 + size], "little"), at + 1 + size

    def column(self, p):
        texts, at = [], 0
        for _ in range(6):
            n, at = self.lenenc(p, at)
            texts.append(p[at:at + n].decode())
            at += n
        charset, length, kind, flags, decimals = struct.unpack_from("<HIBHB", p, at + 1)
        return {"db": texts[1], "table": texts[2], "org_table": texts[3], "name": texts[4], "org_name": texts[5],
                "charset": charset, "length": length, "type": kind, "flags": flags, "decimals": decimals}

    def ask(self, sql):
        """(columns, rows); an error is SystemError."""
        query = b"\3" + sql.encode()
        self.sock.sendall(struct.pack("<I", len(query))[:3] + b"\0" + query)
        p = self.packet()
        if p[0] == 255:
            raise SystemError(p[9:].decode(errors="replace"))
        if p[0] == 0:
            return [], []
        columns = [self.column(self.packet()) for _ in range(self.lenenc(p, 0)[0])]
        self.packet()
        rows = []
        while True:
            p = self.packet()
            if p[0] == 254 and len(p) < 9:
                return columns, rows
            row, at = [], 0
            while at < len(p):
                if p[at] == 251:
                    row.append(None)
                    at += 1
                    continue
                n, at = self.lenenc(p, at)
                row.append(p[at:at + n].decode(errors="surrogateescape"))
                at += n
            rows.append(row)

    def rows(self, sql):
        return self.ask(sql)[1]


def cell(value, null="NULL"):
    if value is None:
        return null
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def write(folder, name, head, rows, null="NULL"):
    with open(os.path.join(folder, name), "w", encoding="utf-8", errors="surrogateescape") as f:
        for row in [head] + rows:
            f.write("\t".join(cell(v, null) for v in row) + "\n")


WIRE = ["type", "flags", "length", "charset", "decimals"]
ORIGIN = ["db", "org_table"]
COLUMNS = ["table_schema", "table_name", "ordinal_position", "column_name", "column_default", "is_nullable", "data_type",
           "character_maximum_length", "character_set_name", "collation_name", "column_type", "column_key", "extra", "column_comment"]
TABLES = ["table_schema", "table_name", "table_type", "engine", "version", "row_format", "table_rows", "avg_row_length", "data_length",
          "max_data_length", "index_length", "data_free", "table_collation", "create_options", "table_comment"]
# Tables of information_schema whose rows do not change while the server runs.
STATIC = ["KEYWORDS", "SQL_FUNCTIONS", "INNODB_FT_DEFAULT_STOPWORD", "ENGINES", "PLUGINS", "ALL_PLUGINS", "CHARACTER_SETS", "COLLATIONS",
          "COLLATION_CHARACTER_SET_APPLICABILITY", "KEY_CACHES", "SPATIAL_REF_SYS", "INNODB_CMP", "INNODB_CMPMEM"]
SHOWS = ["databases", "tables from mysql", "full tables from mysql", "columns from mysql.func", "full columns from mysql.func", "index from mysql.db",
         "variables", "status", "character set", "collation", "engines", "plugins", "table status from mysql", "triggers from mysql",
         "events from mysql", "procedure status", "errors", "count(*) warnings", "count(*) errors", "processlist", "full processlist", "master status", "slave hosts", "binlog events", "open tables", "profiles", "profile",
         "slave status", "all slaves status", "privileges", "warnings", "engine innodb status", "engine innodb mutex", "create table mysql.func",
         "create table mysql.user", "create database mysql", "create procedure sys.ps_setup_show_enabled", "create function sys.version_major",
         "grants", "create user root@localhost", "contributors", "authors", "binary logs", "function code sys.version_major",
         "function status", "create event mysql.e", "create trigger mysql.t"]
ROWS_MAX, BYTES_MAX = 1200, 64 << 10


def recorded_tables(db):
    known = [(s, t) for s, t in db.rows("select table_schema, table_name from information_schema.tables where table_schema in "
                                       "('mysql','performance_schema','sys') order by 1, 2")]
    info = [("information_schema", row[0]) for row in db.rows("show tables from information_schema")]
    return info + known


def wire_of(db, schema, table):
    try:
        columns, _ = db.ask(f"select * from `{schema}`.`{table}` limit 0")
    except SystemError as e:
        print(f"record_facts.py: {schema}.{table}: {e}", file=sys.stderr)
        return {}
    return {c["name"]: c for c in columns}


def record_columns(db, folder, tables):
    out = []
    for schema, table in tables:
        wire = wire_of(db, schema, table)
        for row in db.rows(f"select {','.join(COLUMNS)} from information_schema.columns where table_schema='{schema}' and "
                           f"table_name='{table}' order by ordinal_position"):
            c = wire.get(row[3])
            out.append(row + ([c[w] for w in WIRE + ORIGIN] if c else [None] * len(WIRE + ORIGIN)))
    write(folder, "columns.tsv", COLUMNS + ["wire_" + w for w in WIRE + ORIGIN], out)


def create_text(db, schema, table):
    if schema == "sys" or schema == "performance_schema":
        return ""
    try:
        return db.rows(f"show create table `{schema}`.`{table}`")[0][1]
    except SystemError:
        return ""


def record_tables(db, folder, tables, mariadb):
    cols = TABLES + (["max_index_length", "temporary"] if mariadb else [])
    out = []
    for schema, table in tables:
        for row in db.rows(f"select {','.join(cols)} from information_schema.tables where table_schema='{schema}' and table_name='{table}'"):
            out.append(row + [create_text(db, schema, table)])
    write(folder, "tables.tsv", cols + ["create_text"], out)


def record_rows(db, folder, tables):
    os.makedirs(os.path.join(folder, "rows"), exist_ok=True)
    for schema, table in tables:
        if schema == "information_schema" and table not in STATIC:
            continue
        if schema in ("performance_schema",) or table.startswith("help_") or table in ("proc", "event", "general_log", "slow_log"):
            continue
        if schema == "sys" and table not in ("sys_config", "version"):
            continue
        columns, rows = db.ask(f"select * from `{schema}`.`{table}`")
        if rows and len(rows) <= ROWS_MAX and sum(len(v or "") for row in rows for v in row) <= BYTES_MAX:
            write(folder, f"rows/{schema}.{table}.tsv", [c["name"] for c in columns], rows, "\\N")


def record_variables(db, folder, mariadb):
    """The values without the compiled-in paths of the recorded machine: the persona says those."""
    write(folder, "global-variables.tsv", ["Variable_name", "Value"], db.rows("show global variables"), "")
    write(folder, "session-variables.tsv", ["Variable_name", "Value"], db.rows("show session variables"), "")
    if not mariadb:
        return
    cols, rows = db.ask("select lower(variable_name), variable_scope, variable_type, read_only, session_value, global_value, default_value, "
                        "numeric_min_value, numeric_max_value, numeric_block_size, enum_value_list, global_value_origin, "
                        "command_line_argument, variable_comment from information_schema.system_variables")
    for row in rows:
        scope = "session" if row[1].startswith("SESSION") else "global"
        try:
            wire, values = db.ask(f"select @@{scope}.{row[0]}")
            row += [wire[0]["type"], wire[0]["flags"] & 32 and 1, "YES" if values[0][0] is None else "NO"]
        except SystemError:
            row += [None, None, "UNKNOWN"]
    write(folder, "variables.tsv", ["name"] + [c["name"] for c in cols[1:]] + ["wire_type", "wire_unsigned", "select_null"], rows, "\\N")


def record_shows(db, folder):
    out = []
    for show in SHOWS:
        try:
            columns, _ = db.ask("show " + show)
        except SystemError as e:
            print(f"record_facts.py: show {show}: {e}", file=sys.stderr)
            continue
        out += [[show] + [c[k] for k in ["name", "db", "table", "org_table", "org_name"] + WIRE] for c in columns]
    write(folder, "show.tsv", ["show", "name", "db", "table", "org_table", "org_name"] + WIRE, out)


def record_collations(db, folder, mariadb):
    write(folder, "character-sets.tsv", ["Charset", "Description", "Default collation", "Maxlen"],
          db.rows("select character_set_name, description, default_collate_name, maxlen from information_schema.character_sets"))
    if mariadb:
        rows = db.rows("select a.full_collation_name, a.character_set_name, a.id, a.is_default, 'Yes', c.sortlen from "
                       "information_schema.collation_character_set_applicability a join information_schema.collations c using (collation_name)")
    else:
        rows = db.rows("select collation_name, character_set_name, id, is_default, is_compiled, sortlen from information_schema.collations")
    write(folder, "collations.tsv", ["Collation", "Charset", "Id", "Default", "Compiled", "Sortlen"], [[v or "" for v in row] for row in rows])


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: record_facts.py ADDRESS:PORT FOLDER")
    address, _, port = sys.argv[1].partition(":")
    folder = sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    db = Server(address, int(port))
    mariadb = "MariaDB" in db.rows("select version()")[0][0]
    record_variables(db, folder, mariadb)
    db.ask("set character_set_results = NULL")
    write(folder, "status-names.tsv", ["Variable_name", "Value"], db.rows("show session status"))
    tables = recorded_tables(db)
    record_columns(db, folder, tables)
    record_tables(db, folder, tables, mariadb)
    record_rows(db, folder, tables)
    record_shows(db, folder)
    record_collations(db, folder, mariadb)
    write(folder, "engines.tsv", ["Engine", "Support", "Comment", "Transactions", "XA", "Savepoints"], db.rows("show engines"))
    write(folder, "plugins.tsv", ["Name", "Status", "Type", "Library", "License"], db.rows("show plugins"))
    write(folder, "privileges.tsv", ["Privilege", "Context", "Comment"], db.rows("show privileges"))


main()
