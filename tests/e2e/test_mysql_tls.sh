#!/bin/sh
# TLS and compression of the 8.0 persona in a confined hotaru-honeypot, as a real client sees them: cipher and compression in
# the server's own status, a certificate that a restart does not change, a large result whole.
set -eu
command -v mariadb >/dev/null || { echo "SKIP: no mariadb client (tools/deps check)"; exit 77; }
# shellcheck source-path=SCRIPTDIR source=alone.sh
. "$HOTARU_SOURCE/tests/e2e/alone.sh"
alone "$0" "$@"
ask() { # OPTION… (SQL is the last)
    timeout 20 mariadb --no-defaults -h 127.0.0.1 -u root -BN "$@"
}
start() {
    "$honeypot" --listen 127.0.0.1 --service mysql:3306 --persona mysql-8.0.29 --store "$work/store" >>"$work/log" 2>&1 &
    pid=$!
    tries=300
    until ask -e 'select 1' >/dev/null 2>&1; do
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
certificate() {
    timeout 20 openssl s_client -starttls mysql -connect 127.0.0.1:3306 -showcerts </dev/null 2>/dev/null | sed -n '/BEGIN/,/END/p'
}
start
[ -z "$(ask --skip-ssl -e "show status like 'Ssl_cipher'" | cut -f 2)" ] || fail "a cipher without TLS"
ask --ssl -e "show status like 'Ssl_%'" >"$work/tls" || fail "login over TLS"
grep -q '^Ssl_version.TLSv1\.3$' "$work/tls" || fail "Ssl_version: $(cat "$work/tls")"
[ "$(ask --ssl --compress -e "show status like 'Compression'" | cut -f 2)" = ON ] || fail "compression"
for way in --skip-ssl --ssl "--ssl --compress" "--skip-ssl --compress"; do
    # shellcheck disable=SC2086
    n=$(ask $way -e "select repeat('abcdefgh', 100000) from information_schema.character_sets limit 8" | wc -c)
    [ "$n" = 6400008 ] || fail "$way: $n bytes of 6400008"
done
certificate >"$work/before"
[ "$(grep -c BEGIN "$work/before")" = 2 ] || fail "no chain of two certificates"
stop
start
certificate | cmp -s - "$work/before" || fail "another certificate after a restart"
stop
