#!/usr/bin/env python3
"""Parts of test_experiment.sh: alive | met FILE | reload PID FILE | journal FOLDER FILE."""
import collections
import glob
import json
import os
import signal
import socket
import sys
import time

SOURCES = [f"127.0.3.{i}" for i in range(1, 61)]
LOGIN = bytes.fromhex("05a20b0000000001210000000000000000000000000000000000000000000000") + b"root\0\0mysql_native_password\0"


def frame(seq, payload):
    return len(payload).to_bytes(3, "little") + bytes([seq]) + payload


def read_frame(sock):
    head = b""
    while len(head) < 4:
        got = sock.recv(4 - len(head))
        if not got:
            raise EOFError
        head += got
    want, body = int.from_bytes(head[:3], "little"), b""
    while len(body) < want:
        body += sock.recv(want - len(body))
    return body


def connect(source):
    sock = socket.create_connection(("127.0.0.1", 3306), timeout=5, source_address=(source, 0))
    greeting = read_frame(sock)
    return sock, greeting[1:greeting.index(b"\0", 1)].decode()


def ask(sock, sql):
    sock.sendall(frame(0, b"\x03" + sql.encode()))
    frames = [read_frame(sock) for _ in range(5)]
    return frames[3][1:].decode()


def met(path):
    version = {}
    for _ in range(3):
        for source in SOURCES:
            sock, told = connect(source)
            if version.setdefault(source, told) != told:
                sys.exit(f"{source} met {version[source]}, then {told}")
            sock.close()
    count = collections.Counter(version.values())
    if sorted(count) != ["5.1.54", "5.6.10"]:
        sys.exit(f"versions met: {dict(count)}")
    chi_square = sum((n - len(SOURCES) / 2) ** 2 / (len(SOURCES) / 2) for n in count.values())
    if chi_square > 10.83:  # 0.999 quantile, one degree of freedom
        sys.exit(f"not balanced: {dict(count)}")
    with open(path, "w", encoding="ascii") as out:
        for source in SOURCES:
            print(source, version[source], file=out)
    print(f"{len(SOURCES)} sources: {dict(count)}, chi-square {chi_square:.2f}")


def known(path):
    with open(path, encoding="ascii") as lines:
        return dict(line.split() for line in lines)


def reload(pid, path):
    old, open_sessions = known(path), []
    for source in SOURCES[:20]:
        sock, _ = connect(source)
        sock.sendall(frame(1, LOGIN))
        if read_frame(sock)[:1] != b"\0":
            sys.exit(f"{source} was not let in")
        open_sessions.append((source, sock))
    os.kill(pid, signal.SIGHUP)
    deadline = time.time() + 10
    while connect("127.0.3.61")[1] not in ("5.6.27", "5.1.63"):
        if time.time() > deadline:
            sys.exit("the reload did not come")
        time.sleep(0.05)
    time.sleep(0.3)  # the other loop too
    for source, sock in open_sessions:
        told = ask(sock, "select version()")
        if told != old[source]:
            sys.exit(f"{source}: the open session says {told}, it was {old[source]}")
    swap = {"5.6.10": "5.6.27", "5.1.54": "5.1.63"}
    for source in SOURCES:  # the same arm, what it now holds
        told = connect(source)[1]
        if told != swap[old[source]]:
            sys.exit(f"{source}: {told} after the reload, {old[source]} before")


def journal(folder, path):
    old, arms, ledger, lost = known(path), collections.defaultdict(set), collections.defaultdict(set), []
    for name in glob.glob(folder + "/*.jsonl"):
        with open(name, encoding="utf-8") as lines:
            for line in lines:
                e = json.loads(line)
                source = e.get("src_ip")
                if source not in old:
                    continue
                h = e.get("hotaru", e)
                if e["event_type"] == "session_open":
                    arms[source].add(h.get("arm"))
                if e["event_type"] == "answer":
                    ledger[source].add((h.get("arm"), h.get("version")))
                if e["event_type"] == "session_close" and h.get("reason") not in ("client", "stop", "server"):
                    lost.append(line)
    swap = {"5.6.10": "5.6.27", "5.1.54": "5.1.63"}
    for source, version in old.items():
        want = {version, swap[version]}
        if arms[source] != want:
            sys.exit(f"{source}: arms {arms[source]}, not {want}")
        if ledger[source] != {(v, v) for v in want}:
            sys.exit(f"{source}: the answer ledger has {ledger[source]}, not {want}")
    if lost:
        sys.exit(f"sessions were dropped: {lost[0]}")


if __name__ == "__main__":
    if sys.argv[1] == "alive":
        connect("127.0.3.61")
    elif sys.argv[1] == "met":
        met(sys.argv[2])
    elif sys.argv[1] == "reload":
        reload(int(sys.argv[2]), sys.argv[3])
    else:
        journal(sys.argv[2], sys.argv[3])
