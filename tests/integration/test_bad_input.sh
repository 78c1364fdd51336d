#!/bin/bash
# Bad input: one clear line on stderr, the exit code that DESIGN names, and nothing stored is touched.
set -eu
hotaru=$HOTARU_BUILD/hotaru
data=$HOTARU_SOURCE/tests/data
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
failures=0
zstd -q -d "$data/nmap-sS.pcap.zst" -o nmap-sS.pcap
good=$work/nmap-sS.pcap

# refused CODE WORDS COMMAND…: exits with CODE and says one line that holds WORDS.
refused() {
    local code=$1 words=$2 got=0
    shift 2
    "$@" >out 2>err </dev/null || got=$?
    if [ "$got" != "$code" ] || [ "$(wc -l <err)" != 1 ] || ! grep -qF -- "$words" err; then
        echo "FAILED: $*: exit $got (wanted $code), said:" >&2
        head -n 5 err >&2
        echo "  (wanted one line with '$words')" >&2
        failures=$((failures + 1))
    fi
}
fingerprint() { find store -type f ! -name '*.lock' ! -name lock -exec sha256sum {} + | sort; }

"$hotaru" capture -r "$good" --store store >/dev/null
rows=$("$hotaru" query --store store --format csv 'SELECT count(*) FROM packet' | tail -n 1)
[ "$rows" = 6011 ] || { echo "FAILED: the good file gave $rows rows, not 6011" >&2; exit 1; }
fingerprint >before

# ---- words on the command line ----
refused 2 "unknown command 'frobnicate'" "$hotaru" frobnicate
refused 2 "--frobnicate" "$hotaru" query --store store --frobnicate 'SELECT 1'
for command in lab run gateway capture query export analyze figure report simulate store check-config; do
    got=0
    "$hotaru" $command --no-such-option >out 2>err </dev/null || got=$?
    [ "$got" = 2 ] || { echo "FAILED: hotaru $command --no-such-option exits $got, not 2: $(head -n 1 err)" >&2; failures=$((failures + 1)); }
    "$hotaru" $command --help >out 2>err || { echo "FAILED: hotaru $command --help exits $?" >&2; failures=$((failures + 1)); }
    grep -q "^Usage: hotaru $command" out || { echo "FAILED: hotaru $command --help has no usage line" >&2; failures=$((failures + 1)); }
done
for program in hotaru-capture hotaru-honeypot; do
    got=0
    "$HOTARU_BUILD/$program" --no-such-option >out 2>err </dev/null || got=$?
    [ "$got" = 2 ] || { echo "FAILED: $program --no-such-option exits $got, not 2" >&2; failures=$((failures + 1)); }
done

# ---- capture files ----
refused 3 missing.pcap "$hotaru" capture -r missing.pcap --store store
: >empty.pcap
refused 3 empty.pcap "$hotaru" capture -r empty.pcap --store store
head -c 20 "$good" >headless.pcap
refused 3 headless.pcap "$hotaru" capture -r headless.pcap --store store
echo 'this is a letter to my grandmother, not a capture' >letter.pcap
refused 3 letter.pcap "$hotaru" capture -r letter.pcap --store store
head -c 4096 /dev/zero >zeros.pcap
refused 3 zeros.pcap "$hotaru" capture -r zeros.pcap --store store
fingerprint >after
diff before after >/dev/null || { echo "FAILED: a bad capture file changed the store" >&2; diff before after | head -n 5 >&2; failures=$((failures + 1)); }

# A file that is cut keeps its good frames and says where it was cut.
head -c 100000 "$good" >cut.pcap
"$hotaru" capture -r cut.pcap --store cutstore >out 2>err || :
grep -q 'cut.pcap: frame 1352' err || { echo "FAILED: a cut file: $(cat err)" >&2; failures=$((failures + 1)); }
kept=$("$hotaru" query --store cutstore --format csv 'SELECT count(*) FROM packet' | tail -n 1)
want=$(tshark -r cut.pcap 2>/dev/null | wc -l)
[ "$kept" = "$want" ] || { echo "FAILED: a cut file gave $kept rows, tshark reads $want" >&2; failures=$((failures + 1)); }

# ---- configurations ----
config() { printf '%s\n' "$@" >config.yaml; }
config 'darknet: [10.77.3.0/18]'
refused 3 'config.yaml:1:11: ' "$hotaru" check-config config.yaml
refused 3 'config.yaml:1:11: ' "$hotaru" gateway plan --config config.yaml
refused 3 'config.yaml:1:11: ' "$hotaru" run --config config.yaml
config 'darknet: [10.77.0.0/18]' 'points: {list: [10.99.1.1]}'
refused 3 'outside the darknet' "$hotaru" check-config config.yaml
config 'darknet: [10.77.0.0/24]' 'points: {draw: {count: 300, one-per: 32}}'
refused 3 'config.yaml:2:24: ' "$hotaru" check-config config.yaml
refused 3 'missing.yaml' "$hotaru" check-config missing.yaml

# ---- stores ----
refused 3 nowhere "$hotaru" query --store nowhere 'SELECT 1'
refused 3 nowhere "$hotaru" report --store nowhere -o report.html
[ ! -e report.html ] && [ ! -e nowhere ] || { echo "FAILED: something was made for a store that is not there" >&2; failures=$((failures + 1)); }
: >file
refused 1 file "$hotaru" capture -r "$good" --store file/store
refused 3 'no_such_column' "$hotaru" query --store store 'SELECT no_such_column FROM packet'
for sql in 'DELETE FROM packet' 'CREATE TABLE x(a INT)' "COPY packet TO 'stolen.csv'" "ATTACH 'x.db'" 'SELECT 1; SELECT 2' \
    "INSTALL httpfs" "PRAGMA memory_limit='1TB'" "SET memory_limit='1TB'"; do
    got=0
    "$hotaru" query --store store "$sql" >out 2>err </dev/null || got=$?
    [ "$got" = 3 ] && [ "$(wc -l <err)" = 1 ] || { echo "FAILED: query \"$sql\" exits $got: $(head -n 3 err)" >&2; failures=$((failures + 1)); }
done
for sql in "SELECT * FROM read_csv('/etc/passwd')" "SELECT * FROM read_text('/etc/passwd')" "SELECT * FROM '/etc/passwd'" \
    "SELECT * FROM glob('/*')" "SELECT getenv('HOME')"; do
    if "$hotaru" query --store store "$sql" >out 2>err </dev/null; then
        echo "FAILED: query \"$sql\" was answered: $(head -n 3 out)" >&2
        failures=$((failures + 1))
    fi
done
[ ! -e stolen.csv ] || { echo "FAILED: a query wrote a file" >&2; failures=$((failures + 1)); }
fingerprint >after
diff before after >/dev/null || { echo "FAILED: a query changed the store" >&2; failures=$((failures + 1)); }

if [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod 500 locked
    refused 1 locked "$hotaru" capture -r "$good" --store locked/store
fi
[ "$failures" = 0 ] || { echo "$failures failures" >&2; exit 1; }
echo "all refused as they should be"
