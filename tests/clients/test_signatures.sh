#!/bin/sh
# No published signature of a honeypot matches a persona's services (signatures.tsv).
set -eu
tools="nmap"
. "${0%/*}/common.sh"
for persona in mysql-5.1.54 mysql-5.6.10; do
    honeypot $persona mysql smb http telnet ftp
    step "$persona"
    "$python" "$here/signatures.py" "$here/signatures.tsv" mysql smb http telnet ftp >out 2>&1 || { cat out; fail "$persona: a signature matches"; }
    cat out
    nmap -Pn -n -sT -sV -p 21,23,80,445,3306 127.0.0.1 >nmap 2>&1
    grep -qiE 'honeypot|dionaea|nepenthes|cowrie|honeyd|kippo|glastopf|unrecognized despite' nmap && { cat nmap; fail "$persona: nmap names a honeypot"; }
    honeypot_ends
done
