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
mkdir -p "$state/etc/libvirt"
for name in passwd group nsswitch.conf hosts ld.so.cache ld.so.conf ld.so.conf.d localtime alternatives; do
    if [ -e "/etc/$name" ]; then cp -a "/etc/$name" "$state/etc/"; fi
done
mount --bind "$state/etc" /etc
# the user of guests of a whole libvirt: must be there, but everything here is root's
grep -q ^libvirt-qemu: /etc/passwd || echo libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin >> /etc/passwd
for group in libvirt-qemu kvm; do grep -q "^$group:" /etc/group || echo "$group:x:64055:" >> /etc/group; done
for name in lib cache log; do mount --bind "$state/$name" "/var/$name"; done
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
mkdir -p "$state/usr/bin" # it looks for its modules and firmware beside where it is
for name in lib share; do ln -sfn "/usr/$name" "$state/usr/$name"; done
: > "$state/usr/bin/qemu-system-x86_64"
mount --bind "$program" "$state/usr/bin/qemu-system-x86_64"
cat > "$state/wrapper" <<Q
#!/bin/sh
exec '$state/usr/bin/qemu-system-x86_64' -global virtio-net-pci.csum=off -global virtio-net-pci.gso=off "\$@"
Q
chmod 755 "$state/wrapper"
mount --bind "$state/wrapper" "$program"
exec libvirtd -p /run/libvirtd.pid
