#!/bin/sh
# hotaru-honeypot behind each kind of gateway: attacker - router - honeypot in namespaces of its own. One client with one
# source port asks several points; each session must carry the destination that was asked. Then: a reload with a session
# open, SIGTERM, kill -9 and what the journal holds after it, bad input.
set -eu
me=$HOTARU_SOURCE/tests/e2e/test_honeypot.sh
if [ "${HOTARU_E2E_INSIDE:-}" != 1 ]; then
    unshare -Urnm --propagation private true 2>/dev/null || { echo "no user namespaces here"; exit 77; }
    exec env HOTARU_E2E_INSIDE=1 unshare -Urnm --propagation private "$me"
fi
hotaru=$HOTARU_BUILD/hotaru
honeypot=$HOTARU_BUILD/hotaru-honeypot
talk=$HOTARU_SOURCE/tests/e2e/talk.py
mount -t tmpfs none /run
mkdir -p /run/netns
work=/run/test
mkdir -p $work
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true' EXIT

fail() {
    echo "FAILED: $*"
    [ ! -f $work/log ] || tail -n 20 $work/log
    exit 1
}

for n in att router hp; do
    ip netns add $n
    ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 \
        net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_forward=1
    ip -n $n link set lo up
done
ip -n att link add eth0 type veth peer name wan netns router
ip -n hp link add eth0 type veth peer name inside netns router
for at in att:eth0 router:wan router:inside hp:eth0; do ip -n ${at%:*} link set ${at#*:} up; done
ip -n att addr add 10.76.0.2/24 dev eth0
ip -n router addr add 10.76.0.1/24 dev wan
ip -n router addr add 10.78.0.1/24 dev inside
ip -n hp addr add 10.78.0.10/24 dev eth0
ip -n att route add default via 10.76.0.1
ip -n hp route add default via 10.78.0.1

# configure MODE FORM VERSION
configure() {
    cat >$work/new.yaml <<CONF
darknet: [10.77.0.0/18]
points: {list: [10.77.3.17, 10.77.5.9, 10.77.60.200]}
gateway: {mode: $1, form: $2, outside: wan, inside: inside, honeypot: 10.78.0.10, alias: 10.78.64.0/24}
honeypot: {persona: mysql-5.6.27, services: [http, telnet, any], interface: eth0, mysql: {version: $3}}
store: {path: $work/store}
CONF
    mv $work/new.yaml $work/observatory.yaml
}

start() {
    : >$work/log
    ip netns exec hp "$honeypot" --config $work/observatory.yaml 2>$work/log &
    pid=$!
    i=0
    until grep -q answering $work/log; do
        i=$((i + 1))
        [ $i -lt 100 ] && kill -0 $pid 2>/dev/null || fail "the honeypot did not start"
        sleep 0.1
    done
}

stop() {
    kill -TERM $pid
    wait $pid || fail "exit code $? after SIGTERM"
    pid=
}

ask() {
    ip netns exec att python3 "$talk" "$@"
}

# expect TEXT GOT
expect() {
    case $2 in
    "$1"*) ;;
    *) fail "wanted '$1', got '$2'" ;;
    esac
}

events() {
    cat $work/store/journal/*.jsonl | jq -r "$1"
}

for kind in "dnat port-per-point" "dnat alias" "route port-per-point" "tproxy port-per-point"; do
    set -- $kind
    rm -rf $work/store
    configure $1 $2 5.6.27
    ip netns exec router "$hotaru" gateway apply --config $work/observatory.yaml --part router >/dev/null
    ip netns exec hp "$hotaru" gateway apply --config $work/observatory.yaml --part honeypot >/dev/null
    start
    for point in 10.77.3.17 10.77.5.9 10.77.60.200; do
        expect "HTTP/1.1 200 OK" "$(ask $point 80 tcp "GET / HTTP/1.0

")"
        expect "HTTP/1.1 404 Not Found" "$(ask $point 8081 tcp "GET /x HTTP/1.0

")"
        expect connected "$(ask $point 4444)"
        expect timeout "$(ask $point 5353 udp datagram)"
    done
    sleep 0.6
    stop
    got=$(events 'select(.event_type=="session_open") | "\(.dest_ip) \(.dest_port) \(.service) \(.src_ip) \(.isn != null)"' | sort)
    want=$(for point in 10.77.3.17 10.77.5.9 10.77.60.200; do
        printf '%s 80 http 10.76.0.2 true\n%s 8081 any 10.76.0.2 true\n%s 4444 any 10.76.0.2 true\n' $point $point $point
    done | sort)
    [ "$got" = "$want" ] || fail "$kind: sessions
$got
wanted
$want"
    [ "$(events 'select(.event_type=="session_open") | .src_port' | sort -u)" = 40000 ] || fail "$kind: the source port changed"
    got=$(events 'select(.event_type=="payload" and .proto=="UDP") | "\(.dest_ip) \(.dest_port) \(.payload)"' | sort)
    want=$(for point in 10.77.3.17 10.77.5.9 10.77.60.200; do echo "$point 5353 646174616772616d"; done | sort)
    [ "$got" = "$want" ] || fail "$kind: datagrams
$got"
    [ "$(events 'select(.event_type=="lighting" and has("ts_until")) | .dest_ip' | sort | uniq -c | awk '{print $1}' | sort -u)" = 3 ] ||
        fail "$kind: lighting rows"
    echo "$kind: ok, origin $(events 'select(.event_type=="session_open") | .origin' | sort -u | tr '\n' ' ')"
    ip netns exec router "$hotaru" gateway remove --part router >/dev/null
    ip netns exec hp "$hotaru" gateway remove --part honeypot >/dev/null
done

# A reload with a session open; a configuration that is wrong changes nothing.
rm -rf $work/store
ip -n hp addr add 10.77.3.17/32 dev lo
ip -n router route add 10.77.3.17/32 via 10.78.0.10
configure route port-per-point 5.6.27
start
mkfifo $work/hold
ip netns exec att python3 -c "
import socket
s = socket.create_connection(('10.77.3.17', 23)); print('open', flush=True)
open('$work/hold').read()
s.sendall(b'admin\r\n'); data = b''
while b'Password' not in data: data += s.recv(100)
print('alive', flush=True)" >$work/held &
holder=$!
until grep -q open $work/held; do sleep 0.05; done
configure route port-per-point 5.6.10
kill -HUP $pid
until grep -q "reload: new sessions" $work/log; do sleep 0.05; done
configure route port-per-point 9.9.9
kill -HUP $pid
until grep -q "everything stays as it was" $work/log; do sleep 0.05; done
echo go >$work/hold
wait $holder || fail "the session did not survive the reload"
grep -q alive $work/held || fail "the session did not survive the reload"

# kill -9: what was journalled stays, the segment is finished, the next start goes on.
expect "HTTP/1.1 200 OK" "$(ask 10.77.3.17 80 tcp "GET / HTTP/1.0

")"
sleep 0.6
kill -KILL $pid
wait $pid 2>/dev/null || true
pid=
events 'select(.event_type=="session_close" and .service=="http") | .reason' | grep -qx server || fail "kill -9 lost a session"
for f in $work/store/journal/*.jsonl; do flock -ns $f true || fail "$f is still locked"; done
configure route port-per-point 5.6.10
start
stop
events . >/dev/null || fail "the journal is no JSON"

# Bad input is one line and its exit code.
bad() {
    code=$1
    shift
    rc=0
    "$honeypot" "$@" >$work/out 2>$work/err || rc=$?
    [ $rc = $code ] || fail "'$*' ended with $rc, not $code: $(cat $work/err)"
    [ "$(wc -l <$work/err)" = 1 ] || fail "'$*': $(cat $work/err)"
}
bad 2
bad 2 --bogus
bad 2 --service any
bad 2 --listen 10.0.0 --service http --store $work/s2
bad 3 --service gopher --store $work/s2
bad 3 --service http --persona nobody-here --store $work/s2
bad 3 --config $work/none.yaml
bad 1 --listen 127.0.0.1 --service http:8080 --persona mysql-5.6.27 --store $work/observatory.yaml/store
echo "all good"
