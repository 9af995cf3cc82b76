"""One request to a web address that is no API of the cloud, taken apart into what a customer waits for.

Not urllib3 or requests: they keep connections, follow and repeat on their own, and do not tell name resolution from
connecting nor the first byte from the headers' end.
"""

from __future__ import annotations

import functools
import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests.utils
from cryptography import x509

from stackprobe import __version__
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, StepSkipped, Unanswered
from stackprobe.engine.web_address import Proxy, WebAddress, parse, proxy_for

CONNECT_S = 10.0
"""How long one of a host's addresses may take to accept a connection before the next one is tried, in seconds."""
REDIRECTIONS = (301, 302, 303, 307, 308)
_CHUNK_BYTES = 64 * 1024
_RUNG_OFF = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True)
class Order:
    """What is asked.

    :param redirects: how many redirections are followed.
    :param max_bytes: how much of the body is read.
    :param ca_file: the only authorities to trust; by default those of the system and of certifi.
    :param through: connects to a host and a port for us, who resolves its name, too; without the runner's proxy.
    """

    address: WebAddress
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    redirects: int = 0
    max_bytes: int = 1024 * 1024
    verify: bool = True
    ca_file: str | None = None
    through: Callable[[str, int], socket.socket] | None = None


@dataclass
class Answered:
    """What came back.

    :param address: the one that answered last, after redirections.
    :param ip: the IP address of whoever answered.
    :param complete: the whole body was read.
    :param phases: milliseconds, summed over redirections: ``dns_ms``, ``connect_ms``, ``tls_ms``, ``first_byte_ms``
        (from the request's end to the answer's first byte); without those that did not take place.
    :param certificate_days: days left on the certificate that ends first.
    """

    address: WebAddress
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = True
    ip: str = ""
    via: list[str] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    certificate_days: float | None = None
    total_ms: float = 0.0

    def add(self, phase: str, began: float) -> float:
        """Count the time since ``began`` (monotonic seconds) into a phase; the time now."""
        now = time.monotonic()
        self.phases[phase] = self.phases.get(phase, 0.0) + (now - began) * 1000
        return now


def fetch(order: Order, activity: Activity, phases: dict[str, float]) -> Answered:
    """Ask, follow, read.

    :param phases: becomes the answer's, and is filled as far as it gets.

    :raises Unanswered: nothing or not everything came.
    :raises StepFailure: what came is no answer, or one that must not be trusted or followed.
    :raises StepError: the runner's proxy does not work; the file of authorities cannot be read.
    """
    context = trust(order.verify, order.ca_file)
    answered = Answered(order.address, phases=phases)
    began = time.monotonic()
    try:
        while True:
            _hop(order, answered, context, activity)
            location = answered.headers.get("location")
            if answered.status not in REDIRECTIONS or not location or len(answered.via) >= order.redirects:
                break
            answered.via.append(answered.address.shown)
            answered.address = _next(answered.address, location)
    except (StepError, StepFailure, StepSkipped, Unanswered):
        raise
    except ssl.SSLCertVerificationError as error:
        raise StepFailure(f"TLS: {answered.address.host}: {error.verify_message or error}") from None
    except (http.client.HTTPException, OSError) as error:
        raise _unanswered(error, answered, activity) from None
    finally:
        answered.total_ms = (time.monotonic() - began) * 1000
    if activity.remaining() <= 0:  # the end of a body without a length looks like the shutting down of its socket
        raise Unanswered(f"deadline passed while {activity.doing}")
    return answered


@functools.lru_cache(maxsize=32)
def trust(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    """Whom to trust.

    :raises StepError: there is no such file, or it holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise StepError(f"`ca_file` {ca_file} cannot be read as certificates in PEM: {error}") from None
    if ca_file is None:
        context.load_verify_locations(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def _hop(order: Order, answered: Answered, context: ssl.SSLContext, activity: Activity) -> None:
    address, proxy = answered.address, None if order.through else proxy_for(answered.address)
    if order.through:
        sock = _led(order.through, answered, activity)
    else:
        sock = _connected(proxy or address, answered, activity)
    with sock, activity.holding(sock):
        if proxy and address.tls:
            _tunnel(sock, proxy, address, activity)
        if not address.tls:
            _exchange(sock, order, answered, proxy, activity)
            return
        activity.doing, began = f"setting up TLS with {address.host}", time.monotonic()
        # It takes the plain socket over before the handshake, so that the deadline finds it.
        secure = context.wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
        with secure, activity.holding(secure):
            _patient(secure, activity)
            secure.do_handshake()
            answered.add("tls_ms", began)
            days = _days_left(secure.getpeercert(binary_form=True))
            if days is not None:
                answered.certificate_days = min(days, answered.certificate_days or days)
            _exchange(secure, order, answered, None, activity)


def _connected(peer: WebAddress | Proxy, answered: Answered, activity: Activity) -> socket.socket:
    """A connection to the host, or to the proxy in front of it."""
    activity.doing, began = f"resolving {peer.host}", time.monotonic()
    try:
        found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(peer, Proxy):
            raise StepError(f"the proxy's name {peer.host} cannot be resolved ({reason})") from None
        raise Unanswered(f"the name {peer.host} cannot be resolved: {reason}") from None
    if not peer.is_ip:
        began = answered.add("dns_ms", began)
    activity.doing, problem = f"connecting to {peer.host}", ""
    for family, kind, protocol, _, place in found:
        sock, answered.ip = socket.socket(family, kind, protocol), str(place[0])
        try:
            with activity.holding(sock):
                _patient(sock, activity, CONNECT_S)
                sock.connect(place)
        except OSError as error:
            sock.close()
            problem = f"{answered.ip} port {peer.port}: {error.strerror or 'no answer'}"
            if activity.remaining() <= 0:
                break
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answered.add("connect_ms", began)
        return sock
    if isinstance(peer, Proxy):
        raise StepError(f"the proxy does not take connections ({problem}): check the runner's proxy settings")
    if activity.remaining() <= 0:
        raise Unanswered(f"deadline passed while {activity.doing}")
    raise Unanswered(f"no connection to {problem}")


def _led(through: Callable[[str, int], socket.socket], answered: Answered, activity: Activity) -> socket.socket:
    """A connection that another host makes for us."""
    address = answered.address
    activity.doing, began = f"connecting to {address.host}", time.monotonic()
    sock = through(address.host, address.port)
    answered.ip = address.host if address.is_ip else ""
    answered.add("connect_ms", began)
    return sock


def _tunnel(sock: socket.socket, proxy: Proxy, address: WebAddress, activity: Activity) -> None:
    activity.doing = f"asking the proxy for a way to {address.host}"
    _patient(sock, activity)
    lines = [f"CONNECT {address.authority} HTTP/1.1", f"Host: {address.authority}", *proxy.header_lines()]
    sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _CHUNK_BYTES:
        _patient(sock, activity)
        if not (more := sock.recv(1)):  # no byte of what follows may be taken from TLS
            raise StepError("the proxy closes the connection: check the runner's proxy settings")
        head += more
    match = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    status = int(match[1]) if match else 0
    if status in (502, 503, 504):
        raise Unanswered(f"the proxy answers HTTP {status}: it does not reach {address.host}")
    if not 200 <= status < 300:
        raise StepError(f"the proxy refuses {address.host} (HTTP {status}): check the runner's proxy settings")


def _exchange(sock: socket.socket, order: Order, answered: Answered, proxy: Proxy | None, activity: Activity) -> None:
    """The request and its answer on a connection that is up."""
    address = answered.address
    activity.doing = f"waiting for the first byte of {address.shown}"
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock = sock
    target = address.absolute if proxy else address.target
    connection.putrequest(order.method, target, skip_host=True, skip_accept_encoding=True)
    own = {"Host": address.authority, "User-Agent": f"stackprobe/{__version__}", "Accept": "*/*"}
    own |= {"Accept-Encoding": "identity", "Connection": "close"}
    if proxy:
        own |= dict(line.split(": ", 1) for line in proxy.header_lines())
    same_host = address.authority == order.address.authority
    given = order.headers if same_host and address.tls >= order.address.tls else {}
    for name, value in (own | {_canonical(name, own): value for name, value in given.items()}).items():
        connection.putheader(name, value)
    _patient(sock, activity)
    connection.endheaders()
    began = time.monotonic()
    response = http.client.HTTPResponse(sock, method=order.method)
    try:
        _patient(sock, activity)
        first = response.fp.peek(1)
        _patient(sock, activity)  # the shutting down at the deadline looks like the connection's end
        if not first:
            raise http.client.RemoteDisconnected("")
        answered.add("first_byte_ms", began)
        activity.doing = f"reading the answer of {address.shown}"
        response.begin()
        answered.status = response.status
        answered.headers = {name.lower(): value for name, value in response.getheaders()}
        _read(response, sock, order, answered, activity)
    finally:
        response.close()


def _read(
    response: http.client.HTTPResponse, sock: socket.socket, order: Order, answered: Answered, activity: Activity
) -> None:
    parts, left = [], order.max_bytes
    while left > 0:
        _patient(sock, activity)
        part = response.read1(min(left, _CHUNK_BYTES))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    _patient(sock, activity)  # what is cut at the deadline is not the server's cutting
    answered.body = b"".join(parts)
    if left > 0 and response.length:  # what Content-Length promised; reading in pieces does not say so itself
        raise StepFailure(
            f"the answer of {answered.address.shown} ends {response.length} bytes too early", answered.status
        )
    answered.complete = left > 0 or response.length == 0 or response.isclosed()


def _next(address: WebAddress, location: str) -> WebAddress:
    """Where a redirection leads.

    :raises StepFailure: to no place where it may be followed.
    """
    try:
        found = parse(urljoin(address.absolute, location))
    except StepError:
        raise StepFailure(f"{address.shown} redirects to no address of http or https, or to a password") from None
    if address.tls and not found.tls:
        raise StepFailure(f"{address.shown} redirects from https to http")
    return found


def _unanswered(error: Exception, answered: Answered, activity: Activity) -> Exception:
    shown = answered.address.shown
    if activity.remaining() <= 0 or isinstance(error, TimeoutError):
        return Unanswered(f"deadline passed while {activity.doing}")
    if isinstance(error, http.client.RemoteDisconnected):
        return Unanswered(f"{shown} closes the connection without an answer")
    if isinstance(error, _RUNG_OFF):
        return Unanswered(f"connection reset while {activity.doing}")
    if isinstance(error, ssl.SSLError):
        return StepFailure(f"TLS: {answered.address.host}: {error.reason or error}")
    if isinstance(error, http.client.IncompleteRead):
        return StepFailure(f"the answer of {shown} ends too early", answered.status or None)
    if isinstance(error, http.client.HTTPException):
        return StepFailure(f"{shown} answers with something that is no HTTP: {type(error).__name__}")
    return Unanswered(f"{getattr(error, 'strerror', None) or error} while {activity.doing}")


def _patient(sock: socket.socket, activity: Activity, most_s: float | None = None) -> None:
    """Let the next operation on a socket take what is left of the step's time.

    :raises TimeoutError: nothing is left.
    """
    left_s = activity.remaining()
    if left_s <= 0:
        raise TimeoutError
    sock.settimeout(left_s if most_s is None else min(left_s, most_s))


def _canonical(name: str, known: Mapping[str, str]) -> str:
    """The header's name as it is written in ``known``, so that it replaces that one."""
    return next((one for one in known if one.lower() == name.lower()), name)


def _days_left(certificate: bytes | None) -> float | None:
    if not certificate:
        return None
    try:
        ends = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return None
    return (ends.timestamp() - time.time()) / 86400


__all__: list[Any] = ["Answered", "Order", "fetch", "trust"]
