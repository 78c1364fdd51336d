#!/bin/sh
# Debian's MariaDB command line tools do their work without a complaint: mariadb, also at a terminal, mariadb-import, -show,
# -admin, -check.
set -eu
tools="mariadb mariadb-import mariadb-show mariadb-admin mariadb-check jq"
. "${0%/*}/common.sh"

. "$here/people.sh"
printf '7\tfrom a file\t2001-02-03\t1.5\tdata\n' >people.txt

for persona in mysql-5.1.54 mysql-5.6.10 mariadb-10.11; do
    honeypot $persona
    case $persona in
    mariadb-*) kind=MariaDB version=10.11.14-MariaDB-0+deb12u2 ;;
    *) kind=MySQL version=${persona#*-} ;;
    esac

    step "$persona: mariadb"
    with mariadb -t <people.sql
    says mariadb "| Curie   | 1867-11-07 | 12.50 | 4D5A9000     |" "| O'Neil\\ | NULL       |  NULL | NULL         |"
    with mariadb --xml shop -e 'SELECT * FROM names'
    says mariadb '<field name="name">Curie</field>'
    with mariadb --vertical --binary-as-hex shop -e 'SELECT * FROM people LIMIT 1; SHOW CREATE TABLE people'
    says mariadb "picture: 0x4D5A9000" "Create Table: CREATE TABLE \`people\` ("
    with mariadb shop -e 'SELECT COUNT(*) FROM people'
    with mariadb --quick shop -N -e 'SELECT a.id FROM people a, people b'
    [ "$(wc -l <mariadb)" = 4 ] || fail "$persona: --quick"
    quiet interactive "$python" "$here/interactive.py" 3306 "$version" $kind 3>&1
    mariadb --no-defaults -h 127.0.0.1 -u root shop <people.sql 2>mariadb.err && fail "$persona: the database was made twice"
    grep -q "^ERROR 1007 (HY000) at line 1: Can't create database 'shop'; database exists$" mariadb.err || fail "$persona: $(cat mariadb.err)"

    step "$persona: mariadb-show"
    with mariadb-show
    says mariadb-show "| information_schema |" "| mysql              |" "| shop               |"
    with mariadb-show shop
    says mariadb-show "| people |" "| names  |"
    with mariadb-show -vv shop
    with mariadb-show --keys shop people
    says mariadb-show "| born    | date " "PRIMARY"
    with mariadb-show --status shop

    step "$persona: mariadb-admin"
    for verb in ping status extended-status variables processlist version refresh flush-hosts flush-logs flush-status flush-tables \
        flush-threads flush-privileges reload debug; do
        with mariadb-admin $verb
    done
    with mariadb-admin create made
    with mariadb-admin --force drop made
    says mariadb-admin 'Database "made" dropped'
    with mariadb-admin password secret
    with mariadb-admin --password=secret password ''
    with mariadb-admin ping status
    says mariadb-admin "mysqld is alive" "Queries per second avg:"

    step "$persona: mariadb-check"
    for action in --check --analyze --repair --optimize; do with mariadb-check $action shop people; done
    with mariadb-check --all-databases
    says mariadb-check "mysql.user" "shop.people"

    step "$persona: mariadb-import"
    rc=0
    mariadb-import --no-defaults -h 127.0.0.1 -u root shop "$work/people.txt" >import 2>&1 || rc=$?
    [ $rc = 1 ] && grep -q "Error: \(29\|13\), " import || fail "$persona: a file of ours on its disk: $(cat import)"
    rc=0
    mariadb-import --no-defaults -h 127.0.0.1 -u root --local shop "$work/people.txt" >import 2>&1 || rc=$?
    [ $rc = 1 ] && grep -q "Error: \(1148\|4166\), The used command is not allowed" import || fail "$persona: a client's file: $(cat import)"
    with mariadb shop -e "SELECT 8, 'onto', '2001-02-03', 1.5, 'its disk' INTO OUTFILE 'people.txt'"
    with mariadb-import shop people.txt
    says mariadb-import "shop.people: Records: 1  Deleted: 0  Skipped: 0  Warnings: 0"

    honeypot_ends
    [ "$(events 'select(.event_type == "session_close") | .reason' | sort -u | tr '\n' ' ')" = "client " ] ||
        fail "$persona: sessions ended: $(events 'select(.event_type == "session_close") | .reason' | sort | uniq -c)"
done
