#!/bin/sh
# The honeypot's journal on a full disk: sessions go on, lines wait in memory and are then dropped and counted, it is said once,
# and over when there is room; what is stored is whole, and stored lines + dropped lines are all there were.
set -eu
me=$HOTARU_SOURCE/tests/e2e/test_journal_full.sh
if [ "${HOTARU_E2E_INSIDE:-}" != 1 ]; then
    own=-nm
    [ "$(id -u)" = 0 ] && unshare $own true 2>/dev/null || own=-Urnm
    unshare $own true 2>/dev/null || { echo "SKIP: no namespaces here"; exit 77; }
    exec env HOTARU_E2E_INSIDE=1 unshare $own --propagation private "$me"
fi
PATH=$PATH:/usr/sbin:/sbin
hotaru=$HOTARU_BUILD/hotaru
mount -t tmpfs none /run
work=/run/test
mkdir -p $work/small
mount -t tmpfs -o size=4m,mode=777 none $work/small
store=$work/small/store
ip link set lo up
pid=
trap '[ -z "$pid" ] || kill -9 $pid 2>/dev/null || true' EXIT
fail() { echo "FAIL: $*" >&2; cat $work/log >&2; exit 1; }
"$HOTARU_BUILD/hotaru-honeypot" --listen 127.0.0.1 --service http:8080 --persona mysql-5.6.10 --store $store --loops 1 2>$work/log &
pid=$!
tries=200
until grep -q answering $work/log; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] && kill -0 $pid 2>/dev/null || fail "the honeypot does not answer"
    sleep 0.05
done
sessions() { # N: that many requests with a long path, one after the other; all are answered
    python3 - "$1" <<'PY'
import socket, sys
for i in range(int(sys.argv[1])):
    s = socket.create_connection(("127.0.0.1", 8080), timeout=10)
    s.sendall(b"GET /" + b"%06d" % i * 600 + b" HTTP/1.0\r\n\r\n")
    got = b""
    while True:
        more = s.recv(65536)
        if not more:
            break
        got += more
    assert got.startswith(b"HTTP/1."), got[:40]
PY
}
sessions 20
sleep 1.5
per=$(($(cat $store/journal/*.jsonl | grep -c -v '"counts"\|"lighting"') / 20))
[ $per -ge 3 ] || fail "only $per lines a session"
dd if=/dev/zero of=$work/small/ballast bs=1k 2>/dev/null || true
sessions 1700
sleep 1.5
[ "$(grep -c 'journal cannot be written' $work/log)" = 1 ] || fail "a full disk is not said once"
rm $work/small/ballast
mount -o remount,size=64m $work/small
tries=100
until grep -q "takes lines again" $work/log; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "the end of it is not said"
    sleep 0.1
done
sessions 10
kill -TERM $pid
wait $pid || fail "the honeypot ends badly"
pid=
q() { "$hotaru" query --store $store --format csv "$1" 2>$work/err | tail -n 1; }
for state in open sealed; do
    lines=$(q "SELECT count(*) FROM event WHERE type NOT IN ('counts', 'lighting') AND session IS NOT NULL")
    lost=$(q "SELECT coalesce(sum(count), 0) FROM event WHERE type = 'counts' AND reason = 'journal'")
    [ "$lost" -gt 100 ] || fail "only $lost lines were dropped: the test did not fill the memory"
    [ $((lines + lost)) = $((per * 1730)) ] || fail "$state: $lines lines stored and $lost dropped are not $((per * 1730))"
    "$hotaru" store seal --store $store 2>$work/err || fail "seal: $(cat $work/err)"
done
[ "$(q "SELECT coalesce(sum(lost), 0) FROM loss WHERE stage = 'journal'")" = 0 ] || fail "a stored line is not whole"
echo "$lines lines stored, $lost dropped and counted, $per a session"
