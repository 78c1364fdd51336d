# shellcheck shell=sh
# Sourced by the tests with real clients: one honeypot at a time on 127.0.0.1:3306 of a network namespace of the test's own.
if [ "${HOTARU_CLIENTS_INSIDE:-}" != 1 ]; then
    # shellcheck disable=SC2154  # set by each test
    for tool in $tools; do command -v "$tool" >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }; done
    unshare -n true 2>/dev/null && own="unshare -n" || own="unshare -Urn"
    $own true 2>/dev/null || { echo "SKIP: the kernel permits no network namespace"; exit 77; }
    HOTARU_CLIENTS_INSIDE=1 exec $own "$0" "$@"
fi
. "$HOTARU_SOURCE/tests/e2e/common.sh"
ip link set lo up
# shellcheck disable=SC2034
here=$HOTARU_SOURCE/tests/clients
cd "$work"
HOME=$work
export HOME
python=/usr/bin/python3 # Debian's, which has Debian's modules

# honeypot PERSONA [SERVICE…]: the one that answers from now on; its store is $store, what it says $work/log.
honeypot() {
    persona=$1
    shift
    [ -n "${1:-}" ] || set -- mysql
    services=
    for s; do services="$services --service $s"; done
    store=$work/store-$persona
    : >"$work/log"
    # shellcheck disable=SC2086
    "$HOTARU_BUILD/hotaru-honeypot" --store "$store" --persona "$persona" --listen 127.0.0.1 $services >"$work/log" 2>&1 &
    honeypot=$!
    started="$started $honeypot"
    wait_for 20 grep -q answering "$work/log" || fail "the honeypot does not start: $(cat "$work/log")"
}
honeypot_ends() {
    kill -TERM "$honeypot"
    wait "$honeypot" || fail "the honeypot ended with $?: $(cat "$work/log")"
    started=
}
events() { cat "$store"/journal/*.jsonl | jq -r "$1"; }
# quiet NAME COMMAND…: within 20 seconds, exit status 0 and nothing on standard error; what it prints goes to $work/NAME.
quiet() {
    name=$1
    shift
    rc=0
    timeout 20 "$@" >"$work/$name" 2>"$work/$name.err" || rc=$?
    [ $rc = 0 ] && [ ! -s "$work/$name.err" ] || { tail -n 20 "$work/$name" "$work/$name.err" >&2; fail "$persona: $*: exit status $rc"; }
}
# says NAME TEXT…: each stands in what the client printed, on one line.
says() {
    name=$1
    shift
    for text; do grep -qF -- "$text" "$work/$name" || { cat "$work/$name" >&2; fail "$persona: $name lacks: $text"; }; done
}
