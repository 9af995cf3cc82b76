# network.sh: how a guest asks for its addresses of IPv4, whatever it is made of. Sourced by what boots it.
# $busybox: where one is. Defines `configure`, which does it for each interface that is there and has not been asked for yet.
mkdir -p /run/configured
cat > /run/dhcp <<'Q'
#!/bin/sh
case $1 in bound | renew) ;; *) exit 0 ;; esac
ip address replace "$ip/${mask:-24}" dev "$interface"
[ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
# a second interface takes neither name servers nor the default route away from the first one
if [ "$interface" = eth0 ]; then
    : > /etc/resolv.conf
    for server in $dns; do echo "nameserver $server" >> /etc/resolv.conf; done
    [ -z "$staticroutes" ] && [ -n "$router" ] && ip route replace default via "${router%% *}"
fi
set -- $staticroutes
while [ $# -ge 2 ]; do
    if [ "$interface" = eth0 ]; then
        ip route replace "$1" via "$2"
    elif [ "$1" != 0.0.0.0/0 ]; then
        ip route replace "$1" via "$2" dev "$interface" metric 1000  # the way to the metadata, say, stays when this one goes
    fi
    shift 2
done
exit 0
Q
chmod +x /run/dhcp
configure() {
    for device in /run/configured*/eth*; do
        [ -e "/sys/class/net/${device##*/}" ] || rm -f "$device"  # another one may come under its name
    done
    for device in /sys/class/net/eth*; do
        device=${device##*/}
        [ -e "/sys/class/net/$device" ] && [ ! -e "/run/configured/$device" ] || continue
        : > "/run/configured/$device"
        ip link set "$device" up
        "$busybox" udhcpc -q -n -f -i "$device" -s /run/dhcp -O staticroutes -O mtu -t 20 -T 1 >/dev/null 2>&1 ||
            echo "$(hostname): no answer from DHCP on $device"
    done
}
