#!/bin/bash
# Real tools against the live observatory: zmap and masscan over the whole /18, nmap -sV, the mariadb client through the
# paper's table 1, smbclient -L; and what is stored equals what tcpdump counts on the same interface.
. "$HOTARU_SOURCE/tests/e2e/common.sh"
need zmap masscan nmap mariadb smbclient tcpdump script
need_lab
cd "$work"
mkdir said
"$hotaru" lab --out lab --seed 7 --exec "$HOTARU_SOURCE/tests/e2e/real_tools_inside.sh" "$work/said" >lab.log 2>&1 || {
    cat lab.log
    fail "the tools in the lab"
}
ask() { "$hotaru" query --store lab/store --format csv "$1" | tail -n +2; }

step "zmap: each of 16,384 addresses once, 32 answer"
[ "$(sort -u said/zmap.csv | wc -l)" = 32 ] || fail "zmap found $(sort -u said/zmap.csv | wc -l) answering addresses, not 32"
"$hotaru" check-config --points lab/observatory.yaml | sort >points
sort -u said/zmap.csv | diff points - || fail "what zmap found are not the points"
[ "$(ask 'SELECT count(*), count(DISTINCT dst) FROM packet WHERE dport = 445 AND tcp_flags = 2 AND ip_id = 54321')" = 16384,16384 ] ||
    fail "zmap's SYNs are not 16384 packets to 16384 addresses"

step "masscan: each of 16,384 addresses once, 32 answer"
grep '^open tcp 3306 ' said/masscan.txt | awk '{print $4}' | sort -u | diff points - || fail "what masscan found are not the points"
[ "$(ask 'SELECT count(*), count(DISTINCT dst) FROM packet WHERE dport = 3306 AND tcp_flags = 2
    AND ip_id = (xor(xor(dst::UBIGINT, dport::UBIGINT), tcp_seq::UBIGINT) & 65535)')" = 16384,16384 ] ||
    fail "masscan's SYNs are not 16384 packets to 16384 addresses"

step "nmap -sV names a Windows file service and MySQL 5.6.10"
cat said/nmap.txt
grep -q '^445/tcp *open *microsoft-ds .*Windows' said/nmap.txt || fail "nmap does not take port 445 for Windows"
grep -q '^3306/tcp *open *mysql *MySQL 5.6.10' said/nmap.txt || fail "nmap does not take port 3306 for MySQL 5.6.10"
grep -qi 'dionaea\|honeypot\|samba' said/nmap.txt && fail "nmap sees a honeypot"

step "the mariadb client: table 1, word for word"
tr -d '\r' <said/mariadb.tty >tty
for want in 'Query OK, 0 rows affected' 'ERROR 1305 (42000): FUNCTION(UDF) cmdshell does not exist' \
    'ERROR 1305 (42000): FUNCTION(UDF) my_udfdoor does not exist' 'ERROR 1305 (42000): FUNCTION(UDF) do_system does not exist' \
    'Database changed'; do
    grep -qF "$want" tty || { cat tty; fail "the client did not print '$want'"; }
done
printf '%s\n' '+-----------+' '| version() |' '+-----------+' '| 5.6.10    |' '+-----------+' | diff - said/mariadb.txt ||
    fail "select version() is not printed as 5.6.10"
grep -qi 'warning\|lost connection\|malformed' said/mariadb.err tty && fail "the client complains"

step "smbclient -L meets a Windows-like answer"
cat said/smbclient.txt
grep -q '^exit [01]$' said/smbclient.txt || fail "smbclient hung or crashed"
grep -q 'Anonymous login successful' said/smbclient.txt && grep -q 'Sharename' said/smbclient.txt ||
    fail "smbclient met no Windows-like answer"  # Windows from Vista on: a null session, and an empty list

step "stored packets are what tcpdump counted"
seen=$(tcpdump -n -r said/mirror.pcap 2>/dev/null | wc -l)
stored=$(ask 'SELECT count(*) FROM packet')
[ "$(sed -n 's/^\([0-9]*\) packets dropped by kernel.*/\1/p' said/tcpdump.log)" = 0 ] || fail "tcpdump itself lost packets: nothing can be compared"
[ "$seen" = "$stored" ] || fail "tcpdump saw $seen packets, stored are $stored"
[ "$(ask 'SELECT coalesce(sum(lost), 0)::BIGINT FROM loss')" = 0 ] || fail "packets were lost"
echo "$stored packets stored, as many as tcpdump saw"

step "each session stands under the address that was asked"
[ "$(ask "SELECT count(*) FROM session WHERE ip(dst) NOT IN ($(sed "s/.*/'&'/" points | paste -sd,))")" = 0 ] || fail "a session has an address that is no point"
[ "$(ask "SELECT count(*) > 0 FROM session WHERE service = 'mysql' AND dport = 3306")" = true ] || fail "no MySQL session"
