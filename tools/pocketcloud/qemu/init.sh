#!/bin/busybox sh
# The boot of the tiny image, run as the first process of a virtual machine. What it prints is the console.
/bin/busybox --install -s /bin 2>/dev/null
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts dev /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
for module in /modules/*; do insmod "$module" 2>/dev/null; done
ip link set lo up

# the disk: what is in /root outlives a reboot, and so does the host key
for try in $(seq 50); do [ -b /dev/vda ] && break; sleep 0.1; done
if [ -b /dev/vda ]; then
    mount -t ext4 /dev/vda /mnt 2>/dev/null || { mke2fs -F /dev/vda >/dev/null 2>&1 && mount -t ext2 /dev/vda /mnt; } ||
        mount -t ext4 /dev/vda /mnt
    mkdir -p /mnt/root && mount --bind /mnt/root /root && umount -l /mnt
fi
mkdir -p /root/.ssh
chmod 700 /root /root/.ssh

hostname guest
boot=/boot busybox=busybox home=/root kept=/root/.kept key_types=ed25519 shown_types=ed25519
. $boot/small.sh
