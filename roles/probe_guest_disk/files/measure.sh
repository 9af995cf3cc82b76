# measure.sh PLACE SIZE BLOCK JOBS SECONDS: read and write at random by fio, past the page cache, and print its JSON.
# PLACE is a directory, of which no file stays, or a block device, whose beginning is overwritten.
place=$1
set -- --rw=randrw --name=probe --size="$2" --direct=1 --bs="$3" --numjobs="$4" --runtime="$5" \
    --group_reporting --output-format=json
if [ -d "$place" ]; then
    files=$(mktemp -d "$place/fio.XXXXXX") || exit 1
    trap 'rm -rf "$files"' EXIT
    set -- --directory="$files" "$@"
elif [ -b "$place" ]; then
    set -- --filename="$place" "$@"
else
    echo "$place is neither a directory nor a block device" >&2
    exit 1
fi
said=$(fio "$@" 2>&1)
code=$?
if [ "$code" -ne 0 ]; then
    # its messages come before the JSON
    echo "$said" | sed '/^{/,$d' | tail -n 5 >&2
    exit "$code"
fi
echo "$said" | sed -n '/^{/,$p'
