# Sourced by the end-to-end tests: a folder for the test, clean-up, skipping, and who runs the lab.
set -eu
# shellcheck disable=SC2034  # used by the tests
hotaru=$HOTARU_BUILD/hotaru
origin=$HOTARU_BUILD/tests/e2e/origin
work=$(mktemp -d "${TMPDIR:-/tmp}/hotaru-e2e.XXXXXX")
chmod 755 "$work"
started=
clean_up() {
    for pid in $started; do kill -9 "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail() { echo "FAIL: $*" >&2; exit 1; }
step() { echo "- $*"; }
need() { for tool; do command -v "$tool" >/dev/null 2>&1 || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null 2>&1 || { echo "SKIP: $tool is not installed"; exit 77; }; done; }
# Without namespaces there is no end-to-end test.
need_lab() {
    if ! "$hotaru" lab --bare --out "$work/probe" --exec true >"$work/probe.log" 2>&1; then
        grep -q "make no namespaces\|no more namespaces" "$work/probe.log" && { echo "SKIP: $(cat "$work/probe.log")"; exit 77; }
        cat "$work/probe.log" >&2
        fail "the lab does not start"
    fi
}
# wait_for SECONDS COMMAND…: until the command is true.
wait_for() {
    tries=$(($1 * 20)); shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1)); [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}
PATH=$PATH:/usr/sbin:/sbin
