#!/bin/sh
# Decoded headers against tshark: same packets, same field values, column by column, over the captures in tests/data and
# over generated packets of every kind under every link layer; cut and damaged frames where both have a value.
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: tools/deps check" >&2; exit 77; }
bin=$HOTARU_BUILD/tests/integration
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
compare() { python3 "$HOTARU_SOURCE/tests/integration/compare_tshark.py" "$bin/dump_headers" "$@"; }

for f in "$HOTARU_SOURCE"/tests/data/*.zst; do
    plain=$tmp/$(basename "$f" .zst)
    zstd -q -d "$f" -o "$plain"
    "$bin/dump_headers" file "$f" >"$tmp/packed.csv"
    "$bin/dump_headers" file "$plain" >"$tmp/plain.csv"
    cmp "$tmp/packed.csv" "$tmp/plain.csv"
    compare "$plain" whole
done
for f in "$HOTARU_SOURCE"/tests/data/*.pcap; do
    compare "$f" whole
done

"$bin/make_packets" "$tmp" "${HOTARU_SEED:-1}" 1000
for f in eth sll sll2 raw null loop eth-nano; do
    compare "$tmp/$f.pcap" whole
done
compare "$tmp/tunnel.pcap" decap
compare "$tmp/eth-cut.pcap" loose
compare "$tmp/eth-damaged.pcap" loose
