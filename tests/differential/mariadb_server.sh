#!/bin/sh
# A real MariaDB server for the differential tests, as Debian's package runs it and apart from it: datadir /var/lib/mysql,
# /run/mysqld, /tmp and plugin_dir are folders of this instance, bound over the system's in a mount namespace of its own,
# so that paths in replies are those of a plain installation and nothing outside DIR is ever read or written.
# root has an empty password. Never the machine's own service.
#   mariadb_server.sh start DIR ADDRESS:PORT [MARIADBD OPTION…]   returns when it answers; the process id is in DIR/pid
#   mariadb_server.sh open_to_all ADDRESS:PORT
#   mariadb_server.sh stop DIR
# Start it inside a mount and network namespace (test_differential.sh does); exit 77: no mariadb-server-core, or not permitted.
set -eu
PATH=$PATH:/usr/sbin:/sbin
fail() { echo "mariadb_server.sh: $*" >&2; exit 1; }

# A folder that can be bound over. Where the system has none, the nearest one above it is overlaid (mariadb-server-core
# alone brings neither plugin_dir nor datadir), so that nothing is made in the system itself.
mount_point() { # PATH DIR
    [ ! -d "$1" ] || return 0
    above=$1
    while [ ! -d "$above" ]; do above=${above%/*}; done
    layer=$2/layer$(echo "$above" | tr / -)
    mkdir -p "$layer"
    mount -t tmpfs tmpfs "$layer"
    mkdir "$layer/upper" "$layer/work"
    chmod 755 "$layer" "$layer/upper"
    mount -t overlay overlay -o "lowerdir=$above,upperdir=$layer/upper,workdir=$layer/work" "$above"
    mkdir -p "$1"
}

# The folders of the package, replaced by ours. Runs inside the server's mount namespace.
bind_folders() { # DIR
    mount --make-rprivate /
    for at in "data /var/lib/mysql" "run /run/mysqld" "plugin /usr/lib/mysql/plugin" "tmp /tmp"; do
        # shellcheck disable=SC2086
        set -- "$1" ${at% *} ${at#* }
        mount_point "$3" "$1"
        mount --bind "$1/$2" "$3"
    done
}

start() { # DIR ADDRESS:PORT OPTION…
    dir=$1 address=${2%:*} port=${2#*:}
    shift 2
    command -v mariadbd >/dev/null || { echo "SKIP: mariadb-server-core is not installed (tools/deps check)"; exit 77; }
    mkdir -p "$dir/data" "$dir/run" "$dir/tmp" "$dir/plugin"
    chmod 1777 "$dir/tmp"
    [ ! -d /usr/lib/mysql/plugin ] || cp -r /usr/lib/mysql/plugin/. "$dir/plugin/"
    user=root
    [ "$(awk '$1 == 0 { print $2 }' /proc/self/uid_map)" = 0 ] && id mysql >/dev/null 2>&1 && user=mysql
    [ "$user" = root ] || chown -R "$user" "$dir/data" "$dir/run" "$dir/plugin"
    # Debian's 50-server.cnf, and nothing of this machine's /etc/mysql.
    cat >"$dir/my.cnf" <<CONF
[mysqld]
user=$user
basedir=/usr
datadir=/var/lib/mysql
socket=/run/mysqld/mysqld.sock
pid-file=/run/mysqld/mysqld.pid
expire_logs_days=10
character-set-server=utf8mb4
collation-server=utf8mb4_general_ci
skip-name-resolve
CONF
    unshare --mount "$0" install "$dir" "$user" >"$dir/install.log" 2>&1 ||
        { tail -n 20 "$dir/install.log" >&2; fail "mariadb-install-db failed"; }
    unshare --mount "$0" exec "$dir" --bind-address="$address" --port="$port" "$@" >"$dir/server.log" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/pid"
    tries=600
    until mariadb-admin --no-defaults --protocol=tcp -h "$address" -P "$port" -u root ping >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || { tail -n 20 "$dir/server.log" >&2; fail "mariadbd ended at start"; }
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { kill "$pid"; fail "mariadbd does not answer within 60 s"; }
        sleep 0.1
    done
}

# root from anywhere, as the persona has it: a server that scanners get into. Not before facts are recorded.
open_to_all() { # ADDRESS:PORT
    mariadb --no-defaults --protocol=tcp -h "${1%:*}" -P "${1#*:}" -u root -e \
        "insert into mysql.global_priv values ('%', 'root', '{\"access\":18446744073709551615}'); flush privileges"
}

stop() { # DIR
    [ -s "$1/pid" ] || return 0
    pid=$(cat "$1/pid")
    kill -TERM "$pid" 2>/dev/null || return 0
    tries=200
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { kill -KILL "$pid"; break; }
        sleep 0.05
    done
    rm -f "$1/pid"
}

verb=${1:-}
[ $# -ge 2 ] || fail "usage: mariadb_server.sh start DIR ADDRESS:PORT | open_to_all ADDRESS:PORT | stop DIR"
shift
case $verb in
start) start "$@" ;;
open_to_all) open_to_all "$@" ;;
stop) stop "$@" ;;
install)
    bind_folders "$1"
    exec mariadb-install-db --no-defaults --user="$2" --datadir=/var/lib/mysql --skip-test-db --skip-name-resolve \
        --auth-root-authentication-method=normal --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci ;;
exec)
    dir=$1
    shift
    exec 3<"$dir/my.cnf"
    bind_folders "$dir"
    exec mariadbd --defaults-file=/proc/self/fd/3 "$@" ;;
*) fail "unknown verb $verb" ;;
esac
