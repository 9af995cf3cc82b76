# init.sh DISK HOSTNAME CAPABILITIES: the boot of a guest, run as the first process of its namespaces.
# What it prints is the console.
disk=$1 name=$2 withheld=$3 boot=/run/boot
if [ "$disk" != / ]; then
    mount --bind "$disk" "$disk" && cd "$disk" || exit 1
    # what has programs of its own gets none of the machine's
    [ -e bin/busybox ] || for part in usr bin sbin lib lib32 lib64 libx32 etc/alternatives etc/ssl; do
        if [ -d "/$part" ] && [ -d "$part" ] && [ ! -L "$part" ]; then
            mount --bind "/$part" "$part" && mount -o remount,bind,ro "$part" || exit 1
        fi
    done
    while read -r program; do mount --bind /dev/null ".$program" || exit 1; done < etc/pocketcloud.hidden
    mount -t proc proc proc && mount -t sysfs -o ro sysfs sys && mount -t tmpfs -o mode=755 tmpfs dev &&
        mount -t tmpfs -o mode=755 tmpfs run || exit 1
    mount -t tmpfs -o mode=755 tmpfs sys/block || exit 1 # of the machine's block devices, a guest sees its volumes
    mkdir dev/pts dev/shm run/sshd
    [ ! -d etc/cloud ] || mkdir run/cloud-init
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/${node%:*}" c 1 "${node#*:}"; done
    mknod -m 666 dev/tty c 5 0
    # the scripts themselves are outside of the disk, and so may be the DHCP client
    mkdir -p run/boot .old && cp "$0" "${0%/*}/network.sh" "${0%/*}/small.sh" run/boot || exit 1
    : > run/boot/busybox && mount --bind "$(command -v busybox)" run/boot/busybox || exit 1
    exec setpriv --bounding-set="$withheld" sh -c '
        pivot_root . .old && cd / && umount -l /.old && rmdir /.old && exec sh /run/boot/init.sh / "$1"' init "$name" </dev/null
fi

hostname "$name"
busybox=$boot/busybox
. /etc/pocketcloud  # $homes: of those who may log in; $small: what it is made of
[ -z "$small" ] || . "$boot/small.sh"

up() { cut -d' ' -f1 /proc/uptime; }
since() { echo "$(up) $start" | awk '{printf "%.2f s", $1 - $2}'; }
fetch() { curl -sf -m 5 "http://169.254.169.254/$1"; }
start=$(up)
echo "$name: booting"

. "$boot/network.sh"
cat > /run/dhcp6 <<'Q'
#!/bin/sh
case $reason in BOUND6|RENEW6|REBIND6) ;; *) exit 0 ;; esac
[ -n "$new_ip6_address" ] && ip address replace "$new_ip6_address/${new_ip6_prefixlen:-128}" dev "$interface"
[ "$interface" = eth0 ] || exit 0
for server in $new_dhcp6_name_servers; do
    grep -qx "nameserver $server" /etc/resolv.conf || echo "nameserver $server" >> /etc/resolv.conf
done
exit 0
Q
chmod +x /run/dhcp6
mkdir /run/configured6
# Where a router has advertised itself, the metadata says whether addresses come by DHCPv6, as cloud-init reads it.
configure6() {
    for device in $(ip -6 route show default proto ra 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sort -u); do
        [ ! -e "/run/configured6/$device" ] || continue
        fetch openstack/latest/network_data.json | tr '{' '\n' > "/run/network-$device"
        mac=$(cat "/sys/class/net/$device/address")
        link=$(grep -F "\"$mac\"" "/run/network-$device" | sed -n 's/.*"id": "\([^"]*\)".*/\1/p')
        [ -n "$link" ] || continue  # nova keeps its answer for some seconds: a plugged interface is told of later
        : > "/run/configured6/$device"
        case $(grep -F "\"link\": \"$link\"" "/run/network-$device") in
            *'"ipv6_dhcpv6-stateful"'*) only= ;;
            *'"ipv6_dhcpv6-stateless"'*) only=-S ;;
            *) continue ;;
        esac
        dhclient -6 $only -nw -q -cf /dev/null -sf /run/dhcp6 -pf "/run/dhclient-$device.pid" \
            -lf "/run/dhclient-$device.leases" "$device" >/dev/null 2>&1 ||
            echo "$name: DHCPv6 cannot be asked on $device"
    done
}
configure
echo "$name: network after $(since): $(ip -o -4 address show scope global | awk '{print $2, $4}' | tr '\n' ' ')"

for try in $(seq 20); do
    fetch openstack/latest/meta_data.json > /run/meta_data.json && break
    sleep 0.25
done
if [ -s /run/meta_data.json ]; then
    key=$(fetch latest/meta-data/public-keys/0/openssh-key)
    for home in $homes; do
        echo "$key" > "$home/.ssh/authorized_keys"
        chmod 600 "$home/.ssh/authorized_keys"
        chown "$(stat -c %u:%g "$home")" "$home/.ssh/authorized_keys"
    done
    given=$(fetch latest/meta-data/hostname)
    [ -n "$given" ] && name=$given && hostname "$name" && echo "$name" > /etc/hostname
    echo "$name: metadata after $(since)"
else
    echo "$name: no metadata"
fi

while [ -e /var/lib/held ]; do sleep 0.2; done

[ -f /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -C "root@$name" -f /etc/ssh/ssh_host_ed25519_key
/usr/sbin/sshd -E /var/log/sshd.log
echo "-----BEGIN SSH HOST KEY KEYS-----"
cat /etc/ssh/ssh_host_ed25519_key.pub
echo "-----END SSH HOST KEY KEYS-----"
echo "$name: sshd after $(since)"

if [ ! -e /var/lib/user-data-done ]; then
    : > /var/lib/user-data-done
    if fetch openstack/latest/user_data > /run/user-data && [ "$(head -c 2 /run/user-data)" = '#!' ]; then
        chmod +x /run/user-data
        (cd / && /run/user-data)
        echo "$name: user data ended with $?"
    fi
fi
# cloud-init's sign that it is through, for which customers wait
[ ! -d /run/cloud-init ] || echo '{"v1": {"datasource": "DataSourceOpenStack", "errors": []}}' > /run/cloud-init/result.json
echo
echo "$name login: "
while sleep 1; do configure; configure6; done
