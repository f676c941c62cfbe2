#!/bin/sh
# Provisions a domain in the folder $1: run once, the tree is the template of every test.
# Runs in network, mount and process namespaces of its own, as root.
set -eu
D=$1
ip link set lo up
mkdir -p "$D/run" "$D/log" "$D/tls" "$D/nss"
mkdir -p /run/samba
mount -t tmpfs -o mode=755 tmpfs /run/samba
printf '127.0.0.1 localhost\n127.0.0.1 dc1.lab.gangway.test dc1 lab.gangway.test\n' > "$D/nss/hosts"
printf 'nameserver 127.0.0.1\n' > "$D/nss/resolv.conf"
mount --bind "$D/nss/hosts" /etc/hosts
mount --bind "$D/nss/resolv.conf" /etc/resolv.conf
# rustls refuses a certificate authority as a server, which is openssl's default for -x509.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=dc1.lab.gangway.test \
    -addext basicConstraints=critical,CA:FALSE \
    -addext subjectAltName=DNS:dc1.lab.gangway.test,IP:127.0.0.1 \
    -keyout "$D/tls/key.pem" -out "$D/tls/cert.pem"
chmod 600 "$D/tls/key.pem"
cat > "$D/base.conf" <<CONF
[global]
    interfaces = lo
    bind interfaces only = yes
    log file = $D/log/samba.log
    pid directory = $D/run
    ncalrpc dir = $D/run/ncalrpc
    server services = s3fs, rpc, ldap, cldap, kdc, winbindd, dns
    dns update command = /bin/true
    spn update command = /bin/true
    gpo update command = /bin/true
    disable spoolss = yes
    printcap name = /dev/null
    tls certfile = $D/tls/cert.pem
    tls keyfile = $D/tls/key.pem
    tls cafile =
CONF
samba-tool domain provision --configfile="$D/base.conf" --targetdir="$D" \
    --realm=LAB.GANGWAY.TEST --domain=GANGLAB --host-name=dc1 --host-ip=127.0.0.1 \
    --adminpass='Passw0rd!lab' --server-role=dc --dns-backend=SAMBA_INTERNAL -q
# A forwarder copied from the resolver file means stalls, or traffic to the outside.
sed -i '/dns forwarder/d' "$D/etc/smb.conf"
