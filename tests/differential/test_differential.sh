#!/bin/sh
# The differential test: the same statements and raw exchanges to a real MariaDB 10.11 server and to
#   self      a second real server: all replies must be identical, which proves the masks and the corpus
#   mariadb   hotaru-honeypot with persona mariadb-10.11: the identical share must not fall below the floor
#   test_differential.sh self|mariadb [mysql_compare OPTION…]      (CORPUS="FILE…" for a part of the corpus)
set -eu
case ${1:-} in self | mariadb) ;; *) echo "usage: $0 self|mariadb [mysql_compare OPTION…]" >&2; exit 2 ;; esac
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$HOTARU_SOURCE/tests/differential/common.sh"
command -v mariadbd >/dev/null || { echo "SKIP: mariadb-server-core is not installed (tools/deps check)"; exit 77; }
[ "$1" = self ] || need_service_mysql
enter_namespaces "$@"
mode=$1
shift
floor=100
[ "$mode" = self ] || floor=$(floor_of "$mode" all)
begin
"$here/mariadb_server.sh" start "$work/real" 127.0.0.1:3306
"$here/mariadb_server.sh" open_to_all 127.0.0.1:3306
if [ "$mode" = self ]; then
    "$here/mariadb_server.sh" start "$work/second" 127.0.0.2:3306
    "$here/mariadb_server.sh" open_to_all 127.0.0.2:3306
else
    version=$(mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -u root -BNe 'select version()')
    start_honeypot mariadb-10.11 "$version"
fi
# 90-accounts.txt comes last: a wrong answer there may shut the door to everything after it.
# shellcheck disable=SC2086
"$compare" --a 127.0.0.1:3306 --b 127.0.0.2:3306 --floor "$floor" "$@" ${CORPUS:-"$here"/corpus/*.jsonl "$here"/corpus/*.txt}
[ "$mode" = self ] || still_up
