#!/bin/sh
# apply is atomic and idempotent, follows a changed plan, refuses with one clear line; remove takes away exactly what apply made.
. "$(dirname "$0")/common.sh"
need ip nft
need_lab

cat >"$work/a.yaml" <<'END'
darknet: [10.77.0.0/18]
points: {list: [10.77.1.1, 10.77.2.2]}
gateway: {outside: wan, inside: hp, mirror: mir, honeypot: 10.78.0.10, alias: 10.78.64.0/26}
honeypot: {services: [mysql, smb, any]}
END
sed 's/10.77.2.2/10.77.3.3, 10.77.4.4/; s/10.78.64.0/10.78.65.0/' "$work/a.yaml" >"$work/b.yaml"
sed 's/mode: dnat/mode: gre/; s/outside: wan/mode: gre, outside: wan/' "$work/a.yaml" >"$work/gre.yaml"
sed 's/mirror: mir/mirror: nowhere/' "$work/a.yaml" >"$work/nowhere.yaml"
sed 's/outside: wan/outside: "w\\" drop"/' "$work/a.yaml" >"$work/quote.yaml"

# In a router of its own beside the lab's, where somebody else has rules and routes too.
cat >"$work/inside.sh" <<'END'
set -eu
hotaru=$1 work=$2
bad() { echo "FAIL: $*" >&2; exit 1; }
ip link add wan type veth peer name wan-peer
ip link add mir type veth peer name mir-peer
ip link add hp type veth peer name hp-peer
ip address add 10.78.0.1/24 dev hp
for i in wan mir hp wan-peer mir-peer hp-peer; do ip link set $i up; done
sleep 0.2
nft -f - <<RULES
table ip somebody { chain c { type filter hook forward priority 5; policy accept; counter; }
}
RULES
ip route add 203.0.113.0/24 via 10.78.0.9
all() { nft -s list ruleset; ip -4 route show table all; }
all >"$work/before"

"$hotaru" gateway status --config "$work/a.yaml" >"$work/status" && bad "status says active before apply"
grep -q "table ip hotaru_router: not active" "$work/status" || bad "status: $(cat "$work/status")"
for part in router honeypot all; do
    "$hotaru" gateway apply --config "$work/a.yaml" --part $part >/dev/null || bad "apply $part"
    all >"$work/first"
    "$hotaru" gateway apply --config "$work/a.yaml" --part $part >/dev/null || bad "second apply $part"
    all >"$work/second"
    cmp "$work/first" "$work/second" || bad "$part: applying twice is not applying once"
    "$hotaru" gateway status --config "$work/a.yaml" --part $part >"$work/status" || bad "$part: $(cat "$work/status")"
    cmp -s "$work/before" "$work/first" && bad "$part: apply did nothing"
    "$hotaru" gateway remove --part $part || bad "remove $part"
    all >"$work/after"
    diff "$work/before" "$work/after" || bad "$part: remove left something, or took what is not ours"
    "$hotaru" gateway remove --part $part || bad "second remove $part"
done

# A changed plan replaces the old one wholly; what it had alone goes.
"$hotaru" gateway apply --config "$work/b.yaml" >/dev/null; all >"$work/b"
"$hotaru" gateway remove
"$hotaru" gateway apply --config "$work/a.yaml" >/dev/null; all >"$work/a"
"$hotaru" gateway apply --config "$work/b.yaml" >/dev/null; all >"$work/ab"
diff "$work/b" "$work/ab" || bad "an older plan shows through"
"$hotaru" gateway status --config "$work/a.yaml" >"$work/status" && bad "status: a's plan is said to be active while b's is"
grep -q "differs from the plan" "$work/status" || bad "status: $(cat "$work/status")"

# Somebody changed a rule by hand: status sees it.
nft flush chain ip hotaru_router light
"$hotaru" gateway status --config "$work/b.yaml" >"$work/status" && bad "status misses a flushed chain"
grep -q "table ip hotaru_router: differs" "$work/status" || bad "status: $(cat "$work/status")"

# What cannot be done changes nothing.
"$hotaru" gateway apply --config "$work/a.yaml" >/dev/null; all >"$work/a"
for wrong in gre:1 nowhere:1 quote:3 none:3; do
    code=0
    "$hotaru" gateway apply --config "$work/${wrong%:*}.yaml" >"$work/said" 2>&1 || code=$?
    [ $code = "${wrong#*:}" ] || bad "apply of ${wrong%:*} exits with $code: $(cat "$work/said")"
    [ "$(wc -l <"$work/said")" = 1 ] || bad "apply of ${wrong%:*} says: $(cat "$work/said")"
    all >"$work/still"; cmp "$work/a" "$work/still" || bad "a refused plan changed something"
done
"$hotaru" gateway remove
all >"$work/after"; diff "$work/before" "$work/after" || bad "remove at the end"

# Without privilege: one line, exit 1.
if [ "$(id -u)" = 0 ] && setpriv --bounding-set=-all --inh-caps=-all true 2>/dev/null; then
    code=0
    setpriv --bounding-set=-all --inh-caps=-all "$hotaru" gateway apply --config "$work/a.yaml" >"$work/said" 2>&1 || code=$?
    [ $code = 1 ] && [ "$(wc -l <"$work/said")" = 1 ] || bad "without privilege: exit $code, $(cat "$work/said")"
fi
# What the plan prints as nft is what apply loads.
"$hotaru" gateway plan --config "$work/a.yaml" --format nft | nft -c -f - || bad "nft does not take the printed plan"
"$hotaru" gateway plan --config "$work/a.yaml" --format openwrt | sh -n || bad "the OpenWrt script is no shell script"
END
"$hotaru" lab --bare --out "$work/out" --exec unshare -n sh "$work/inside.sh" "$hotaru" "$work"
