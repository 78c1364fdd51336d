#!/bin/sh
# kill -9 of the recorder at random moments while numbered packets come in: each packet that was on the wire while a recorder
# ran, a second or more before it was killed, is there exactly once; and the ledger counts every row.
#   HOTARU_KILLS  how many times (4; the campaign gives more)
set -eu
me=$HOTARU_SOURCE/tests/e2e/test_capture_kill.sh
if [ "${HOTARU_E2E_INSIDE:-}" != 1 ]; then
    own=-nm
    [ "$(id -u)" = 0 ] && unshare $own true 2>/dev/null || own=-Urnm
    unshare $own true 2>/dev/null || { echo "SKIP: no namespaces here"; exit 77; }
    exec env HOTARU_E2E_INSIDE=1 unshare $own --propagation private "$me"
fi
PATH=$PATH:/usr/sbin:/sbin
exec python3 "$HOTARU_SOURCE/tests/e2e/kill_capture.py" "$HOTARU_BUILD" "${HOTARU_KILLS:-4}" "${HOTARU_SEED:-1}"
