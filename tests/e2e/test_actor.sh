#!/bin/sh
# hotaru-actor live in namespaces of its own: what it says it did is what is on the wire; it reacts to real answers; it
# refuses outside a marked namespace.
set -eu
me=$HOTARU_SOURCE/tests/e2e/test_actor.sh
if [ "${HOTARU_E2E_INSIDE:-}" != 1 ]; then
    unshare -Urnm --propagation private true 2>/dev/null || { echo "no user namespaces here"; exit 77; }
    exec env HOTARU_E2E_INSIDE=1 unshare -Urnm --propagation private "$me"
fi
actor=$HOTARU_BUILD/hotaru-actor
mount -t tmpfs none /run
work=/run/test
mkdir -p $work
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done' EXIT

ip netns add att
ip netns add dark
for n in att dark; do
    ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
        net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    ip -n $n link set lo up
done
ip -n att link add eth0 type veth peer name eth0 netns dark
ip -n dark link set eth0 address 02:00:00:00:76:01 up
ip -n att link set eth0 up
ip -n att addr add 10.76.0.2/24 dev eth0
ip -n dark addr add 10.76.0.1/24 dev eth0
ip -n att neigh replace 10.76.0.1 lladdr 02:00:00:00:76:01 nud permanent dev eth0
ip -n att route add default via 10.76.0.1
ip -n dark route add default via 10.76.0.2
for p in 24.242.0.0/16 91.74.0.0/16 116.254.0.0/16; do ip -n att route add local $p dev lo; done
# The points are local here, one in every second /24; the rest is dropped in silence, as nothing is forwarded.
i=0
while [ $i -lt 32 ]; do
    ip -n dark addr add 10.77.$((i * 2)).$(((i * 37 + 11) % 256))/32 dev lo
    i=$((i + 1))
done

fail() {
    echo "$1"
    exit 1
}
act() { # NAME ARGUMENT…
    name=$1
    shift
    HOTARU_LAB_MARK=$work/mark ip netns exec att "$actor" "$@" --gateway-mac 02:00:00:00:76:01 --truth "$work/$name.json"
}

# --- refusals
act none --as zmap-445 --seconds 1 2>$work/err && fail "ran without a mark file"
grep -q "the lab's mark" $work/err || fail "no reason: $(cat $work/err)"
echo "netns 1 eth0 attackers" >$work/mark
chmod 600 $work/mark
act none --as zmap-445 --seconds 1 2>$work/err && fail "ran in a namespace that the mark does not list"
grep -q "not one that the lab made" $work/err || fail "no reason: $(cat $work/err)"
inode=$(ip netns exec att stat -Lc %i /proc/self/ns/net)
echo "netns $inode eth0 attackers" >$work/mark
ip -n att link add other type veth peer name rehto
act none --as zmap-445 --seconds 1 2>$work/err && fail "ran beside an interface that is not the lab's"
grep -q "is not the lab's" $work/err || fail "no reason: $(cat $work/err)"
ip -n att link del other
chmod 666 $work/mark
act none --as zmap-445 --seconds 1 2>$work/err && fail "took a mark that anyone can write"
chmod 600 $work/mark
HOTARU_LAB_MARK='' ip netns exec att "$actor" --as zmap-445 --gateway-mac 02:00:00:00:76:01 --truth $work/none.json 2>$work/err &&
    fail "ran without a mark"
[ ! -e $work/none.json ] || fail "a refused actor wrote a truth"

# --- live
echo 5.6.10 >$work/version
ip netns exec dark python3 "$HOTARU_SOURCE/tests/e2e/answer.py" $work/version >$work/asked &
pids="$pids $!"
# dumpcap, not tcpdump: that one gives up its user id, which a user namespace of one id does not allow
ip netns exec dark dumpcap -i eth0 -p -P -B 32 -s 128 -w $work/wire.pcap -f 'not arp' 2>$work/dumpcap.err &
dumpcap=$!
pids="$pids $dumpcap"
for f in asked dumpcap.err; do
    i=0
    until grep -qE 'ready|File: ' $work/$f; do
        i=$((i + 1))
        [ $i -lt 100 ] || fail "$f: not ready: $(cat $work/$f)"
        sleep 0.1
    done
done

jobs=
run() {
    act "$@" &
    jobs="$jobs $!"
}
run sweeper --as sweeper-1 --seconds 8 --rate 600
run chooser --as chooser-1 --seconds 12 --rate 2700
# The stateless parts of the cast, each from a /20 of its own: one source must not be in two truths.
n=0
"$actor" --roster | grep -vE '^(sweeper|chooser|grabber)' >$work/cast
while read -r name behaviour _; do
    run "$name" --behaviour "$behaviour" --source 91.74.$((n * 16)).0/20 --seconds 8 --rate 300 --seed "$(echo "$name" | cksum | cut -c1-6)"
    n=$((n + 1))
done <$work/cast
sleep 7.5
echo 5.1.54 >$work/version
for j in $jobs; do wait "$j" || fail "an actor failed"; done
sleep 0.5
kill -TERM $dumpcap
wait $dumpcap || true
grep -q 'received/dropped.*/0 ' $work/dumpcap.err || fail "the capture lost packets: $(tail -3 $work/dumpcap.err)"

# Every dark address got one SYN per connection (none was sent twice), every stateless packet is there.
for f in $work/*.json; do python3 "$HOTARU_SOURCE/tests/e2e/count.py" "$f" $work/wire.pcap || fail "$f differs from the wire"; done

truth() { jq -e "$2" "$work/$1.json" >/dev/null || fail "$1: not true: $2"; }
truth sweeper '.connects.answered > 3 and .connects.errors == 0 and .connects.unfinished == 0'
truth sweeper '.sweeps | length > 0'
truth sweeper '.connects.begun == .connects.silence + .connects.refused + .connects.connected + .connects.answered'
truth sweeper '[.sweeps[:-1][].asked] | all(. >= 255)'
truth chooser '[.dialogues[] | select(.outcome == "answered") | .version] | (index("5.6.10") != null) and (index("5.1.54") != null)'
truth chooser '[.phases[].phase] == ["revisit", "avoid"]'
truth chooser '.phases[0].version == "5.1.54"'
for s in 'set autocommit=0' 'select version()' 'drop function cmdshell' 'drop function my_udfdoor' 'drop function do_system' 'use mysql'; do
    grep -qxF "$s" $work/asked || fail "never asked: $s"
done
[ "$(grep -cxF 'use mysql' $work/asked)" = "$(jq '.connects.answered' $work/chooser.json)" ] || fail "dialogues were cut"
echo "good"
