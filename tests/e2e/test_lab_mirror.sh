#!/bin/sh
# The capture server gets each packet to the darknet once, as it stood on the wire before any NAT, and nothing else.
. "$(dirname "$0")/common.sh"
need ip nft tcpdump nmap
need_lab

cat >"$work/inside.sh" <<'END'
set -eu
origin=$1
out=$HOTARU_LAB_OUT
ip netns exec hp "$origin" listen "$HOTARU_LAB_CONFIG" >"$out/contacts" &
# What arrives at the router from outside, and what the capture server sees.
ip netns exec rtr tcpdump -Z root -Q in -i wan --immediate-mode -B 16384 -w "$out/wan.pcap" 'ip and dst net 10.77.0.0/18' 2>"$out/wan.log" & wan=$!
ip netns exec cap tcpdump -Z root -i mir0 --immediate-mode -B 16384 -w "$out/mir.pcap" 2>"$out/mir.log" & mir=$!
for _ in $(seq 100); do grep -q "listening on" "$out/wan.log" && grep -q "listening on" "$out/mir.log" && break; sleep 0.05; done
set -- $HOTARU_LAB_POINTS
"$origin" ask tcp 24.242.7.9 40000 3306 $HOTARU_LAB_POINTS
"$origin" ask udp 24.242.7.9 40000 53 $HOTARU_LAB_POINTS
nmap -n -Pn -sS -T4 --max-retries 0 --host-timeout 5s -p 22,445,8080 "$1" "$2" 10.77.63.254 >/dev/null
nmap -n -sn -PE --disable-arp-ping --max-retries 0 "$3" 10.77.63.253 >"$out/ping"
nmap -n -Pn -sU --max-retries 0 --host-timeout 5s -p 161 --data-length 1200 -f "$4" 10.77.63.252 >/dev/null # fragments
sleep 0.5
kill $wan $mir; wait $wan $mir || true
END
"$hotaru" lab --bare --seed 3 --out "$work/out" --truth "$work/truth.json" --exec sh "$work/inside.sh" "$origin"

grep -q "0 packets dropped by kernel" "$work/out/wan.log" && grep -q "0 packets dropped by kernel" "$work/out/mir.log" ||
    fail "tcpdump itself lost packets"
# One line per packet, all bytes; sorted, since two CPUs may swap neighbours.
for f in wan mir; do
    tcpdump -Z root -r "$work/out/$f.pcap" -tnnxx 2>/dev/null |
        awk '/^\t/ { sub(/^\t0x[0-9a-f]*: */, ""); line = line $0; next } line { print line; line = "" } END { if (line) print line }' |
        sort >"$work/$f.hex"
done
packets=$(grep -c . "$work/mir.hex")
step "$packets packets"
[ "$packets" -gt 150 ] || fail "only $packets packets were seen"
diff "$work/wan.hex" "$work/mir.hex" >"$work/diff" || fail "the copy is not what arrived: $(head -5 "$work/diff")"
step "the fragments are among them"
tcpdump -Z root -r "$work/out/mir.pcap" -nn 'ip[6:2] & 0x1fff != 0' 2>/dev/null | grep -q . || fail "no fragment was copied"
step "the truth's count is the same"
sent=$(sed -n 's/.*"wire_packets": \([0-9]*\).*/\1/p' "$work/truth.json")
[ "$sent" = "$packets" ] || fail "sent $sent, copied $packets"
step "points answer echo requests, dark addresses do not"
grep -q "1 host up" "$work/out/ping" || fail "ping: $(cat "$work/out/ping")"
