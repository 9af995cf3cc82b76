"""What answers 500 in the place of a guest's own server: sockets that listen in the guest's network namespace."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time

from pocketcloud.guests import namespaces

LOG = logging.getLogger(__name__)
BODY = b"injected\n"
ANSWER = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY)
)
QUESTION_S = 5.0
QUESTION_BYTES = 65536
RETRY_S = 0.1


class Refusals:
    """The sockets, by namespace and port."""

    def __init__(self) -> None:
        self._sockets: dict[tuple[int, int], socket.socket] = {}

    def have(self, wanted: set[tuple[str, int]]) -> set[str]:
        """Listen there and nowhere else; the namespaces in which that does not succeed.

        A socket keeps a namespace alive, so it must go when the guest goes.
        """
        # a guest that is made again has a new namespace of the old name
        places = {(inode, port): name for name, port in wanted if (inode := namespaces.inode(name)) is not None}
        for place in self._sockets.keys() - places.keys():
            listener = self._sockets.pop(place)
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes up who waits for connections
            listener.close()
        deaf: set[str] = set()
        for place in sorted(places.keys() - self._sockets.keys()):
            try:
                listener = namespaces.listen(places[place], "", place[1])
            except OSError as error:
                LOG.warning("no 500 at port %d in %s: %s", place[1], places[place], error)
                deaf.add(places[place])
                continue
            self._sockets[place] = listener
            threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        return deaf


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError as error:
            if listener.fileno() < 0:  # closed
                return
            LOG.info("answers 500 no more, or a connection ended before it began: %s", error)
            time.sleep(RETRY_S)
            continue
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """Read a request as far as its headers go, answer, and close when the client does."""
    with contextlib.suppress(OSError), connection:
        connection.settimeout(QUESTION_S)
        question = b""
        while b"\r\n\r\n" not in question and len(question) < QUESTION_BYTES:
            received = connection.recv(QUESTION_BYTES)
            if not received:
                return
            question += received
        connection.sendall(ANSWER)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(QUESTION_BYTES):
            pass
