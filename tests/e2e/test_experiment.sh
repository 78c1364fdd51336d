#!/bin/sh
# The version as an experiment, on a running hotaru-honeypot: 60 sources of 127.0.0.0/8 meet two versions, each always the
# same one, also after a restart; a reload by SIGHUP changes what new sessions meet and drops none; journal and answer
# ledger say what each source was told.
set -eu
# shellcheck source-path=SCRIPTDIR source=alone.sh
. "$HOTARU_SOURCE/tests/e2e/alone.sh"
alone "$0" "$@"
configuration() { # ARMS
    cat >"$work/observatory.yaml" <<YAML
honeypot:
  listen: 127.0.0.1
  persona: mysql-5.6.10
  services: [mysql]
  seed: 77
  user: root
experiment: {name: version, factor: mysql.version, arms: [$1], unit: source, seed: 5}
store: {path: $work/store}
YAML
}
start() {
    "$honeypot" --config "$work/observatory.yaml" --listen 127.0.0.1 --service mysql:3306 >>"$work/log" 2>&1 &
    pid=$!
    tries=200
    until python3 "$HOTARU_SOURCE/tests/e2e/experiment.py" alive 2>/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null || fail "the honeypot does not answer"
        sleep 0.1
    done
}
stop() {
    kill "$pid"
    wait "$pid" || fail "the honeypot ended with $?"
    pid=
}
configuration "5.6.10, 5.1.54"
start
python3 "$HOTARU_SOURCE/tests/e2e/experiment.py" met "$work/first" || fail "greetings"
stop
start
python3 "$HOTARU_SOURCE/tests/e2e/experiment.py" met "$work/second" || fail "greetings after a restart"
cmp "$work/first" "$work/second" || fail "a source met another version after a restart"
# The answers of open sessions go on while the arms change.
configuration "5.6.27, 5.1.63"
python3 "$HOTARU_SOURCE/tests/e2e/experiment.py" reload "$pid" "$work/second" || fail "a session over the reload"
stop
python3 "$HOTARU_SOURCE/tests/e2e/experiment.py" journal "$work/store/journal" "$work/second" || fail "the journal"
