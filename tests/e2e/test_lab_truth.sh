#!/bin/bash
# The whole observatory live, held against what the attackers really did: packets per source and per destination, sessions
# with their original destination, the planted effects in the figures, and none of them with the effects switched off.
. "$HOTARU_SOURCE/tests/e2e/common.sh"
need jq
need_lab
cd "$work"

ask() { # FOLDER SQL -> CSV without its head
    "$hotaru" query --store "$1/store" --format csv "$2" | tail -n +2
}
same() { # WHAT FILE FILE
    diff "$2" "$3" >"$work/diff" || {
        head -n 20 "$work/diff"
        fail "$1 differ between truth (<) and store (>)"
    }
    echo "same: $1 ($(wc -l <"$2") lines)"
}

run() { # FOLDER ARGUMENT…
    local out=$1
    shift
    "$hotaru" lab --out "$out" --truth "$out.json" --seed 7 "$@" >"$out.log" 2>&1 || {
        tail -n 20 "$out.log"
        fail "hotaru lab $*"
    }
}

# ---- with effects ----
run on --seconds 44

stored=$(ask on 'SELECT count(*) FROM packet')
lost=$(ask on "SELECT coalesce(sum(lost), 0)::BIGINT FROM loss")
malformed=$(ask on "SELECT coalesce(sum(lost), 0)::BIGINT FROM loss WHERE stage = 'decoder'")
wire=$(jq .sent.wire_packets on.json)
broken=$(jq '[.actors[].raw.broken_packets] | add' on.json)
echo "wire $wire, stored $stored, lost $lost (decoder $malformed), sent with a broken IP header $broken"
[ "$lost" = "$malformed" ] || fail "packets were lost outside the decoder: loss in the lab must be 0"
[ $((stored + lost)) = "$wire" ] || fail "stored + lost is not what was on the wire"
[ "$malformed" -le "$broken" ] || fail "good packets were taken for malformed"

# Per destination; addresses that were sent broken headers are compared without those.
jq -r '(reduce (.actors[].raw.broken_per_dst | keys[]) as $d ({}; .[$d] = 1)) as $skip
       | .sent.wire | to_entries[] | select($skip[.key] | not) | "\(.key),\(.value)"' on.json | sort >want
jq -r '.actors[].raw.broken_per_dst | keys[]' on.json | sort -u >skip
ask on 'SELECT ip(dst), count(*) FROM packet GROUP BY dst' | sort | awk -F, 'NR == FNR { skip[$1] = 1; next } !($1 in skip)' skip - >got
same "packets per destination" want got

# Per source of each actor: raw packets as the actor counted them, plus the kernel's own as nft counted them.
[ "$(jq '.sent.kernel_from_missed' on.json)" = 0 ] || fail "the kernel's counters missed packets: this run cannot be compared"
jq -r '.sent.kernel_from as $k
       | [.actors[] | select(.raw.broken_packets == 0) | .sources | to_entries[] | {src: .key, n: .value.raw}]
       | group_by(.src)[] | {src: .[0].src, n: ([.[].n] | add)} | "\(.src),\(.n + ($k[.src] // 0))"' on.json | sort >want
ask on 'SELECT ip(src), count(*) FROM packet GROUP BY src' | sort | awk -F, 'NR == FNR { want[$1] = 1; next } $1 in want' want - >got
same "packets per source" want got

# Sessions: every dialogue that the other side took part in is one session with the original destination.
jq -r '.actors[].dialogues[] | select(.outcome == "connected" or .outcome == "answered")
       | "\(.src),\(.sport),\(.dst),\(.dport)"' on.json | sort >want
ask on 'SELECT ip(src), sport, ip(dst), dport FROM session' | sort >all
comm -23 want all >missing
[ ! -s missing ] || { head missing; fail "dialogues without their session"; }
[ -s want ] || fail "no dialogue at all"
[ "$(uniq -d all | wc -l)" = 0 ] || fail "a session stands twice"
echo "same: $(wc -l <want) dialogues, each a session with the original destination"

# What MySQL told, and when.
ask on "SELECT DISTINCT version FROM answer WHERE service = 'mysql' ORDER BY 1" >versions
grep -qx 5.1.54 versions && grep -qx 5.6.10 versions || fail "the two versions were not both answered: $(tr '\n' ' ' <versions)"

# The figures' numbers hold the planted effects.
for n in 3 4 5 6 7 8; do
    "$hotaru" figure $n --config on/observatory.yaml --store on/store -o "figure-$n.png" --csv "figure-$n.csv" >figure.log 2>&1 || {
        cat figure.log
        fail "figure $n"
    }
    [ "$(wc -l <"figure-$n.csv")" -gt 10 ] || fail "figure-$n.csv is nearly empty"
done
"$hotaru" report --config on/observatory.yaml --store on/store --findings >findings-on
cat findings-on

# ---- without ----
run off --seconds 44 --no-effects
"$hotaru" report --config off/observatory.yaml --store off/store --findings >findings-off
cat findings-off

# says FILE PATTERN, silent FILE PATTERN: the findings state it, or do not.
says() { grep -qE "$2" "$1" || fail "$1 does not say: $2"; }
silent() { if grep -E "$2" "$1"; then fail "$1 says: $2"; fi; }
says findings-on '[1-9][0-9]* of the [0-9]+ sources tested send more probes to /24s that hold an observation point'
says findings-on '2 of the [0-9]+ answered sources sweep the /24 in order after one of its addresses answered'
says findings-on '24\.242\.[0-9.]+ swept [1-9][0-9]* of the [0-9]+ /24s that answered it .* and 0 of [0-9]+ dark ones'
says findings-on '91\.74\.[0-9.]+ swept [1-9][0-9]* of the [0-9]+ /24s that answered it .* and 0 of [0-9]+ dark ones'
says findings-on 'Told 5\.1\.54, 116\.254\.[0-9.]+ returns to points, then leaves them out'
says findings-off 'none of the [0-9]+ sources tested sends more, or fewer, probes .*no effect found'
says findings-off 'none of the [0-9]+ answered sources sweeps /24s after an answer .*no effect found'
says findings-off 'Told 5\.6\.10, 116\.254\.[0-9.]+ goes on as at random.*no effect found'
says findings-off 'Told 5\.1\.54, 116\.254\.[0-9.]+ goes on as at random.*no effect found'
silent findings-off 'swept [1-9]|returns to points|leaves them out|send more probes'
