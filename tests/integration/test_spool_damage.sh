#!/bin/bash
# A corrupt block of a spool segment costs that block only: in a query while the segment is open, and in what sealing makes of it;
# the ledger says how many packets it held.
set -euo pipefail
h=$HOTARU_BUILD/hotaru
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
q() { "$h" query --store "$1" --format csv "$2" 2>"$work/err" | tail -n +2; }
rows() { { q "$1" "SELECT * FROM packet"; q "$1" "SELECT * FROM packet6"; } | sort; }
"$h" simulate --store "$work/good" --packets 60000 --seed 9 >/dev/null 2>&1
rows "$work/good" >"$work/good.rows"
for how in flip header zero swap; do
    cp -a "$work/good" "$work/bad"
    # Three blocks of packets: the first, one in the middle, the last; prints how many packets they held.
    held=$(python3 - "$work"/bad/spool/*.sealed "$how" <<'PY'
import os, struct, sys
path, how = sys.argv[1], sys.argv[-1]
data = bytearray(open(path, "rb").read())
size = 1 << data[6]
blocks = [i for i in range(0, len(data), size) if data[i:i + 4] == b"HSPB" and data[i + 5] == 1]
chosen = [blocks[0], blocks[len(blocks) // 2], blocks[-1]]
held = 0
for at in chosen:
    held += struct.unpack_from("<I", data, at + 72)[0]
    if how == "flip":
        data[at + size // 2] ^= 1
    elif how == "header":
        data[at] ^= 0xff
    elif how == "zero":
        data[at:at + size] = bytes(size)
if how == "swap":  # a block of another place, whole in itself: each is what it should not be where it stands
    a, b, _ = chosen
    data[a:a + size], data[b:b + size] = data[b:b + size], data[a:a + size]
    held -= struct.unpack_from("<I", data, chosen[2] + 72)[0]
open(path, "wb").write(data)
print(held)
PY
)
    [ "$held" -gt 50 ] || fail "$how: the blocks held only $held packets"
    for state in open sealed; do
        rows "$work/bad" >"$work/bad.rows"
        gone=$(comm -23 "$work/good.rows" "$work/bad.rows" | wc -l)
        more=$(comm -13 "$work/good.rows" "$work/bad.rows" | wc -l)
        [ "$gone" = "$held" ] && [ "$more" = 0 ] || fail "$how, $state: $gone packets are gone and $more new, the blocks held $held"
        [ $state = sealed ] || "$h" store seal --store "$work/bad" 2>"$work/err"
    done
    lost=$(q "$work/bad" "SELECT sum(lost) FROM loss WHERE stage = 'spool' AND reason = 'corrupt'")
    [ "$lost" = "$held" ] || fail "$how: the ledger says $lost, the blocks held $held"
    "$h" store check --store "$work/bad" >/dev/null || fail "$how: a store with a lost block does not check"
    echo "$how: $held packets of 3 blocks, and no other"
    rm -rf "$work/bad"
done
