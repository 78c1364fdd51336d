#!/bin/sh
# kill -9 at random moments, all four: recorder, converter and compactor while numbered packets are recorded, sealed and merged; and
# the import of a file. Each packet that was on the wire while a recorder ran, a second or more before it was killed, is there
# exactly once, the ledger counts every row; an import is there whole or not at all; nothing is left behind.
#   HOTARU_KILLS  how many times, of each half (6; the campaign gives more);  HOTARU_KILL  live, import or both
set -eu
me=$HOTARU_SOURCE/tests/e2e/test_store_kill.sh
if [ "${HOTARU_E2E_INSIDE:-}" != 1 ]; then
    own=-nm
    [ "$(id -u)" = 0 ] && unshare $own true 2>/dev/null || own=-Urnm
    unshare $own true 2>/dev/null || { echo "SKIP: no namespaces here"; exit 77; }
    exec env HOTARU_E2E_INSIDE=1 unshare $own --propagation private "$me"
fi
PATH=$PATH:/usr/sbin:/sbin
exec python3 "$HOTARU_SOURCE/tests/e2e/kill_store.py" "$HOTARU_BUILD" "${HOTARU_KILLS:-6}" "${HOTARU_SEED:-1}" "${HOTARU_KILL:-both}"
