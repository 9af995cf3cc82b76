"""A relay that makes the way to the endpoints longer: bytes pass unchanged, half a round trip later.

TLS passes through it, so every flight of its handshake is late, as on a long line. The kernel accepts a connection
before we see it; the round trip that this should have cost is added to its first bytes.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import cast

from pocketcloud.services import HOST

HIGH_BYTES = 4 << 20  # on their way in one direction before reading stops


class End(asyncio.Protocol):
    """One end of a relayed connection: what it reads, its peer writes later."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.peer: End | None = None
        self.transport: asyncio.Transport | None = None
        self.earliest = 0.0  # nothing that was read may leave before
        self.under_way: deque[bytes | None] = deque()  # None is the end of the stream
        self.under_way_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: some bytes came."""
        self.under_way_bytes += len(data)
        if self.under_way_bytes > HIGH_BYTES and self.transport:
            self.transport.pause_reading()
        self._send_later(data)

    def eof_received(self) -> bool:
        """asyncio: the other side will say no more, but may still listen."""
        self._send_later(None)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: closed."""
        self._send_later(None, close=True)

    def _send_later(self, data: bytes | None, close: bool = False) -> None:
        loop = self.relay.loop
        due = max(loop.time(), self.earliest) + self.relay.half_s
        self.under_way.append(data)
        loop.call_at(due, self._deliver, close)

    def _deliver(self, close: bool) -> None:
        data = self.under_way.popleft()  # in order, whatever the order of timers that are due together
        target = self.peer.transport if self.peer else None
        if data is not None:
            self.under_way_bytes -= len(data)
            if self.transport and self.under_way_bytes < HIGH_BYTES // 2:
                self.transport.resume_reading()
        if target is None or target.is_closing():
            return
        if data is not None:
            target.write(data)
        elif close:
            target.close()
        elif target.can_write_eof():
            target.write_eof()


class Relay:
    """Relays some listening sockets, each to its own local port."""

    def __init__(self, rtt_s: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.rtt_s = rtt_s
        self.half_s = rtt_s / 2
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket, port: int) -> None:
        """Accept connections for one port until cancelled."""
        listener.setblocking(False)
        while True:
            connection, _ = await self.loop.sock_accept(listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self.loop.create_task(self._join(connection, port))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _join(self, connection: socket.socket, port: int) -> None:
        near, far = End(self), End(self)
        near.peer, far.peer = far, near
        near.earliest = self.loop.time() + self.rtt_s
        try:
            await self.loop.create_connection(lambda: far, HOST, port)
        except OSError:
            connection.close()  # the service has gone
            return
        await self.loop.connect_accepted_socket(lambda: near, connection)


def run(routes: list[tuple[socket.socket, int]], rtt_s: float) -> None:
    """Relay until the process is ended."""

    async def forever() -> None:
        relay = Relay(rtt_s)
        await asyncio.gather(*(relay.serve(listener, port) for listener, port in routes))

    asyncio.run(forever())
