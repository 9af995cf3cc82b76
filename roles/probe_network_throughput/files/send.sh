# send.sh ADDRESS PORT SECONDS STREAMS [OPTIONS]: prints what iperf3 measured, as JSON.
# iperf3 ends with 0 also when it measured nothing; this does not.
said=$(iperf3 -c "$1" -p "$2" -t "$3" -P "$4" $5 -i 0 -J --connect-timeout 5000 2>&1)
code=$?
error=$(echo "$said" | sed -n 's/^.*"error":[[:space:]]*"\(.*\)".*$/\1/p')
if [ -n "$error" ] || [ "$code" -ne 0 ]; then
    echo "iperf3: ${error:-$said}" >&2
    exit 1
fi
echo "$said"
