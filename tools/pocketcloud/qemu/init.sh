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
uptime() { cut -d' ' -f1 /proc/uptime; }
echo "guest: booting"
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

cat > /bin/dhcp <<'Q'
#!/bin/sh
case $1 in bound | renew) ;; *) exit 0 ;; esac
ip address add "$ip/${mask:-24}" dev "$interface" 2>/dev/null
[ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
if [ "$interface" = eth0 ]; then
    : > /etc/resolv.conf
    for server in $dns; do echo "nameserver $server" >> /etc/resolv.conf; done
    [ -z "$staticroutes" ] && [ -n "$router" ] && ip route add default via "${router%% *}"
fi
set -- $staticroutes
while [ $# -ge 2 ]; do
    if [ "$interface" = eth0 ] || [ "$1" != 0.0.0.0/0 ]; then ip route add "$1" via "$2" 2>/dev/null; fi
    shift 2
done
exit 0
Q
chmod +x /bin/dhcp
mkdir -p /run/configured
configure() {
    for device in /sys/class/net/eth*; do
        device=${device##*/}
        [ -e "/sys/class/net/$device" ] && [ ! -e "/run/configured/$device" ] || continue
        : > "/run/configured/$device"
        ip link set "$device" up
        udhcpc -q -n -f -i "$device" -s /bin/dhcp -O staticroutes -O mtu -t 30 -T 1 >/dev/null 2>&1 ||
            echo "guest: no answer from DHCP on $device"
    done
}
for try in $(seq 50); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
configure
echo "guest: network at $(uptime)"

# busybox's wget crashes with a time-out of its own
fetch() { timeout 5 wget -q -O - "http://169.254.169.254/$1"; }
for try in $(seq 20); do
    fetch latest/meta-data/public-keys/0/openssh-key > /root/.ssh/authorized_keys && break
    sleep 0.5
done
chmod 600 /root/.ssh/authorized_keys
name=$(fetch latest/meta-data/hostname)
hostname "${name:-guest}"
echo "$(hostname): metadata at $(uptime)"

key=/root/.host_key
[ -f $key ] || dropbearkey -t ed25519 -f $key >/dev/null 2>&1
dropbear -E -s -p 22 -r $key 2>/dev/null
echo "-----BEGIN SSH HOST KEY KEYS-----"
dropbearkey -y -f $key 2>/dev/null | grep '^ssh-'
echo "-----END SSH HOST KEY KEYS-----"
echo "$(hostname): sshd at $(uptime)"

if [ ! -e /root/.user-data-done ]; then
    : > /root/.user-data-done
    if fetch openstack/latest/user_data > /run/user-data 2>/dev/null && [ "$(head -c 2 /run/user-data)" = '#!' ]; then
        chmod +x /run/user-data
        (cd / && /run/user-data)
        echo "$(hostname): user data ended with $?"
    fi
fi
echo
echo "$(hostname) login: "
while sleep 1; do configure; done
