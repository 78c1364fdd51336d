# shellcheck shell=bash
# Full MySQL sessions (connect, login, query, quit) per second: hotaru-honeypot, MariaDB's server, and a bare epoll program that
# sends hotaru's bytes without reading what it is sent. The client is the same for all, and takes a core of its own.
# shellcheck disable=SC2034,SC2154

mysql_concurrent=32
cpu_s() { sed 's/.*) //' "/proc/$1/stat" | awk -v hz="$(getconf CLK_TCK)" '{ t = $12 + $13; print (t ? t : 1) / hz }'; }

# load NAME PORT PID: samples mysql.NAME.{pps,cpu}: sessions per second, the server's CPU seconds per session
load() {
    local before after finished failed seconds
    "$bin/mysql_load" "$2" $((mysql_concurrent * 4)) $mysql_concurrent >/dev/null || fail "mysql: $1 does not answer the client"
    before=$(cpu_s "$3")
    "$bin/mysql_load" "$2" "$mysql_sessions" $mysql_concurrent >"$work/out" || { cat "$work/out" >&2; fail "mysql: $1 failed sessions (done, failed, seconds above)"; }
    after=$(cpu_s "$3")
    read -r finished failed seconds <"$work/out"
    sample "mysql.$1.pps" "$(calc "$finished / $seconds")"
    sample "mysql.$1.cpu" "$(calc "($after - $before > 0.01 ? $after - $before : 0.01) / $finished")"
    [ "$1" != bare ] || return 0
    before=$(cpu_s "$3")
    "$bin/mysql_load" "$2" "$mysql_sessions" $mysql_concurrent statements >"$work/out" || { cat "$work/out" >&2; fail "mysql: $1 failed statements (done, failed, seconds above)"; }
    after=$(cpu_s "$3")
    read -r finished failed seconds <"$work/out"
    sample "statement.$1.pps" "$(calc "$finished / $seconds")"
    sample "statement.$1.cpu" "$(calc "($after - $before > 0.01 ? $after - $before : 0.01) / $finished")"
}
mysql_hotaru() {
    local pid
    rm -rf "$work/mysql"
    mkdir -m 755 "$work/mysql"
    : >"$work/out" && : >"$work/log" # what stood there must not be taken for an answer
    "$build/hotaru-honeypot" --listen 127.0.0.1 --service mysql:3306 --persona mysql-5.6.10 --store "$work/mysql/store" >"$work/out" 2>"$work/log" &
    pid=$!
    start_pid $pid
    wait_for 20 grep -q answering "$work/log" || { tail -n 5 "$work/log" >&2; fail "hotaru-honeypot does not start"; }
    [ -s "$work/trace" ] || "$bin/mysql_load" 3306 1 1 "$work/trace" >/dev/null || fail "mysql: hotaru does not answer the client"
    load hotaru 3306 $pid
    stop_pid $pid TERM || fail "hotaru-honeypot ended with an error: $(tail -n 1 "$work/log")"
    rm -rf "$work/mysql"
}
mysql_bare() {
    local pid
    [ -s "$work/trace" ] || mysql_hotaru
    : >"$work/log"
    "$bin/bare" 3307 "$work/trace" >"$work/log" 2>&1 &
    pid=$!
    start_pid $pid
    wait_for 20 grep -q answering "$work/log" || fail "bare: $(cat "$work/log")"
    load bare 3307 $pid
    stop_pid $pid TERM || true
}
mysql_mariadb() {
    local pid tries
    : >"$work/log"
    mariadbd --no-defaults --user="$(id -un)" --datadir="$work/mariadb" --socket="$work/mariadb.sock" --port=3308 --bind-address=127.0.0.1 \
        --skip-name-resolve --max-connections=300 --init-file="$work/mariadb.sql" >"$work/log" 2>&1 &
    pid=$!
    start_pid $pid
    wait_for 60 grep -q "ready for connections" "$work/log" || { tail -n 3 "$work/log" >&2; fail "mariadbd does not start"; }
    load mariadb 3308 $pid
    stop_pid $pid TERM || fail "mariadbd ended with an error: $(tail -n 1 "$work/log")"
}

mysql_row() { # NAME TITLE BAR GOAL VERDICT
    local ours theirs
    ours=$(median mysql.hotaru.pps)
    theirs=$(median "mysql.$1.pps")
    row mysql "full MySQL sessions per second" "$(unit "$ours" /s)" "$2" "$(unit "$theirs" /s)" "$(times "$(calc "$ours / $theirs")")" "$3" "$4" "$5"
    ours=$(median mysql.hotaru.cpu)
    theirs=$(median "mysql.$1.cpu")
    row mysql "server's CPU time per MySQL session" "$(unit "$(calc "$ours * 1e6")" us)" "$2" "$(unit "$(calc "$theirs * 1e6")" us)" \
        "$(times "$(calc "$theirs / $ours")")" - - -
}
inside_mysql() {
    local list=(mysql_hotaru mysql_bare) ratio bare
    ip link set lo up
    if have mariadbd && have mariadb-install-db; then
        mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$work/mariadb" --auth-root-authentication-method=normal --skip-test-db \
            >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; fail "mariadb-install-db"; }
        printf '%s\n' "CREATE OR REPLACE USER root@'%' IDENTIFIED BY '';" "GRANT ALL ON *.* TO root@'%';" >"$work/mariadb.sql"
        list+=(mysql_mariadb)
    fi
    step "MySQL: $mysql_sessions sessions, $mysql_concurrent at once, ${list[*]}, $repeats times"
    turns "${list[@]}"
    bare=$(calc "$(median mysql.hotaru.pps) / $(median mysql.bare.pps)")
    if [ -n "$(median mysql.mariadb.pps)" ]; then
        ratio=$(calc "$(median mysql.hotaru.pps) / $(median mysql.mariadb.pps)")
        row mysql "SELECT version() on $mysql_concurrent open sessions, per second" "$(unit "$(median statement.hotaru.pps)" /s)" "MariaDB's server" \
            "$(unit "$(median statement.mariadb.pps)" /s)" "$(times "$(calc "$(median statement.hotaru.pps) / $(median statement.mariadb.pps)")")" - - -
        row mysql "server's CPU time per statement" "$(unit "$(calc "$(median statement.hotaru.cpu) * 1e6")" us)" "MariaDB's server" \
            "$(unit "$(calc "$(median statement.mariadb.cpu) * 1e6")" us)" "$(times "$(calc "$(median statement.mariadb.cpu) / $(median statement.hotaru.cpu)")")" - - -
        mysql_row mariadb "MariaDB's server" ">= 3x" ">= 0.8x bare" "$(verdict "$ratio >= 3" "$ratio >= 3 && $bare >= 0.8")"
    else
        not_measured mysql "full MySQL sessions per second" "mariadbd (package mariadb-server-core) is not installed" "MariaDB's server" ">= 3x" ">= 0.8x bare"
    fi
    mysql_row bare "bare epoll program, same bytes" - ">= 0.8x" "$(true_that "$bare >= 0.8" && echo "goal met" || echo "goal not met")"
}
part_mysql() {
    local own
    own=$(own_namespaces)
    if [ -z "$own" ]; then
        not_measured mysql "full MySQL sessions per second" "no namespaces here" "MariaDB's server" ">= 3x" ">= 0.8x bare"
    else
        unshare "$own" --propagation private "$here/inside" mysql || fail "the MySQL part ended with an error (above)"
    fi
}
