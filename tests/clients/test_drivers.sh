#!/bin/sh
# Programmers' drivers do their work without a complaint: PyMySQL, mysqlclient, DBD::mysql, DBD::MariaDB, PHP's mysqli and PDO.
set -eu
tools="perl php jq mariadb"
. "${0%/*}/common.sh"
for module in pymysql MySQLdb; do
    "$python" -c "import $module" 2>/dev/null || { echo "SKIP: Python has no $module"; exit 77; }
done
for driver in mysql MariaDB; do
    perl -MDBD::$driver -e 1 2>/dev/null || { echo "SKIP: Perl has no DBD::$driver"; exit 77; }
done
php -m | grep -qx mysqli || { echo "SKIP: PHP has no mysqli"; exit 77; }

for persona in mysql-5.1.54 mysql-5.6.10 mariadb-10.11; do
    case $persona in
    mariadb-*) version=10.11.14-MariaDB-0+deb12u2 ;;
    *) version=${persona#*-} ;;
    esac
    honeypot $persona
    for module in pymysql MySQLdb; do
        step "$persona: $module"
        quiet out "$python" "$here/drivers.py" $module 3306 $version
    done
    for driver in mysql MariaDB; do
        step "$persona: DBD::$driver"
        quiet out perl "$here/drivers.pl" $driver 3306
    done
    step "$persona: PHP"
    quiet out php "$here/drivers.php" 3306
    honeypot_ends
done
