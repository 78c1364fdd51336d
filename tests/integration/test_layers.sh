#!/bin/sh
# The include rule: every #include "folder/x.h" in src/ must be allowed by tools/layers, and each header compiles alone.
set -eu
cd "$HOTARU_SOURCE"
awk '
FILENAME == "tools/layers" {
    if ($0 ~ /^#/ || NF == 0) next
    from = $1; sub(/:$/, "", from); known[from] = 1; ok[from, from] = 1
    for (i = 2; i <= NF; i++) {
        ok[from, $i] = 1
        if (!($i in known)) { print "tools/layers: " from " includes " $i ", which stands below it"; bad = 1 }
    }
    next
}
/^#include "/ {
    split(FILENAME, part, "/"); from = part[2]
    to = $2; gsub(/"/, "", to); n = index(to, "/")
    if (n == 0) next
    to = substr(to, 1, n - 1); seen++
    if (!(from in known)) { print FILENAME ": folder " from " is not in tools/layers"; bad = 1 }
    else if (!((from, to) in ok)) { print FILENAME ":" FNR ": " from " may not include " to " (tools/layers)"; bad = 1 }
}
END {
    if (!seen) { print "no includes were found: is this the source tree?"; bad = 1 }
    exit bad
}' tools/layers $(find src -name '*.[ch]')
cflags=$(pkg-config --cflags cairo libpcap jansson)
for h in $(find src -name '*.h'); do
    printf '#include "%s"\n' "${h#src/}" | ${CC:-cc} -std=c11 -D_GNU_SOURCE -Isrc -isystem .deps/duckdb $cflags -fsyntax-only -x c - ||
        { echo "$h does not compile alone"; exit 1; }
done
if grep -rnE '\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|alloca)[[:space:]]*\(' src --include='*.[ch]'; then
    echo "banned calls (above)"
    exit 1
fi
