# shellcheck shell=sh
# Sourced by the differential and replay tests: namespaces, a folder, the honeypot with a persona on host db01.
# The test calls enter_namespaces "$@" first, then begin.
PATH=$PATH:/usr/sbin:/sbin
here=$HOTARU_SOURCE/tests/differential
compare=$HOTARU_BUILD/tests/differential/mysql_compare
honeypot=

# The line of the file floors: TEST FILE
floor_of() {
    awk -v t="$1" -v f="$2" '$1 == t && $2 == f { print $3; found = 1 } END { exit !found }' "$here/floors"
}

need_service_mysql() {
    "$HOTARU_BUILD/hotaru-honeypot" --help 2>&1 | grep -q '^  mysql ' && return
    echo "SKIP: hotaru-honeypot has no service mysql yet"
    exit 77
}

# Both sides listen on port 3306 of different loopback addresses and live on the same host name.
enter_namespaces() {
    [ -z "${HOTARU_DIFFERENTIAL_INSIDE:-}" ] || return 0
    map=
    [ "$(id -u)" = 0 ] || map=--map-root-user
    # shellcheck disable=SC2086
    unshare $map --mount --net --uts --pid --fork true 2>/dev/null || { echo "SKIP: no namespaces here"; exit 77; }
    # shellcheck disable=SC2086
    HOTARU_DIFFERENTIAL_INSIDE=1 exec unshare $map --mount --net --uts --pid --fork --kill-child "$0" "$@"
}

begin() {
    mount -t proc proc /proc
    hostname db01
    ip link set lo up
    work=$(mktemp -d "${TMPDIR:-/tmp}/hotaru-diff.XXXXXX")
    chmod 755 "$work"
    echo "select 1" >"$work/probe.txt"
    trap clean_up EXIT
    trap 'exit 1' INT TERM
}

stop_honeypot() {
    [ -n "$honeypot" ] || return 0
    kill "$honeypot" 2>/dev/null || true
    wait "$honeypot" 2>/dev/null || true
    honeypot=
}

clean_up() {
    stop_honeypot
    "$here/mariadb_server.sh" stop "$work/real" || true
    "$here/mariadb_server.sh" stop "$work/second" || true
    rm -rf "$work"
}

# The persona NAME on 127.0.0.2:3306 with an empty store. Host name (and the version, if given) as the reference has them.
start_honeypot() { # NAME [VERSION]
    rm -rf "$work/personas" "$work/store"
    cp -r "$HOTARU_SOURCE/conf/personas" "$work/personas"
    chmod -R u+w "$work/personas"
    sed -i 's/^hostname:.*/hostname: db01/' "$work/personas/$1.yaml"
    [ -z "${2:-}" ] || sed -i "s/^  version:.*/  version: $2/" "$work/personas/$1.yaml"
    "$HOTARU_BUILD/hotaru-honeypot" --listen 127.0.0.2 --service mysql:3306 --persona "$work/personas/$1.yaml" \
        --store "$work/store" >"$work/honeypot.log" 2>&1 &
    honeypot=$!
    tries=400
    until "$compare" --a 127.0.0.2:3306 --timeout-ms 2000 "$work/probe.txt" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ] || ! kill -0 "$honeypot" 2>/dev/null; then
            echo "FAIL: the honeypot does not answer:" >&2
            cat "$work/honeypot.log" >&2
            exit 1
        fi
        sleep 0.05
    done
}
# The honeypot must live through all that was sent.
still_up() {
    kill -0 "$honeypot" 2>/dev/null && return 0
    echo "FAIL: the honeypot ended:" >&2
    tail -n 40 "$work/honeypot.log" >&2
    return 1
}
