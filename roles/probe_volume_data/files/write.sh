# write.sh DEVICE MIB: writes data that nobody could have had before, so many MiB, each different, down to the volume.
# Prints {"bytes": …, "seconds": …, "mb_per_s": …, "sha256": …}; the time is that of writing alone.
device=$1 mib=$2
umask 077
up() { cut -d" " -f1 /proc/uptime; }
block=$(mktemp) && told=$(mktemp) || exit 1
trap 'rm -f "$block" "$told"' EXIT
head -c 1048568 /dev/urandom > "$block" || exit 1

data() {
    number=0
    while [ "$number" -lt "$mib" ]; do
        printf '%08d' "$number"
        cat "$block"
        number=$((number + 1))
    done
}

sum=$(data | sha256sum | cut -d' ' -f1)
began=$(up)
data | LC_ALL=C dd of="$device" bs=1048576 conv=fsync 2> "$told" || { cat "$told" >&2; exit 1; }
seconds=$(sed -n 's/.*copied, \([0-9.e-]*\) s.*/\1/p' "$told") # some small dd tell no time
[ -n "$seconds" ] || seconds=$(echo "$(up) $began" | awk '{print $1 - $2}')
awk -v bytes=$((mib * 1048576)) -v seconds="$seconds" -v sum="$sum" 'BEGIN {
    if (seconds <= 0) seconds = 0.01 # less than /proc/uptime can tell
    printf "{\"bytes\": %d, \"seconds\": %.6f, \"mb_per_s\": %.3f, \"sha256\": \"%s\"}\n", bytes, seconds, bytes / seconds / 1e6, sum
}'
