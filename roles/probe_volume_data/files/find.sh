# find.sh VOLUME SECONDS DISK...: finds the disk that is the volume, in the time given: by its serial number, which is the
# volume's id or how much of it the bus takes; where disks have none, it is the only one that is not among those named.
# Prints {"device": …, "found_by": "serial" | "new", "bytes": …}.
volume=$1 seconds=$2
shift 2
known=" $* "
short=$(echo "$volume" | cut -c1-20)

ends() { cut -d. -f1 /proc/uptime; }
end=$(($(ends) + seconds))
patient=$(($(ends) + 3)) # udev may take its time to tell serial numbers

found() {
    name=${1##*/}
    echo "{\"device\": \"$1\", \"found_by\": \"$2\", \"bytes\": $(($(cat "/sys/block/$name/size") * 512))}"
    exit 0
}

while :; do
    for link in /dev/disk/by-id/*"$short"*; do
        case $link in *-part[0-9]*) continue ;; esac
        [ -b "$link" ] && found "$(readlink -f "$link")" serial
    done
    for file in /sys/block/*/serial /sys/block/*/device/serial; do
        [ -r "$file" ] || continue
        case $(cat "$file" 2>/dev/null) in *"$short"*)
            name=${file#/sys/block/} name=${name%%/*}
            [ -b "/dev/$name" ] && found "/dev/$name" serial ;;
        esac
    done
    new="" count=0
    for place in /sys/block/*; do
        name=${place##*/}
        case $name in '*' | loop* | ram* | zram* | dm-* | md* | sr* | fd* | nbd*) continue ;; esac
        case $known in *" $name "*) continue ;; esac
        new=$name count=$((count + 1))
    done
    now=$(ends)
    [ "$count" = 1 ] && [ "$now" -ge "$patient" ] && [ -b "/dev/$new" ] && found "/dev/$new" new
    if [ "$now" -ge "$end" ]; then
        echo "no disk has appeared within $seconds s: there are $(ls /sys/block | tr '\n' ' ')" >&2
        exit 1
    fi
    sleep 0.1 2>/dev/null || sleep 1
done
