#!/bin/bash
# Runs in the attackers' namespace of the lab (hotaru lab --exec): real scanners and clients against the points.
# Leaves what they said in $1 for test_real_tools.sh.
set -eu
out=$1
cd "$out"
points=($HOTARU_LAB_POINTS)
point=${points[3]}

ip netns exec cap tcpdump -Z root -n -i mir0 -B 65536 -s 96 -w "$out/mirror.pcap" 2>"$out/tcpdump.log" &
tcpdump=$!
for _ in $(seq 100); do
    grep -q 'listening on' "$out/tcpdump.log" && break
    sleep 0.05
done

: >empty.conf
echo "zmap over the /18"
zmap -p 445 -i "$HOTARU_LAB_INTERFACE" -G "$HOTARU_LAB_GATEWAY_MAC" -S 10.76.0.2 -b "$out/empty.conf" -r 20000 -c 2 -e 42 \
    --disable-syslog -q -o "$out/zmap.csv" "$HOTARU_LAB_DARKNET" >zmap.log 2>&1

echo "masscan over the /18"
# masscan 1.3.2 leaves only when another packet reaches its interface after --wait.
ip netns exec rtr bash -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1; echo -n . >/dev/udp/10.76.0.2/9 || :; done' 2>/dev/null &
nudge=$!
masscan "$HOTARU_LAB_DARKNET" -p3306 --adapter "$HOTARU_LAB_INTERFACE" --adapter-ip 10.76.0.2 --adapter-mac \
    "$(cat /sys/class/net/"$HOTARU_LAB_INTERFACE"/address)" --router-mac "$HOTARU_LAB_GATEWAY_MAC" --rate 20000 --wait 2 \
    --seed 42 -oL "$out/masscan.txt" >masscan.log 2>&1
kill $nudge 2>/dev/null || :

echo "nmap on $point"
nmap -sV -Pn -n -p 445,3306 --script smb-protocols,mysql-info "$point" >nmap.txt 2>&1

echo "mariadb on $point"
timeout 30 mariadb --no-defaults -h "$point" -u root -t -f --comments -e 'set autocommit=0; select version(); drop function cmdshell; drop function my_udfdoor; drop function do_system; use mysql' >mariadb.txt 2>mariadb.err || :
# The words that the client prints of its own accord (Query OK, Database changed) come in interactive use alone.
printf 'set autocommit=0;\nselect version();\ndrop function cmdshell;\ndrop function my_udfdoor;\ndrop function do_system;\nuse mysql\nquit\n' |
    timeout 30 script -q -e -c "mariadb --no-defaults -h $point -u root -f" /dev/null >mariadb.tty 2>&1 || :

echo "smbclient on $point"
timeout 30 smbclient -N -L "//$point" >smbclient.txt 2>&1 && echo "exit 0" >>smbclient.txt || echo "exit $?" >>smbclient.txt

sleep 1
kill -INT $tcpdump
wait $tcpdump || :
