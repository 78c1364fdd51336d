#!/bin/sh
# bench/run small: every part runs to its end and checks its own counts, each of DESIGN's rows is in the table and in the
# JSON, nothing stays behind. No figure is looked at: speed is no test's matter.
set -eu
bench=$HOTARU_SOURCE/bench/run
dir=$(mktemp -d "${TMPDIR:-/tmp}/hotaru-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
mkdir "$dir/tmp"
chmod 755 "$dir" "$dir/tmp"
export TMPDIR="$dir/tmp" HOTARU_BENCH_PACKETS=20000 HOTARU_BENCH_ROWS=30000 HOTARU_BENCH_LIVE=5000 HOTARU_BENCH_REPEATS=2

"$bench" --quick --build "$HOTARU_BUILD" --results "$dir" >"$dir/table" 2>"$dir/log" || { tail -n 20 "$dir/log" >&2; fail "the bench"; }
for row in "import, 20000 packets" "bytes per packet" "live on veth" "recorder's peak memory" "figure 3" "scatter of a source" "idle sessions" \
    "server's CPU time per MySQL session" "full MySQL sessions" "kill -9" "simulate into a store"; do
    grep -q "^$row" "$dir/table" || fail "no row '$row' in the table: $(cat "$dir/table")"
    jq -e --arg row "$row" 'any(.rows[]; .what | startswith($row))' "$dir/latest.json" >/dev/null || fail "no row '$row' in the JSON"
done
jq -e '[.rows[] | select(.verdict == "")] == [] and .samples["import.hotaru.wall"] != null and (.samples["import.hotaru.wall"] | length) == 2' \
    "$dir/latest.json" >/dev/null || fail "the JSON: $(jq -c .samples "$dir/latest.json")"
# tcpdump and namespaces may be missing to an unprivileged user; CI has both.
if [ "$(id -u)" = 0 ]; then
    jq -e '[.rows[] | select(.verdict | startswith("not measured")) | .part] == []' "$dir/latest.json" >/dev/null ||
        fail "not measured: $(jq -c '.rows[] | select(.verdict | startswith("not measured"))' "$dir/latest.json")"
fi
[ -z "$(ls -A "$dir/tmp")" ] || fail "left behind: $(ls -A "$dir/tmp")"

says() { # CODE TEXT COMMAND…
    code=$1 text=$2 rc=0
    shift 2
    "$@" >"$dir/said" 2>&1 || rc=$?
    [ $rc = "$code" ] || fail "exit code $rc, not $code: $*: $(cat "$dir/said")"
    grep -q -- "$text" "$dir/said" || fail "does not say '$text': $(cat "$dir/said")"
    [ "$(wc -l <"$dir/said")" = 1 ] || fail "more than one line: $(cat "$dir/said")"
}
says 2 "is no option" "$bench" --nonsense
says 2 "none of: import" "$bench" --only import,nonsense
says 2 "whole run" "$bench" --quick --write-doc
says 2 "is no number" env HOTARU_BENCH_PACKETS=many "$bench"
says 1 "run make first" "$bench" --build "$dir/tmp"
if unshare -Urm true 2>/dev/null; then
    # shellcheck disable=SC2016
    says 1 "MiB free and this run needs about" unshare -Urm sh -c 'mount -t tmpfs -o size=10m none "$TMPDIR" && "$@"' sh "$bench" --build "$HOTARU_BUILD"
fi
echo ok
