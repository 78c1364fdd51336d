#!/bin/bash
# The store's files as hyparquet reads them: row by row what DuckDB reads, for packets of every kind, IPv6 and payload,
# hour files and merged ones. Neither reader shares code with our writer.
set -euo pipefail
h=$HOTARU_BUILD/hotaru
data=$HOTARU_SOURCE/tests/data
reader=$HOTARU_SOURCE/.deps/reader
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
{ [ -f "$reader/stamp" ] && command -v node >/dev/null; } || { echo "hyparquet or node is not here (tools/deps check)"; exit 77; }
cp "$HOTARU_SOURCE/tests/integration/read_parquet.mjs" "$work/"
ln -s "$reader" "$work/reader"
st=$work/store

compare() { # TABLE FILES: the largest of them
    n=0
    while read -r f; do
        list=$(node "$work/read_parquet.mjs" sql "$f")
        "$h" query --store "$st" --format csv "SELECT $list AS row FROM read_parquet('$f', hive_partitioning = false)" | tail -n +2 >"$work/duck"
        node "$work/read_parquet.mjs" rows "$f" >"$work/other"
        cmp "$work/duck" "$work/other" || fail "$f: the readers differ: $(diff "$work/duck" "$work/other" | head -n 4)"
        n=$((n + $(wc -l <"$work/other")))
    done < <(find "$st/$1" -name '*.parquet' -printf '%s %p\n' | sort -nr | head -n "$2" | cut -d' ' -f2)
}
all() { # TABLE
    compare "$1" 1000
    rows=$("$h" query --store "$st" --format csv "SELECT count(*) FROM $1" | tail -n 1)
    if [ "$n" != "$rows" ] || [ "$n" = 0 ]; then fail "$1: $n rows by hyparquet, $rows by the store"; fi
}
"$h" simulate --store "$st" --packets 60000 --days 0.1 --seed 9 2>/dev/null
"$HOTARU_BUILD/tests/integration/make_packets" "$work" 1 2000 >/dev/null # every kind there is
for f in "$data"/*.pcap "$work"/*.pcap*; do "$h" capture --store "$st" -r "$f" --payload-bytes 16 >/dev/null 2>&1 || true; done
compare packet 4
compare packet6 2
"$h" store compact --store "$st" 2>/dev/null
all packet
all packet6
all loss
