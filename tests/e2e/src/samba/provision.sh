#!/bin/sh
# Provisions a throwaway domain into the empty folder $1: once, the tree is the template of
# every test. $2 is its name, $3 its NetBIOS name, $4 the address of its controller, $5 the names of
# all hosts that a lab may have. Runs in network, mount and process namespaces of its own, as root.
set -eu
TREE=$1
NAME=$2
SHORT_NAME=$3
ADDRESS=$4
REALM=$(echo "$NAME" | tr a-z A-Z)
DN=DC=$(echo "$NAME" | sed 's/\./,DC=/g')
D=/run/samba/domain
ip link set lo up
[ "$ADDRESS" = 127.0.0.1 ] || ip addr add "$ADDRESS/8" dev lo
mkdir -p /run/samba
mount -t tmpfs -o mode=755 tmpfs /run/samba
# The same short path at every start: it stands in the configuration, and sockets lie below it.
mkdir "$D"
mount --bind "$TREE" "$D"
mkdir -p "$D/run" "$D/log" "$D/tls" "$D/nss"
printf '%s' "$5" > "$D/nss/hosts"
printf 'nameserver %s\n' "$ADDRESS" > "$D/nss/resolv.conf"
cat > "$D/nss/krb5.conf" <<CONF
[libdefaults]
    default_realm = $REALM
    dns_lookup_kdc = false
[realms]
    $REALM = {
        kdc = $ADDRESS
    }
CONF
mount --bind "$D/nss/hosts" /etc/hosts
mount --bind "$D/nss/resolv.conf" /etc/resolv.conf
# An authority and a server's certificate of its own: rustls takes no authority for a server.
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Gangway lab' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
    -keyout "$D/tls/ca-key.pem" -out "$D/tls/ca.pem"
openssl req -newkey rsa:2048 -nodes -subj "/CN=dc1.$NAME" \
    -keyout "$D/tls/key.pem" -out "$D/tls/request.pem"
# The domain's name leads to a domain controller; one is a test's, which cuts; the last one is that of a
# second domain controller, where a test has one.
printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=%s\n' \
    "DNS:dc1.$NAME,DNS:$NAME,DNS:cut.$NAME,DNS:dc2.$NAME" > "$D/tls/extensions"
openssl x509 -req -in "$D/tls/request.pem" -CA "$D/tls/ca.pem" -CAkey "$D/tls/ca-key.pem" \
    -days 3650 -extfile "$D/tls/extensions" -out "$D/tls/cert.pem"
chmod 600 "$D/tls/key.pem" "$D/tls/ca-key.pem"
cat > "$D/base.conf" <<CONF
[global]
    interfaces = $ADDRESS/8
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
    --realm="$REALM" --domain="$SHORT_NAME" --host-name=dc1 --host-ip="$ADDRESS" \
    --adminpass='Passw0rd!lab' --server-role=dc --dns-backend=SAMBA_INTERNAL -q
# A forwarder copied from the resolver file means stalls, or traffic to the outside.
sed -i '/dns forwarder/d' "$D/etc/smb.conf"
tool() { samba-tool "$@" --configfile="$D/etc/smb.conf" -H "$D/private/sam.ldb"; }
tool spn add "ldap/dc1.$NAME" 'DC1$'
tool user create plain 'Passw0rd!lab'
tool user create creator 'Passw0rd!lab'
tool group addmembers 'Group Policy Creator Owners' creator
tool group add Ring1
tool ou create OU=Servers
for name in srv1 srv2; do
    tool computer add "$name" --computerou=OU=Servers
    # `computer add` gives it a password that nobody knows, and no host name.
    tool user setpassword "$name\$" --newpassword='Passw0rd!lab'
    printf 'dn: CN=%s,OU=Servers,%s\nchangetype: modify\nadd: dNSHostName\ndNSHostName: %s.%s\n' \
        "$name" "$DN" "$name" "$NAME" | ldbmodify -H "$D/private/sam.ldb"
done
# A share, what the computers may do there, and what its section has beside: name, mode of its folder on
# the disk, permissions, setting.
share() {
    mkdir -m "$2" "$D/$1"
    printf '[%s]\n    path = %s\n    read only = no\n    %s\n' "$1" "$D/$1" "$4" >> "$D/etc/smb.conf"
    samba-tool ntacl set --configfile="$D/etc/smb.conf" \
        "O:BAG:BAD:P(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1f01ff;;;SY)$3" \
        "$D/$1" --use-s3fs --service="$1"
}
# Computers may add files to the reports folder and change their own.
share reports 0777 '(A;;0x1000a2;;;AU)(A;OICIIO;0x1301bf;;;OW)' 'case sensitive = yes'
# Computers may read payloads and change nothing. A file that comes here by SMB is theirs to read by
# inheritance; one that is put here locally by its mode.
share payloads 0755 '(A;OICI;0x1200a9;;;DC)(A;OICI;0x1200a9;;;DD)' 'csc policy = disable'
