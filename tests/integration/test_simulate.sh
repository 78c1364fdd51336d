#!/bin/sh
# hotaru simulate: files that other tools read, checksums that tshark finds right, a store's ledger that adds up, errors.
set -eu
hotaru=$HOTARU_BUILD/hotaru
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "$1"
    exit 1
}

"$hotaru" simulate -o "$work/a.pcap" --packets 20000 --seed 5 --truth "$work/a.json" 2>"$work/said"
grep -q '^simulated 20000 packets' "$work/said" || fail "said: $(cat "$work/said")"
"$hotaru" simulate -o - --packets 20000 --seed 5 2>/dev/null | cmp - "$work/a.pcap" || fail "the same seed gave other bytes"
"$hotaru" simulate -o "$work/b.pcapng" --packets 20000 --seed 5 2>/dev/null
command -v tshark >/dev/null && {
    [ "$(tshark -r "$work/a.pcap" -T fields -e frame.number 2>/dev/null | wc -l)" = 20000 ] || fail "tshark counts others"
    # Wrong checksums only where they were meant: of the malformed kind.
    jq -r '.actors[] | select(.name == "malformed") | .sources | keys[]' "$work/a.json" | sort >"$work/malformed"
    tshark -r "$work/a.pcap" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -Y 'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0' \
        -T fields -E occurrence=f -e ip.src 2>/dev/null | sort -u >"$work/wrong"
    [ -s "$work/wrong" ] || fail "the malformed packets have no wrong checksum"
    [ -z "$(comm -23 "$work/wrong" "$work/malformed")" ] || fail "wrong checksums from $(comm -23 "$work/wrong" "$work/malformed" | head -3)"
    capinfos "$work/b.pcapng" | grep -q 'Synthetic traffic: hotaru simulate' || fail "the pcapng does not say what it is"
}

# What is no plain file is written to, never replaced: as root, a rename over /dev/null would take the machine's.
mkfifo "$work/pipe" "$work/truth"
cat "$work/pipe" >"$work/piped" &
cat "$work/truth" >"$work/truth.json" &
"$hotaru" simulate -o "$work/pipe" --packets 20000 --seed 5 --truth "$work/truth" 2>/dev/null
wait
{ [ -p "$work/pipe" ] && [ -p "$work/truth" ]; } || fail "a pipe was replaced by a file"
cmp -s "$work/piped" "$work/a.pcap" || fail "through a pipe came other bytes"
cmp -s "$work/truth.json" "$work/a.json" || fail "through a pipe came another truth"
ln -s a.pcap "$work/link.pcap"
"$hotaru" simulate -o "$work/link.pcap" --packets 20000 --seed 5 2>/dev/null
[ -L "$work/link.pcap" ] || fail "a link was replaced by a file"

"$hotaru" simulate --store "$work/store" --packets 20000 --seed 5 2>/dev/null
"$hotaru" simulate --store "$work/spooled" --spool --packets 20000 --seed 5 2>/dev/null
ls "$work"/spooled/spool/simulated-*.sealed >/dev/null || fail "no segment named simulated"
for s in store spooled; do # straight or through the spool: the same rows, the same ledger
    "$hotaru" query --store "$work/$s" --format csv "SELECT count(*), sum(hash(p::VARCHAR)) FROM packet p" >"$work/$s.rows"
    "$hotaru" query --store "$work/$s" --format csv "SELECT * FROM loss WHERE stage = 'simulated' ORDER BY reason" >"$work/$s.loss"
done
cmp "$work/store.rows" "$work/spooled.rows" || fail "through the spool came other rows"
cmp "$work/store.loss" "$work/spooled.loss" || fail "through the spool came another ledger"
grep -q ",simulated," "$work/store.loss" || fail "the ledger does not say that the packets were made"
"$hotaru" simulate --store "$work/store" --packets 1000 --seed 6 --days 3 --darknet 10.0.0.0/8 2>"$work/said"
grep -q '2013-04-1[23]T' "$work/said" || fail "1000 packets over 3 days: $(cat "$work/said")"

refuses() { # EXIT WORDS ARGUMENT…
    want=$1 words=$2
    shift 2
    rc=0
    "$hotaru" simulate "$@" >"$work/out" 2>"$work/err" || rc=$?
    [ $rc = "$want" ] || fail "simulate $*: exit $rc, not $want"
    [ "$(wc -l <"$work/err")" = 1 ] || fail "simulate $*: not one line: $(cat "$work/err")"
    grep -qF -- "$words" "$work/err" || fail "simulate $*: $(cat "$work/err")"
}
refuses 2 'give either -o FILE or --store DIR'
refuses 2 'give either' -o x --store y
refuses 2 "--packets: '12x'" -o x --packets 12x
refuses 2 "--packets: '-1'" -o x --packets -1
refuses 2 "--days: 'nan'" -o x --days nan
refuses 2 'host bits' -o x --darknet 10.77.0.1/18
refuses 2 'larger than a /8' -o x --darknet 10.0.0.0/7
refuses 2 'unknown or incomplete option' -o x --nonsense
refuses 2 'leave one out' -o x --packets 5 --days 1 --rate 3
refuses 1 'No such file' -o "$work/none/x.pcap" --packets 5
rc=0
"$hotaru" simulate -o - --packets 100000 2>"$work/err" >/dev/full || rc=$?
[ $rc = 1 ] || fail "a full disk: exit $rc"
grep -q 'No space left' "$work/err" || fail "a full disk: $(cat "$work/err")"
echo good
