#!/bin/sh
# The lab appears and vanishes, whole, whatever ends it: its end, Ctrl-C, kill -9 of any part; as root and as nobody.
. "$(dirname "$0")/common.sh"
need ip nft setpriv
need_lab
chmod 1777 "$work"
ip -br link >"$work/links-before"
ls /run/netns 2>/dev/null >"$work/netns-before" || true

# Nobody may not be able to read the build folder: then from a copy.
build=$HOTARU_BUILD
as_nobody=
if [ "$(id -u)" = 0 ]; then
    as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    cd /
    if ! $as_nobody "$build/hotaru" --version >/dev/null 2>&1; then
        mkdir "$work/build"
        find "$build" -maxdepth 1 -type f -name 'hotaru*' -exec cp {} "$work/build/" \;
        [ -f "$HOTARU_SOURCE/.deps/duckdb/libduckdb.so" ] && cp "$HOTARU_SOURCE/.deps/duckdb/libduckdb.so" "$work/build/"
        chmod -R a+rX "$work/build"
        build=$work/build
        export LD_LIBRARY_PATH="$work/build"
    fi
    # In a chroot, or with unprivileged user namespaces switched off, only root can have a lab.
    if ! $as_nobody unshare -Ur true 2>/dev/null; then
        step "the kernel lets nobody have no user namespace here: root alone is tried"
        as_nobody=
    fi
fi

# No process of the lab and no namespace of it is left.
gone() {
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/ns/net" 2>/dev/null)" != "$att" ] || return 1
        [ "$(readlink "$p/ns/pid" 2>/dev/null)" != "$pidns" ] || return 1
    done
}
check_gone() {
    wait_for 10 gone || fail "$1: something of the lab is left"
    ip -br link | cut -d' ' -f1 >"$work/links-after"
    grep -qxE 'wan|mir|hp|cap0|mir0' "$work/links-after" && fail "$1: interfaces are left on the host"
    ls /run/netns 2>/dev/null >"$work/netns-after" || true
    cmp -s "$work/netns-before" "$work/netns-after" || fail "$1: names are left in /run/netns"
}

# Starts a lab that waits inside; sets outer (hotaru lab), att and pidns (its namespaces).
# A process group of its own (setsid), so that Ctrl-C can be played to the whole of it as a terminal does.
start_lab() {
    rm -rf "$work/out"; mkdir "$work/out"; chmod 777 "$work/out"
    # shellcheck disable=SC2086
    setsid $who "$build/hotaru" lab "$@" --out "$work/out" --exec sh -c 'trap "exit 9" INT
        readlink /proc/self/ns/net >$HOTARU_LAB_OUT/att; readlink /proc/self/ns/pid >$HOTARU_LAB_OUT/pidns; env | grep ^HOTARU_LAB_PID >$HOTARU_LAB_OUT/pids
        echo >$HOTARU_LAB_OUT/up; while :; do sleep 0.1; done' >"$work/said" 2>&1 &
    outer=$!
    started="$started $outer"
    wait_for 20 test -e "$work/out/up" || fail "the lab does not come up: $(cat "$work/said")"
    att=$(cat "$work/out/att"); pidns=$(cat "$work/out/pidns")
    gone && fail "the test does not see the lab's own processes"
    return 0
}
# The lab's process 1 as the host counts: the only child of hotaru lab.
inner() { cat "/proc/$outer/task/$outer/children"; }
ended() { code=0; wait "$outer" || code=$?; }

for who in "" ${as_nobody:+"$as_nobody"}; do
    name=${who:+nobody}; name=${name:-$(id -un)}
    step "$name: its own end"
    # shellcheck disable=SC2086
    $who "$build/hotaru" lab --bare --out "$work/own-$name" --exec sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/pid; exit 7' >"$work/own" 2>"$work/said" && fail "exit code of the command is lost"
    att=$(sed -n 1p "$work/own"); pidns=$(sed -n 2p "$work/own")
    [ -n "$pidns" ] || fail "own end: $(cat "$work/said")"
    check_gone "own end"
    [ -s "$work/said" ] && fail "own end: $(cat "$work/said")"

    step "$name: Ctrl-C"
    start_lab --bare
    env kill -s INT -- "-$outer"; ended
    check_gone "Ctrl-C"

    step "$name: SIGTERM to hotaru lab alone"
    start_lab --bare
    kill -TERM "$outer"; ended
    [ "$code" != 0 ] || fail "SIGTERM: exit code 0"
    check_gone "SIGTERM"

    step "$name: kill -9 of hotaru lab"
    start_lab --bare
    kill -9 "$outer"; ended
    check_gone "kill -9 of hotaru lab"

    step "$name: kill -9 of process 1 inside"
    start_lab --bare
    kill -9 $(inner); ended
    [ "$code" = 1 ] || fail "kill -9 inside: exit code $code"
    grep -q "was killed" "$work/said" && [ "$(wc -l <"$work/said")" = 1 ] || fail "kill -9 inside: $(cat "$work/said")"
    check_gone "kill -9 of process 1"
done

# The whole lab: each daemon dies by kill -9; the lab says which, ends, and is gone.
cat >"$work/whole.yaml" <<'END'
darknet: [10.77.0.0/18]
points: {draw: {count: 4, one-per: 24, seed: 2}}
honeypot: {services: [smb, any]}
END
for who in "" ${as_nobody:+"$as_nobody"}; do
    name=${who:+nobody}; name=${name:-$(id -un)}
    for daemon in RECORDER HONEYPOT; do
        step "$name: kill -9 of the $daemon"
        rm -rf "$work/out"; mkdir "$work/out"; chmod 777 "$work/out"
        code=0
        # shellcheck disable=SC2086
        $who "$build/hotaru" lab --config "$work/whole.yaml" --out "$work/out" --exec sh -c "
            readlink /proc/self/ns/net >\$HOTARU_LAB_OUT/att; readlink /proc/self/ns/pid >\$HOTARU_LAB_OUT/pidns
            kill -9 \$HOTARU_LAB_PID_$daemon; sleep 100" >"$work/said" 2>&1 || code=$?
        [ "$code" = 1 ] || fail "$daemon killed: exit code $code: $(cat "$work/said")"
        [ "$(grep -c "was killed" "$work/said")" = 1 ] && [ "$(wc -l <"$work/said")" = 1 ] || fail "$daemon killed: $(cat "$work/said")"
        att=$(cat "$work/out/att"); pidns=$(cat "$work/out/pidns")
        check_gone "kill -9 of the $daemon"
    done
    step "$name: Ctrl-C of the whole"
    start_lab --config "$work/whole.yaml"
    [ "$(grep -c HOTARU_LAB_PID "$work/out/pids")" -ge 2 ] || fail "daemons' pids: $(cat "$work/out/pids")"
    env kill -s INT -- "-$outer"; ended
    [ "$code" = 1 ] && grep -q "stopped by the user" "$work/said" || fail "Ctrl-C: exit $code, $(cat "$work/said")"
    grep -q "error" "$work/out/log/"*.log && fail "a daemon complains at Ctrl-C: $(grep error "$work/out/log/"*.log)"
    check_gone "Ctrl-C of the whole"
done

step "root: no store or output folder under /run"
code=0; "$hotaru" lab --bare --out /run/hotaru-e2e-$$ --exec true >"$work/said" 2>&1 || code=$?
rmdir "/run/hotaru-e2e-$$/store" "/run/hotaru-e2e-$$" 2>/dev/null || true
[ "$code" = 3 ] && [ "$(wc -l <"$work/said")" = 1 ] || fail "/run: exit $code, $(cat "$work/said")"
