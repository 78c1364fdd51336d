# Sourced by the tests that record live: own namespaces out -> dark over a veth pair, a tmpfs for the test, the recorder's
# start and stop, its ledger. Exit 77 where the kernel forbids it.
set -eu
if [ "${HOTARU_E2E_INSIDE:-}" != 1 ]; then
    own=-nm
    [ "$(id -u)" = 0 ] && unshare $own true 2>/dev/null || own=-Urnm
    unshare $own true 2>/dev/null || { echo "SKIP: no namespaces here"; exit 77; }
    exec env HOTARU_E2E_INSIDE=1 unshare $own --propagation private "$0"
fi
PATH=$PATH:/usr/sbin:/sbin
# shellcheck disable=SC2034  # used by the tests
hotaru=$HOTARU_BUILD/hotaru
capture=$HOTARU_BUILD/hotaru-capture
bin=$HOTARU_BUILD/tests/integration
mount -t tmpfs none /run
work=/run/test
mkdir -p $work
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
step() { echo "- $*"; }

for n in out dark; do
    ip netns add $n
    ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
done
ip -n out link add src0 type veth peer name mir0 netns dark
ip -n out link set src0 up
ip -n dark link set mir0 up

preload= # libraries that the recorder runs with
start() { # STORE OPTION…: the recorder, until it says that it records
    store=$1; shift
    : >$work/ready
    ip netns exec dark env ${preload:+LD_PRELOAD="$preload"} "$capture" -i mir0 --store "$store" --ledger-interval 1 "$@" \
        >$work/ready 2>$work/log &
    pid=$!
    tries=200
    until grep -q "^recording mir0 into $store$" $work/ready; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] && kill -0 $pid 2>/dev/null || { cat $work/log >&2; fail "no ready line"; }
        sleep 0.05
    done
}
stop() {
    kill -TERM $pid
    rc=0
    wait $pid || rc=$?
    pid=
    [ $rc = 0 ] || { cat $work/log >&2; fail "exit code $rc"; }
}
# Sum of a column (5 received, 6 stored, 7 lost) of the ledger's rows of stage $2 and reason $3 ("*": all).
ledger() { "$bin/dump_headers" ledger "$store" | awk -F, -v c="$1" -v s="$2" -v r="$3" '$3 == s && (r == "*" || $4 == r) { n += $c } END { print n + 0 }'; }
check_ledger() { # FRAMES: each stage passes on what it stored; nothing is lost before the decoder
    "$bin/dump_headers" ledger "$store" | awk -F, '$5 != $6 + $7 { print "received is not stored + lost: " $0; bad = 1 } END { exit bad }' || fail "ledger"
    [ "$(ledger 5 kernel '*')" = "$1" ] || fail "kernel received $(ledger 5 kernel '*'), not $1"
    [ "$(ledger 6 kernel '*')" = "$(ledger 5 ring '*')" ] || fail "kernel stored is not ring received"
    [ "$(ledger 6 ring '*')" = "$(ledger 5 decoder '*')" ] || fail "ring stored is not decoder received"
    [ "$(ledger 6 decoder '*')" = "$(ledger 5 spool '*')" ] || fail "decoder stored is not spool received"
    [ "$(ledger 6 spool '*')" = "$(ledger 5 disk '*')" ] || fail "spool stored is not disk received"
    [ "$(ledger 6 disk '*')" = "$("$bin/dump_headers" numbers "$store" | wc -l)" ] || fail "disk stored is not the rows there are"
}
