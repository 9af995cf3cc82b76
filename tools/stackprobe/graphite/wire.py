"""One batch of points over TCP or TLS, confirmed by the peer's end of stream."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterable

import graphyte

from stackprobe.address import Address
from stackprobe.graphite.points import Point

_TCP_CLOSE = 7  # linux/tcp_states.h


class NotConfirmed(Exception):
    """The peer did not confirm a batch. Some, all or none of it may have arrived."""


class ConfirmingSender(graphyte.Sender):
    """graphyte's sender, with the two things it lacks: a deadline for all of a batch, and a confirmation.

    :param timeout_s: for connecting, sending and confirming one batch together.
    :param tls: what a connection is wrapped with; None: plain TCP.
    """

    def __init__(self, address: Address, timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        super().__init__(address.host, port=address.port, timeout=timeout_s, raise_send_errors=True)

    def deliver(self, points: Iterable[Point]) -> None:
        """Send one batch.

        :raises NotConfirmed: the peer is away, closed early, or did not take everything in time.
        """
        message = b"".join(self.build_message(point.name, point.value, point.t) for point in points)
        try:
            self.send_socket(message)
        except OSError as error:  # includes time-outs and names that do not resolve
            raise NotConfirmed(str(error) or type(error).__name__) from error

    def send_message(self, message: bytes) -> None:
        """Send, close for writing, and wait until the peer has read to the end and closed its side."""
        deadline = time.monotonic() + self.timeout

        def remaining() -> float:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not confirmed within {self.timeout:g} s")
            return left

        with self._connected(remaining) as connection:
            connection.settimeout(remaining())
            connection.sendall(message)
            _end_stream(connection, remaining)
            while True:
                connection.settimeout(remaining())
                try:
                    if not connection.recv(4096):
                        break
                except (ssl.SSLEOFError, ssl.SSLZeroReturnError):  # so Python 3.11.2 calls an end that TLS has heard of
                    break
                except TimeoutError:
                    raise TimeoutError(f"not confirmed within {self.timeout:g} s") from None
            while not _is_acknowledged(connection):
                time.sleep(min(0.01, remaining()))

    def _connected(self, remaining: Callable[[], float]) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), remaining())
        if self._tls is None:
            return connection
        try:
            connection.settimeout(remaining())
            return self._tls.wrap_socket(connection, server_hostname=self.host)
        except BaseException:
            connection.close()
            raise


def _end_stream(connection: socket.socket, remaining: Callable[[], float]) -> None:
    """Close for writing. Over TLS the peer first hears that in TLS itself, and answers with its own end of stream.

    A listener that ends its TCP stream without a word in TLS has read everything all the same, or there would be a
    reset; but one that tells of an alert has not understood us.

    :raises OSError: an alert, or the peer did not end its stream in time.
    """
    if isinstance(connection, ssl.SSLSocket):
        connection.settimeout(0)
        while True:  # tell the peer, but do not wait for its answer: it may wait for the end of our TCP stream
            try:
                connection.unwrap()
                break
            except ssl.SSLWantReadError:
                break
            except ssl.SSLWantWriteError:
                with selectors.DefaultSelector() as writable:  # select() knows no descriptor above 1023
                    writable.register(connection, selectors.EVENT_WRITE)
                    writable.select(remaining())
        socket.socket.shutdown(connection, socket.SHUT_WR)  # that of SSLSocket would forget the TLS in it
        with contextlib.suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):
            connection.settimeout(remaining())
            _hear_end(connection)
    else:
        connection.shutdown(socket.SHUT_WR)


def _hear_end(connection: ssl.SSLSocket) -> None:
    try:
        connection.unwrap()
    except ValueError:  # it was heard already
        return
    except ssl.SSLError as error:
        # Python's word for an end of the TCP stream, where OpenSSL has none
        if not (isinstance(error, ssl.SSLSyscallError) or "EOF" in str(error)):
            raise


def _is_acknowledged(connection: socket.socket) -> bool:
    """Whether the peer has taken our end of stream.

    A peer that closes before it reads (carbon at its limit of connections does) also ends its stream; but then our
    bytes meet a closed socket and are answered by a reset, which this raises.

    :raises ConnectionError: the peer has reset the connection.
    """
    error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise ConnectionResetError(error, "the peer closed the connection before it had read everything")
    with contextlib.suppress(AttributeError, OSError):  # only Linux tells the state
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_CLOSE
    return True
