#!/bin/sh
# hotaru-capture live on a veth pair: the rows are those of the file that was replayed, in one ring and in three; the ledger
# adds up; quiet segments rotate; a full disk is counted, said once, and over when there is room; wrong uses say why.
. "$HOTARU_SOURCE/tests/e2e/veth.sh"
rows() { sed 's/,[^,]*$//'; } # without the time

step "one ring: the rows of the file, in its order"
"$bin/make_packets" $work 7 2000
"$bin/dump_headers" file $work/eth.pcap >$work/file.csv
start $work/one --snaplen 1024
ip netns exec out "$bin/replay" file src0 $work/eth.pcap 20000 >/dev/null
sleep 0.3
grep -q "^CapEff:.0*$" /proc/$pid/status || fail "capabilities are left"
grep -q "^Seccomp:.2$" /proc/$pid/status || fail "no seccomp filter"
stop
"$bin/dump_headers" spool $work/one | rows >$work/live.csv
grep -v ^lost, $work/file.csv | rows | diff - $work/live.csv >$work/diff || { head -n 4 $work/diff >&2; fail "live rows differ from the file's"; }
check_ledger 2000
[ "$(ledger 7 decoder not-ip)" = "$(grep -c '^lost,not-ip' $work/file.csv)" ] || fail "not-ip"

step "three rings: the same rows"
start $work/three --rings 3 --snaplen 1024
ip netns exec out "$bin/replay" file src0 $work/eth.pcap 20000 >/dev/null
stop
"$bin/dump_headers" spool $work/three | rows | sort >$work/live.csv
grep -v ^lost, $work/file.csv | rows | sort | diff - $work/live.csv >$work/diff || { head -n 4 $work/diff >&2; fail "three rings differ"; }
check_ledger 2000
[ "$(ls $work/three/spool/*.sealed | sed 's/-.*//' | sort -u | wc -l)" = 3 ] || fail "not every ring got packets"

step "as many as tcpdump counts"
dump=
if [ "$(cat /proc/self/setgroups)" = allow ]; then # else tcpdump cannot become root
    ip netns exec dark tcpdump -i mir0 -w $work/tcpdump.pcap -B 16384 -Z root 2>$work/tcpdump.log &
    dump=$!
    sleep 0.5
fi
start $work/count
ip netns exec out "$bin/replay" count src0 100000 50000 >/dev/null
sleep 0.3
stop
check_ledger 100000
if [ -n "$dump" ]; then
    kill -INT $dump
    wait $dump || true
    grep -q "^100000 packets captured" $work/tcpdump.log || { cat $work/tcpdump.log; fail "tcpdump counts otherwise"; }
fi
"$bin/dump_headers" numbers $work/count | awk '$1 != NR - 1 { exit 1 }' || fail "a packet is missing, doubled or out of order"

step "a gap is a gap; quiet segments rotate"
start $work/count --segment-seconds 1
grep -q "nobody recorded for" $work/log || fail "the gap is not said"
sleep 3.5
stop
"$bin/dump_headers" ledger $work/count | grep -q "^[0-9]*,[1-9][0-9]*,kernel,gap,0,0,0$" || fail "no gap row"
[ "$(ls $work/count/spool/*.sealed | wc -l)" -ge 4 ] || fail "quiet segments did not rotate"

step "a full disk"
mkdir $work/small
mount -t tmpfs -o size=6m none $work/small
dd if=/dev/zero of=$work/small/ballast bs=1M count=4 2>/dev/null
start $work/small/store --segment-seconds 1 # also the next segment cannot be made
ip netns exec out "$bin/replay" count src0 300000 60000 >/dev/null
sleep 1.5
[ "$(grep -c 'takes no more' $work/log)" = 1 ] || { cat $work/log; fail "a full disk is said once"; }
rm $work/small/ballast
sleep 1
grep -q "takes packets again" $work/log || { cat $work/log; fail "the end of it is not said"; }
ip netns exec out "$bin/replay" count src0 1000 10000 >/dev/null
stop
check_ledger 301000
lost=$(ledger 7 disk no-space)
[ "$lost" -gt 50000 ] || fail "only $lost lost"
"$bin/dump_headers" numbers $work/small/store | tail -n 1000 | awk '$1 != NR - 1 { exit 1 }' || fail "what came after is not whole"

step "wrong uses"
says() { # CODE TEXT COMMAND…
    code=$1 text=$2; shift 2
    rc=0
    "$@" >$work/said 2>&1 || rc=$?
    [ $rc = "$code" ] || { cat $work/said; fail "exit code $rc, not $code: $*"; }
    grep -q "$text" $work/said || { cat $work/said; fail "does not say '$text': $*"; }
    [ "$(wc -l <$work/said)" = 1 ] || { cat $work/said; fail "more than one line: $*"; }
}
says 2 "give -i INTERFACE" "$capture"
says 2 "lists the options" sh -c "$capture --nonsense 2>&1 | tail -n 1; exit 2"
says 2 "no number from 1 to 16" "$capture" -i mir0 --store $work/x --rings 17
says 2 "gre, erspan, vxlan" "$capture" -i mir0 --store $work/x --decap gre,foo
says 1 "no interface nosuch0" "$capture" -i nosuch0 --store $work/x
says 3 "recorder name" ip netns exec dark "$capture" -i mir0 --store $work/x --recorder A-b
says 1 "cannot make folder" sh -c "ip netns exec dark $capture -i mir0 --store $work/eth.pcap"
start $work/busy
says 1 "already writing" ip netns exec dark "$capture" -i mir0 --store $work/busy
stop
echo ok
