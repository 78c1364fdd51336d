#!/usr/bin/env python3
"""Holds dump_headers against tshark, frame by frame and column by column.

compare_tshark.py DUMP_HEADERS FILE MODE
  whole   every column must be equal, and every frame a row exactly when tshark sees IP
  loose   (cut or damaged frames) where both have a value they must be equal; as many frames
  decap   the packet inside the tunnel: tshark's last IP layer
"""
import subprocess
import sys

FIELDS = """frame.time_epoch frame.protocols
ip.version ip.hdr_len ip.src ip.dst ip.proto ip.id ip.ttl ip.dsfield ip.len ip.flags ip.frag_offset
ipv6.version ipv6.tclass ipv6.plen ipv6.nxt ipv6.hlim ipv6.src ipv6.dst
ipv6.hopopts.nxt ipv6.hopopts.len ipv6.routing.nxt ipv6.routing.len ipv6.dstopts.nxt ipv6.dstopts.len
ipv6.fraghdr.nxt ipv6.fraghdr.offset ipv6.fraghdr.reserved_bits ipv6.fraghdr.more ah.next_header ah.length
tcp.srcport tcp.dstport tcp.flags tcp.seq_raw tcp.ack_raw tcp.window_size_value tcp.hdr_len tcp.len
tcp.option_kind tcp.options.mss_val tcp.options.wscale.shift tcp.options.sack.count
udp.srcport udp.dstport sctp.srcport sctp.dstport dccp.srcport dccp.dstport
icmp.type icmp.code icmpv6.type icmpv6.code""".split()
COLUMNS = """ip_version src dst proto sport dport tcp_flags tcp_seq tcp_ack tcp_window tcp_options icmp_type icmp_code ip_id
ip_ttl ip_tos ip_len ip_frag payload_len inner_src inner_dst inner_proto inner_sport inner_dport ts_us""".split()
PORTS = {6: "tcp", 17: "udp", 132: "sctp", 33: "dccp", 136: "udp"}
AFTER_EXTENSIONS = ("proto", "ip_frag", "payload_len", "inner_proto")
EXTENSIONS = {0: "hopopts", 43: "routing", 60: "dstopts"}


def tshark(path):
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=;"]
    for name in ("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams", "tcp.analyze_sequence_numbers",
                 "tcp.relative_sequence_numbers", "tcp.calculate_timestamps"):
        command += ["-o", name + ":FALSE"]
    for field in FIELDS:
        command += ["-e", field]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        cells = line.split("|")
        yield {f: [v for v in c.split(";") if v != ""] for f, c in zip(FIELDS, cells)}


def number(text):
    if text in ("True", "False"):
        return int(text == "True")
    return int(text, 16) if text.startswith("0x") else int(text)


class Layers:
    """Takes tshark's values layer by layer: the outer packet first, then the quoted or tunnelled one."""

    def __init__(self, frame):
        self.frame = frame
        self.used = {}

    def take(self, field):
        i = self.used.get(field, 0)
        self.used[field] = i + 1
        values = self.frame[field]
        return number(values[i]) if i < len(values) and ":" not in values[i] and values[i].count(".") < 2 else (
            values[i] if i < len(values) else None)

    def peek(self, field):
        i = self.used.get(field, 0)
        return i < len(self.frame[field])


def ip_layer(t, want):
    """Fills want from the next IP layer; returns (protocol, bytes after the IP headers, transport follows)."""
    protocols = [p for p in t.frame["frame.protocols"][0].split(":") if p in ("ip", "ipv6")]
    depth = t.used.get("depth", 0)
    if depth >= len(protocols):
        return None
    t.used["depth"] = depth + 1
    if protocols[depth] == "ip":
        version, header = t.take("ip.version"), t.take("ip.hdr_len")
        want.update(ip_version=version, src=t.take("ip.src"), dst=t.take("ip.dst"), proto=t.take("ip.proto"),
                    ip_id=t.take("ip.id"), ip_ttl=t.take("ip.ttl"), ip_tos=t.take("ip.dsfield"), ip_len=t.take("ip.len"))
        flags, offset = t.take("ip.flags"), t.take("ip.frag_offset")
        if flags is not None and offset is not None:
            want["ip_frag"] = flags << 13 | offset
        if want["ip_len"] is None or header is None:
            return want["proto"], None, False
        return want["proto"], want["ip_len"] - header, offset == 0
    t.take("ipv6.version")
    left = t.take("ipv6.plen")
    want.update(ip_version=6, src=t.take("ipv6.src"), dst=t.take("ipv6.dst"), ip_ttl=t.take("ipv6.hlim"),
                ip_tos=t.take("ipv6.tclass"), ip_len=None if left is None else 40 + left, ip_frag=0)
    proto = t.take("ipv6.nxt")
    first = True
    while proto in EXTENSIONS or proto in (44, 51):
        if proto == 44:
            nxt, offset, more = t.take("ipv6.fraghdr.nxt"), t.take("ipv6.fraghdr.offset"), t.take("ipv6.fraghdr.more")
            reserved = t.take("ipv6.fraghdr.reserved_bits")
            if nxt is None or more is None:
                break
            want["ip_frag"] = offset << 3 | reserved << 1 | more
            proto, left = nxt, left - 8
            if offset:
                first = False
                break
            continue
        if proto == 51:
            nxt, size = t.take("ah.next_header"), t.take("ah.length")
            size = None if size is None else (size + 2) * 4
        else:
            name = "ipv6." + EXTENSIONS[proto]
            nxt, size = t.take(name + ".nxt"), t.take(name + ".len")
            size = None if size is None else (size + 1) * 8
        if nxt is None or size is None:
            break
        proto, left = nxt, left - size
    want["proto"] = proto
    return proto, left, first


def options_text(t, kinds):
    if LOOSE:
        return None
    out = []
    for kind in kinds:
        if kind == 2:
            out.append("M%d" % t.take("tcp.options.mss_val"))
        elif kind == 3:
            out.append("W%d" % t.take("tcp.options.wscale.shift"))
        elif kind == 5:
            out.append("K%d" % t.take("tcp.options.sack.count"))
        elif kind == 0:
            out.append("E")
            break
        else:
            out.append({1: "N", 4: "S", 8: "T", 34: "F"}.get(kind, "?%d" % kind))
    return " ".join(out)


def transport(t, want, proto, left):
    if proto in PORTS:
        name = PORTS[proto]
        want.update(sport=t.take(name + ".srcport"), dport=t.take(name + ".dstport"))
    if proto == 6:
        want.update(tcp_flags=t.take("tcp.flags"), tcp_seq=t.take("tcp.seq_raw"), tcp_ack=t.take("tcp.ack_raw"),
                    tcp_window=t.take("tcp.window_size_value"))
        if want["tcp_flags"] is not None:
            want["tcp_flags"] &= 255
        size = t.take("tcp.hdr_len")
        want["payload_len"] = None if size is None or left is None or size < 20 or left < size else left - size
        # option kinds of this header alone: as many as its length holds
        want["tcp_options"] = options_text(t, [number(k) for k in t.frame["tcp.option_kind"]]) if t.used["depth"] == 1 or \
            DECAP else None
    elif left is None:
        pass
    elif proto in (17, 136):
        want["payload_len"] = left - 8 if left >= 8 else None
    elif proto == 132:
        want["payload_len"] = left - 12 if left >= 12 else None
    elif proto == 33:
        want["payload_len"] = left - 16 if left >= 16 else None
    elif proto == (58 if want["ip_version"] == 6 else 1):
        name = "icmpv6" if proto == 58 else "icmp"
        want.update(icmp_type=t.take(name + ".type"), icmp_code=t.take(name + ".code"))
        want["payload_len"] = left - 8 if left >= 8 else None
    else:
        want["payload_len"] = left


def expected(frame):
    """What our row should be, or None when tshark sees no IP packet."""
    t = Layers(frame)
    want = dict.fromkeys(COLUMNS)
    ip = ip_layer(t, want)
    if ip is None or want["ip_version"] is None:
        return None
    if DECAP:
        want = dict.fromkeys(COLUMNS)
        for name in ("udp.srcport", "udp.dstport"):
            if ip[0] == 17:
                t.take(name)
        ip = ip_layer(t, want)
    proto, left, first = ip
    if first:
        transport(t, want, proto, left)
    else:
        want["payload_len"] = left
    errors = (1, 2, 3, 4) if want["ip_version"] == 6 else (3, 4, 5, 11, 12)
    if want["icmp_type"] in errors and not DECAP:
        inner = dict.fromkeys(COLUMNS)
        ip = ip_layer(t, inner)
        if ip and ip[2] and ip[0] in PORTS:
            name = PORTS[ip[0]]
            inner.update(sport=t.take(name + ".srcport"), dport=t.take(name + ".dstport"))
        if ip:
            want.update(inner_src=inner["src"], inner_dst=inner["dst"], inner_proto=inner["proto"],
                        inner_sport=inner["sport"], inner_dport=inner["dport"])
    seconds, fraction = frame["frame.time_epoch"][0].split(".")
    want["ts_us"] = int(seconds) * 1000000 + int(fraction[:6])
    return want


def show(value):
    return "" if value is None else str(value)


def main():
    global DECAP, LOOSE
    program, path, mode = sys.argv[1:4]
    DECAP = mode == "decap"
    LOOSE = mode == "loose"
    command = [program, "file"] + (["--decap"] if DECAP else []) + [path]
    ours = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    theirs = list(tshark(path))
    if len(ours) != len(theirs):
        print(f"{path}: {len(ours)} frames, tshark has {len(theirs)}")
        return 1
    wrong = compared = lost = 0
    for i, (line, frame) in enumerate(zip(ours, theirs), 1):
        want = expected(frame)
        if line.startswith("lost,"):
            lost += 1
            if not LOOSE and want is not None:
                print(f"{path} frame {i}: {line}, but tshark sees {frame['frame.protocols'][0]}")
                wrong += 1
            continue
        have = dict(zip(COLUMNS, line.split(",")))
        if want is None:
            if not LOOSE:
                print(f"{path} frame {i}: a row, but tshark sees {frame['frame.protocols'][0]}")
                wrong += 1
            continue
        for column in COLUMNS:
            a, b = have[column], show(want[column])
            # What an IPv6 extension header that is cut or damaged leads to is not agreed on.
            if LOOSE and (a == "" or b == "" or (column in AFTER_EXTENSIONS and want["ip_version"] == 6)):
                continue
            compared += 1
            if a != b:
                print(f"{path} frame {i} ({frame['frame.protocols'][0]}): {column} is '{a}', tshark says '{b}'")
                wrong += 1
        if wrong > 20:
            break
    print(f"{path}: {len(ours)} frames, {lost} lost, {compared} values compared, {wrong} differ")
    return 1 if wrong or compared == 0 else 0


sys.exit(main())
