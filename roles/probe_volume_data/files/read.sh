# read.sh DEVICE MIB: reads so many MiB from the volume, not from the memory of the guest.
# Prints {"bytes": …, "seconds": …, "mb_per_s": …, "sha256": …}; the time is that of reading alone.
device=$1 mib=$2
umask 077
up() { cut -d" " -f1 /proc/uptime; }
told=$(mktemp) && sum=$(mktemp) || exit 1
trap 'rm -f "$told" "$sum"' EXIT
# what nobody has open any more is not in memory either; this is for kernels that keep it
blockdev --flushbufs "$device" 2>/dev/null || { echo 1 > /proc/sys/vm/drop_caches; } 2>/dev/null

began=$(up)
LC_ALL=C dd if="$device" bs=1048576 count="$mib" of=/dev/null 2> "$told" || { cat "$told" >&2; exit 1; }
seconds=$(sed -n 's/.*copied, \([0-9.e-]*\) s.*/\1/p' "$told") # some small dd tell no time
[ -n "$seconds" ] || seconds=$(echo "$(up) $began" | awk '{print $1 - $2}')
dd if="$device" bs=1048576 count="$mib" 2> "$told" | sha256sum > "$sum" || exit 1
awk -v bytes=$((mib * 1048576)) -v seconds="$seconds" '{
    if (seconds <= 0) seconds = 0.01 # less than /proc/uptime can tell
    printf "{\"bytes\": %d, \"seconds\": %.6f, \"mb_per_s\": %.3f, \"sha256\": \"%s\"}\n", bytes, seconds, bytes / seconds / 1e6, $1
}' "$sum"
