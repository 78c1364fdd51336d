"""Runs the published signatures of signatures.tsv against the services on 127.0.0.1 (mysql 3306, ftp 21, telnet 23, http 80,
smb 445): signatures.py FILE SERVICE… Prints those that match; exit status 1 when one does."""
import hashlib
import socket
import struct
import sys

PORTS = {"mysql": 3306, "ftp": 21, "telnet": 23, "http": 80, "smb": 445}
SMB_NEGOTIATE = bytes.fromhex("00000045ff534d4272000000000801c8000000000000000000000000ffff0100ffff0000002200"
                              "024e54204c4d20302e31320002534d4220322e3030320002534d4220322e3f3f3f00")
PROBES = {"ftp": [b"USER root\r\nPASS \r\n", b".\r\n", b"USER\r\n", b"overflow" * 40 + b"\r\n"], "telnet": [b"root\r\n"],
          "http": [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1337\nHost: nuggets\n\n", b"GET /invalid.htm HTTP/1.0\r\nHost: localhost\r\n\r\n"],
          "smb": [SMB_NEGOTIATE, b"\0\0\0\x2f" + SMB_NEGOTIATE[4:36] + b"\0\x0c\0\x02NT LM 0.12\0"],
          "mysql": [bytes.fromhex("4a0000000a352e312e3239000b000000213e341b513f343360") + bytes(16)]}


def connect(service):
    s = socket.create_connection(("127.0.0.1", PORTS[service]), timeout=5)
    s.settimeout(0.7)
    return s


def received(s):
    """Everything until the other side is silent."""
    data = b""
    try:
        while more := s.recv(65536):
            data += more
    except (TimeoutError, ConnectionError):
        pass
    return data


def answers(service):
    """What it greets with, and the answers to the probes."""
    with connect(service) as s:
        greeting = b"" if service in ("http", "smb") else received(s)
    said = [greeting]
    for probe in PROBES[service]:
        with connect(service) as s:
            if greeting:
                s.recv(65536)
            s.sendall(probe)
            said.append(received(s))
    return said


class Greeting:
    def __init__(self, data):
        end = data.index(b"\0", 5)
        self.version = data[5:end].decode()
        self.id = struct.unpack_from("<I", data, end + 1)[0]
        self.id_be = struct.unpack_from(">I", data, end + 1)[0]
        self.charset = data[end + 16]
        self.salt = data[end + 5:end + 13] + data[end + 32:end + 44]


class Session:
    """A login by hand, so that no driver smooths anything."""

    def __init__(self, user="root", password=""):
        self.s = connect("mysql")
        self.s.settimeout(5)
        self.f = self.s.makefile("rb")
        self.greeting = Greeting(b"\0\0\0\0" + self.read())
        token = b""
        if password:
            one = hashlib.sha1(password.encode()).digest()
            two = hashlib.sha1(self.greeting.salt + hashlib.sha1(one).digest()).digest()
            token = bytes(a ^ b for a, b in zip(one, two))
        payload = struct.pack("<IIB", 0x0003a685, 1 << 24, 33) + bytes(23) + user.encode() + b"\0" + bytes([len(token)]) + token
        self.send(payload, 1)
        self.login = self.read()
        if self.login[:1] == b"\xfe":  # an auth switch: the same password
            self.send(b"", 3)
            self.login = self.read()

    def read(self):
        head = self.f.read(4)
        return self.f.read(head[0] | head[1] << 8 | head[2] << 16) if len(head) == 4 else b""

    def send(self, payload, seq=0):
        self.s.sendall(struct.pack("<I", len(payload))[:3] + bytes([seq]) + payload)

    def query(self, text):
        """The rows, or the first packet when there are none."""
        self.send(b"\x03" + text.encode())
        first = self.read()
        if first[:1] in (b"\0", b"\xff", b"\xfb"):
            return first
        while self.read()[:1] != b"\xfe":
            pass
        rows = []
        while (row := self.read())[:1] != b"\xfe" or len(row) > 8:
            if row[:1] == b"\xff":
                return row
            rows.append(row)
        return rows


class Mysql:
    """What the behaviours look at, fetched once."""

    def __init__(self):
        self.greetings = []
        for _ in range(4):
            with connect("mysql") as s:
                self.greetings.append(Greeting(s.recv(4096)))
        self.bad = []
        for payload in (b"\0" * 40, b"\xff" * 40, b"\x01\0\0\x01\0", b"GET / HTTP/1.0\r\n\r\n", b"\x20\0\0\x01" + b"A" * 32):
            with connect("mysql") as s:
                s.recv(4096)
                s.sendall(payload)
                self.bad.append(received(s))
        self.garbage = [Session(u, p).login[:1] for u, p in (("qwzx81", "Zk39!fa"), ("root", "Zk39!fa"), ("", "x"), ("a" * 60, "b" * 60))]
        self.root = Session()
        if self.root.login[:1] != b"\0":
            sys.exit("signatures: root does not get in")

    def thread_id_4711(self):
        return any(4711 in (g.id, g.id_be) for g in self.greetings)

    def thread_id_4321(self):
        return any(4321 in (g.id, g.id_be) for g in self.greetings)

    def thread_id_0_1(self):
        return any(g.id in (0, 1) for g in self.greetings)

    def thread_id_fixed(self):
        return len({g.id for g in self.greetings}) < len(self.greetings)

    def thread_id_jumps(self):
        return any(b.id - a.id != 1 for a, b in zip(self.greetings, self.greetings[1:]))

    def salt_fixed(self):
        return len({g.salt for g in self.greetings}) < len(self.greetings)

    def charset_33(self):
        return any(g.charset == 33 for g in self.greetings)

    def refused_at_once(self):
        with connect("mysql") as s:
            return s.recv(4096)[4:5] == b"\xff"

    def garbage_gets_in(self):
        return b"\0" in self.garbage

    def uniform_error(self):
        return len(set(self.bad)) == 1 and self.bad[0] != b""

    def learn_sql(self):
        return any(b"Learn SQL" in self.root.query(q) for q in ("select sqlite_version()", "pragma database_list", "attach 'x' as y"))

    def errno_0(self):
        return any(self.root.query(q)[:3] == b"\xff\0\0" for q in ("selec", "select nope", "drop function cmdshell", "use none"))

    def local_infile(self):
        return any(b"\xfb" == self.root.query(q)[:1] for q in ("SET NAMES utf8", "load data local infile '/etc/passwd' into table mysql.t"))

    def no_procedures(self):
        self.root.query("use test")
        made = self.root.query("CREATE PROCEDURE _hp_test_proc() BEGIN SELECT 1; END")
        self.root.query("DROP PROCEDURE IF EXISTS _hp_test_proc")
        return made[:1] == b"\xff"

    def no_innodb(self):
        got = self.root.query("SHOW ENGINE INNODB STATUS")
        return not isinstance(got, list) or not got

    def few_plugins(self):
        return int(self.root.query("SELECT COUNT(*) FROM information_schema.PLUGINS")[0][1:]) < 5

    def no_processes(self):
        return len(self.root.query("SHOW PROCESSLIST")) <= 1

    def few_variables(self):
        return len(self.root.query("SHOW VARIABLES")) < 100


class Http:
    def no_server_header(self):
        with connect("http") as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = received(s)
        return b" 200 " in answer[:20] and b"\nserver:" not in answer.lower()


def matches(kind, pattern, said, behaviours):
    if kind == "does":
        return getattr(behaviours, pattern)()
    if kind == "exact":
        return said[0] == pattern.encode("latin1").decode("unicode_escape").encode("latin1")
    if kind == "all":
        return any(all(word.encode() in a for word in pattern.split("|")) for a in said)
    what = bytes.fromhex(pattern) if kind == "hex" else pattern.encode()
    return any(what in a for a in said)


def main():
    found = tried = 0
    said, behaviours = {}, {}
    for line in open(sys.argv[1], encoding="utf8"):
        if line.startswith("#") or not line.strip():
            continue
        service, source, name, kind, pattern = line.rstrip("\n").split("\t")
        if service not in sys.argv[2:]:
            continue
        if service not in said:
            said[service] = answers(service)
            behaviours[service] = {"mysql": Mysql, "http": Http}.get(service, object)()
        tried += 1
        if matches(kind, pattern, said[service], behaviours[service]):
            print(f"{service}: {source}: {name} matches")
            found += 1
    print(f"{tried} signatures tried")
    sys.exit(1 if found or not tried else 0)


main()
