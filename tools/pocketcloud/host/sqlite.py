"""Make SQLite bear the concurrency of OpenStack services."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import sqlalchemy

from pocketcloud.host.turnstile import Turnstile

KEPT = 8  # idle connections of one database in one process

_own = threading.local()


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Transactions that this thread begins inside only read, so they wait for nobody who writes."""
    _own.reading = True
    try:
        yield
    finally:
        _own.reading = False


def begin_immediate() -> None:
    """Take the write lock when a transaction begins.

    A transaction that reads first and writes later fails with SQLITE_BUSY, whatever the time-out, if another one wrote
    in between; begun with the lock it waits its turn instead. A thread that already holds the lock on another
    connection (neutron's security-group hooks read in a session of their own) begins plainly: it would wait for itself.
    """
    local = threading.local()
    queues: dict[str, Turnstile] = {}

    @sqlalchemy.event.listens_for(sqlalchemy.engine.Engine, "begin")
    def _begin(connection: Any) -> None:  # runs before oslo.db's own listener, which then sees the mark
        if connection.dialect.name != "sqlite" or "in_transaction" in connection.info:
            return
        held = local.__dict__.setdefault("held", {})
        name = connection.engine.url.database
        other = held.get(name, lambda: None)()
        nested = other is not None and other is not connection and not other.closed and other.in_transaction()
        if nested or getattr(_own, "reading", False):
            connection.exec_driver_sql("BEGIN")
        else:
            with queues.setdefault(name, Turnstile()):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            held[name] = weakref.ref(connection)
        connection.info["in_transaction"] = True


class ReusingPool(sqlalchemy.pool.QueuePool):
    """Keeps connections open; opens as many as are wanted at once."""

    def __init__(self, creator: Any, **options: Any) -> None:
        super().__init__(creator, **{**options, "pool_size": KEPT, "max_overflow": -1, "use_lifo": True})


def reuse_connections() -> None:
    """Keep connections to SQLite files open.

    oslo.db opens one for every transaction, and SQLite reads the whole schema on each: that was half of the work of a
    request. To be called before the services make their engines.
    """
    from oslo_db.sqlalchemy import engines

    @sqlalchemy.event.listens_for(ReusingPool, "checkin")
    def _forget(connection: Any, record: Any) -> None:
        # oslo.db's mark, should the transaction have ended without it noticing
        record.info.pop("in_transaction", None)

    class Pools:
        """sqlalchemy.pool, as oslo.db shall see it."""

        NullPool = ReusingPool

        def __getattr__(self, name: str) -> Any:
            return getattr(sqlalchemy.pool, name)

    engines.pool = Pools()
