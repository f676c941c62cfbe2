# Enters a root as a bare machine: `sh enter.sh ROOT TOOLCHAIN REGISTRY COMMAND`.
# Runs in mount and process namespaces of its own; whatever it mounts goes with them.
set -eu
root=$1 toolchain=$2 registry=$3 command=$4
mount --make-rprivate /
# A root folder that is a mount point: else the kernel gives the suites inside no namespaces.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mkdir -p "$root/toolchain" "$root/cargo/registry"
mount --bind "$toolchain" "$root/toolchain"
mount --bind "$registry" "$root/cargo/registry"
if [ -e /etc/resolv.conf ]; then
    cp /etc/resolv.conf "$root/etc/resolv.conf"
fi
exec env -i PATH=/toolchain/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CARGO_HOME=/cargo LANG=C.UTF-8 TERM=dumb \
    chroot "$root" sh -c "cd /checkout && $command"
