#!/bin/bash
# hotaru export: what goes out comes in again as the same rows, column by column, for every kind of row; what tshark says of
# the rebuilt packets; tables; anonymised forms; slices of time; the cage; wrong uses.
set -euo pipefail
h=$HOTARU_BUILD/hotaru
data=$HOTARU_SOURCE/tests/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2; cat "$work/err" >&2' ERR
cd "$work"
: >err
fail() { echo "FAILED: $*" >&2; cat err >&2; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"; }
q() { "$h" query --store "$1" --format csv "$2" 2>err | tail -n +2; }
refuse() { # EXIT-CODE WHAT-THE-LINE-SAYS COMMAND…
    local want=$1 says=$2 rc=0
    shift 2
    "$@" >out 2>err || rc=$?
    is "exit code of: $*" "$rc" "$want"
    is "lines of: $*" "$(wc -l <err)" 1
    grep -q -e "$says" err || fail "$*: '$(cat err)' does not say '$says'"
}
rows() { # STORE: every row of both tables, every column
    { q "$1" "SELECT * FROM packet"; echo; q "$1" "SELECT * FROM packet6"; } | sort
}
there_and_back() { # FILE PAYLOAD-BYTES FORMAT
    rm -rf one two
    "$h" capture --store one -r "$1" --payload-bytes "$2" 2>err
    "$h" export --store one --format "$3" -o back 2>err
    if grep -q warning err; then fail "$1: some packets could only be built near"; fi
    "$h" capture --store two -r back --payload-bytes "$2" 2>err
    rows one >one.rows
    rows two >two.rows
    [ "$(wc -l <one.rows)" -gt 1 ] || fail "$1: no rows"
    cmp -s one.rows two.rows || { diff one.rows two.rows | head -n 6; fail "$1 (payload $2, $3): the rows differ"; }
}

# --- out and in again ---------------------------------------------------------------------------------------------------
for f in "$data"/*.zst "$data"/*.pcap; do there_and_back "$f" 0 pcap; done
there_and_back "$data/zeek-mysql-auth.pcap" 65535 pcapng
"$HOTARU_BUILD/tests/integration/make_packets" . "${HOTARU_SEED:-1}" 700
turn=0
for f in eth sll sll2 raw null loop eth-nano eth-cut eth-damaged tunnel; do
    turn=$((turn + 1))
    case $((turn % 4)) in
    0) there_and_back $f.pcap 0 pcap; there_and_back $f.pcap 60 pcapng ;;
    1) there_and_back $f.pcap 0 pcapng; there_and_back $f.pcap 3 pcap ;;
    2) there_and_back $f.pcap 1500 pcap ;;
    *) there_and_back $f.pcap 0 pcap; there_and_back $f.pcap 45 pcap ;;
    esac
done

# --- as tshark reads them: right checksums, honest lengths, exact times, sorted -------------------------------------------
rm -rf store
"$h" capture --store store -r eth.pcap sll.pcap "$data/zeek-mysql-auth.pcap" --payload-bytes 65535 2>err
"$h" export --store store -o whole.pcapng 2>err
tshark -n -r whole.pcapng -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
    -Y '(ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0) && !_ws.malformed' \
    -T fields -e frame.number -e frame.protocols -e ip.frag_offset -e ip.flags.mf 2>/dev/null >bad
# The checksum of a first fragment covers bytes that other packets carry; a quoted packet's is its own.
awk -F'\t' '$2 !~ /icmp/ && $4 !~ /1|True/ && $2 !~ /fragment/' bad >worse
[ ! -s worse ] || { head -n 4 worse; fail "bad checksums"; }
good=$(tshark -n -r whole.pcapng -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -Y 'ip.checksum.status == 1 && tcp.checksum.status == 1' 2>/dev/null | wc -l)
[ "$good" -gt 300 ] || fail "only $good packets whose checksums tshark could hold against"
tshark -n -r whole.pcapng -T fields -e frame.time_epoch 2>/dev/null >times
sort -n times | cmp - times || fail "not in order of time"
is "times" "$(head -n 1 times)" "$(q store "SELECT epoch_us(min(ts)) // 1000000 || '.' || lpad((epoch_us(min(ts)) % 1000000)::VARCHAR, 6, '0') || '000' FROM (SELECT ts FROM packet UNION ALL SELECT ts FROM packet6)")"
is "lengths" "$(tshark -n -r whole.pcapng -T fields -e frame.len 2>/dev/null | awk '{ n += $1 } END { print n }')" \
    "$(q store "SELECT sum(ip_len) FROM (SELECT ip_len FROM packet UNION ALL SELECT ip_len FROM packet6)")"
capinfos whole.pcapng >info 2>/dev/null || true
grep -qi "raw ip" info || fail "not raw IP: $(cat info)"

# --- tables, filters, standard output -------------------------------------------------------------------------------------
"$h" export --store store --format csv >all.csv 2>err
is "CSV lines" "$(($(wc -l <all.csv) - 1))" "$(q store "SELECT (SELECT count(*) FROM packet) + (SELECT count(*) FROM packet6)")"
is "CSV head" "$(head -n 1 all.csv | cut -d, -f1-5)" "ip_version,ts,src,dst,proto"
"$h" export --store store --format json --proto udp --family 4 -o udp.jsonl 2>err
is "JSON Lines" "$(jq -s 'map(select(.ip_version == 4 and .proto == 17 and (.src | test("^[0-9.]+$")))) | length' udp.jsonl)" \
    "$(q store "SELECT count(*) FROM packet WHERE proto = 17")"
"$h" export --store store -o store/tcp.parquet --proto tcp 2>err
is "Parquet" "$(q store "SELECT count(*), sum(hash(p::VARCHAR)) FROM read_parquet('$work/store/tcp.parquet') p")" \
    "$(q store "SELECT count(*), sum(hash(p::VARCHAR)) FROM packet p WHERE proto = 6")"
"$h" export --store store -o store/six.parquet --family 6 2>err
is "Parquet of packet6" "$(q store "SELECT count(*), sum(hash(p::VARCHAR)) FROM read_parquet('$work/store/six.parquet') p")" \
    "$(q store "SELECT count(*), sum(hash(p::VARCHAR)) FROM packet6 p")"
rm store/*.parquet
"$h" export --store store --format pcap --port 3306 2>err - >/dev/null && fail "an argument too many is taken"
"$h" export --store store --format pcap --port 3306 2>err | tshark -r - -T fields -e tcp.dstport 2>/dev/null | sort -u >ports
is "ports by a pipe" "$(cat ports)" 3306
"$h" export --store store --format csv --src 203.0.113.7 2>err >none.csv
is "none" "$(wc -l <none.csv)" 1
"$h" export --store store --format pcap --src 203.0.113.7 2>err >none.pcap
is "an empty capture file" "$(wc -c <none.pcap)" 24

# --- slices: as many as memory allows to sort, in one order, each packet once ----------------------------------------------
"$h" simulate --store busy --packets 300000 --seed 5 >/dev/null 2>&1
"$h" export --store busy --format csv --memory 64 2>err >busy.csv
is "rows of many slices" "$(($(wc -l <busy.csv) - 1))" "$(q busy "SELECT (SELECT count(*) FROM packet) + (SELECT count(*) FROM packet6)")"
tail -n +2 busy.csv | cut -d, -f2 | sort -c || fail "slices are not in order of time"
tail -n +2 busy.csv | sort | uniq -d | wc -l >twice
is "rows twice" "$(cat twice)" "$(q busy "SELECT count(*) FROM (SELECT p FROM packet p GROUP BY ALL HAVING count(*) > 1)")"

# --- anonymised -------------------------------------------------------------------------------------------------------------
"$h" export --store store --anonymize key --format csv -o anon.csv 2>err
grep -q "made the key key" err || fail "the new key is not mentioned"
is "the key's mode" "$(stat -c %a key)" 600
if grep -q -F "$(cat key)" err anon.csv; then fail "the key is printed"; fi
"$h" export --store store --anonymize key --format csv -o anon2.csv 2>err
cmp anon.csv anon2.csv || fail "the same key gives another map"
"$h" export --store store --anonymize key2 --format csv -o anon3.csv 2>err
if cmp -s anon.csv anon3.csv; then fail "another key gives the same map"; fi
# Each address has one image, no two share one; prefixes are kept; nothing else changed but what tools put addresses into.
python3 - all.csv anon.csv <<'PY'
import csv, ipaddress, sys
a, b = (sorted(csv.DictReader(open(f)), key=lambda r: (r["ts"], r["ip_len"], r["proto"], r["sport"], r["dport"], r["payload_len"], r["ip_ttl"], r["ip_tos"])) for f in sys.argv[1:])
assert len(a) == len(b) > 1000
images, changed = {}, 0
for x, y in zip(a, b):
    for column in x:
        if column in ("src", "dst", "inner_src", "inner_dst"):
            if x[column]:
                assert images.setdefault(x[column], y[column]) == y[column], (x, y)
                changed += x[column] != y[column]
            else:
                assert not y[column]
        elif column in ("ip_id", "tcp_seq", "tcp_ack", "payload"):
            assert y[column] == "", column
        else:
            assert x[column] == y[column], (column, x, y)
assert len(set(images.values())) == len(images) and changed > 0.99 * 2 * len(a)
four = [(int(ipaddress.ip_address(k)), int(ipaddress.ip_address(v))) for k, v in images.items() if ":" not in k][:300]
for i, (k, v) in enumerate(four):
    for l, w in four[:i]:
        assert (k ^ l).bit_length() == (v ^ w).bit_length()
PY
"$h" export --store store --anonymize key -o anon.pcap 2>err
rm -rf back2
"$h" capture --store back2 -r anon.pcap 2>err
q back2 "SELECT DISTINCT ip(inner_dst) FROM packet WHERE inner_dst IS NOT NULL ORDER BY 1" | sort >inner.pcap.txt
python3 -c 'import csv; print("\n".join(sorted({r["inner_dst"] for r in csv.DictReader(open("anon.csv")) if r["ip_version"] == "4" and r["inner_dst"]})))' >inner.csv.txt
cmp inner.pcap.txt inner.csv.txt || fail "pcap and CSV map quoted addresses differently"
tshark -n -r anon.pcap -o ip.check_checksum:TRUE -Y 'ip.checksum.status == 0' 2>/dev/null | wc -l >badsum
is "bad IP checksums in the anonymised file" "$(cat badsum)" 0
"$h" export --store store --anonymize key --keep-ids --format csv --proto tcp --family 4 -o ids 2>err
python3 -c 'import csv; r = list(csv.DictReader(open("ids"))); assert r and all(x["ip_id"] and (x["tcp_seq"] != "") == (x["tcp_flags"] != "") for x in r)'
"$h" export --store store --drop-ids --format csv --proto tcp --family 4 -o ids 2>err
python3 -c 'import csv; r = list(csv.DictReader(open("ids"))); assert r and all(not x["ip_id"] and not x["tcp_seq"] for x in r)'

cat >observatory.yaml <<'YAML'
darknet: [10.77.0.0/18]
points: {list: [10.77.3.17]}
store: {path: masscan}
YAML
"$h" capture --config observatory.yaml -r "$data/masscan-3306.pcap.zst" 2>err
"$h" export --config observatory.yaml --dst-offset --anonymize key --format csv -o offset.csv 2>err
python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("offset.csv")))
seen = {int(r["dst_offset"]) for r in rows if r["dst_offset"]}
assert len(rows) == 16448 and len(seen) == 16384 and max(seen) == 16383, (len(rows), len(seen))
for r in rows:
    assert not r["dst"].startswith("10.77.") and not r["src"].startswith("10.77.")
    if r["dst_offset"]:
        n = int(r["dst_offset"])
        assert r["dst"] == "0.0.%d.%d" % (n >> 8, n & 255)
PY
"$h" export --config observatory.yaml --dst-offset -o offset.pcap 2>err
is "offsets in a capture file" "$(tshark -n -r offset.pcap -T fields -e ip.dst 2>/dev/null | grep -c '^0\.0\.')" 16448

# --- the cage, and files that appear whole ------------------------------------------------------------------------------------
echo old >kept.csv
refuse 3 "no store" "$h" export --store nowhere --format csv -o kept.csv
is "an old file after a failed export" "$(cat kept.csv)" old
is "left over" "$(find . -maxdepth 1 -name '*.tmp')" ""
[ ! -e /dev/full ] || refuse 1 "cannot write" "$h" export --store store --format csv -o /dev/full
chmod 644 key
refuse 1 "chmod 600" "$h" export --store store --format csv --anonymize key
echo "not a key" >nokey && chmod 600 nokey
refuse 3 "64 hexadecimal" "$h" export --store store --format csv --anonymize nokey
refuse 2 "which format" "$h" export --store store -o file.txt
refuse 2 "none of pcap" "$h" export --store store --format xml
refuse 2 "none of 4, 6, both" "$h" export --store store --format csv --family 5
refuse 2 "one table" "$h" export --store store --format parquet --family both
refuse 2 "which darknet" "$h" export --store store --format csv --dst-offset
refuse 2 "goes with --anonymize" "$h" export --store store --format csv --keep-ids
refuse 2 "^hotaru export: error: --port: '99999' is not" "$h" export --store store --format csv --port 99999
refuse 2 "no packet can match" "$h" export --store store --format csv --since 2013-04-18 --until 2013-04-17
refuse 2 "what is 'more'" "$h" export --store store --format csv more
echo ok
