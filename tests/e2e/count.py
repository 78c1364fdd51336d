#!/usr/bin/env python3
"""count.py TRUTH.json CAPTURE.pcap: the packets on the wire against what the actor says it did. One line per
difference; exit 1 when there is any. A SYN that the kernel sent again (a stalled machine) is said, not counted twice."""
import collections
import json
import struct
import sys

truth = json.load(open(sys.argv[1]))
data = open(sys.argv[2], "rb").read()
raw, syn = collections.Counter(), collections.Counter()
broken = collections.Counter()
seen_syns, again = set(), 0
sources = set(truth["sources"])
at = 24
while at + 16 <= len(data):
    cap = struct.unpack("<I", data[at + 8:at + 12])[0]
    frame = data[at + 16:at + 16 + cap]
    at += 16 + cap
    if frame[12:14] != b"\x08\x00" or len(frame) < 34:
        continue
    ip = frame[14:]
    src, dst = (".".join(str(b) for b in ip[o:o + 4]) for o in (12, 16))
    if src not in sources:
        continue
    total = ip[2] << 8 | ip[3]
    if ip[0] >> 4 != 4 or ip[0] & 15 < 5 or total < (ip[0] & 15) * 4:
        broken[dst] += 1
    elif ip[9] == 6 and ip[(ip[0] & 15) * 4:][13:14] == b"\x04" and truth["behaviour"] != "backscatter":
        continue  # the kernel's own answer to a SYN-ACK that a stateless SYN brought
    elif truth["connects"]["begun"] == 0:
        raw[dst] += 1
    elif ip[9] == 6 and ip[(ip[0] & 15) * 4 + 13] == 2:
        segment = frame[26:34] + ip[(ip[0] & 15) * 4:][:8]  # addresses, ports, sequence number
        if segment in seen_syns:
            again += 1
        else:
            seen_syns.add(segment)
            syn[dst] += 1

bad = 0
for name, seen, said in (("raw", raw, truth["raw"]["per_dst"]), ("broken", broken, truth["raw"]["broken_per_dst"]),
                         ("connect", syn, truth["connects"]["per_dst"])):
    for dst in sorted(set(seen) | set(said)):
        if seen[dst] != said.get(dst, 0):
            bad += 1
            print(f"{name} {dst}: {seen[dst]} on the wire, {said.get(dst, 0)} in the truth")
print(f"{truth['name']}: {sum(raw.values())} raw, {sum(broken.values())} broken, {sum(syn.values())} SYNs of connections "
      f"({again} sent again), {bad} differences")
sys.exit(bad != 0 or again > 0.01 * sum(syn.values()))
