# shellcheck shell=bash
# Sourced by bench/run and its parts: measuring, medians, the table.
# shellcheck disable=SC2034,SC2154  # variables are shared among the parts

fail() { echo "bench: $*" >&2; exit 1; }
step() { echo "- $(date +%T) $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- processes that this run started, by their ids ----
started=()
start_pid() { started+=("$1"); }
stop_pid() { # PID SIGNAL: ends it and waits; its exit code
    local rc=0 other left=()
    kill "-$2" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || rc=$?
    for other in "${started[@]}"; do [ "$other" = "$1" ] || left+=("$other"); done
    started=("${left[@]}")
    return "$rc"
}
clean_up() {
    for pid in "${started[@]}"; do kill -CONT "$pid" 2>/dev/null || true; kill -TERM "$pid" 2>/dev/null || true; done
    [ ${#started[@]} = 0 ] || { sleep 0.3; for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done; }
    rm -rf "$work"
}

# ---- samples: $work/samples, lines "NAME TAB VALUE"; every value measured stays in the result file ----
sample() { printf '%s\t%s\n' "$1" "$2" >>"$work/samples"; }
values() { awk -F'\t' -v n="$1" '$1 == n { print $2 }' "$work/samples"; }
median() { # NAME; empty when there are no values
    values "$1" | sort -g | awk '{ v[NR] = $1 } END { if (NR) printf "%.9g\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
most() { values "$1" | sort -g | tail -n 1; }
calc() { awk "BEGIN { CONVFMT = OFMT = \"%.17g\"; printf \"%.9g\n\", $1 }"; } # numbers only
true_that() { awk "BEGIN { exit !($1) }"; }

# timed NAME COMMAND…: samples NAME.wall, NAME.cpu (seconds), NAME.peak (KiB). Output goes to $work/out and $work/log.
timed() {
    local name=$1 rc=0 wall cpu peak
    shift
    sync -f "$work"
    "$bin/timed" "$limit_s" "$work/cost" "$@" >"$work/out" 2>"$work/log" || rc=$?
    if [ $rc != 0 ]; then
        tail -n 5 "$work/log" >&2
        fail "$name: '$*' ended with $rc (its last lines are above)"
    fi
    read -r wall cpu peak <"$work/cost"
    sample "$name.wall" "$wall"
    sample "$name.cpu" "$cpu"
    sample "$name.peak" "$peak"
}

# turns FUNCTION…: each once per repetition, the order turned round every time.
turns() {
    local r i
    for ((r = 1; r <= repeats; r++)); do
        if ((r % 2)); then
            for ((i = 1; i <= $#; i++)); do "${!i}" "$r"; done
        else
            for ((i = $#; i >= 1; i--)); do "${!i}" "$r"; done
        fi
    done
}

# ---- rows: $work/rows, nine fields separated by TAB ----
# row PART WHAT MEASURED PEER PEER_VALUE RATIO BAR GOAL VERDICT
row() {
    local IFS=$'\t'
    printf '%s\n' "$*" >>"$work/rows"
}
not_measured() { row "$1" "$2" "-" "${4:--}" "-" "-" "${5:--}" "${6:--}" "not measured: $3"; } # PART WHAT WHY PEER BAR GOAL
# verdict BAR_CONDITION GOAL_CONDITION: awk conditions over numbers; a goal that is met meets its bar
verdict() {
    if true_that "$2"; then echo "goal met"
    elif true_that "$1"; then echo "bar met"
    else echo "bar not met"
    fi
}
unit() { # VALUE UNIT: rounded for people
    awk -v v="$1" -v u="$2" 'BEGIN { printf (v >= 100 ? "%.0f %s\n" : v >= 10 ? "%.1f %s\n" : v >= 1 ? "%.2f %s\n" : "%.3f %s\n"), v, u }'
}
mpps() { unit "$(calc "$1 / $2 / 1e6")" Mpps; } # PACKETS SECONDS
times() { unit "$1" x | tr -d ' '; }
count_short() { awk -v n="$1" 'BEGIN { if (n >= 1e9) printf "%g billion\n", n / 1e9; else if (n >= 1e6) printf "%g million\n", n / 1e6; else print n }'; }

wait_for() { # SECONDS COMMAND…: until the command is true
    local tries=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}
