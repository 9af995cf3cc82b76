# serve.sh PORT [stop]: start an iperf3 that serves one client and ends, and wait until it listens. One that was left over is
# ended first: while it listens, a new one cannot, and would be taken for it.
file=/tmp/iperf3-$1.pid
listens() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":$(printf '%04X' "$1") 0*:0000 0A"; }
# wait_until COMMAND…: at most 2 s, or 10 where sleep knows no fractions
wait_until() {
    for try in 1 2 3 4 5 6 7 8 9 10; do
        "$@" && return 0
        sleep 0.2 2>/dev/null || sleep 1
    done
    return 1
}
silent() { ! listens "$1"; }
[ -s "$file" ] && kill "$(tr -dc '0-9' < "$file")" 2>/dev/null
wait_until silent "$1"
ended=$?
rm -f "$file"
[ "$2" = stop ] && exit 0
if [ "$ended" -ne 0 ]; then
    echo "something else listens on port $1" >&2
    exit 1
fi
iperf3 -s -1 -D -p "$1" -I "$file" || exit 1
wait_until listens "$1" && exit 0
echo "iperf3 does not listen on port $1" >&2
exit 1
