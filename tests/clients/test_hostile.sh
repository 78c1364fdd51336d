#!/bin/sh
# Hostile clients against the honeypot: bounded memory, the journal tells of what was cut off, an honest client beside them gets
# every answer.
set -eu
tools="jq"
. "${0%/*}/common.sh"
# The sanitizer keeps freed memory and shadow beside it: what is bounded without is bounded with.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=16
export ASAN_OPTIONS
limit_mib=700
! grep -aq __asan_init "$HOTARU_BUILD/hotaru-honeypot" || limit_mib=1500
honeypot mysql-5.6.10
"$python" "$here/hostile.py" "$honeypot" $limit_mib "$@" || fail "hostile clients (above)"
honeypot_ends
[ "$(events 'select(.event_type == "session_close") | .reason' | grep -c '^limit$')" -ge 2 ] || [ -n "${1:-}" ] ||
    fail "the journal has no session that was cut off at a limit"
[ "$(events 'select(.event_type == "counts" and .reason == "limit") | .count' | wc -l)" -ge 1 ] || [ -n "${1:-}" ] ||
    fail "the journal does not count them"
