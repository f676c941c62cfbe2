#!/bin/sh
# Joins a second domain controller, `dc2`, into the empty folder $2 to the domain in the folder $1, which
# learns of it: once, both are the template of the tests with two. Runs as `provision.sh` does.
set -eu
D=/run/samba/domain
SECOND=/run/samba/second
ip link set lo up
mkdir -p /run/samba
mount -t tmpfs -o mode=755 tmpfs /run/samba
mkdir "$D" "$SECOND"
mount --bind "$1" "$D"
mount --bind "$2" "$SECOND"
mount --bind "$D/nss/hosts" /etc/hosts
mount --bind "$D/nss/resolv.conf" /etc/resolv.conf
export KRB5_CONFIG="$D/nss/krb5.conf"
samba -s "$D/etc/smb.conf" -F --no-process-group </dev/null >"$D/log/out.log" 2>&1 &
DC=$!
tries=0
until ldbsearch -H ldap://127.0.0.1 -s base -b '' defaultNamingContext >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -le 600 ] || { echo "no answer after a minute"; exit 1; }
    sleep 0.1
done
mkdir "$SECOND/run" "$SECOND/log"
# No service replicates: a test says when the directory comes over, and copies SYSVOL, which Samba
# never does by itself.
cat > "$SECOND/base.conf" <<CONF
[global]
    netbios name = DC2
    interfaces = 127.0.0.3/8
    bind interfaces only = yes
    log file = $SECOND/log/samba.log
    pid directory = $SECOND/run
    ncalrpc dir = $SECOND/run/ncalrpc
    winbindd socket directory = $SECOND/run/winbindd
    state directory = $SECOND/state
    cache directory = $SECOND/cache
    server services = s3fs, rpc, ldap, cldap, kdc, winbindd
    dns update command = /bin/true
    spn update command = /bin/true
    gpo update command = /bin/true
    disable spoolss = yes
    printcap name = /dev/null
    tls certfile = $D/tls/cert.pem
    tls keyfile = $D/tls/key.pem
    tls cafile =
CONF
samba-tool domain join LAB.GANGWAY.TEST DC --configfile="$SECOND/base.conf" --targetdir="$SECOND" \
    --server=dc1.lab.gangway.test --dns-backend=NONE -U 'Administrator%Passw0rd!lab'
kill -TERM "$DC"
wait "$DC" || true
