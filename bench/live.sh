# shellcheck shell=bash
# Live capture on a veth pair beside tcpdump -w: the same sender, one recorder at a time. What counts as kept is what can be
# read back afterwards, what counts as offered is the interface's own counter.
# shellcheck disable=SC2034,SC2154

rates="100000 200000 0" # packets per second; 0: as fast as the sender goes
live_ring_mib=32        # the kernel buffer of both
live_snap=256           # bytes per frame, both

offered() { ip netns exec dark cat /sys/class/net/mir0/statistics/rx_packets /sys/class/net/mir0/statistics/rx_dropped | awk '{ s += $1 } END { print s }'; }
peak_kib() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
cpu_s() { sed 's/.*) //' "/proc/$1/stat" | awk -v hz="$(getconf CLK_TCK)" '{ t = $12 + $13; print (t ? t : 1) / hz }'; } # in ticks, at least one

start_hotaru() {
    : >"$work/out" && : >"$work/log" # what stood there must not be taken for an answer
    ip netns exec dark "$build/hotaru-capture" -i mir0 --store "$work/live" --snaplen $live_snap --buffer $live_ring_mib --stats-interval 0 \
        >"$work/out" 2>"$work/log" &
    pid=$!
    start_pid $pid
    wait_for 20 grep -q "^recording mir0" "$work/out" || { cat "$work/log" >&2; fail "hotaru-capture does not start"; }
}
kept_hotaru() { # decoded or counted as not decodable: the frame reached the recorder
    local records decoder kernel other bad
    read -r records decoder kernel other bad < <("$bin/spool_scan" "$work/live")
    [ "$bad" = 0 ] || fail "$bad bad blocks in the spool"
    echo $((records + decoder))
}
start_tcpdump() {
    : >"$work/out" && : >"$work/log" # what stood there must not be taken for an answer
    ip netns exec dark tcpdump -i mir0 -n -s $live_snap -B $((live_ring_mib * 1024)) -Z root -w "$work/live.pcap" 2>"$work/log" &
    pid=$!
    start_pid $pid
    wait_for 20 grep -q "listening on" "$work/log" || return 1
}
kept_tcpdump() { "$bin/pcap_loop" "$work/live.pcap" | cut -d' ' -f1; }

# one TOOL RATE: samples live.TOOL.RATE.{lost,offered,pps,cpu} and live.TOOL.peak
one() {
    local n=$live_packets before sent seconds given kept code=0
    [ "$2" = 0 ] || n=$(calc "$2 * 3 < $live_packets ? $2 * 3 : $live_packets")
    rm -rf "$work/live" "$work/live.pcap"
    "start_$1"
    before=$(offered)
    read -r sent seconds < <(ip netns exec out "$bin/flood" src0 "$work/traffic.pcap" "$n" "$2")
    sleep 1.5 # tcpdump's ring gives a block that is not full after a second
    sample "live.$1.peak" "$(peak_kib "$pid")"
    sample "live.$1.$2.cpu" "$(cpu_s "$pid")"
    stop_pid "$pid" INT || code=$?
    [ $code = 0 ] || { tail -n 5 "$work/log" >&2; fail "$1 ended with $code"; }
    given=$(($(offered) - before))
    kept=$("kept_$1")
    { [ "$given" -le "$sent" ] && [ "$kept" -le "$given" ]; } || fail "$1: $kept kept of $given offered of $sent sent"
    sample "live.$1.$2.offered" "$given"
    sample "live.$1.$2.lost" $((given - kept))
    sample "live.$1.$2.pps" "$(calc "$given / $seconds")"
    rm -rf "$work/live" "$work/live.pcap"
}
round_hotaru() { for rate in $rates; do one hotaru "$rate"; done; }
round_tcpdump() { for rate in $rates; do one tcpdump "$rate"; done; }
round_sender() { # nobody listens
    local sent seconds
    read -r sent seconds < <(ip netns exec out "$bin/flood" src0 "$work/traffic.pcap" "$live_packets" 0)
    sample live.sender.pps "$(calc "$sent / $seconds")"
}

inside_live() {
    local list=(round_hotaru round_sender)
    for n in out dark; do
        ip netns add $n
        ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    done
    ip -n out link add src0 type veth peer name mir0 netns dark
    ip -n out link set src0 up
    ip -n dark link set mir0 up
    # Without a user namespace's "deny", tcpdump may become root (-Z); it insists on trying.
    [ "$(cat /proc/self/setgroups)" = allow ] && have tcpdump && list+=(round_tcpdump)
    step "live: ${list[*]}, $repeats times, at $rates packets per second (0: as fast as it goes)"
    turns "${list[@]}"
    live_rows
}

total() { values "$1" | awk '{ s += $1 } END { print s + 0 }'; }
loss_text() { # TOOL RATE
    local lost given
    lost=$(total "live.$1.$2.lost")
    given=$(total "live.$1.$2.offered")
    awk -v l="$lost" -v n="$given" 'BEGIN { printf "%d lost of %d (%.4g %%)\n", l, n, n ? 100 * l / n : 0 }'
}
live_rows() {
    local rate what ours theirs tcpdump=false goal=- sender mine pps
    values live.tcpdump.peak | grep -q . && tcpdump=true
    sender=$(median live.sender.pps)
    for rate in $rates; do
        mine=$(total "live.hotaru.$rate.lost")
        pps=$(median "live.hotaru.$rate.pps")
        what="live on veth, sender at $(unit "$(calc "$pps / 1e3")" kpps)"
        ours=$(loss_text hotaru "$rate")
        [ "$rate" = 0 ] && what+=" (its most)" && goal="no loss at the sender's most"
        if $tcpdump; then
            theirs=$(total "live.tcpdump.$rate.lost")
            row live "$what" "$ours" "tcpdump -w" "$(loss_text tcpdump "$rate")" "-" "none where tcpdump loses none" "$goal" \
                "$(verdict "$mine == 0 || $theirs > 0" "$mine == 0")"
        else
            row live "$what" "$ours" "tcpdump -w" "cannot run here" "-" "none where tcpdump loses none" "$goal" \
                "$([ "$mine" = 0 ] && echo "goal met" || echo "not measured: tcpdump needs root here, or is not installed")"
        fi
    done
    row live "sender's most while hotaru records" "$(unit "$(calc "$(median live.hotaru.0.pps) / 1e3")" kpps)" "nobody listens" "$(unit "$(calc "$sender / 1e3")" kpps)" \
        "$(times "$(calc "$(median live.hotaru.0.pps) / $sender")")" - - -
    $tcpdump && row live "recorder's CPU time per million packets" "$(per_million hotaru)" "tcpdump -w" "$(per_million tcpdump)" \
        "$(times "$(calc "$(median live.hotaru.0.cpu) / $(median live.tcpdump.0.cpu)")")" - - -
    ours=$(calc "$(most live.hotaru.peak) / 1024")
    row memory "recorder's peak memory ($live_ring_mib MiB ring in it)" "$(unit "$ours" MiB)" "$($tcpdump && echo "tcpdump, same ring" || echo -)" \
        "$($tcpdump && unit "$(calc "$(most live.tcpdump.peak) / 1024")" MiB || echo -)" \
        "$($tcpdump && times "$(calc "$ours / ($(most live.tcpdump.peak) / 1024)")" || echo -)" "<= 256 MB" "<= 64 MB" \
        "$(verdict "$ours * 1.048576 <= 256" "$ours * 1.048576 <= 64")"
}
per_million() { unit "$(calc "$(median "live.$1.0.cpu") / $(median "live.$1.0.offered") * 1e6")" s; }

own_namespaces() { # the unshare options that work here; empty when none do
    local own
    for own in -nm -Urnm; do
        if [ "$own" = -Urnm ] || [ "$(id -u)" = 0 ]; then
            unshare $own --propagation private mount -t tmpfs none /run 2>/dev/null && { echo $own; return; }
        fi
    done
}
part_live() {
    local own
    own=$(own_namespaces)
    if [ -z "$own" ]; then
        not_measured live "live on veth" "no namespaces here" "tcpdump -w" "none where tcpdump loses none" "no loss at the sender's most"
        not_measured memory "recorder's peak memory" "no namespaces here" - "<= 256 MB" "<= 64 MB"
        return
    fi
    unshare "$own" --propagation private "$here/inside" live || fail "the live part ended with an error (above)"
}
