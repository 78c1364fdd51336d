#!/bin/bash
# What an import stores is what was decoded, row by row and column by column: every capture in tests/data, packets of every kind under
# every link layer, nanoseconds, backward times, cut and damaged frames, tunnels; as pcap and pcapng, plain, gzip, zstd, from
# standard input, many files in order. (The decoder itself is held against tshark by test_tshark.sh.)
set -euo pipefail
h=$HOTARU_BUILD/hotaru
bin=$HOTARU_BUILD/tests/integration
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
same() { # WHAT STORE FILE…
    local what=$1 out
    shift
    out=$(python3 "$HOTARU_SOURCE/tests/integration/compare_store.py" "$h" "$bin/dump_headers" "$@") || { echo "FAILED: $what: $out" >&2; exit 1; }
    echo "$what: $out"
    rm -rf "$1"
}
"$bin/make_packets" . "${HOTARU_SEED:-3}" 1500
data=("$HOTARU_SOURCE"/tests/data/*.zst "$HOTARU_SOURCE"/tests/data/*.pcap)
"$h" capture --store s -r "${data[@]}" 2>err
same "captures, zstd and plain, many in order" s "${data[@]}"
links=(eth.pcap sll.pcap sll2.pcap raw.pcap null.pcap loop.pcap)
"$h" capture --store s -r "${links[@]}" 2>err
same "link types" s "${links[@]}"
"$h" capture --store s -r eth-nano.pcap 2>err
same "nanoseconds, backward times" s eth-nano.pcap
"$h" capture --store s -r eth-cut.pcap eth-damaged.pcap 2>err
same "cut and damaged" s eth-cut.pcap eth-damaged.pcap
"$h" capture --store s -r tunnel.pcap 2>err
same "tunnels as they stand" s tunnel.pcap
"$h" capture --store s --decap gre,erspan,vxlan -r tunnel.pcap 2>err
same "GRE, ERSPAN, VXLAN" s --decap tunnel.pcap
for n in eth raw eth-nano; do
    editcap -F pcapng $n.pcap $n.pcapng
    gzip -k $n.pcapng
    zstd -q -k $n.pcap
done
"$h" capture --store s -r eth.pcapng.gz raw.pcap.zst - <eth-nano.pcapng.gz 2>err
same "pcapng, gzip, zstd, standard input" s eth.pcapng raw.pcap eth-nano.pcapng
zstd -q -k sll.pcap
"$h" capture --store s -r - <sll.pcap.zst 2>err
same "zstd from standard input" s sll.pcap
rc=0
"$h" capture --store s --decap gre,foo -r eth.pcap 2>err || rc=$?
[ $rc = 2 ] && grep -q "gre, erspan, vxlan" err || { echo "FAILED: a wrong --decap" >&2; exit 1; }
echo ok
