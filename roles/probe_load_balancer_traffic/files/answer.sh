# Answers every request of HTTP with a name, by whatever is there. Arguments: place, port, name.
# Prints what it answers by; exit status 3: there is nothing that can.
place=$1 port=$2 name=$3
mkdir -p "$place" && cd "$place" || exit 1
if [ -s pid ]; then
    kill "$(cat pid)" 2> /dev/null
fi
echo "member: $name" > index.html

program='use IO::Socket::INET; $SIG{CHLD} = "IGNORE";
my $server = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 100, ReuseAddr => 1) or die;
while (1) { my $client = $server->accept or next; if (!fork) { while (<$client>) { last if /^\r?$/ }
print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nmember: $ARGV[1]\n"; exit } close $client }'
answer='while read -r line; do [ "${#line}" -le 1 ] && break; done
printf "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"; cat index.html'

start() {
    (if command -v setsid > /dev/null; then exec setsid "$@"; else exec nohup "$@"; fi) < /dev/null > log 2>&1 &
    echo $! > pid
}
if python3 -c 'import http.server' 2> /dev/null; then
    start python3 -m http.server "$port"; by=python3
elif busybox httpd --help 2>&1 | grep -q -e -f; then
    start busybox httpd -f -p "$port" -h .; by=busybox
elif perl -MIO::Socket::INET -e 1 2> /dev/null; then
    start perl -e "$program" "$port" "$name"; by=perl
elif command -v ncat > /dev/null; then
    echo "$answer" > one.sh
    start ncat -l -k -p "$port" -c 'sh one.sh'; by=ncat
else
    exit 3
fi
sleep 1
kill -0 "$(cat pid)" || { cat log >&2; exit 1; }
echo "$by"
