# shellcheck shell=sh
# Sourced by tests of a running hotaru-honeypot on loopback: alone "$@" first (own network namespace), then a folder $work, its
# removal, and the honeypot's end; the test sets pid.
honeypot=$HOTARU_BUILD/hotaru-honeypot
pid=
PATH=$PATH:/usr/sbin:/sbin

alone() { # "$0" "$@"
    if [ -z "${HOTARU_ALONE:-}" ]; then
        map=
        [ "$(id -u)" = 0 ] || map=--map-root-user
        # shellcheck disable=SC2086
        unshare $map --net true 2>/dev/null || { echo "SKIP: no namespaces here"; exit 77; }
        # shellcheck disable=SC2086
        HOTARU_ALONE=1 exec unshare $map --net "$@"
    fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/hotaru-test.XXXXXX")
    chmod 755 "$work"
    mkdir "$work/store"
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    ip link set lo up
}
clean_up() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
fail() { echo "FAIL: $*" >&2; tail -n 20 "$work/log" >&2; exit 1; }
