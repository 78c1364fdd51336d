#!/bin/sh
# Every way to light a point brings answers back and leaves the original destination known on the honeypot's host, also for a
# scanner that keeps one source port over all points; nothing else gets in, nothing but answers gets out.
. "$(dirname "$0")/common.sh"
need ip nft
need_lab

cat >"$work/inside.sh" <<'END'
set -eu
origin=$1; modus=$2
ip netns exec hp "$origin" listen "$HOTARU_LAB_CONFIG" >"$HOTARU_LAB_OUT/contacts" &
for _ in $(seq 100); do grep -q listening "$HOTARU_LAB_OUT/contacts" && break; sleep 0.05; done
bad=0
# service ports, a port without service, the ports that stand for points, UDP: always one source port to all points
for port in 3306 445 80 20003 19999 65535; do
    "$origin" ask tcp 24.242.7.9 40000 $port $HOTARU_LAB_POINTS || { echo "tcp $port"; bad=1; }
done
for port in 53 3306 20003; do
    "$origin" ask udp 91.74.1.2 5353 $port $HOTARU_LAB_POINTS || { echo "udp $port"; bad=1; }
done
# Another source with the same port at the same points.
"$origin" ask tcp 116.254.3.3 40000 3306 $HOTARU_LAB_POINTS || bad=1
before=$(wc -l <"$HOTARU_LAB_OUT/contacts")
# Nobody reaches the honeypot but over a point.
for port in 3306 19999 20000; do
    "$origin" send tcp 24.242.7.9 10.78.0.10 $port && { echo "10.78.0.10:$port answers outsiders"; bad=1; }
done
"$origin" send tcp 24.242.7.9 10.78.128.0 80 && { echo "an alias answers outsiders"; bad=1; }
dark=10.77.63.254
case " $HOTARU_LAB_POINTS " in *" $dark "*) dark=10.77.63.253 ;; esac
"$origin" send tcp 24.242.7.9 $dark 3306 && { echo "a dark address answers"; bad=1; }
[ "$(wc -l <"$HOTARU_LAB_OUT/contacts")" = "$before" ] || { echo "strays reached the honeypot"; bad=1; }
# The honeypot's host begins nothing.
ip netns exec att "$origin" listen "$HOTARU_LAB_CONFIG" >"$HOTARU_LAB_OUT/lured" &
for _ in $(seq 100); do grep -q listening "$HOTARU_LAB_OUT/lured" && break; sleep 0.05; done
ip netns exec hp "$origin" send tcp 10.78.0.10 10.76.0.2 3306 && { echo "the honeypot opens connections"; bad=1; }
ip netns exec hp "$origin" send udp 10.78.0.10 10.76.0.2 19999 && { echo "the honeypot sends datagrams"; bad=1; }
# … and were its host taken over and its rules gone, the router would still hold.
ip netns exec hp nft delete table ip hotaru_honeypot
ip netns exec hp "$origin" send tcp 10.78.0.10 10.76.0.2 3306 && { echo "the router lets the honeypot out"; bad=1; }
[ "$(grep -c . "$HOTARU_LAB_OUT/lured")" = 1 ] || { echo "the honeypot reached an attacker: $(cat "$HOTARU_LAB_OUT/lured")"; bad=1; }
exit $bad
END

for form in "dnat port-per-point" "dnat alias" "route port-per-point" "tproxy port-per-point"; do
    # shellcheck disable=SC2086
    set -- $form
    step "mode $1, form $2"
    cat >"$work/o.yaml" <<END
darknet: [10.77.0.0/18]
points: {draw: {count: 32, one-per: 24, seed: 5}}
gateway: {mode: $1, form: $2, alias: 10.78.128.0/17}
honeypot: {services: [mysql, smb, any]}
END
    "$hotaru" lab --bare --config "$work/o.yaml" --out "$work/out" --exec sh "$work/inside.sh" "$origin" "$1" ||
        fail "mode $1, form $2"
done
