# libvirtd.sh STATE RUN: libvirtd of one cloud, in a mount namespace of its own: its files are in STATE, its socket in RUN.
set -e
state=$1 run=$2
mkdir -p "$state/run" "$run/libvirt"
for name in etc lib cache log; do mkdir -p "$state/$name"; done
mount --bind "$run" "$state/run"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$run" /run/libvirt /run/openvswitch
mount --bind "$state/run" "$run"
mount --bind "$run/libvirt" /run/libvirt
ln -s "$run/ovs.sock" /run/openvswitch/db.sock # where ovs-vsctl looks, which libvirtd calls
mount --bind "$state/etc" /etc/libvirt
for name in lib cache log; do
    if [ -d "/var/$name/libvirt" ]; then mount --bind "$state/$name" "/var/$name/libvirt"; fi
done
cat > /etc/libvirt/qemu.conf <<'Q'
user = "root"
group = "root"
security_driver = "none"
remember_owner = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
Q
printf 'auth_unix_rw = "none"\nunix_sock_rw_perms = "0700"\n' > /etc/libvirt/libvirtd.conf
# Open vSwitch in user space fills in no checksum that a virtio guest leaves to its host, and drops such packets
program=$(command -v qemu-system-x86_64)
: > "$state/qemu-system-x86_64"
mount --bind "$program" "$state/qemu-system-x86_64"
cat > "$state/wrapper" <<Q
#!/bin/sh
exec '$state/qemu-system-x86_64' -global virtio-net-pci.csum=off -global virtio-net-pci.gso=off "\$@"
Q
chmod 755 "$state/wrapper"
mount --bind "$state/wrapper" "$program"
exec libvirtd -p /run/libvirtd.pid
