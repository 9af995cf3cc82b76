# serve.sh PORT: start an iperf3 that serves one client and ends, and wait until it listens. One that was left over is ended.
file=/tmp/iperf3-$1.pid
stop() { [ -s "$file" ] && kill "$(tr -dc '0-9' < "$file")" 2>/dev/null; rm -f "$file"; }
listens() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":$(printf '%04X' "$1") 0*:0000 0A"; }
stop
[ "$2" = stop ] && exit 0
iperf3 -s -1 -D -p "$1" -I "$file" || exit 1
for try in 1 2 3 4 5 6 7 8 9 10; do
    listens "$1" && exit 0
    sleep 0.2 2>/dev/null || sleep 1
done
echo "iperf3 does not listen on port $1" >&2
exit 1
