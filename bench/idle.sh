# shellcheck shell=bash
# Idle sessions: connections that say nothing, held at once by hotaru-honeypot's services "any" and "mysql" (which greets), and
# by MariaDB's server; resident memory. MariaDB has a thread for each: it gets a tenth of them, at most 10,000.
# shellcheck disable=SC2034,SC2154

rss_kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
open_files() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }
holds() { [ "$(open_files "$1")" -ge "$2" ]; }

# hold NAME PID PORT N: N idle connections to the server PID; samples NAME.{base,rss}_kib
hold() {
    local client base with held alive before
    base=$(rss_kib "$2")
    before=$(open_files "$2")
    rm -f "$work/hold"
    mkfifo "$work/hold"
    : >"$work/held"
    "$bin/idle" "$3" "$4" 100 <"$work/hold" >"$work/held" 2>>"$work/log" &
    client=$!
    start_pid $client
    exec 9>"$work/hold"
    wait_for 60 grep -q "^held" "$work/held" || fail "the client does not come to an end"
    held=$(sed -n 's/^held //p' "$work/held")
    [ "$held" = "$4" ] || { tail -n 3 "$work/log" >&2; fail "$1: the client opened $held of $4 connections"; }
    wait_for 20 holds "$2" $((before + held)) || fail "$1 holds $(($(open_files "$2") - before)) of $held sessions"
    sleep 1
    with=$(rss_kib "$2")
    exec 9>&-
    stop_pid $client CONT || fail "the client failed"
    alive=$(sed -n 's/^alive //p' "$work/held")
    [ "$alive" = "$4" ] || fail "$1 closed $(($4 - alive)) of $4 idle sessions"
    sample "$1.base_kib" "$base"
    sample "$1.rss_kib" "$with"
}
one_idle() { # SERVICE
    local pid
    rm -rf "$work/idle"
    mkdir -m 755 "$work/idle"
    : >"$work/out" && : >"$work/log" # what stood there must not be taken for an answer
    "$build/hotaru-honeypot" --listen 127.0.0.1 --service "$1:9000" --persona mysql-5.6.10 --store "$work/idle/store" >"$work/out" 2>"$work/log" &
    pid=$!
    start_pid $pid
    wait_for 20 grep -q answering "$work/log" || { tail -n 5 "$work/log" >&2; fail "hotaru-honeypot does not start"; }
    hold "idle.$1" $pid 9000 "$sessions"
    stop_pid $pid TERM || fail "hotaru-honeypot ended with an error: $(tail -n 1 "$work/log")"
}
idle_any() { one_idle any; }
idle_mysql() { one_idle mysql; }
idle_mariadb() {
    local pid
    : >"$work/log"
    mariadbd --no-defaults --user="$(id -un)" --datadir="$work/mariadb" --socket="$work/mariadb.sock" --port=9000 --bind-address=127.0.0.1 \
        --skip-name-resolve --max-connections=$((threads + 100)) --connect-timeout=600 --back-log=4000 >"$work/log" 2>&1 &
    pid=$!
    start_pid $pid
    wait_for 60 grep -q "ready for connections" "$work/log" || { tail -n 3 "$work/log" >&2; fail "mariadbd does not start"; }
    hold idle.mariadb $pid 9000 "$threads"
    stop_pid $pid TERM || fail "mariadbd ended with an error: $(tail -n 1 "$work/log")"
}
# idle_row SERVICE: hotaru's memory and, where it was measured, MariaDB's beside it
idle_row() {
    local rss base each judged peer='without sessions' peer_value ratio
    rss=$(median "idle.$1.rss_kib")
    base=$(median "idle.$1.base_kib")
    each=$(calc "$rss * 1024 / $sessions")
    peer_value="$(unit "$(calc "$base * 1.024 / 1e3")" MB)"
    ratio="+$(unit "$(calc "($rss - $base) * 1.024 / $sessions")" kB) each"
    if [ "$1" = mysql ] && [ -n "$(median idle.mariadb.rss_kib)" ]; then
        peer="MariaDB's server, $threads"
        peer_value="$(unit "$(calc "($(median idle.mariadb.rss_kib) - $(median idle.mariadb.base_kib)) * 1.024 / $threads")" kB) each"
        ratio=$(times "$(calc "($(median idle.mariadb.rss_kib) - $(median idle.mariadb.base_kib)) / $threads / (($rss - $base) / $sessions)")")
    fi
    # The bar is 400 MB for 100,000; with fewer, the process's own memory weighs more on each: a miss is not certain then.
    judged=$(verdict "$each <= 4000" "$each <= 2000")
    if [ "$judged" = "bar not met" ] && [ "$sessions" -lt 100000 ]; then judged="open: the bar is for 100,000 (HOTARU_BENCH_SESSIONS)"; fi
    row idle "idle sessions (service $1), $sessions at once" "$(unit "$(calc "$rss * 1.024 / 1e3")" MB) RSS = $(unit "$(calc "$each / 1e3")" kB) each" \
        "$peer" "$peer_value" "$ratio" "100,000 in <= 400 MB" "<= 2 kB each" "$judged"
}

inside_idle() {
    local hard threads list=(idle_any idle_mysql)
    ip link set lo up
    hard=$(ulimit -Hn)
    if [ "$hard" != unlimited ] && [ "$hard" -lt $((sessions + 200)) ]; then
        ulimit -Hn $((sessions + 200)) 2>/dev/null || {
            [ "$hard" -gt 11000 ] && [ "$sessions" -gt 10000 ] || {
                not_measured idle "idle sessions" "only $hard open files are allowed here (ulimit -Hn)" - "<= 4 kB each" "<= 2 kB each"
                return
            }
            step "only $hard open files are allowed here (ulimit -Hn): $((hard - 1000)) idle sessions instead of $sessions"
            sessions=$((hard - 1000))
        }
    fi
    threads=$((sessions / 10 < 10000 ? sessions / 10 : 10000))
    if have mariadbd && have mariadb-install-db; then
        [ -d "$work/mariadb" ] || mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$work/mariadb" --auth-root-authentication-method=normal \
            --skip-test-db >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; fail "mariadb-install-db"; }
        list+=(idle_mariadb)
    fi
    step "idle sessions: $sessions connections, ${list[*]}, $repeats times"
    turns "${list[@]}"
    idle_row any
    idle_row mysql
}
part_idle() {
    local own
    own=$(own_namespaces)
    if [ -z "$own" ]; then
        not_measured idle "idle sessions" "no namespaces here" - "100,000 in <= 400 MB" "<= 2 kB each"
    else
        unshare "$own" --propagation private "$here/inside" idle || fail "the idle part ended with an error (above)"
    fi
}
