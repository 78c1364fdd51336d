#!/bin/sh
# analyze, figure and report over a simulated store: formats, what they say when nobody was answered, and bad input.
set -eu
hotaru=$HOTARU_BUILD/hotaru
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
    echo "test_analyst.sh: $*" >&2
    exit 1
}
# code CODE TEXT COMMAND…: the command ends with CODE and says TEXT in one line.
code() {
    want=$1 text=$2
    shift 2
    rc=0
    "$@" >"$dir/out" 2>"$dir/err" || rc=$?
    [ "$rc" = "$want" ] || fail "$*: exit code $rc, not $want: $(cat "$dir/err")"
    grep -q -- "$text" "$dir/err" || fail "$*: does not say '$text' but: $(cat "$dir/err")"
    [ "$(wc -l <"$dir/err")" = 1 ] || fail "$*: more than one line: $(cat "$dir/err")"
}

code 2 "which analysis" "$hotaru" analyze
code 2 "no analysis 'nothing'" "$hotaru" analyze nothing
code 2 "unknown format" "$hotaru" analyze overview --format xml
code 2 "--port" "$hotaru" analyze overview --port 70000
code 2 "unknown option" "$hotaru" analyze overview --nothing
code 2 "10.77.0.0/18" "$hotaru" analyze overview --dst 10.77.3.1/18
code 2 "since" "$hotaru" analyze overview --since 2013-04-11 --until 2013-04-10
code 2 "none called 9" "$hotaru" figure 9 -o "$dir/9.png"
code 2 "ends in .png, .svg or .pdf" "$hotaru" figure 3 -o "$dir/3.gif"
code 2 "-o FILE" "$hotaru" figure 3
code 2 "-o FILE" "$hotaru" report
code 3 "$dir/none" "$hotaru" analyze overview --store "$dir/none"
code 3 "$dir/none.yaml" "$hotaru" report --config "$dir/none.yaml" -o "$dir/r.html"
printf 'darknet: [10.77.0.0/33]\n' >"$dir/bad.yaml"
code 3 "bad.yaml:1:" "$hotaru" report --config "$dir/bad.yaml" -o "$dir/r.html"
[ ! -e "$dir/r.html" ] || fail "a failed report left a file"

"$hotaru" analyze --list | grep -q '^lit-vs-dark ' || fail "--list"
"$hotaru" analyze --fields sweep | grep -q '^placebos ' || fail "--fields"

"$hotaru" simulate --store "$dir/store" --packets 20000 --seed 5 >/dev/null 2>&1 || fail "simulate"
printf 'darknet: [10.77.0.0/18]\npoints: {draw: {count: 32, one-per: 24, seed: 7}}\nstore: {path: %s}\n' "$dir/store" >"$dir/o.yaml"

"$hotaru" analyze overview --config "$dir/o.yaml" --format json >"$dir/o.json"
jq -e '.name == "overview" and (.rows | length) > 3 and (.findings[0] | test("packets of"))' "$dir/o.json" >/dev/null ||
    fail "overview as JSON"
total=$(jq '[.rows[].packets] | add' "$dir/o.json")
"$hotaru" analyze top-sources --config "$dir/o.yaml" --format csv >"$dir/top.csv"
[ "$(head -n 1 "$dir/top.csv" | cut -d, -f1-3)" = src,packets,share ] || fail "CSV header"
[ "$total" -gt 0 ] || fail "no packets counted"

# Nobody was answered in it: every finding says so, none claims an effect.
for a in lit-vs-dark sweep version-effect; do
    "$hotaru" analyze $a --config "$dir/o.yaml" >"$dir/$a.txt" || fail "$a"
done
grep -q "no source got an answer" "$dir/sweep.txt" || fail "sweep: $(tail -n 5 "$dir/sweep.txt")"
grep -q "No source was told a version" "$dir/version-effect.txt" || fail "version-effect"
grep -q "no effect found" "$dir/lit-vs-dark.txt" || fail "lit-vs-dark: $(tail -n 5 "$dir/lit-vs-dark.txt")"

for n in 3 4 5 6 7 8; do
    "$hotaru" figure $n --config "$dir/o.yaml" -o "$dir/$n.png" --csv "$dir/$n.csv" >"$dir/out" || fail "figure $n"
    head -c 4 "$dir/$n.png" | grep -q PNG || fail "figure $n is no PNG"
    [ -s "$dir/$n.csv" ] || fail "figure $n has no numbers"
done
"$hotaru" figure 4 --config "$dir/o.yaml" -o "$dir/4.pdf" >/dev/null && head -c 4 "$dir/4.pdf" | grep -q %PDF || fail "PDF"
"$hotaru" figure 4 --config "$dir/o.yaml" -o "$dir/4.svg" >/dev/null && grep -q "<svg" "$dir/4.svg" || fail "SVG"
code 3 "$dir/no/4.png" "$hotaru" figure 4 --config "$dir/o.yaml" -o "$dir/no/4.png"

"$hotaru" report --config "$dir/o.yaml" -o "$dir/r.html" --findings >"$dir/findings" || fail "report"
[ "$(wc -l <"$dir/findings")" -le 10 ] || fail "more than ten findings"
grep -q "Synthetic data" "$dir/r.html" || fail "the page does not say that its data is synthetic"
! grep -qE '<script|https?:|url\(' "$dir/r.html" || fail "the page refers to something outside"
