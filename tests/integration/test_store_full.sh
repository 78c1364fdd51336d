#!/bin/bash
# A disk that is full while importing and sealing: one line, nothing stored is harmed, and it goes on when space returns.
set -euo pipefail
if [ -z "${HOTARU_INSIDE:-}" ]; then
    # A small tmpfs needs an own mount namespace: as root, or by a user namespace where that is permitted.
    unshare -m true 2>/dev/null && HOTARU_INSIDE=1 exec unshare -m "$0"
    unshare -rm true 2>/dev/null && HOTARU_INSIDE=1 exec unshare -rm "$0"
    echo "no mount namespace here"
    exit 77
fi
h=$HOTARU_BUILD/hotaru
work=$(mktemp -d)
trap 'rm -rf "$work/small"/* 2>/dev/null; umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
mkdir "$work/small"
mount -t tmpfs -o size=6m tmpfs "$work/small" || exit 77
st=$work/small/store
count() { "$h" query --store "$st" --format csv "SELECT count(*) FROM packet" | tail -n 1; }
fill() { dd if=/dev/zero of="$work/small/ballast" bs=1k 2>/dev/null || true; }

zstd -q -d "$HOTARU_SOURCE/tests/data/zmap-445.pcap.zst" -o "$work/zmap.pcap"
zstd -q -d "$HOTARU_SOURCE/tests/data/masscan-3306.pcap.zst" -o "$work/masscan.pcap"
"$h" capture --store "$st" -r "$work/zmap.pcap" 2>/dev/null
before=$(count)
[ "$before" = 16416 ] || fail "import: $before"

fill
rc=0
"$h" capture --store "$st" -r "$work/masscan.pcap" 2>"$work/err" || rc=$?
[ "$rc" = 1 ] || fail "import on a full disk: exit code $rc"
[ "$(wc -l <"$work/err")" = 1 ] || fail "not one line: $(cat "$work/err")"
grep -qi "space" "$work/err" || fail "the line does not say why: $(cat "$work/err")"
[ "$(count)" = "$before" ] || fail "a failed import changed the store"
rm "$work/small/ballast"
"$h" store check --store "$st" >/dev/null || fail "a failed import damaged the store"
"$h" capture --store "$st" -r "$work/masscan.pcap" 2>/dev/null || fail "import does not recover"
[ "$(count)" = $((before + 16448)) ] || fail "after recovery: $(count)"

# sealing: what is in the spool stays in the spool until there is room
"$h" simulate --store "$st" --spool --packets 20000 >/dev/null 2>&1
open=$(count)
fill
rc=0
"$h" store seal --store "$st" 2>"$work/err" || rc=$?
[ "$rc" = 1 ] || fail "seal on a full disk: exit code $rc: $(cat "$work/err")"
[ "$(count)" = "$open" ] || fail "a failed seal changed the store"
rm "$work/small/ballast"
"$h" store seal --store "$st" 2>/dev/null || fail "seal does not recover"
[ "$(count)" = "$open" ] || fail "after sealing: $(count), expected $open"

# the converter as a daemon: says it once each time, and goes on by itself
pid=
trap '[ -z "$pid" ] || kill -9 $pid 2>/dev/null; rm -rf "$work/small"/* 2>/dev/null; umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
wait_for() { # TENTHS COMMAND…
    local n=$1
    shift
    until "$@" >/dev/null 2>&1; do
        n=$((n - 1))
        [ $n -gt 0 ] || return 1
        sleep 0.1
    done
}
segments() { find "$st/spool" -name '*.sealed' | wc -l; }
is_sealed() { [ "$(segments)" = 0 ]; }
"$h" store seal --store "$st" --follow --every 0.1 2>"$work/follow" &
pid=$!
for turn in 1 2; do
    kill -STOP $pid
    "$h" simulate --store "$st" --packets 5000 --seed $turn >/dev/null 2>&1
    open=$(count)
    fill
    kill -CONT $pid
    wait_for 100 [ "$(grep -c error "$work/follow")" -ge $turn ] || wait_for 100 grep -q error "$work/follow" || fail "a full disk is not said"
    sleep 1
    [ "$(grep -c error "$work/follow")" = $turn ] || fail "a full disk is said $(grep -c error "$work/follow") times in $turn turns: $(cat "$work/follow")"
    [ "$(count)" = "$open" ] || fail "the daemon's failed seal changed the store: $(count) of $open"
    rm "$work/small/ballast"
    wait_for 200 is_sealed || fail "the daemon does not go on: $(cat "$work/follow")"
    wait_for 50 [ "$(grep -c 'works again' "$work/follow")" -ge $turn ] || true
    [ "$(count)" = "$open" ] || fail "after the daemon went on: $(count), expected $open"
done
kill -TERM $pid
wait $pid || fail "the daemon ends badly"
pid=
[ "$(grep -c 'works again' "$work/follow")" = 2 ] || fail "the end of it is not said: $(cat "$work/follow")"

# the compactor: nothing merged, nothing lost, then merged
files() { find "$st/packet" -name '*.parquet' | wc -l; }
before=$(count)
many=$(files)
fill
rc=0
"$h" store compact --store "$st" 2>"$work/err" || rc=$?
[ "$rc" = 1 ] || fail "compact on a full disk: exit code $rc: $(cat "$work/err")"
[ "$(grep -c error "$work/err")" = 1 ] || fail "not one line: $(cat "$work/err")"
[ "$(count)" = "$before" ] || fail "a failed compaction changed the store"
rm "$work/small/ballast"
"$h" store check --store "$st" >/dev/null || fail "a failed compaction damaged the store"
"$h" store compact --store "$st" 2>/dev/null || fail "compaction does not recover"
[ "$(count)" = "$before" ] || fail "after compaction: $(count), expected $before"
[ "$(files)" -lt "$many" ] || fail "nothing was merged"
"$h" store check --store "$st"

# simulating straight into the store: all of it or nothing
before=$(count)
fill
rc=0
"$h" simulate --store "$st" --packets 20000 --seed 2 2>"$work/err" || rc=$?
[ "$rc" = 1 ] || fail "simulate on a full disk: exit code $rc: $(cat "$work/err")"
[ "$(wc -l <"$work/err")" = 1 ] || fail "simulate on a full disk: not one line: $(cat "$work/err")"
grep -qi "space" "$work/err" || fail "simulate does not say why: $(cat "$work/err")"
[ "$(count)" = "$before" ] || fail "a failed simulation changed the store"
rm "$work/small/ballast"
"$h" simulate --store "$st" --packets 20000 --seed 2 2>/dev/null || fail "simulate does not recover"
[ "$(count)" -gt "$before" ] || fail "after recovery: $(count)"
"$h" store check --store "$st"
[ "$(find "$st/tmp" -name '*.parquet' | wc -l)" = 0 ] || fail "temporary files are left"
