#!/bin/sh
# Records facts of a persona from a real server that is started for it in private folders on loopback:
#   record_facts.sh mariadb FOLDER      Debian's MariaDB (conf/personas/facts-10.11)
set -eu
HOTARU_SOURCE=${HOTARU_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
HOTARU_BUILD=${HOTARU_BUILD:-$HOTARU_SOURCE/build}
export HOTARU_SOURCE HOTARU_BUILD
case ${1:-} in mariadb) ;; *) echo "usage: $0 mariadb FOLDER" >&2; exit 2 ;; esac
[ $# -eq 2 ] || { echo "usage: $0 mariadb FOLDER" >&2; exit 2; }
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$HOTARU_SOURCE/tests/differential/common.sh"
enter_namespaces "$@"
begin
"$here/mariadb_server.sh" start "$work/real" 127.0.0.1:3306
"$here/record_facts.py" 127.0.0.1:3306 "$2"
