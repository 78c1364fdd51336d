# shellcheck shell=bash
# Capture file -> queryable store, beside nfpcapd -y, tshark -T fields and a bare libpcap loop; bytes per packet; the spool.
# shellcheck disable=SC2034,SC2154

make_traffic() {
    step "simulating $(count_short "$packets") packets into a capture file"
    "$hotaru" simulate -o "$work/traffic.pcap" --packets "$packets" --seed 1 >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "simulate"; }
    pcap_bytes=$(stat -c %s "$work/traffic.pcap")
    printf 'darknet: [10.77.0.0/18]\npoints: {draw: {count: 32, one-per: 24, seed: 7}}\nstore: {path: %s}\n' "$work/store" >"$work/traffic.yaml"
}

# Every way in must have taken every packet, or its time counts for nothing.
import_hotaru() {
    rm -rf "$work/store"
    timed import.hotaru "$hotaru" capture -r "$work/traffic.pcap" --store "$work/store"
    local lost rows
    lost=$(sed -n 's/.* + \([0-9]*\) not stored.*/\1/p' "$work/log")
    rows=$("$hotaru" query --store "$work/store" --format csv "SELECT (SELECT count(*) FROM packet) + (SELECT count(*) FROM packet6)" | tail -n 1)
    [ "$((rows + lost))" = "$packets" ] || fail "hotaru: $rows rows and $lost not stored of $packets packets"
}
import_nfpcapd() {
    rm -rf "$work/nf"
    mkdir "$work/nf"
    timed import.nfpcapd nfpcapd -y -r "$work/traffic.pcap" -w "$work/nf"
    grep -q "^Total: Processed: $packets," "$work/log" || fail "nfpcapd did not process $packets packets: $(grep Total "$work/log")"
}
import_loop() {
    timed import.loop "$bin/pcap_loop" "$work/traffic.pcap"
    [ "$(cut -d' ' -f1 "$work/out")" = "$packets" ] || fail "the file has not $packets packets"
}
import_tshark() {
    timed import.tshark tshark -n -r "$work/traffic.pcap" -c "$tshark_packets" -T fields -e frame.time_epoch -e ip.src -e ip.dst -e ip.proto \
        -e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport -e tcp.flags -e tcp.seq_raw -e tcp.ack_raw -e tcp.window_size_value \
        -e tcp.options -e icmp.type -e icmp.code -e ip.id -e ip.ttl -e ip.dsfield -e ip.len -e ip.frag_offset
    [ "$(wc -l <"$work/out")" -ge "$tshark_packets" ] || fail "tshark gave $(wc -l <"$work/out") lines of $tshark_packets"
}
spool_decode() { timed spool.decode "$bin/file_spool" "$work/traffic.pcap"; }
spool_write() {
    rm -rf "$work/spooled"
    timed spool.write "$bin/file_spool" "$work/traffic.pcap" "$work/spooled"
}
spool_read() {
    timed spool.read "$bin/spool_scan" "$work/spooled"
    spooled=$(cut -d' ' -f1 "$work/out")
    [ "$(cut -d' ' -f5 "$work/out")" = 0 ] || fail "bad blocks in the spool"
}
spool_seal() { timed spool.seal "$hotaru" store seal --store "$work/spooled"; }
spool_simulate() {
    rm -rf "$work/simulated"
    timed simulate.store "$hotaru" simulate --store "$work/simulated" --packets "$packets" --seed 1
    rm -rf "$work/simulated"
}
# The spool is read before it is sealed, whatever the order of the others is.
spool_round() { spool_write; spool_read; spool_bytes=$(cat "$work"/spooled/spool/*.sealed | wc -c); spool_seal; }

peer_of_import() { # NAME TITLE PACKETS BAR GOAL BAR_RATIO GOAL_RATIO
    local ours theirs ratio what
    what="import, $(count_short "$packets") packets"
    ours=$(median import.hotaru.wall)
    theirs=$(median "import.$1.wall")
    ratio=$(calc "($packets / $ours) / ($3 / $theirs)")
    row import "$what" "$(mpps "$packets" "$ours")" "$2" "$(mpps "$3" "$theirs")" "$(times "$ratio")" "$4" "$5" "$6"
}

part_import() {
    local list=(import_hotaru import_loop) ours loop nf pps
    have nfpcapd && list+=(import_nfpcapd)
    have tshark && list+=(import_tshark)
    cat "$work/traffic.pcap" >/dev/null # all read it from memory
    step "import: ${list[*]}, $repeats times"
    turns "${list[@]}"
    ours=$(median import.hotaru.wall)
    loop=$(median import.loop.wall)
    pps=$(calc "$packets / $ours")
    if have nfpcapd; then
        nf=$(median import.nfpcapd.wall)
        peer_of_import nfpcapd "nfpcapd -y" "$packets" ">= 4 Mpps, >= 10x" "half a bare loop" \
            "$(verdict "$pps >= 4e6 && $nf / $ours >= 10" "$pps >= 4e6 && $nf / $ours >= 10 && $loop / $ours >= 0.5")"
    else
        not_measured import "import" "nfpcapd (package nfdump) is not installed" "nfpcapd -y" ">= 4 Mpps, >= 10x"
    fi
    peer_of_import loop "bare pcap_next_ex loop" "$packets" ">= 4 Mpps" ">= 0.5x" \
        "$(verdict "$pps >= 4e6" "$pps >= 4e6 && $loop / $ours >= 0.5")"
    if have tshark; then
        peer_of_import tshark "tshark -T fields, first $(count_short "$tshark_packets")" "$tshark_packets" - - -
    else
        not_measured import "import" "tshark is not installed" "tshark -T fields"
    fi
    row import "import's peak memory" "$(unit "$(calc "$(most import.hotaru.peak) / 1024")" MiB)" "$(have nfpcapd && echo "nfpcapd -y" || echo -)" \
        "$(have nfpcapd && unit "$(calc "$(most import.nfpcapd.peak) / 1024")" MiB || echo -)" - - - -
}

part_size() {
    local ours theirs zstd_bytes
    ours=$(calc "$(find "$work/store/packet" "$work/store/packet6" -name '*.parquet' -printf '%s\n' 2>/dev/null | awk '{ s += $1 } END { print s }') / $packets")
    sample size.hotaru "$ours"
    if have nfpcapd; then
        theirs=$(calc "$(cat "$work"/nf/nfcapd.* | wc -c) / $packets")
        sample size.nfpcapd "$theirs"
        row size "bytes per packet, all columns" "$(unit "$ours" B)" "nfpcapd -y (flows)" "$(unit "$theirs" B)" "$(times "$(calc "$ours / $theirs")")" \
            "<= 0.65x" "<= 12 B" "$(verdict "$ours / $theirs <= 0.65" "$ours <= 12 && $ours / $theirs <= 0.65")"
    else
        not_measured size "bytes per packet" "nfpcapd (package nfdump) is not installed" "nfpcapd -y" "<= 0.65x" "<= 12 B"
    fi
    if have zstd; then
        step "zstd -3 of the capture file"
        zstd_bytes=$(calc "$(zstd -q -3 -c "$work/traffic.pcap" | wc -c) / $packets")
        sample size.zstd "$zstd_bytes"
        row size "bytes per packet, all columns" "$(unit "$ours" B)" "zstd -3 of the pcap (no query)" "$(unit "$zstd_bytes" B)" "$(times "$(calc "$ours / $zstd_bytes")")" - - -
    else
        not_measured size "bytes per packet" "zstd is not installed" "zstd -3 of the pcap"
    fi
    row size "bytes per packet, all columns" "$(unit "$ours" B)" "the pcap itself" "$(unit "$(calc "$pcap_bytes / $packets")" B)" \
        "$(times "$(calc "$ours / ($pcap_bytes / $packets)")")" - - -
}

against_loop() { # WHAT SAMPLE PACKETS BAR VERDICT
    local s loop
    s=$(median "$2.wall")
    loop=$(median import.loop.wall)
    row spool "$1" "$(mpps "$3" "$s")" "bare pcap_next_ex loop" "$(mpps "$packets" "$loop")" "$(times "$(calc "($3 / $s) / ($packets / $loop)")")" "$4" - "$5"
}

part_spool() {
    local s
    [ -n "$(median import.loop.wall)" ] || import_loop
    step "spool: decode; write, read, seal; simulate into a store, $repeats times"
    turns spool_decode spool_round spool_simulate
    against_loop "file -> decode, one thread" spool.decode "$packets" - -
    against_loop "file -> decode -> spool, one thread" spool.write "$packets" - -
    against_loop "spool -> records, one thread" spool.read "$spooled" - -
    against_loop "spool -> Parquet (store seal)" spool.seal "$spooled" - -
    s=$(median simulate.store.wall)
    against_loop "simulate into a store" simulate.store "$packets" ">= 5 Mpps" "$(true_that "$packets / $s >= 5e6" && echo "bar met" || echo "bar not met")"
    row spool "spool's bytes per packet" "$(unit "$(calc "$spool_bytes / $spooled")" B)" "the pcap itself" "$(unit "$(calc "$pcap_bytes / $packets")" B)" \
        "$(times "$(calc "($spool_bytes / $spooled) / ($pcap_bytes / $packets)")")" - - -
    rm -rf "$work/spooled"
}
