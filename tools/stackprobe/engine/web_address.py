"""Web addresses of others: http and https, without credentials, shown without what may be a secret in them."""

from __future__ import annotations

import base64
import ipaddress
import urllib.request
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from stackprobe.engine.classify import StepError

_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class WebAddress:
    """Where to ask.

    :param host: in ASCII, an IPv6 address without brackets.
    :param target: path and query, as they stand in a request.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def tls(self) -> bool:
        """Whether it is one of https."""
        return self.scheme == "https"

    @property
    def is_ip(self) -> bool:
        """Whether no name has to be resolved."""
        return _is_ip(self.host)

    @property
    def authority(self) -> str:
        """``host[:port]``, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def absolute(self) -> str:
        """The whole address, as it is asked."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """For people: without the query, in which a signature may stand."""
        return self.absolute.partition("?")[0]


@dataclass(frozen=True)
class Proxy:
    """The runner's proxy."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @property
    def is_ip(self) -> bool:
        """Whether no name has to be resolved."""
        return _is_ip(self.host)

    def header_lines(self) -> list[str]:
        """What it wants to be told with each request."""
        if self.user is None:
            return []
        pair = f"{unquote(self.user)}:{unquote(self.password or '')}"
        return [f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}"]


def parse(url: object) -> WebAddress:
    """The address that ``url`` gives. No message shows it: whatever is wrong with it may be a secret.

    :raises StepError: it is no address of http or https, or holds a user name or a password.
    """
    text = str(url).strip()
    try:
        split = urlsplit(text)
        host, port = split.hostname, split.port
    except ValueError:
        raise StepError("`url` is no web address") from None
    if split.scheme not in _PORTS or not host:
        raise StepError("`url` must be an address of http or https with a host, like https://www.example.com/")
    if "@" in split.netloc:
        raise StepError("`url` must not hold a user name or a password: put what the server wants into `headers`")
    if any(one.isspace() or not one.isprintable() for one in text) or port == 0:
        raise StepError("`url` is no web address")
    try:
        ascii_host = host if _is_ip(host) else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise StepError("the host of `url` is no host name") from None
    return WebAddress(split.scheme, ascii_host, port or _PORTS[split.scheme], _target(split))


def proxy_for(address: WebAddress) -> Proxy | None:
    """The proxy that the runner's environment names for an address (``https_proxy``, ``no_proxy``, …).

    :raises StepError: it is none that can be used.
    """
    found = urllib.request.getproxies()
    url = found.get(address.scheme) or found.get("all")
    if not url or urllib.request.proxy_bypass(address.authority):
        return None
    try:
        split = urlsplit(url if "://" in url else f"http://{url}")
        host, port = split.hostname, split.port or 80
    except ValueError:
        host, port = None, 0
    if not host or split.scheme != "http":
        raise StepError("the proxy of the runner's environment is no http proxy: check the runner's proxy settings")
    return Proxy(host, port, split.username, split.password)


def _target(split: SplitResult) -> str:
    path = quote(split.path or "/", safe=_PATH_SAFE)
    return f"{path}?{quote(split.query, safe=_PATH_SAFE + '?[]')}" if split.query else path


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
