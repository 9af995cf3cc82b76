# grow.sh DEVICE BYTES SECONDS: waits until the disk has this size, so long at most. Prints {"bytes": …}.
name=${1##*/} wanted=$2 seconds=$3

now() { cut -d. -f1 /proc/uptime; }
end=$(($(now) + seconds))
while :; do
    size=$(($(cat "/sys/block/$name/size") * 512))
    if [ "$size" = "$wanted" ]; then
        echo "{\"bytes\": $size}"
        exit 0
    fi
    if [ "$(now)" -ge "$end" ]; then
        echo "the disk still has $size bytes after $seconds s, not $wanted" >&2
        exit 1
    fi
    sleep 0.1 2>/dev/null || sleep 1
done
