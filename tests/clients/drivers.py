"""PyMySQL and mysqlclient (MySQLdb) at their ordinary work against one server: drivers.py MODULE PORT VERSION.
A warning of the driver is an error; so is any answer that differs from what a real server gives."""
import datetime
import decimal
import importlib
import sys
import warnings

warnings.simplefilter("error")
name, port, version = sys.argv[1], int(sys.argv[2]), sys.argv[3]
db = importlib.import_module(name)
pymysql = name == "pymysql"


def same(what, got, want):
    if got != want:
        sys.exit(f"{name}: {what}: {got!r:.300} instead of {want!r:.300}")


def connect(**more):
    return db.connect(host="127.0.0.1", port=port, user="root", connect_timeout=10, **more)


def one(cursor, text, *args):
    cursor.execute(text, *args)
    return cursor.fetchone()


def refused():
    for user, password in (("root", "wrong"), ("admin", "x")):
        try:
            db.connect(host="127.0.0.1", port=port, user=user, password=password)
        except db.OperationalError as e:
            using = "YES" if password else "NO"
            same("errno", e.args[0], 1045)
            same("text", e.args[1], f"Access denied for user '{user}'@'127.0.0.1' (using password: {using})")
        else:
            sys.exit(f"{name}: {user}:{password} got in")
    try:
        connect(database="no_such")
    except (db.OperationalError, db.ProgrammingError) as e:
        same("unknown database", e.args[:2], (1049, "Unknown database 'no_such'"))
    else:
        sys.exit(f"{name}: no_such exists")


def types(cursor):
    cursor.execute("CREATE TABLE kinds (i INT, big BIGINT UNSIGNED, d DECIMAL(10,3), f DOUBLE, day DATE, at DATETIME, "
                   "long_ago TIME, y YEAR, c CHAR(4), v VARCHAR(30), t TEXT, b BLOB, e ENUM('x','y'), bits BIT(9))")
    row = (-7, 2**64 - 1, decimal.Decimal("-12.345"), 1.5, datetime.date(2001, 2, 3), datetime.datetime(2004, 5, 6, 7, 8, 9),
           datetime.timedelta(hours=30, minutes=2), 1999, "ab", "naïve", "l\'étape\\\"\n", bytes(range(256)), "y", 257)
    cursor.execute("INSERT INTO kinds VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,_binary %s,%s,%s)", row)
    same("affected rows", cursor.rowcount, 1)
    got = one(cursor, "SELECT * FROM kinds")
    same("the row", got, row[:-1] + (b"\x01\x01",))
    same("column names", [d[0] for d in cursor.description][:3], ["i", "big", "d"])
    same("NULL", one(cursor, "SELECT NULL, 1/0"), (None, None))


def rows(connection, cursor):
    cursor.execute("CREATE TABLE many (id INT PRIMARY KEY AUTO_INCREMENT, t VARCHAR(40))")
    cursor.executemany("INSERT INTO many (t) VALUES (%s)", [(f"row {i}",) for i in range(500)])
    same("executemany", cursor.rowcount, 500)
    cursor.execute("INSERT INTO many (t) VALUES ('last')")
    same("last id", cursor.lastrowid, 501)
    streaming = connection.cursor(db.cursors.SSCursor)
    streaming.execute("SELECT a.id, b.id FROM many a, many b WHERE a.id <= 20 ORDER BY 1, 2")
    same("streamed rows", sum(1 for _ in streaming), 20 * 501)
    streaming.close()
    dicts = connection.cursor(db.cursors.DictCursor)
    same("a dict", (dicts.execute("SELECT id, t FROM many WHERE t LIKE %s", ("row 49%",)), dicts.fetchone()),
         (11, {"id": 50, "t": "row 49"}))
    same("UPDATE", cursor.execute("UPDATE many SET t = 'x' WHERE id <= 10"), 10)
    same("UPDATE again", cursor.execute("UPDATE many SET t = 'x' WHERE id <= 10"), 0)
    same("DELETE", cursor.execute("DELETE FROM many WHERE id > 400"), 101)


def errors(cursor):
    for text, errno in (("SELEC 1", 1064), ("SELECT * FROM nothing_here", 1146), ("SELECT nope", 1054),
                        ("INSERT INTO many (id) VALUES (1)", 1062), ("DROP FUNCTION cmdshell", 1305)):
        try:
            cursor.execute(text)
        except db.Error as e:
            same(text, e.args[0], errno)
        else:
            sys.exit(f"{name}: {text} had no error")


def connection_level(connection, cursor):
    same("version", connection.get_server_info().endswith(version), True)
    connection.autocommit(False)
    cursor.execute("INSERT INTO many (t) VALUES ('gone')")
    connection.rollback()
    connection.commit()
    connection.autocommit(True)
    connection.ping()
    connection.select_db("mysql")
    same("select_db", one(cursor, "SELECT DATABASE()"), ("mysql",))
    same("mysql.user", one(cursor, "SELECT user FROM user WHERE user = 'root' LIMIT 1"), ("root",))
    same("thread id", one(cursor, "SELECT CONNECTION_ID()"), (connection.thread_id(),))
    same("a quote", connection.escape_string("it's") in ("it\\'s", b"it\\'s"), True)
    same("rollback and sleep", one(cursor, "SELECT SLEEP(0.05)"), (0,))
    if not pymysql:
        connection.change_user("root", "", "mysql")
        same("change user", one(cursor, "SELECT USER()"), ("root@127.0.0.1",))
        same("status", connection.stat().startswith("Uptime: "), True)


def several_results():
    flag = db.constants.CLIENT.MULTI_STATEMENTS
    connection = connect(database="drivers", client_flag=flag)
    cursor = connection.cursor()
    cursor.execute("SELECT 1; SET @a = 2; SELECT @a, 3")
    same("first", cursor.fetchall(), ((1,),))
    same("second", cursor.nextset(), 1 if not pymysql else True)
    same("third", (bool(cursor.nextset()), cursor.fetchall()), (True, ((2, 3),)))
    same("no fourth", bool(cursor.nextset()), False)
    connection.close()


refused()
connection = connect(charset="utf8" if pymysql else "latin1")
cursor = connection.cursor()
cursor.execute("CREATE DATABASE drivers")
connection.select_db("drivers")
types(cursor)
rows(connection, cursor)
errors(cursor)
several_results()
connection_level(connection, cursor)
cursor.execute("DROP DATABASE drivers")
cursor.close()
connection.close()
print(f"{name}: done")
