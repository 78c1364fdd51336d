#!/bin/bash
# The store as a user meets it: import, ask, repeat, seal, bad input, and that a query cannot leave its cage.
set -euo pipefail
h=$HOTARU_BUILD/hotaru
data=$HOTARU_SOURCE/tests/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2; cat "$work/err" >&2' ERR
st=$work/store
fail() { echo "FAILED: $*" >&2; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"; }
q() { "$h" query --store "$st" --format csv "$@" 2>"$work/err"; }
one() { q "$1" | tail -n +2; }
refuse() { # EXIT-CODE WHAT-THE-LINE-SAYS COMMAND…
    local want=$1 says=$2 rc=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || rc=$?
    is "exit code of: $*" "$rc" "$want"
    is "lines of: $*" "$(wc -l <"$work/err")" 1
    grep -q -e "$says" "$work/err" || fail "$*: '$(cat "$work/err")' does not say '$says'"
}

# --- import: as many packets as tshark counts, field values as it reads them -------------------------------------------
for f in "$data"/*.zst; do zstd -q -d "$f" -o "$work/$(basename "$f" .zst)"; done
"$h" capture --store "$st" -r "$work/zmap-445.pcap" "$work/masscan-3306.pcap" "$data/zeek-mysql-auth.pcap" 2>/dev/null
is packets "$(one 'SELECT count(*) FROM packet')" $((16416 + 16448 + 174))
tshark -r "$data/zeek-mysql-auth.pcap" -T fields -E separator=, -e ip.src -e ip.dst -e tcp.srcport -e tcp.dstport -e ip.ttl -e tcp.len \
    2>/dev/null | sort >"$work/theirs"
one "SELECT ip(src), ip(dst), sport, dport, ip_ttl, payload_len FROM packet WHERE ts < '2020-01-01'" | sort >"$work/ours"
diff -u "$work/theirs" "$work/ours" || fail "field values differ from tshark's"
is "ledger" "$(one 'SELECT sum(received), sum(stored), sum(lost) FROM loss')" "33038,33038,0"

# --- repeated: the same file, compressed, from standard input ----------------------------------------------------------
"$h" capture --store "$st" -r "$work/zmap-445.pcap" "$data/zmap-445.pcap.zst" - <"$work/masscan-3306.pcap" 2>/dev/null
is "packets after repeating" "$(one 'SELECT count(*) FROM packet')" $((16416 + 16448 + 174))
is "imports" "$("$h" store stats --store "$st" | grep -o '[0-9]* imports')" "3 imports"

# --- a cut file keeps its good frames; what is no capture changes nothing -----------------------------------------------
head -c 50000 "$work/nmap-sS.pcap" >"$work/cut.pcap"
good=$({ tshark -r "$work/cut.pcap" 2>/dev/null || true; } | wc -l)
"$h" capture --store "$st" -r "$work/cut.pcap" 2>"$work/err"
grep -q warning "$work/err" || fail "a cut file is not mentioned"
is "packets after the cut file" "$(one 'SELECT count(*) FROM packet')" $((33038 + good))
is "lost with the cut" "$(one "SELECT stage, reason, lost FROM loss WHERE lost > 0")" "import,cut,1"
before=$("$h" store stats --store "$st")
echo "this is no capture" >"$work/text"
: >"$work/empty"
refuse 3 text "$h" capture --store "$st" -r "$work/text"
refuse 3 empty "$h" capture --store "$st" -r "$work/empty"
refuse 3 missing "$h" capture --store "$st" -r "$work/missing"
is "stats after bad files" "$("$h" store stats --store "$st")" "$before"

# --- macros, formats ----------------------------------------------------------------------------------------------------
is macros "$(one "SELECT ip(ip4('10.77.3.9')), ip4('10.77.3.256'), ip4('x'), ip(net24(ip4('10.77.3.9'))), in_net(ip4('10.77.3.9'), '10.77.0.0/18'), in_net(ip4('10.78.0.1'), '10.77.0.0/18')")" \
    "10.77.3.9,,,10.77.3.0,true,false"
q "SELECT 'a,\"b\"' AS t, NULL AS n, 1.5 AS f, chr(27) AS esc" >"$work/csv"
is csv "$(tail -n 1 "$work/csv")" "$(printf '"a,""b""",,1.5,\033')"
"$h" query --store "$st" --format json "SELECT 'a\"' AS t, chr(10) AS c, 7 AS n, NULL AS z, [1, 2] AS l" | jq -e '.t == "a\"" and .c == "\n" and .n == 7 and .z == null and .l == "[1, 2]"' >/dev/null || fail "json"
"$h" query --store "$st" "SELECT chr(27) || '[31m' AS t" | grep -q '\\x1b\[31m' || fail "a control byte reaches the terminal"
"$h" query --store "$st" --format parquet -o "$work/store/out.parquet" "SELECT src, ts FROM packet -- comment"
is parquet "$(one "SELECT count(*) FROM read_parquet('$st/out.parquet')")" $((33038 + good))
rm "$st/out.parquet"

# --- the cage -----------------------------------------------------------------------------------------------------------
refuse 3 "only SELECT" "$h" query --store "$st" "COPY (SELECT 1) TO '$st/x.csv'"
refuse 3 "only SELECT" "$h" query --store "$st" "ATTACH '$st/x.db'"
refuse 3 "only SELECT" "$h" query --store "$st" "CREATE TABLE x(a INT)"
refuse 3 "only SELECT" "$h" query --store "$st" "SET memory_limit = '9GB'"
refuse 3 "only SELECT" "$h" query --store "$st" "INSTALL httpfs"
refuse 3 "2 statements" "$h" query --store "$st" "SELECT 1; SELECT 2"
refuse 3 "empty" "$h" query --store "$st" ""
refuse 3 "disabled by configuration" "$h" query --store "$st" "SELECT * FROM read_text('/etc/passwd')"
refuse 3 "disabled by configuration" "$h" query --store "$st" "SELECT * FROM read_csv('$work/text')"
refuse 3 "disabled by configuration" "$h" query --store "$st" "SELECT * FROM glob('/etc/*')"
refuse 3 "nosuch" "$h" query --store "$st" "SELECT * FROM nosuch"
refuse 1 "longer than 1 s" "$h" query --store "$st" --seconds 1 "SELECT count(*) FROM range(100000000000) t(a) WHERE a % 7 = 3"
refuse 1 "Out of Memory" "$h" query --store "$st" --memory 64 "SELECT list(a) FROM range(100000000) t(a)"
refuse 3 "no store" "$h" query --store "$work/nowhere" "SELECT 1"
refuse 2 "SELECT" "$h" query --store "$st"
refuse 2 "unknown option" "$h" query --store "$st" --frobnicate "SELECT 1"
refuse 2 "which store" "$h" query "SELECT 1"

# --- the honeypot's journals: open with a torn last line, then sealed ----------------------------------------------------
mkdir -p "$st/journal"
j=$st/journal/honeypot-0000000000000001.jsonl
cat >"$j" <<'EOF'
{"timestamp":"2013-04-17T09:30:00.000001Z","flow_id":7,"event_type":"session_open","src_ip":"24.242.1.2","src_port":4000,"dest_ip":"10.77.3.17","dest_port":3306,"proto":"TCP","service":"mysql","app_proto":"mysql","persona":"win","origin":"port-map","isn":4000000000}
{"timestamp":"2013-04-17T09:30:01.000000Z","flow_id":7,"event_type":"answer","src_ip":"24.242.1.2","src_port":4000,"dest_ip":"10.77.3.17","dest_port":3306,"proto":"TCP","service":"mysql","version":"5.6.10"}
{"timestamp":"2013-04-17T09:30:02.000000Z","flow_id":7,"event_type":"session_close","src_ip":"24.242.1.2","dest_ip":"10.77.3.17","proto":"TCP","bytes_in":10,"bytes_out":20,"reason":"client"}
{"timestamp":"2013-04-17T09:00:00.000000Z","event_type":"lighting","dest_ip":"10.77.3.17","service":"mysql","persona":"win","ts_from":"2013-04-17T09:00:00.000000Z"}
{"timestamp":"2013-04-17T10:00:00.000000Z","event_type":"lighting","dest_ip":"10.77.3.17","service":"mysql","persona":"win","ts_from":"2013-04-17T09:00:00.000000Z","ts_until":"2013-04-17T10:00:00.000000Z"}
{"timestamp":"2013-04-17T10:00:00.000000Z","flow_id":7,"event_type":"sample","sha256":"00ff","len_bytes":12,"name":"a.dll"}
{"timestamp":"2013-04-17T09:30:00.000000Z","flow_id":8,"event_type":"session_op
EOF
truncate -s -1 "$j"
for state in open sealed; do
    is "$state session" "$(one "SELECT id, ts_open, ts_close, ip(src), sport, ip(dst), dport, service, persona, bytes_in, bytes_out, reason, origin, isn FROM session")" \
        "7,2013-04-17T09:30:00.000001Z,2013-04-17T09:30:02.000000Z,24.242.1.2,4000,10.77.3.17,3306,mysql,win,10,20,client,port-map,4000000000"
    is "$state answer" "$(one "SELECT ip(src), ip(dst), dport, service, version, session FROM answer")" "24.242.1.2,10.77.3.17,3306,mysql,5.6.10,7"
    is "$state lighting" "$(one "SELECT ts_from, ts_until, ip(dst), persona FROM lighting")" "2013-04-17T09:00:00.000000Z,2013-04-17T10:00:00.000000Z,10.77.3.17,win"
    is "$state sample" "$(one "SELECT sha256, size_bytes, session FROM sample")" "00ff,12,7"
    is "$state events" "$(one "SELECT count(*) FROM event")" 6
    "$h" store seal --store "$st" 2>/dev/null
done
[ ! -e "$j" ] || fail "the sealed journal is still there"
is "the torn line in the ledger" "$(one "SELECT reason, sum(received), sum(stored), sum(lost) FROM loss WHERE stage = 'journal' GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" '"",6,6,0 torn,1,0,1 '
# What is damaged in the middle costs itself, is counted, and the lines around it stay.
j=$st/journal/honeypot-0000000000000002.jsonl
for i in 1 2 3; do
    echo '{"timestamp":"2013-04-18T09:30:0'$i'.000000Z","flow_id":9,"event_type":"command","src_ip":"24.242.1.2","dest_ip":"10.77.3.17","proto":"TCP"}'
    case $i in
    1) printf '{"timestamp":"2013-04-18T09:\000\377\376garbage\n' ;;
    2) echo '{"event_type":"command"}'; echo '[1,2]'; echo ;;
    esac
done >"$j"
"$h" store seal --store "$st" 2>"$work/err"
is "events around damage" "$(one "SELECT count(*) FROM event WHERE ts >= '2013-04-18'")" 3
is "damaged lines in the ledger" "$(one "SELECT reason, sum(received), sum(stored), sum(lost) FROM loss WHERE stage = 'journal' AND ts >= '2013-04-18' GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" '"",3,3,0 malformed,3,0,3 '

# --- the spool: the same answer before and after sealing ----------------------------------------------------------------
"$h" simulate --store "$st" --spool --packets 50000 --seed 3 >/dev/null 2>&1
sum="SELECT count(*), count(tcp_options), sum(hash(p::VARCHAR)) FROM packet p WHERE ts < '2013-04-11' AND ts >= '2013-04-10'"
open=$(one "$sum")
[ "${open%%,*}" -gt 49000 ] || fail "the spool is not seen: $open"
open6=$(one 'SELECT count(*) FROM packet6')
lost=$(one 'SELECT sum(received), sum(stored), sum(lost) FROM loss')
"$h" store seal --store "$st" 2>/dev/null
is "packets after sealing" "$(one "$sum")" "$open"
is "IPv6 after sealing" "$(one 'SELECT count(*) FROM packet6')" "$open6"
is "ledger after sealing" "$(one 'SELECT sum(received), sum(stored), sum(lost) FROM loss')" "$lost"
is "segments left" "$(find "$st/spool" -name '*.sealed' | wc -l)" 0
is "sorted files" "$(one "SELECT count(*) FROM (SELECT src, lag(src) OVER (PARTITION BY filename ORDER BY file_row_number) AS was FROM read_parquet('$st/packet/**/*.parquet', filename = true, file_row_number = true, hive_partitioning = false)) WHERE src < was")" 0

# --- small files into one, by hand-made clock: every hour of 2013 is over -------------------------------------------------
"$h" simulate --store "$st" --spool --packets 30000 --seed 4 >/dev/null 2>&1
"$h" store seal --store "$st" 2>/dev/null
"$h" capture --store "$st" -r "$data/zeek-mysql-mysql.pcap" 2>/dev/null
all="SELECT count(*), sum(hash(p::VARCHAR)) FROM packet p"
files() { find "$st/packet" -name '*.parquet' | wc -l; }
before=$(one "$all")
n_before=$(files)
"$h" store compact --store "$st" 2>/dev/null
is "packets after compaction" "$(one "$all")" "$before"
[ "$(files)" -lt "$n_before" ] || fail "compaction merged nothing ($n_before files)"
is "one file a day" "$(find "$st/packet/date=2013-04-10" -name '*.parquet' | wc -l)" 1
is "sorted after compaction" "$(one "SELECT count(*) FROM (SELECT src, lag(src) OVER (PARTITION BY filename ORDER BY file_row_number) AS was FROM read_parquet('$st/packet/**/*.parquet', filename = true, file_row_number = true, hive_partitioning = false)) WHERE src < was")" 0
"$h" store check --store "$st" >"$work/out" 2>"$work/err" || fail "check finds fault with a good store: $(cat "$work/out")"

# --- retention: by age; the ledger says what went -------------------------------------------------------------------------
old=$(one "SELECT count(*) FROM packet WHERE ts < '2013-01-01'")
days=$(( ($(date +%s) - $(date -d 2013-01-01 +%s)) / 86400 ))
"$h" store compact --store "$st" --keep-days "$days" 2>/dev/null
is "packets before 2013" "$(one "SELECT count(*) FROM packet WHERE ts < '2013-01-01'")" 0
is "expired in the ledger" "$(one "SELECT sum(lost) FROM loss WHERE stage = 'store' AND reason = 'too-old'")" "$old"
is "packets + lost" "$(one "SELECT (SELECT count(*) FROM packet) + $old")" "${before%%,*}"

# --- damage: each kind is found, what is affected is said, repair keeps the rest ------------------------------------------
cp -a "$st" "$work/good"
part=$(find "$st/packet/date=2013-04-10" -name '*.parquet')
rows=$(one "SELECT count(*) FROM read_parquet('$part', hive_partitioning = false)")
total=$(one "SELECT count(*) FROM packet")
for kind in flipped cut missing; do
    case $kind in
    flipped) printf '\x55' | dd of="$part" bs=1 seek=5000 conv=notrunc 2>/dev/null ;;
    cut) truncate -s -100 "$part" ;;
    missing) rm "$part" ;;
    esac
    rc=0
    "$h" store check --store "$st" >"$work/out" 2>"$work/err" || rc=$?
    is "exit code of check, $kind" "$rc" 1
    grep -q "date=2013-04-10.*$rows rows of packet from 2013-04-10T" "$work/out" || fail "$kind: $(cat "$work/out")"
    "$h" store check --repair --store "$st" >"$work/out" 2>"$work/err" || fail "repair: $(cat "$work/err")"
    is "packets after repair, $kind" "$(one 'SELECT count(*) FROM packet')" $((total - rows))
    is "ledger after repair, $kind" "$(one "SELECT sum(lost) FROM loss WHERE stage = 'store' AND reason = 'damaged'")" "$rows"
    "$h" store check --store "$st" >/dev/null 2>&1 || fail "still damaged after repair"
    rm -rf "$st"
    cp -a "$work/good" "$st"
done

# --- the catalog: one damaged file is read from its copy, two are said ----------------------------------------------------
newest=$(ls "$st"/catalog/*.json | tail -n 1)
sed -i 's/"rows":/"r0ws":/' "$newest"
is "packets by the copy" "$(one 'SELECT count(*) FROM packet')" "$total"
cp "$newest" "$newest.copy"
refuse 3 "damaged" "$h" query --store "$st" "SELECT count(*) FROM packet"
refuse 3 "damaged" "$h" store seal --store "$st"
echo "store: all as it should be"
