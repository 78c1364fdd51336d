#!/usr/bin/env python3
"""Holds the rows of a store against dump_headers (which test_tshark.sh holds against tshark), column by column, as multisets.

compare_store.py HOTARU DUMP_HEADERS STORE [--decap] FILE…   the rows of STORE are those of all the FILEs, and no other
"""
import csv
import ipaddress
import subprocess
import sys
from collections import Counter

COLUMNS = """ip_version src dst proto sport dport tcp_flags tcp_seq tcp_ack tcp_window tcp_options icmp_type icmp_code ip_id
ip_ttl ip_tos ip_len ip_frag payload_len inner_src inner_dst inner_proto inner_sport inner_dport ts_us""".split()


def stored(hotaru, store):
    for version, table in ((4, "packet"), (6, "packet6")):
        ip_id = "ip_id" if version == 4 else "NULL AS ip_id"
        sql = f"SELECT * EXCLUDE (payload, ts), epoch_us(ts) AS ts_us{'' if version == 4 else ', ' + ip_id} FROM {table}"
        run = subprocess.run([hotaru, "query", "--store", store, "--format", "csv", sql], check=True, capture_output=True, text=True)
        for row in csv.DictReader(run.stdout.splitlines()):
            row["ip_version"] = str(version)
            row["tcp_options"] = row["tcp_options"].replace(",", " ")
            for name in ("src", "dst", "inner_src", "inner_dst"):
                if row[name]:
                    number = int(row[name]) if version == 4 else int(row[name], 16)
                    row[name] = str((ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address)(number))
            yield tuple(row[c] for c in COLUMNS)


def decoded(dump, files, decap):
    for path in files:
        run = subprocess.run([dump, "file"] + (["--decap"] if decap else []) + [path], check=True, capture_output=True, text=True)
        for line in run.stdout.splitlines():
            cells = line.split(",")
            if cells[0] == "lost":
                yield None
                continue
            row = dict(zip(COLUMNS, cells))
            for name in ("src", "dst", "inner_src", "inner_dst"):
                if row[name]:
                    row[name] = str(ipaddress.ip_address(row[name]))
            yield tuple(row[c] for c in COLUMNS)


def main():
    hotaru, dump, store, *files = sys.argv[1:]
    decap = "--decap" in files
    want = Counter(decoded(dump, [f for f in files if f != "--decap"], decap))
    lost = want.pop(None, 0)
    have = Counter(stored(hotaru, store))
    if want != have:
        for what, rest in (("only in the file", want - have), ("only in the store", have - want)):
            for row in list(rest)[:3]:
                print(f"{what}: {dict(zip(COLUMNS, row))}")
        return 1
    ledger = subprocess.run([hotaru, "query", "--store", store, "--format", "csv", "SELECT sum(received), sum(stored), sum(lost) FROM loss"],
                            check=True, capture_output=True, text=True).stdout.splitlines()[1]
    total = sum(have.values())
    if ledger != f"{total + lost},{total},{lost}":
        print(f"the ledger says {ledger}, there are {total} rows and {lost} frames that are none")
        return 1
    print(f"{total} rows of {len(COLUMNS)} columns, {lost} frames without a row")
    return 0 if total else 1


sys.exit(main())
