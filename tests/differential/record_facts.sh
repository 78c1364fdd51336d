#!/bin/sh
# Records facts of a persona from a real server that is started for it in private folders on loopback:
#   record_facts.sh mariadb FOLDER      Debian's MariaDB (conf/personas/facts-10.11)
#   record_facts.sh mysql-5.6 FOLDER    MySQL 5.6.24 of the npm package (conf/personas/facts-5.6.24)
set -eu
HOTARU_SOURCE=${HOTARU_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
HOTARU_BUILD=${HOTARU_BUILD:-$HOTARU_SOURCE/build}
export HOTARU_SOURCE HOTARU_BUILD
case ${1:-} in mariadb | mysql-5.6) ;; *) echo "usage: $0 mariadb|mysql-5.6 FOLDER" >&2; exit 2 ;; esac
[ $# -eq 2 ] || { echo "usage: $0 mariadb|mysql-5.6 FOLDER" >&2; exit 2; }
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$HOTARU_SOURCE/tests/differential/common.sh"
if [ "$1" = mysql-5.6 ] && [ -z "${HOTARU_DIFFERENTIAL_INSIDE:-}" ]; then "$here/mysql56_server.sh" fetch; fi
enter_namespaces "$@"
begin
if [ "$1" = mariadb ]; then
    "$here/mariadb_server.sh" start "$work/real" 127.0.0.1:3306
else
    "$here/mysql56_server.sh" start "$work/real" 127.0.0.1:3306
    "$here/mysql56_server.sh" plain 127.0.0.1:3306
fi
"$here/record_facts.py" 127.0.0.1:3306 "$2"
