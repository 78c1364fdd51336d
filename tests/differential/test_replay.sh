#!/bin/sh
# Recorded replies of real 5.1.63, 5.6.27, 5.7.30 and 8.0.29 servers (tests/data/mysql) beside those of persona mysql-VERSION with the
# set-up that they were recorded with. Each file meets a fresh persona; each share has its floor (floors).
#   test_replay.sh 5.1.63|5.6.27|5.7.30|8.0.29 [mysql_compare OPTION…]
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$HOTARU_SOURCE/tests/differential/common.sh"
version=${1:-}
case $version in 5.1.63 | 5.6.27 | 5.7.30 | 8.0.29) ;; *) echo "usage: $0 5.1.63|5.6.27|5.7.30|8.0.29 [mysql_compare OPTION…]" >&2; exit 2 ;; esac
need_service_mysql
enter_namespaces "$@"
shift
begin
data=$HOTARU_SOURCE/tests/data/mysql
cat >"$work/setup.txt" <<SQL
create database shop
use shop
create table customers (id int primary key auto_increment, name varchar(40), email varchar(60))
insert into customers (name, email) values ('a', 'a@x'), ('b', 'b@x')
SQL
# The older two were recorded after their accounts and the database test had been put away.
case $version in 5.1.63 | 5.6.27) cat >>"$work/setup.txt" <<SQL ;; esac
drop database if exists test
grant all privileges on *.* to 'root'@'127.0.0.1' with grant option
grant all privileges on *.* to 'root'@'localhost' with grant option
delete from mysql.user where user <> 'root' or host not in ('127.0.0.1', 'localhost')
delete from mysql.db
flush privileges
SQL
failed=0
one() { # WHAT ARGUMENT…
    echo "== $version $1"
    floor=$(floor_of "replay-$version" "$1")
    shift
    start_honeypot "mysql-$version"
    "$compare" --a 127.0.0.2:3306 "$work/setup.txt" >/dev/null
    "$compare" --a 127.0.0.2:3306 --floor "$floor" --recorded-form "$@" || failed=1
    still_up || failed=1
    stop_honeypot
}
one attack --recorded "$data/replies-$version-attack.jsonl" "$@" "$data/statements-attack.txt"
one tools --recorded "$data/replies-$version-tools.jsonl" "$@" "$data/statements-tools.txt"
[ ! -f "$data/exchanges-$version.jsonl" ] || one exchanges "$@" "$data/exchanges-$version.jsonl"
exit "$failed"
