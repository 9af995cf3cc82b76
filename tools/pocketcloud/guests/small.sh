# small.sh: the boot of a guest that has nothing but busybox and dropbear, as images like CirrOS have, from its network on.
# Sourced when its file systems are there. $boot: where network.sh is; $busybox: one that has all of them; $home: of who may log
# in; $kept: a directory that outlives a reboot; $key_types: of its host keys; $shown_types: of those that the console tells, which
# need not be all.
. "$boot/network.sh"
up() { cut -d' ' -f1 /proc/uptime; }
# busybox's wget crashes with a time-out of its own where it is linked statically
fetch() { "$busybox" timeout 5 wget -q -O - "http://169.254.169.254/$1" 2>/run/said; }
echo "$(hostname): booting"
for try in $(seq 50); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
configure
echo "$(hostname): network at $(up)"

# A service that says that it will answer (503) is waited for, one that is silent is given up.
tries=20
until fetch latest/meta-data/public-keys/0/openssh-key > "$home/.ssh/authorized_keys" || [ "$tries" -le 0 ]; do
    grep -q ' 503' /run/said || tries=$((tries - 1))
    sleep 0.5
done
chmod 600 "$home/.ssh/authorized_keys"
chown "$(stat -c %u:%g "$home")" "$home/.ssh/authorized_keys"
given=$(fetch latest/meta-data/hostname)
[ -n "$given" ] && hostname "$given" && echo "$given" > /etc/hostname
echo "$(hostname): metadata at $(up)"

while [ -e /var/lib/held ]; do sleep 0.2; done

mkdir -p "$kept"
set --
for type in $key_types; do
    file=$kept/dropbear_${type}_host_key
    [ -f "$file" ] || dropbearkey -t "$type" -f "$file" >/dev/null 2>&1
    set -- "$@" -r "$file"
done
dropbear -E -s -p 22 "$@" 2>/dev/null
echo "-----BEGIN SSH HOST KEY KEYS-----"
for type in $shown_types; do dropbearkey -y -f "$kept/dropbear_${type}_host_key" 2>/dev/null | grep '^ssh-'; done
echo "-----END SSH HOST KEY KEYS-----"
echo "$(hostname): sshd at $(up)"

if [ ! -e "$kept/user-data-done" ]; then
    : > "$kept/user-data-done"
    if fetch openstack/latest/user_data > /run/user-data && [ "$(head -c 2 /run/user-data)" = '#!' ]; then
        chmod +x /run/user-data
        (cd / && /run/user-data)
        echo "$(hostname): user data ended with $?"
    fi
fi
echo
echo "$(hostname) login: "
while sleep 1; do configure; done
