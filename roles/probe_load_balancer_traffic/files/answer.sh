# Answers every request with a name, by whatever is there. Arguments: place, port, name.
# Prints what it answers by, and what that knows: http, proxy (the header of the PROXY protocol, with a line for the client
# that it tells), udp (a datagram for a datagram, at the same port). Exit status 3: there is nothing that can.
place=$1 port=$2 name=$3
mkdir -p "$place" && cd "$place" || exit 1
if [ -s pid ]; then
    kill "$(cat pid)" 2> /dev/null
fi
echo "member: $name" > index.html

in_python='import http.server, socket, sys, threading
port, text = int(sys.argv[1]), b"member: %s\n" % sys.argv[2].encode()
class Answerer(http.server.BaseHTTPRequestHandler):
    told = b""
    def parse_request(self):
        if self.raw_requestline.startswith(b"PROXY "):
            self.told = b"client: %s\n" % b"".join(self.raw_requestline.split()[2:3])
            self.raw_requestline = self.rfile.readline(65536)
        return super().parse_request()
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text + self.told)
    def log_message(self, *_): pass
def datagrams():
    while True:
        _, client = udp.recvfrom(2048)
        udp.sendto(text, client)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", port))
threading.Thread(target=datagrams, daemon=True).start()
http.server.ThreadingHTTPServer.request_queue_size = 100
http.server.ThreadingHTTPServer(("", port), Answerer).serve_forever()'

in_perl='use IO::Socket::INET; use IO::Select; $SIG{CHLD} = "IGNORE"; my ($port, $text) = ($ARGV[0], "member: $ARGV[1]\n");
my $tcp = IO::Socket::INET->new(LocalPort => $port, Listen => 100, ReuseAddr => 1) or die;
my $udp = IO::Socket::INET->new(LocalPort => $port, Proto => "udp") or die;
my $all = IO::Select->new($tcp, $udp);
while (1) { for my $ready ($all->can_read) {
if ($ready == $udp) { $udp->recv(my $asked, 2048); $udp->send($text); next }
my $client = $tcp->accept or next;
if (!fork) { my $told = ""; while (<$client>) { $told = "client: $1\n" if /^PROXY \S+ (\S+)/; last if /^\r?$/ }
print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n$text$told"; exit }
close $client } }'

in_shell='while read -r line; do
case $line in PROXY*) set -- $line; told="client: $3" ;; esac
[ "${#line}" -le 1 ] && break
done
printf "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"; cat index.html; [ -z "$told" ] || echo "$told"'

start() {
    (if command -v setsid > /dev/null; then exec setsid "$@"; else exec nohup "$@"; fi) < /dev/null > log 2>&1 &
    echo $! > pid
}
if python3 -c 'import http.server' 2> /dev/null; then
    start python3 -c "$in_python" "$port" "$name"; by=python3 knows='http proxy udp'
elif perl -MIO::Socket::INET -e 1 2> /dev/null; then
    start perl -e "$in_perl" "$port" "$name"; by=perl knows='http proxy udp'
elif command -v ncat > /dev/null; then
    echo "$in_shell" > one.sh
    start ncat -l -k -p "$port" -c 'sh one.sh'; by=ncat knows='http proxy'
elif busybox httpd --help 2>&1 | grep -q -e -f; then
    start busybox httpd -f -p "$port" -h .; by=busybox knows=http
else
    exit 3
fi
sleep 1
kill -0 "$(cat pid)" || { cat log >&2; exit 1; }
echo "$by $knows"
