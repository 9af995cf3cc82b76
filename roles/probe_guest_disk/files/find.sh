# find.sh VOLUME: print the device of a volume, which may take a moment to appear. Its serial number is the beginning of its id,
# or its identification as a SCSI disk holds it.
for try in $(seq 30); do
    for link in /dev/disk/by-id/*"$(echo "$1" | cut -c 1-20)"*; do
        [ -b "$link" ] && readlink -f "$link" && exit 0
    done
    for disk in /sys/block/*; do
        case $(cat "$disk/serial" "$disk/device/serial" "$disk/device/vpd_pg80" 2>/dev/null | tr -d '\0') in
            *"$(echo "$1" | cut -c 1-20)"*) echo "/dev/${disk##*/}" && exit 0 ;;
        esac
    done
    sleep 1
done
echo "no disk of the guest is the volume: $(ls /sys/block | tr '\n' ' ')" >&2
exit 1
