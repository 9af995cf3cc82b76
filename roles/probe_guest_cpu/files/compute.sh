# compute.sh DIGITS COUNT [ALONE]: digits of pi by bc, COUNT times at once.
# Prints JSON: the time by the guest's clock (ms), the processors' time of all of it in user mode and in the kernel (ms), the
# share of all processors' time that the host took away meanwhile (%), what part of ALONE (ms, the time of one computation) the
# time is (%), and of each result its length and its last digits, without the four that bc may get wrong.
clock() { read -r up rest < /proc/uptime; echo "${up%.*}${up#*.}"; }
spent() { read -r line < /proc/$$/stat; set -- $line; echo "${16} ${17}"; }
stolen() {
    read -r cpu user nice system idle iowait irq softirq steal rest < /proc/stat
    echo "$steal $((user + nice + system + idle + iowait + irq + softirq + steal))"
}
pi() { echo "scale=$1; 4*a(1)" | BC_LINE_LENGTH=0 bc -l | tr -d '\\\n' > "$2"; }
result() { printf '%s"%d %s"' "$separator" "$(wc -c < "$1")" "$(tail -c 36 "$1" | head -c 32 | tr -dc '0-9.')"; }

digits=$1 count=$2 place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
before=$(stolen) began=$(clock) number=0
while [ "$number" -lt "$count" ]; do
    pi "$digits" "$place/$number" &
    number=$((number + 1))
done
wait
wall=$((($(clock) - began) * 10))
[ "$wall" -gt 0 ] || wall=10
alone=${3:-$wall}
set -- $before $(stolen) $(spent)
all=$(($4 - $2)) && [ "$all" -gt 0 ] || all=1
share=$((($3 - $1) * 10000 / all))
printf '{"wall_ms": %d, "user_ms": %d, "system_ms": %d, ' "$wall" $(($5 * 10)) $(($6 * 10))
printf '"steal_percent": %d.%02d, "efficiency_percent": %d, ' $((share / 100)) $((share % 100)) $((alone * 100 / wall))
printf '"results": ['
separator=
for number in $(seq 0 $((count - 1))); do
    result "$place/$number"
    separator=', '
done
echo ']}'
