"""Hostile MySQL clients, and honest ones beside them: hostile.py PID RSS_MIB [ATTACK…]. Each attack comes from sources of its
own; the honest ones (127.0.9.x) go on all the time, and every answer they get must be right. The server's memory is
looked at after each attack. Ends with status 1 on a wrong answer, a dead server or too much memory."""
import socket
import struct
import sys
import threading
import time

PID, RSS_MIB = int(sys.argv[1]), int(sys.argv[2])
QUERY, PREPARE, EXECUTE, LONG_DATA = 3, 22, 23, 24
problems = []


def rss(key="VmRSS"):
    for line in open(f"/proc/{PID}/status"):
        if line.startswith(key + ":"):
            return int(line.split()[1]) // 1024
    return 0


class Client:
    def __init__(self, source, timeout=20, login=True):
        self.s = socket.create_connection(("127.0.0.1", 3306), timeout=timeout, source_address=(source, 0))
        self.buffer = b""
        self.greeting = self.packet()
        if login:
            self.send(struct.pack("<IIB", 0x0003a685, 1 << 24, 33) + bytes(23) + b"root\0\0", 1)
            answer = self.packet()
            if answer[:1] != b"\0":
                raise RuntimeError(f"no login from {source}: {answer!r}")

    def take(self, n):
        while len(self.buffer) < n:
            more = self.s.recv(1 << 20)
            if not more:
                raise ConnectionError("closed")
            self.buffer += more
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def packet(self):
        payload = b""
        while True:
            head = self.take(4)
            n = head[0] | head[1] << 8 | head[2] << 16
            payload += self.take(n)
            if n < 0xFFFFFF:
                return payload

    def send(self, payload, seq=0):
        out = b""
        while len(payload) >= 0xFFFFFF:
            out += b"\xff\xff\xff" + bytes([seq]) + payload[:0xFFFFFF]
            payload, seq = payload[0xFFFFFF:], (seq + 1) & 255
        self.s.sendall(out + struct.pack("<I", len(payload))[:3] + bytes([seq]) + payload)

    def result(self):
        """The error number, 0 for OK, or the rows."""
        first = self.packet()
        if first[:1] == b"\xff":
            return struct.unpack_from("<H", first, 1)[0]
        if first[:1] == b"\0":
            return 0
        rows = []
        while self.packet()[:1] != b"\xfe":
            pass
        while (row := self.packet())[:1] != b"\xfe" or len(row) > 8:
            if row[:1] == b"\xff":
                return struct.unpack_from("<H", row, 1)[0]
            rows.append(row)
        return rows

    def query(self, text):
        self.send(bytes([QUERY]) + (text if isinstance(text, bytes) else text.encode()))
        return self.result()

    def close(self):
        self.s.close()


class Honest(threading.Thread):
    """Asks what has one right answer, until told to stop; a new connection for every tenth question."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.source = source
        self.going, self.asked, self.slowest = True, 0, 0.0

    def run(self):
        client = None
        try:
            while self.going:
                if client is None or self.asked % 10 == 0:
                    client and client.close()
                    client = Client(self.source, timeout=30)
                began = time.monotonic()
                a = self.asked % 1000
                got = client.query(f"SELECT {a} + 1")
                want = str(a + 1).encode()
                self.slowest = max(self.slowest, time.monotonic() - began)
                if got != [bytes([len(want)]) + want]:
                    problems.append(f"the honest client got {got!r:.100} for {a} + 1")
                    return
                self.asked += 1
                time.sleep(0.01)
        except (OSError, RuntimeError) as e:
            problems.append(f"the honest client: {e!r}")


def expect(what, got, allowed):
    if got not in allowed:
        problems.append(f"{what}: {got!r:.100} instead of one of {allowed}")


def loris():
    """Sixty logins, a byte at a time, and none comes to its end."""
    login = struct.pack("<I", 60)[:3] + b"\x01" + struct.pack("<IIB", 0x0003a685, 1 << 24, 33) + bytes(23)
    clients = [Client(f"127.0.1.{1 + i % 20}", login=False) for i in range(60)]
    for byte in login[:12]:
        for c in clients:
            c.s.sendall(bytes([byte]))
        time.sleep(0.05)
    return clients


def silent():
    """Five hundred connections that say nothing, half of them closed on the client's side after half a packet's head."""
    clients = [Client(f"127.0.2.{1 + i % 50}", login=False) for i in range(500)]
    for c in clients[::2]:
        c.s.sendall(b"\x20\0")
        c.s.shutdown(socket.SHUT_WR)
    return clients


def endless():
    """Packets of 16 MB that always go on: the server takes them and keeps nothing, up to what a session may send."""
    block = b"\xff\xff\xff%c" + b"A" * 0xFFFFFF
    for i in range(2):
        c = Client(f"127.0.3.{1 + i}")
        sent = 0
        try:
            for seq in range(64):
                c.s.sendall((b"\xff\xff\xff" + bytes([seq])))
                c.s.sendall(block[4:4 + 0xFFFFFF])
                sent += 0xFFFFFF + 4
        except OSError:
            pass
        if sent >= 64 * 0xFFFFFF:
            problems.append("a packet of 1 GB was taken")
        c.close()


def hex_literal():
    """SELECT 0x4141… of 1 GB: over max_allowed_packet, so that it is 1153 or the end of the session."""
    c = Client("127.0.3.9")
    size = 1 << 30
    body, sent, seq = b"A" * 65536, 0, 0
    try:
        while sent < size:
            c.s.sendall(b"\xff\xff\xff" + bytes([seq & 255]))
            left = 0xFFFFFF
            if seq == 0:
                c.s.sendall(b"\x03SELECT 0x")
                left -= 10
            while left:
                n = min(left, len(body))
                c.s.sendall(body[:n])
                left -= n
            sent += 0xFFFFFF
            seq += 1
        problems.append("1 GB was taken")
    except OSError:
        pass
    c.close()


def deep():
    """Text that nests deeper than any parser should follow; an error each, and the session goes on."""
    c = Client("127.0.4.1", timeout=60)
    n = 100000
    errors = (1064, 1153, 1248, 1436, 1463, 3, 5, 1038, 1235, 1065, 1305, 1054, 1046, 1093, 1221, 1114, 1120, 1116)
    for what, text in (("parentheses", "SELECT " + "(" * n + "1" + ")" * n),
                       ("open parentheses", "SELECT " + "(" * n),
                       ("minus", "SELECT " + "- " * n + "1"),
                       ("not", "SELECT " + "NOT " * n + "1"),
                       ("bang", "SELECT " + "!" * n + "1"),
                       ("subqueries", "SELECT " + "(SELECT " * 20000 + "1" + ")" * 20000),
                       ("derived", "SELECT * FROM " + "(SELECT * FROM " * 10000 + "mysql.user" + ") a" * 10000),
                       ("case", "SELECT " + "CASE 1 WHEN 1 THEN " * 20000 + "1" + " END" * 20000),
                       ("if", "SELECT " + "IF(1," * 30000 + "1" + ",2)" * 30000),
                       ("concat", "SELECT " + "CONCAT(" * 50000 + "1" + ")" * 50000),
                       ("join", "SELECT 1 FROM " + "(" * 30000 + "mysql.user" + ")" * 30000),
                       ("comments", "SELECT " + "/*" * n + "1"),
                       ("version comments", "SELECT " + "/*!50000 " * 20000 + "1" + "*/" * 20000),
                       ("quotes", "SELECT '" + "''" * n)):
        got = c.query(text)
        if isinstance(got, list) and what in ("comments", "version comments", "minus", "bang", "not", "parentheses", "quotes"):
            continue
        expect(what, got, errors)
    for what, text in (("in", "SELECT 1 IN (" + "2," * 200000 + "1)"), ("and", "SELECT " + "1 AND " * 50000 + "1"),
                       ("plus", "SELECT " + "1+" * 50000 + "1"), ("union", "SELECT 1" + " UNION SELECT 1" * 3000),
                       ("columns", "SELECT " + "1," * 20000 + "1"), ("values", "SELECT CONCAT(" + "'a'," * 50000 + "'b')")):
        got = c.query(text)
        if not isinstance(got, list):
            expect(what, got, errors + (1117, 1222, 1226))
    expect("after all that", c.query("SELECT 5"), ([b"\x015"],))
    c.close()


def storm():
    """Forty sleepers and benchmarks at once: none of them holds up another session."""
    clients = []
    for i in range(40):
        c = Client(f"127.0.5.{1 + i % 10}")
        text = ("SELECT SLEEP(1000)", "SELECT BENCHMARK(1000000000, MD5('a'))", "SELECT BENCHMARK(99999999999, (SELECT COUNT(*) FROM mysql.user))",
                "SELECT SLEEP(5) FROM information_schema.columns")[i % 4]
        c.send(bytes([QUERY]) + text.encode())
        clients.append(c)
    time.sleep(1)
    return clients


def growth():
    """Values that grow: NULL, an error or a result of bounded size."""
    c = Client("127.0.6.1", timeout=60)
    for text in ("SELECT LENGTH(REPEAT('a', 1000000000))", "SELECT LENGTH(SPACE(4000000000))", "SELECT LENGTH(LPAD('a', 999999999, 'b'))",
                 "SELECT LENGTH(RPAD('a', 999999999, 'b'))", "SELECT LENGTH(REPLACE(REPEAT('a', 100000), 'a', REPEAT('b', 100000)))",
                 "SELECT LENGTH(HEX(HEX(HEX(HEX(REPEAT('a', 1000000))))))", "SELECT LENGTH(CONCAT(REPEAT('a', 1000000), REPEAT('b', 15000000)))",
                 "SELECT LENGTH(INSERT(REPEAT('a', 1000000), 1, 1, REPEAT('b', 1000000)))", "SELECT LENGTH(EXPORT_SET(-1, REPEAT('a', 100000), 'b'))",
                 "SELECT LENGTH(QUOTE(REPEAT(0x27, 1000000)))", "SELECT LENGTH(COMPRESS(REPEAT('a', 10000000)))",
                 "SELECT LENGTH(UNCOMPRESS(COMPRESS(REPEAT('a', 10000000))))", "SELECT LENGTH(MAKE_SET(-1, REPEAT('a', 1000000), 'b'))",
                 "SELECT 9E999, POW(10, 400), EXP(1000)", "SELECT LENGTH(FORMAT(1e300, 10000))", "SELECT CONV(REPEAT('f', 100000), 36, 2)",
                 "SET group_concat_max_len = 4294967295", "CREATE DATABASE grow", "USE grow",
                 "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, b LONGTEXT)", "INSERT INTO t (b) VALUES (REPEAT('x', 100000))"):
        c.query(text)
    for _ in range(22):  # doubles until the world is full
        c.query("INSERT INTO t (b) SELECT b FROM t")
    c.query("SELECT LENGTH(GROUP_CONCAT(b)) FROM t")
    c.query("SELECT COUNT(*) FROM t a, t b, t c, t d, t e")
    c.query("SELECT a.b, b.b FROM t a, t b ORDER BY 1, 2 LIMIT 1")
    c.query("UPDATE t SET b = CONCAT(b, b, b, b)")
    c.query("SET @a = 'aaaaaaaaaaaaaaaa'")
    for _ in range(40):
        c.query("SET @a = CONCAT(@a, @a)")
    expect("after the growth", c.query("SELECT 5"), ([b"\x015"],))
    c.close()


def floods():
    """More of everything than a session or a source may have."""
    c = Client("127.0.7.1", timeout=60)
    refused = 0
    for i in range(3000):
        c.send(bytes([PREPARE]) + b"SELECT ?, ?, 'statement %d'" % i)
        first = c.packet()
        if first[:1] == b"\xff":
            refused += 1
            continue
        columns, params = struct.unpack_from("<HH", first, 5)
        for n in (params, columns):
            for _ in range(n + 1 if n else 0):
                c.packet()
    if not refused:
        problems.append("3,000 prepared statements in one session")
    c.send(bytes([PREPARE]) + b"SELECT LENGTH(?)")
    c.close()
    c = Client("127.0.7.2", timeout=60)
    c.send(bytes([PREPARE]) + b"SELECT LENGTH(?)")
    for _ in range(5):
        c.packet()
    for _ in range(1500):  # no answer comes to this one
        c.send(bytes([LONG_DATA]) + struct.pack("<IH", 1, 0) + b"L" * 65500)
    c.send(bytes([EXECUTE]) + struct.pack("<IBI", 1, 0, 1) + b"\0\1\xfc\0")
    c.result()
    for i in range(3000):
        c.query(f"SET @v{i} = REPEAT('v', 20000)")
    c.close()
    c = Client("127.0.7.3", timeout=60)
    c.query("CREATE DATABASE flood")
    c.query("USE flood")
    got = {}
    for kind, n in (("CREATE TABLE t%d (a INT, b VARCHAR(255))", 1500), ("CREATE DATABASE d%d", 800), ("CREATE USER u%d@'%%'", 800),
                    ("SELECT REPEAT('f', 20000) INTO OUTFILE 'f%d'", 800), ("CREATE TEMPORARY TABLE x%d (a INT)", 800),
                    ("CREATE FUNCTION g%d() RETURNS INT RETURN 1", 800), ("CREATE VIEW v%d AS SELECT 1", 800), ("SAVEPOINT s%d", 2000)):
        for i in range(n):
            answer = c.query(kind % i)
            if answer and not isinstance(answer, list):
                got[answer] = got.get(answer, 0) + 1
                break
    c.query("CREATE TABLE wide (" + ",".join(f"c{i} VARCHAR(20000)" for i in range(5000)) + ")")
    c.query("CREATE TABLE tall (a INT)")
    for _ in range(12):
        c.query("INSERT INTO tall VALUES " + ",".join(["(1)"] * 20000))
    expect("after the floods", c.query("SELECT 5"), ([b"\x015"],))
    c.close()


def garbage():
    """Bytes that are no MySQL, at every stage."""
    for i in range(60):
        c = Client(f"127.0.8.{1 + i % 10}", login=i % 2 == 0)
        try:
            c.s.sendall(bytes((i * 7 + k * 31) & 255 for k in range(20000)))
            c.s.settimeout(0.2)
            while c.s.recv(65536):
                pass
        except OSError:
            pass
        c.close()


attacks = [loris, silent, endless, hex_literal, deep, storm, growth, floods, garbage]
chosen = [a for a in attacks if not sys.argv[3:] or a.__name__ in sys.argv[3:]]
class Crowd:
    """Six of them: a source's sessions all live in one of the server's loops, and each loop shall have some."""

    def __init__(self):
        self.all = [Honest(f"127.0.9.{9 + i}") for i in range(6)]
        for h in self.all:
            h.start()

    def asked(self):
        return min(h.asked for h in self.all)

    def slowest(self):
        slowest = max(h.slowest for h in self.all)
        for h in self.all:
            h.slowest = 0.0
        return slowest

    def end(self):
        for h in self.all:
            h.going = False
        for h in self.all:
            h.join(30)


crowd = Crowd()
held = []
for attack in chosen:
    before, asked = rss(), crowd.asked()
    began = time.monotonic()
    try:
        held += attack() or []
    except (OSError, RuntimeError) as e:
        problems.append(f"{attack.__name__}: {e!r}")
    took = time.monotonic() - began
    end = time.monotonic() + 15
    while crowd.asked() < asked + 10 and time.monotonic() < end:
        time.sleep(0.05)  # a short attack: the honest clients are asked after as well
    if crowd.asked() < asked + 10:
        problems.append(f"{attack.__name__}: an honest client got only {crowd.asked() - asked} answers")
    print(f"{attack.__name__}: {took:.1f} s, {crowd.asked() - asked} answers and more to each honest client, slowest {crowd.slowest() * 1000:.0f} ms, "
          f"memory {before} -> {rss()} MiB", flush=True)
    if rss("VmHWM") > RSS_MIB:
        problems.append(f"{attack.__name__}: {rss('VmHWM')} MiB at the most, over {RSS_MIB}")
crowd.end()
for c in held:
    c.close()
for p in problems:
    print("PROBLEM: " + p)
sys.exit(1 if problems else 0)
