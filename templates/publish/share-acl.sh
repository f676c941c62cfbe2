#!/bin/sh
# Sets the permissions of the payload and the report folder on a Samba file server that is a member
# of the domain and keeps Windows permissions (vfs acl_xattr). Each step is printed before it is
# done; with DRY_RUN=1 nothing is.
#
# usage: share-acl.sh PAYLOAD_FOLDER [REPORT_FOLDER]
set -eu
[ $# -ge 1 ] || { echo "usage: $0 PAYLOAD_FOLDER [REPORT_FOLDER]" >&2; exit 2; }
payloads=$1
reports=${2-}
payload_share={{ payload_share }}
report_share={{ report_share }}

step() {
    echo "--> $*"
    if [ "${DRY_RUN-0}" = 1 ]; then return 0; fi
    "$@"
}

# Domain computers, domain controllers and read-only domain controllers of each domain.
readers=
creators=
for domain in{% for domain in domains %} {{ domain }}{% endfor %}; do
    sid=$(wbinfo -D "$domain" | sed -n 's/^SID *: *//p')
    [ -n "$sid" ] || { echo "error: winbind does not know the domain $domain" >&2; exit 1; }
    for rid in 515 516 521; do
        readers="$readers(A;OICI;0x1200a9;;;$sid-$rid)"
        creators="$creators(A;;0x1000a2;;;$sid-$rid)"
    done
done

base='D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)'
step mkdir -p -- "$payloads"
step samba-tool ntacl set "O:BAG:BA$base$readers" "$payloads"
if [ -n "$reports" ]; then
    # Create only: a computer may make a file and write it while it is its owner, and read no other.
    step mkdir -p -- "$reports"
    step samba-tool ntacl set "O:BAG:BA$base$creators(A;OIIO;0x1301bf;;;OW)" "$reports"
fi

# What smb.conf needs; offline copies on clients are switched off.
echo
printf '[%s]\n    path = %s\n    read only = yes\n    csc policy = disable\n    vfs objects = acl_xattr\n' "$payload_share" "$payloads"
if [ -n "$reports" ]; then
    printf '[%s]\n    path = %s\n    read only = no\n    csc policy = disable\n    vfs objects = acl_xattr\n' "$report_share" "$reports"
    echo "# set a quota on $reports"
fi
