#!/bin/sh
# smbclient and nmap meet a Windows machine and not a hang: listing, refusals, SMB 1 to 3, versions, the MS17-010 check. Port
# 445 on the loopback of a network namespace of its own.
. "$(dirname "$0")/common.sh"
need smbclient nmap unshare jq
unshare -n true 2>/dev/null && own="unshare -n" || own="unshare -Urn"
$own true 2>/dev/null || { echo "SKIP: the kernel permits no network namespace"; exit 77; }

# Runs inside: NAME is the persona. Each client has 20 seconds; none may need them.
cat >"$work/inside.sh" <<'END'
set -u
work=$1 persona=$2
cd "$work"
ip link set lo up
"$HOTARU_BUILD/hotaru-honeypot" --store "$work/$persona" --persona "$persona" --listen 127.0.0.1 --service smb --service smb:139 \
    >"$work/$persona.log" 2>&1 &
honeypot=$!
tries=200
until ss -Hltn 'sport = :445' | grep -q .; do
    tries=$((tries - 1)); [ $tries -gt 0 ] || { cat "$work/$persona.log"; exit 1; }
    sleep 0.05
done
client() { # NAME ARGUMENTS…
    name=$1; shift
    timeout 20 "$@" >"$work/$persona.$name" 2>&1
    [ $? -ne 124 ] || echo "$persona: $name hangs" >>"$work/hangs"
}
old="--option=client min protocol=NT1"
client list smbclient -L //127.0.0.1 -N "$old"
client list-3 smbclient -L //127.0.0.1 -N -m SMB3 "$old"
client list-1 smbclient -L //127.0.0.1 -N -m NT1 "$old"
client list-139 smbclient -L //127.0.0.1 -p 139 -N -m NT1 "$old"
client user smbclient -L //127.0.0.1 -U 'CORP\admin%secret' "$old"
client user-1 smbclient -L //127.0.0.1 -U 'CORP\admin%secret' -m NT1 "$old"
client guest smbclient -L //127.0.0.1 -U 'guest%' "$old"
client disk smbclient '//127.0.0.1/C$' -N "$old" -c ls
client nothing smbclient //127.0.0.1/nosuch -N "$old" -c ls
scripts=smb-protocols,smb-security-mode,smb2-security-mode,smb2-time,smb-os-discovery,smb-vuln-ms17-010,smb-double-pulsar-backdoor
client scripts nmap -Pn -n -p 445 --script $scripts 127.0.0.1
client version nmap -Pn -n -sV -p 139,445 127.0.0.1
kill -TERM $honeypot
wait $honeypot || { cat "$work/$persona.log"; exit 1; }
END
running=
for persona in winxp win2008 win2012r2 win2016; do
    $own sh "$work/inside.sh" "$work" $persona &
    running="$running $!"
    started="$started $!"
done
for pid in $running; do wait "$pid" || fail "a honeypot: $(cat "$work"/*.log)"; done
started=
[ ! -e "$work/hangs" ] || fail "$(cat "$work/hangs")"

# expect FILE TEXT: a line of what the client printed holds it.
expect() { grep -qF -- "$2" "$work/$1" || { cat "$work/$1" >&2; fail "$1 lacks: $2"; }; }
never() { ! grep -qiE -- "$2" "$work/$1" || { cat "$work/$1" >&2; fail "$1 has: $2"; }; }

step "anonymous: XP lists its shares, newer machines refuse as they do"
for way in list list-3 list-1 list-139; do
    expect winxp.$way "ADMIN\$          Disk      Remote Admin"
    expect winxp.$way "IPC\$            IPC       Remote IPC"
    for persona in win2008 win2012r2 win2016; do
        expect $persona.$way "Anonymous login successful"
        never $persona.$way 'ADMIN\$'
    done
done
expect win2008.list-1 NT_STATUS_ACCESS_DENIED

step "names and passwords are refused and recorded"
for persona in winxp win2008 win2012r2 win2016; do
    expect $persona.user NT_STATUS_LOGON_FAILURE
    expect $persona.user-1 NT_STATUS_LOGON_FAILURE
    expect $persona.guest NT_STATUS_ACCOUNT_DISABLED
    expect $persona.disk NT_STATUS_ACCESS_DENIED
    expect $persona.nothing NT_STATUS_BAD_NETWORK_NAME
    logins=$(cat "$work/$persona"/journal/*.jsonl | jq -r 'select(.event_type == "login" and .user == "admin") | .hashcat')
    [ "$(echo "$logins" | grep -cE '^admin::CORP:[0-9a-f]{16}:[0-9a-f]{32}:0101')" -ge 2 ] || fail "$persona: logins: $logins"
done

step "dialects"
expect winxp.scripts "NT LM 0.12 (SMBv1)"
never winxp.scripts '^\|[ _]*(202|210|2:0:2)'
expect win2008.scripts "NT LM 0.12 (SMBv1)"
expect win2008.scripts "210"
# A dialect stands on a line of its own; the times in other lines hold digits and colons too.
never win2008.scripts '^\|_? +3:?[01]:?[0-9]'
expect win2012r2.scripts "302"
never win2012r2.scripts '\b311\b'
expect win2016.scripts "311"
expect win2008.scripts "Message signing enabled but not required"

step "what nmap says that it is"
expect winxp.scripts "OS: Windows XP (Windows 2000 LAN Manager)"
expect win2008.scripts "OS: Windows Server 2008 R2 Enterprise 7601 Service Pack 1 (Windows Server 2008 R2 Enterprise 6.1)"
expect win2012r2.scripts "OS: Windows Server 2012 R2 Standard 9600 (Windows Server 2012 R2 Standard 6.3)"
expect winxp.version "Microsoft Windows XP microsoft-ds"
expect win2008.version "Microsoft Windows Server 2008 R2 - 2012 microsoft-ds"
expect win2012r2.version "Microsoft Windows Server 2008 R2 - 2012 microsoft-ds"
expect win2016.scripts "OS: Windows Server 2016 Standard 14393 (Windows Server 2016 Standard 6.3)"
for persona in winxp win2008 win2012r2 win2016; do
    expect $persona.version "Microsoft Windows netbios-ssn"
    never $persona.version 'dionaea|honeypot|samba|nepenthes'
    expect $persona.scripts "State: VULNERABLE"
    never $persona.scripts pulsar
done

step "the ledger knows what they were told"
cat "$work"/win2008/journal/*.jsonl | jq -r 'select(.event_type == "answer") | .version' | sort -u >"$work/told"
expect told "Windows Server 2008 R2 Enterprise 7601 Service Pack 1 / NT LM 0.12"
expect told "Windows Server 2008 R2 Enterprise 7601 Service Pack 1 / SMB 2.1"
