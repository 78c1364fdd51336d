#!/bin/sh
# A capture file imported, and the same packets replayed on a veth pair to the recorder: the same rows in the store, time aside,
# column by column, as multisets; while they are in the spool, and when they are Parquet. Own replay for every file, tcpreplay
# for one; one ring and three; headers alone and with payload.
. "$HOTARU_SOURCE/tests/e2e/veth.sh"
ip -n out link set src0 mtu 65535
ip -n dark link set mir0 mtu 65535

rows() { # STORE: every row, every column but the time
    "$hotaru" query --store "$1" --format csv "SELECT * EXCLUDE (ts) FROM packet" 2>$work/err
    "$hotaru" query --store "$1" --format csv "SELECT * EXCLUDE (ts) FROM packet6" 2>$work/err
}
not_stored() { "$hotaru" query --store "$1" --format csv "SELECT coalesce(sum(lost), 0) FROM loss WHERE stage = 'decoder'" 2>$work/err | tail -n 1; }
same() { # WHAT
    rows $work/file | sort >$work/file.rows
    rows $work/live | sort >$work/live.rows
    [ "$(wc -l <$work/file.rows)" -gt "$least" ] || fail "$1: only $(wc -l <$work/file.rows) rows to compare"
    cmp -s $work/file.rows $work/live.rows || { diff $work/file.rows $work/live.rows | head -n 6 >&2; fail "$1: the rows differ"; }
    f=$(not_stored $work/file) l=$(not_stored $work/live)
    # A kernel does not hand over a frame that is cut inside its VLAN tag: these are never seen live.
    [ "$f" = "$l" ] || { [ "$cut" = yes ] && [ "$l" -lt "$f" ]; } || fail "$1: $l frames not stored live, $f from the file"
    echo "  $1: $(($(wc -l <$work/file.rows) - 2)) rows"
}
both() { # WHAT PAYLOAD FILES… -- RECORDER-OPTIONS…: imported and replayed
    what=$1 payload=$2; shift 2
    files=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do files="$files $1"; shift; done
    [ $# = 0 ] || shift
    rm -rf $work/file $work/live
    # shellcheck disable=SC2086
    "$hotaru" capture --store $work/file --payload-bytes "$payload" -r $files 2>$work/err
    start $work/live --snaplen 65535 --payload-bytes "$payload" --segment-seconds 1 "$@"
    for f in $files; do
        if [ "$how" = tcpreplay ]; then
            ip netns exec out tcpreplay -q -i src0 -p 20000 "$f" >$work/tcpreplay.log 2>&1 || { cat $work/tcpreplay.log >&2; fail "tcpreplay"; }
        else
            ip netns exec out "$bin/replay" file src0 "$f" 20000 >/dev/null
        fi
    done
    sleep 0.3
    stop
    same "$what, in the spool"
    "$hotaru" store seal --store $work/live 2>$work/err
    [ "$("$hotaru" query --store $work/live --format csv "SELECT count(*) FROM spool_packet()" 2>/dev/null | tail -n 1)" = 0 ] || fail "the spool is not empty"
    same "$what, in Parquet"
}

data=
for f in "$HOTARU_SOURCE"/tests/data/*.zst "$HOTARU_SOURCE"/tests/data/*.pcap; do
    plain=$work/$(basename "$f" .zst)
    case $f in *.zst) zstd -q -d "$f" -o "$plain" ;; *) cp "$f" "$plain" ;; esac
    data="$data $plain"
done
"$bin/make_packets" $work "${HOTARU_SEED:-11}" 2000
how=replay
cut=no
least=40000
step "every capture in tests/data"
# shellcheck disable=SC2086
both "captures" 0 $data
step "generated packets of every kind"
least=1500
both "generated" 0 $work/eth.pcap
step "cut and damaged ones"
cut=yes
both "cut and damaged" 0 $work/eth-cut.pcap $work/eth-damaged.pcap
least=1500
cut=no
step "with payload, over three rings"
both "with payload" 200 $work/eth.pcap $work/zeek-mysql-auth.pcap $work/zeek-mysql-mysql.pcap -- --rings 3
if command -v tcpreplay >/dev/null; then
    step "by tcpreplay"
    how=tcpreplay
    both "by tcpreplay" 0 $work/zmap-445.pcap
fi
echo ok
