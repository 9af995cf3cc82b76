# find.sh VOLUME: print the device of a volume, which may take a moment to appear. Its serial number is the beginning of its id,
# or its identification as a SCSI disk holds it.
serial=$(echo "$1" | cut -c 1-20)
for try in $(seq 15); do
    for link in /dev/disk/by-id/*"$serial"*; do
        [ -b "$link" ] && readlink -f "$link" && exit 0
    done
    found=$(cd /sys/block && grep -l "$serial" */serial */device/serial */device/vpd_pg80 2>/dev/null | head -n 1)
    [ -n "$found" ] && echo "/dev/${found%%/*}" && exit 0
    sleep 1
done
echo "no disk of the guest is the volume: $(ls /sys/block | tr '\n' ' ')" >&2
exit 1
