#!/bin/sh
# Serves the domain in the folder $1, a copy of the template, at the address $2, and its second domain
# controller in the folder $3, if there is one: in namespaces of its own, as root, until standard input
# ends. Says `ready` when directory and shares answer.
set -eu
TREE=$1
ADDRESS=$2
D=/run/samba/domain
ip link set lo up
[ "$ADDRESS" = 127.0.0.1 ] || ip addr add "$ADDRESS/8" dev lo
mkdir -p /run/samba
mount -t tmpfs -o mode=755 tmpfs /run/samba
# Every path inside the tree equals that of the provisioning.
mkdir "$D"
mount --bind "$TREE" "$D"
mount --bind "$D/nss/hosts" /etc/hosts
mount --bind "$D/nss/resolv.conf" /etc/resolv.conf
samba -s "$D/etc/smb.conf" -F --no-process-group </dev/null >"$D/log/out.log" 2>&1 &
DC=$!
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        kill -0 "$DC" 2>/dev/null || { echo "samba ended:"; tail -n 20 "$D/log/out.log"; exit 1; }
        tries=$((tries + 1))
        [ "$tries" -le 1200 ] || { echo "no answer after two minutes: $*"; exit 1; }
        sleep 0.1
    done
}
answers() {
    wait_for ldbsearch -H "ldap://$1" -s base -b '' defaultNamingContext
    wait_for smbclient -s "$D/etc/smb.conf" "//$1/sysvol" -U 'Administrator%Passw0rd!lab' -c ls
}
if [ $# -gt 2 ]; then
    mkdir /run/samba/second
    mount --bind "$3" /run/samba/second
    ip addr add 127.0.0.3/8 dev lo
    samba -s /run/samba/second/etc/smb.conf -F --no-process-group </dev/null \
        >/run/samba/second/log/out.log 2>&1 &
    SECOND=$!
    answers 127.0.0.3
fi
answers "$ADDRESS"
echo ready
# The other end of this pipe is the test; when it goes, the domain goes.
while read -r line; do :; done
# A test may have ended the second one.
kill -TERM "$DC"
[ $# -eq 2 ] || kill -TERM "$SECOND" 2>/dev/null || true
wait "$DC" || true
