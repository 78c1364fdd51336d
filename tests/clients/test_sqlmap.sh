#!/bin/sh
# sqlmap -d to its end: enumeration, the dump of a table, a file written, the library with its functions uploaded, created and
# called. What it left is a sample: whole, under its SHA-256.
set -eu
tools="sqlmap mariadb jq sha256sum"
. "${0%/*}/common.sh"
"$python" -c 'import pymysql, sqlalchemy' 2>/dev/null || { echo "SKIP: Python has no pymysql or sqlalchemy"; exit 77; }
head -c 30000 /dev/urandom >payload.bin
payload=$(sha256sum <payload.bin | cut -c1-64)

run() { # ARGUMENTS…: what sqlmap printed is in $work/sqlmap
    rc=0
    timeout 25 sqlmap -d mysql://root:@127.0.0.1:3306/shop --batch --disable-coloring --flush-session --output-dir="$work/out" "$@" \
        </dev/null >sqlmap 2>&1 || rc=$?
    [ $rc = 0 ] || { cat sqlmap >&2; fail "$persona: sqlmap $*: exit status $rc"; }
    ! grep -E 'CRITICAL|unhandled exception|Lost connection|Packet sequence' sqlmap >&2 || fail "$persona: sqlmap $*"
}
sample() { # SHA256 NAME: it is stored, whole, and its session says how it was called
    file=$store/sample/$(echo "$1" | cut -c1-2)/$1
    [ -f "$file" ] && [ "$(sha256sum <"$file" | cut -c1-64)" = "$1" ] || fail "$persona: no sample $1"
    [ "$(events "select(.event_type == \"sample\" and .sha256 == \"$1\") | .name" | head -n 1)" = "$2" ] ||
        fail "$persona: sample $1 is called $(events "select(.event_type == \"sample\" and .sha256 == \"$1\") | .name")"
}

for persona in mysql-5.1.54 mysql-5.6.10; do
    honeypot $persona
    mariadb --no-defaults -h 127.0.0.1 -u root -e "CREATE DATABASE shop; CREATE TABLE shop.cards (id INT, name VARCHAR(30), number VARCHAR(20));
        INSERT INTO shop.cards VALUES (1, 'A. Lovelace', '4929 1'), (2, 'G. Hopper', NULL)"
    step "$persona: who and what"
    run --banner --current-user --current-db --hostname --is-dba --users --passwords --privileges --dbs
    says sqlmap "banner: '${persona#*-}'" "current user: 'root@127.0.0.1'" "current database: 'shop'" "current user is DBA: True" "[*] information_schema" "[*] mysql" \
        "'root'@'%' (administrator)" "password hash: NULL"
    step "$persona: tables"
    run -D shop --tables --columns --schema --count
    says sqlmap "| cards |" "| number | varchar(20) |"
    run -D shop -T cards --dump
    says sqlmap "[2 entries]" "A. Lovelace" "| G. Hopper   | NULL "
    step "$persona: a file"
    run --file-write="$work/payload.bin" --file-dest=C:/Windows/Temp/payload.bin
    says sqlmap "have the same size (30000 B)"
    step "$persona: the functions"
    run --os-cmd=whoami
    says sqlmap "creating UDF 'sys_exec' from the binary UDF file" "creating UDF 'sys_eval' from the binary UDF file" 'command standard output: '
    sleep 1 # the journal is written twice a second
    library=$(events 'select(.event_type == "sample" and (.name // "" | test("/lib/plugin/.*[.]dll$"))) | "\(.sha256) \(.name)"' | head -n 1)
    [ -n "$library" ] || fail "$persona: no library"
    sample "$payload" C:/Windows/Temp/payload.bin
    # shellcheck disable=SC2086
    sample $(echo "$library" | cut -c1-64) "${library#* }"
    size=$(sed -n "s/.*lib_mysqludf_sys.*have the same size (\([0-9]*\) B).*/\1/p" sqlmap)
    [ "$(wc -c <"$store/sample/$(echo "$library" | cut -c1-2)/$(echo "$library" | cut -c1-64)")" = "$size" ] || fail "$persona: the library is not whole"
    [ "$(head -c 2 "$store/sample/$(echo "$library" | cut -c1-2)/$(echo "$library" | cut -c1-64)")" = MZ ] || fail "$persona: the library is no DLL"
    honeypot_ends
done
