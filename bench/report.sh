# shellcheck shell=bash
# What the run says: the head, the table, the JSON, the page.
# shellcheck disable=SC2034,SC2154

first_line() { "$@" 2>&1 | grep -v '^Running as' | head -n 1 || true; }
version_of() { # PROGRAM ARGUMENT…: its version, or that it is missing
    if have "$1"; then first_line "$@"; else echo "not installed"; fi
}
collect_facts() { # $work/facts: NAME TAB VALUE
    local commit load
    commit=$(git -C "$source" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
    [ -z "$(git -C "$source" status --porcelain --untracked-files=no 2>/dev/null)" ] || commit+=" with changes"
    load=$(cut -d' ' -f1 /proc/loadavg)
    {
        printf 'date\t%s\n' "$(date -u +%FT%TZ)"
        printf 'hotaru\t%s, commit %s\n' "$(first_line "$hotaru" --version)" "$commit"
        printf 'build\t%s, %s\n' "$(build_option buildtype)" "$(build_option b_sanitize | sed 's/none/no sanitizer/')"
        printf 'processor\t%s, %s online\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)"
        printf 'memory\t%s MiB\n' "$(awk '$1 == "MemTotal:" { printf "%d\n", $2 / 1024 }' /proc/meminfo)"
        printf 'kernel\t%s\n' "$(uname -sr)"
        printf 'file system of the data\t%s\n' "$(stat -f -c %T "$work")"
        printf 'load when it began\t%s\n' "$load"
        printf 'libpcap\t%s\n' "$(pkg-config --modversion libpcap 2>/dev/null || echo unknown)"
        printf 'nfdump\t%s\n' "$(version_of nfdump -V | sed 's/^nfdump: *//; s/^Version: *//')"
        printf 'tshark\t%s\n' "$(version_of tshark --version)"
        printf 'tcpdump\t%s\n' "$(version_of tcpdump --version | sed 's/^tcpdump version //')"
        printf 'zstd\t%s\n' "$(version_of zstd --version | sed 's/.* v\([0-9.]*\).*/\1/')"
        printf 'MariaDB\t%s\n' "$(version_of mariadbd --no-defaults --version | sed 's/.*Ver \([^ ]*\).*/\1/')"
        printf 'traffic\tsimulated (hotaru simulate), %s packets to a /18; large store %s rows; %s repetitions, medians\n' "$packets" "$rows" "$repeats"
    } >"$work/facts"
    true_that "$load < 0.3 * $(nproc)" || warnings+=("the machine was busy when this began (load $load): the figures are worth little")
    [ "$(build_option buildtype)" = release ] && [ "$(build_option b_sanitize)" = none ] ||
        warnings+=("$build is no release build: the figures mean nothing")
    $quick && warnings+=("--quick: the sizes are too small; the figures mean nothing")
    true_that "$rows < 1e9" && in_parts large && warnings+=("the large store has $(count_short "$rows") rows, not 10^9: HOTARU_BENCH_ROWS=1000000000 makes the whole of it")
    return 0
}
warnings=()
build_option() { meson introspect "$build" --buildoptions 2>/dev/null | jq -r --arg n "$1" '.[] | select(.name == $n) | .value | if type == "array" then join(",") else tostring end' 2>/dev/null || echo unknown; }

print_cautions() {
    local w
    for w in "${warnings[@]}"; do echo "CAUTION: $w"; done
}
headings=$'what\tmeasured\tpeer or limit\tits value\tratio\tbar\tgoal\tverdict'
print_report() {
    echo
    awk -F'\t' '{ printf "%-24s %s\n", $1, $2 }' "$work/facts"
    print_cautions
    echo
    { printf '%s\n' "$headings"; cut -f2- "$work/rows"; } | awk -F'\t' '
        { for (i = 1; i <= 8; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
        END { for (r = 1; r <= NR; r++) { line = ""
                  for (i = 1; i <= 8; i++) line = line sprintf("%-" (i < 8 ? width[i] + 2 : 0) "s", cell[r, i])
                  print line } }'
    echo
    printf 'verdicts: %s\n' "$(cut -f9 "$work/rows" | sed 's/^\(not measured\|open\).*/\1/; /^-$/d; s/^left out.*/left out/; s/^not a speed.*//; /^$/d' | sort | uniq -c | awk '{ n = $1; $1 = ""; printf "%s%d%s", s, n, $0; s = ", " }')"
    printf 'took %d min %d s; ratio > 1 where more is better means faster than the peer; sizes and memory: smaller is better\n' $((took_s / 60)) $((took_s % 60))
}

write_json() { # FOLDER
    mkdir -p "$1"
    printf '%s\n' "${warnings[@]}" >"$work/warnings"
    jq -n --rawfile facts "$work/facts" --rawfile samples "$work/samples" --rawfile rows "$work/rows" --rawfile warnings "$work/warnings" --argjson took_s "$took_s" \
        --argjson sizes "{\"packets\":$packets,\"rows\":$rows,\"repeats\":$repeats,\"live_packets\":$live_packets,\"sessions\":$sessions,\"mysql_sessions\":$mysql_sessions}" \
        '
        def lines: split("\n") | map(select(. != "") | split("\t"));
        {format: 1, facts: ($facts | lines | map({(.[0]): .[1]}) | add), warnings: ($warnings | split("\n") | map(select(. != ""))), sizes: $sizes, took_s: $took_s,
         rows: ($rows | lines | map({part: .[0], what: .[1], measured: .[2], peer: .[3], peer_value: .[4], ratio: .[5], bar: .[6], goal: .[7], verdict: .[8]})),
         samples: ($samples | lines | group_by(.[0]) | map({(.[0][0]): map(.[1] | tonumber)}) | add // {})}' \
>"$1/latest.json.new"
    mv "$1/latest.json.new" "$1/latest.json"
    echo "every sample: ${1#"$source"/}/latest.json"
}

write_page() { # FILE
    {
        cat <<'TEXT'
# Measurements

Written by `bench/run --write-doc` from one run; not edited by hand. `make bench` repeats it: every ratio is between two programs
that were given the same simulated traffic in the same run on the same machine, in alternating order, medians of the repetitions.
Absolute figures are this machine's. The data is synthetic (`hotaru simulate`).

TEXT
        awk -F'\t' '{ printf "- %s: %s\n", $1, $2 }' "$work/facts"
        local w
        for w in "${warnings[@]}"; do echo "- **caution**: $w"; done
        echo
        { printf '%s\n' "$headings"; printf -- '---\t---\t---\t---\t---\t---\t---\t---\n'; cut -f2- "$work/rows"; } | sed 's/|/\\|/g; s/\t/ | /g; s/^/| /; s/$/ |/'
        cat <<'TEXT'

## How it is measured
- **import**: wall time of the whole process, the file in the page cache, until the rows can be queried (rows and loss are counted
  after each run and must add up). `nfpcapd -y` writes flows every five minutes, LZ4; `tshark` writes text; the bare loop is
  `pcap_next_ex()` that looks at no byte: nobody who reads by libpcap is faster.
- **bytes per packet**: Parquet files / packets of the file; nfdump's files hold flows with fewer fields than our rows.
- **live**: a sender (`AF_PACKET`, `sendmmsg`) and one recorder at a time on a veth pair, same snapshot length and ring size. Offered is
  the interface's counter, kept is what was read back from the disk.
- **queries**: wall time of the whole process from its start to the PNG on the disk, files in the page cache where memory allows. The large
  store is one simulation of a /18 at 174 packets per address and day, sealed while it was made.
- **MySQL**: one client (`epoll`, a core of its own), the same for every server; where the client is the limit the rates are equal and the
  server's CPU time per session tells them apart. hotaru journals every session meanwhile; MariaDB runs with its defaults.
- **idle sessions**: resident memory of `hotaru-honeypot`; the kernel's socket buffers are not in it.
TEXT
    } >"$1.new"
    mv "$1.new" "$1"
    echo "written: ${1#"$source"/}"
}
