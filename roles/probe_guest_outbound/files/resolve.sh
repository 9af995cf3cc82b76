# resolve.sh NAME [SERVER]: prints the addresses of a name, one a line, as the guest's own resolver or a name server has them.
after_name='/^Name:/,$ s/^Address[^:]*:[[:space:]]*\([^ ]*\).*/\1/p'
if [ -z "$2" ] && command -v getent >/dev/null; then
    getent ahosts "$1" | cut -d' ' -f1 | sort -u
elif command -v nslookup >/dev/null; then
    nslookup "$1" $2 | sed -n "$after_name"
elif command -v host >/dev/null; then
    host "$1" $2 | sed -n 's/.* has \(IPv6 \)\{0,1\}address //p'
else
    python3 - "$1" "$2" <<'END'
import secrets, socket, struct, sys

def ask(name, server, kind):
    """The data of the records of a kind that a name server has."""
    number = secrets.token_bytes(2)
    labels = b"".join(bytes([len(label)]) + label for label in name.rstrip(".").encode("idna").split(b"."))
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.connect((server, 53))
        for last in (False, False, True):
            sock.send(number + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0" + struct.pack("!HH", kind, 1))
            try:
                answer = sock.recv(4096)
                break
            except socket.timeout:
                if last:
                    sys.exit(f"no answer from {server}")
    if answer[:2] != number or answer[3] & 15:
        sys.exit(f"{server} answers with the code {answer[3] & 15}")
    at = 12 + len(labels) + 5
    for _ in range(struct.unpack("!H", answer[6:8])[0]):
        while answer[at] and answer[at] < 192:
            at += answer[at] + 1
        at += 2 if answer[at] else 1
        found, _, _, size = struct.unpack("!HHIH", answer[at:at + 10])
        if found == kind:
            yield answer[at + 10:at + 10 + size]
        at += 10 + size

for kind, family in ((1, socket.AF_INET), (28, socket.AF_INET6)):
    for data in ask(sys.argv[1], sys.argv[2], kind):
        print(socket.inet_ntop(family, data))
END
fi
