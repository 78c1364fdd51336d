#!/bin/sh
# The wall clock is set forward and back while the recorder runs: no packet is lost or doubled, each stands in the hour that the
# clock told, the ledger adds up and says that the clock was set; segments rotate all the same.
. "$HOTARU_SOURCE/tests/e2e/veth.sh"
set_clock() { # SECONDS off
    python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("<q", int(sys.argv[2]) * 1000000))' $work/clock "$1"
}
head -c 8 /dev/zero >$work/clock
export HOTARU_CLOCK=$work/clock ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
preload=$HOTARU_BUILD/tests/e2e/libclock.so

step "forward by three hours, back by ten, forward by a minute, back by two seconds"
start $work/store --segment-seconds 1
begun=$(date +%s)
n=0
for off in 0 10800 -25200 -25140 -25142; do
    set_clock $off
    sleep 1.2
    ip netns exec out "$bin/replay" count src0 5000 20000 >/dev/null
    n=$((n + 5000))
    sleep 1.1
done
stop
ended=$(date +%s)
check_ledger $n
"$bin/dump_headers" numbers $work/store | sort -n | uniq -c | awk '$1 != 5 { exit 1 }' || fail "a packet is missing or doubled"
[ "$("$bin/dump_headers" numbers $work/store | sort -u | wc -l)" = 5000 ] || fail "packets are missing"
[ "$(ls $work/store/spool/*.sealed | wc -l)" -ge 8 ] || fail "segments did not rotate: $(ls $work/store/spool)"
sets=$("$bin/dump_headers" ledger $work/store | grep -c ",kernel,clock-set,0,0,0$") || true
[ "$sets" -ge 4 ] && [ "$sets" -le 8 ] || fail "the ledger says $sets times that the clock was set, not 4"

q() { "$hotaru" query --store $work/store --format csv "$1" 2>$work/err | tail -n +2; }
hours() { # packets that stand where the clock of each phase was
    for off in 0 10800 -25200; do
        q "SELECT count(*) FROM packet WHERE epoch(ts) BETWEEN $((begun + off - 5)) AND $((ended + off + 70))"
    done | tr '\n' ' '
}
[ "$(hours)" = "5000 5000 15000 " ] || fail "packets per clock in the spool: $(hours)"
step "sealed while the clock is far off, and compacted"
set_clock -25142
LD_PRELOAD=$preload "$hotaru" store seal --store $work/store 2>$work/err || { cat $work/err >&2; fail "seal"; }
[ "$(hours)" = "5000 5000 15000 " ] || fail "packets per clock in Parquet: $(hours)"
[ "$(q "SELECT count(*) FROM (SELECT tcp_seq FROM packet GROUP BY 1 HAVING count(*) = 5)")" = 5000 ] || fail "packets are missing or doubled in Parquet"
set_clock 400000
LD_PRELOAD=$preload "$hotaru" store compact --store $work/store 2>$work/err || { cat $work/err >&2; fail "compact"; }
[ "$(hours)" = "5000 5000 15000 " ] || fail "packets per clock after compaction: $(hours)"
[ "$(q "SELECT sum(received) - sum(stored) - sum(lost) FROM loss")" = 0 ] || fail "ledger"
[ "$(q "SELECT sum(stored) FROM loss WHERE stage = 'disk'")" = $n ] || fail "the ledger's stored packets are not those there are"

step "a recorder that starts while the clock is back says no gap that never was"
set_clock -50000
start $work/store --segment-seconds 1
ip netns exec out "$bin/replay" count src0 1000 20000 >/dev/null
sleep 0.3
stop
[ "$(q "SELECT count(*) FROM packet")" = $((n + 1000)) ] || fail "after the restart: $(q "SELECT count(*) FROM packet")"
[ "$(q "SELECT count(*) FROM loss WHERE interval_us < 0")" = 0 ] || fail "an interval of negative length"
echo ok
