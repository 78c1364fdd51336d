#!/bin/sh
# doc/format/packet.md names every column of the list with its types, and no other.
set -eu
cd "$HOTARU_SOURCE"
sed -n 's/^ *X(\([a-z0-9_]*\), "\([A-Z]*\)", "\{0,1\}\([A-Z]*\)"\{0,1\}, .*/\1 \2 \3/p' src/header/columns.h | sed 's/ NULL$/ -/' >"${TMPDIR:-/tmp}/columns.$$"
sed -n 's/^| `\([a-z0-9_]*\)` | \([A-Z]*\) | \([A-Z-]*\) |.*/\1 \2 \3/p' doc/format/packet.md | diff -u "${TMPDIR:-/tmp}/columns.$$" - || { rm -f "${TMPDIR:-/tmp}/columns.$$"; exit 1; }
[ "$(wc -l <"${TMPDIR:-/tmp}/columns.$$")" -gt 20 ]
rm -f "${TMPDIR:-/tmp}/columns.$$"
