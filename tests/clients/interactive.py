"""The mariadb command line as a person uses it, at a terminal: interactive.py PORT VERSION KIND (KIND: MySQL or MariaDB, as the
prompt says). What the client prints is compared; a warning, a lost connection or a wait over 10 seconds ends it."""
import os
import pty
import re
import select
import sys
import time

port, version, kind = sys.argv[1:4]
argv = ["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", port, "-u", "root", "--default-character-set=latin1"]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", EDITOR="/bin/false", MYSQL_HISTFILE="/dev/null", COLUMNS="200", LC_ALL="C")
    os.execvp(argv[0], argv)
seen = b""


def fail(what):
    sys.exit(f"interactive: {what}; the client printed:\n{seen.decode(errors='replace')}")


def until(pattern):
    """Reads until the pattern has come; what stood before it and it."""
    global seen
    end = time.monotonic() + 10
    text = b""
    while not re.search(pattern, text):
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        if not ready:
            fail(f"waits for {pattern!r}")
        try:
            more = os.read(terminal, 65536)
        except OSError:
            more = b""
        if not more:
            if re.search(pattern, text + b"\n"):
                break
            fail(f"ended before {pattern!r}")
        seen += more
        text += more
    return text.replace(b"\r", b"").decode("latin1")


def prompt(db):
    return rb"%s \[%s\]> $" % (kind.encode(), re.escape(db).encode())


def say(line, want, db="(none)"):
    """Types a line; each of want must stand in what is printed before the next prompt."""
    os.write(terminal, line.encode("latin1") + b"\r")
    text = until(prompt(db))
    for part in [want] if isinstance(want, str) else want:
        if not re.search(part, text):
            fail(f"{line!r}: no {part!r} in\n{text}\n--")
    if re.search(r"(?i)lost connection|malformed|out of sync|gone away|unexpected packet", text):
        fail(f"{line!r}: a complaint")
    return text


hello = until(prompt("(none)"))
for part in ("Your %s connection id is \\d+" % kind, "Server version: " + re.escape(version), "Type 'help;' or '\\\\h' for help"):
    if not re.search(part, hello):
        fail(f"no {part!r} in the greeting")
say("status", ["Current user:\\s+root@127.0.0.1", "Server version:\\s+" + re.escape(version), "Connection:\\s+127.0.0.1 via TCP/IP",
               "Threads: \\d+  Questions: \\d+ .* Queries per second avg: [\\d.]+"])
say("select version();", ["1 row in set \\([\\d.]+ sec\\)", "\\| " + re.escape(version)])
say("create database till;", "Query OK, 1 row affected")
say("\\u mysql", ["Reading table information for completion", "Database changed"], "mysql")
say("use till", "Database changed", "till")
say("create table people (id int primary key auto_increment, surname varchar(20));", "Query OK, 0 rows affected", "till")
say("insert into people (surname) values ('Curie'), ('Noel');", ["Query OK, 2 rows affected", "Records: 2  Duplicates: 0  Warnings: 0"], "till")
say("rehash", "", "till")
say("select surname from peo\t where id = 2;", "\\| Noel ", "till")
say("select max(people.sur\t) from people;", "Noel", "till")
say("select *\rfrom people\r\\G", ["\\*+ 1. row \\*+", "surname: Curie"], "till")
say("update people set surname = 'x' where id = 1;", "Rows matched: 1  Changed: 1  Warnings: 0", "till")
say("insert into people values (9, 'abcdefghijklmnopqrstuvwxyz'); ", "Query OK, 1 row affected, 1 warning|Data too long", "till")
say("show warnings;", "Warning \\| 1265|Error\\s+\\| 1406|Empty set", "till")
say("delimiter //", "", "till")
say("select 1; select 2 //", ["\\| 1 \\|", "\\| 2 \\|"], "till")
say("delimiter ;", "", "till")
say("charset utf8", "Charset changed", "till")
say("charset latin1", "Charset changed", "till")
say("help select", "Nothing found|Name: 'SELECT'", "till")
say("help", "General information about|List of all|List of commands", "till")
say("source /dev/null", "", "till")
with open("source.sql", "w") as f:
    f.write("insert into people (surname) values ('from a file');\nselect count(*) from people;\n")
say("source source.sql", ["Query OK, 1 row affected", "1 row in set"], "till")
say("edit", "Can't|Error|failed|Empty|ERROR|\\S", "till")
say("selec 1;", "ERROR 1064 \\(42000\\): You have an error in your SQL syntax; .* near 'selec 1' at line 1", "till")
say("drop function cmdshell;", "ERROR 1305 \\(42000\\): FUNCTION till.cmdshell does not exist", "till")
say("abandoned \\c", "", "till")
say("\\W", "Show warnings enabled", "till")
say("drop table if exists nothing;", ["Query OK, 0 rows affected, 1 warning", "Note \\(Code 1051\\): Unknown table '(till\\.)?nothing'"], "till")
say("\\w", "Show warnings disabled", "till")
say("\\r", ["Connection id:\\s+\\d+", "Current database: till"], "till")
say("drop database till;", "Query OK, 1 row affected")
os.write(terminal, b"quit\r")
until(rb"Bye")
_, status = os.waitpid(pid, 0)
if status:
    fail(f"exit status {status}")
print(f"interactive: {kind} {version}: done")
