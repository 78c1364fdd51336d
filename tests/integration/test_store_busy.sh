#!/bin/bash
# Readers against recorder, converter and compactor, with kill -9; HOTARU_BUSY_SECONDS makes it a campaign.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$HOTARU_BUILD/tests/integration/store_busy" "$HOTARU_BUILD/hotaru" "$work/store" "${HOTARU_BUSY_SECONDS:-10}" "${HOTARU_SEED:-1}"
"$HOTARU_BUILD/hotaru" store seal --store "$work/store" 2>/dev/null
# Nothing is left of those that were killed: each file on disk is one the catalog names.
newest=$(ls "$work"/store/catalog/*.json | tail -n 1)
diff <(grep -o '"path":"[^"]*"' "$newest" | cut -d'"' -f4 | sort) <(cd "$work/store" && find packet packet6 event loss summary -name '*.parquet' 2>/dev/null | sort)
[ "$(find "$work/store/tmp" -name '*.parquet' | wc -l)" = 0 ] || { echo "temporary files are left"; exit 1; }
"$HOTARU_BUILD/hotaru" store check --store "$work/store"
