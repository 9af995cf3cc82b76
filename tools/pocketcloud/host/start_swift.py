"""swift: the proxy, and one account, container and object server behind it, in one process.

Swift is made for eventlet. The three storage servers get it, in a thread and hub of their own; the proxy runs in the
threads of our server, each of which has a hub too, so that nothing has to be patched.
"""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import contextlib
import logging
import logging.handlers
import threading
from pathlib import Path
from typing import Any

from pocketcloud.configs.swift import STORAGE
from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings
from pocketcloud.services import HOST

DEVICE = "device"
START_LIMIT_S = 60
LOG_FILE: list[logging.Handler] = []


class Silence:
    """Where the storage servers' access logs go."""

    def write(self, text: str) -> None:
        """Nothing."""


class Unwatched:
    """In place of the proxy's watchdog of slow reads, whose one hub cannot wake the threads of all the others."""

    def start(self, *arguments: Any, **options: Any) -> int:
        """Begin to watch: nothing."""
        return 0

    def stop(self, key: int) -> None:
        """End it."""


def make_database(layout: Layout, settings: Settings) -> None:
    """Swift makes its databases when it needs them."""


def fill(cloud: Any, settings: Settings) -> None:
    """Accounts come into being with their first container."""


def application(layout: Layout, settings: Settings) -> Application:
    """Start the storage servers and return the proxy."""
    log = logging.FileHandler(layout.log / "swift.log")
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    LOG_FILE.append(log)
    from eventlet import tpool
    from swift.common import utils
    from swift.common.storage_policy import reload_storage_policies
    from swift.common.wsgi import loadapp

    # its threads answer to the hub of the thread that came first; a slow disk may hold up the one that waits for it
    tpool.execute = lambda method, *arguments, **options: method(*arguments, **options)
    utils.set_swift_dir(str(layout.etc))
    utils.validate_configuration()
    reload_storage_policies()
    started, problems = threading.Event(), list[BaseException]()
    threading.Thread(target=_storage, args=(layout, started, problems), daemon=True, name="storage").start()
    if not started.wait(START_LIMIT_S) or problems:
        raise RuntimeError("the storage servers did not start") from next(iter(problems), None)
    proxy = loadapp(str(layout.etc / "swift-proxy.conf"))
    server = proxy._pipeline_final_app
    server.watchdog.kill()
    server.watchdog = Unwatched()
    application: Application = proxy
    return application


def _storage(layout: Layout, started: threading.Event, problems: list[BaseException]) -> None:
    try:
        import eventlet
        import eventlet.wsgi
        from swift.common.wsgi import loadapp

        state = layout.state / "swift"
        (state / "devices" / DEVICE).mkdir(parents=True, exist_ok=True)
        servers = []
        listeners = {kind: eventlet.listen((HOST, 0)) for kind in STORAGE}
        for kind, listener in listeners.items():
            _make_ring(state / f"{kind}.ring.gz", listener.getsockname()[1])
        for kind, listener in listeners.items():
            server = loadapp(str(layout.etc / f"swift-{kind}.conf"))
            servers.append(eventlet.spawn(eventlet.wsgi.server, listener, server, Silence(), debug=False))
    except BaseException as error:
        problems.append(error)
        raise
    finally:
        started.set()
    for one in servers:
        one.wait()


def _make_ring(path: Path, port: int) -> None:
    """Where everything of one kind is: on the one device, with the server on this port."""
    from swift.common.ring import RingBuilder

    builder = RingBuilder(1, 1, 0)
    place = {"ip": HOST, "port": port, "replication_ip": HOST, "replication_port": port}
    builder.add_dev({"region": 1, "zone": 1, "weight": 1, "device": DEVICE, "meta": "", **place})
    builder.rebalance()
    builder.get_ring().save(str(path))


def log_to_file(
    conf: Any, name: str, log_to_console: bool, log_route: str, fmt: str, logger: logging.Logger, adapted: Any
) -> None:
    """Swift calls it for each of its loggers, which it makes for syslog."""
    for handler in list(logger.handlers):
        if isinstance(handler, logging.handlers.SysLogHandler):
            logger.removeHandler(handler)
            with contextlib.suppress(OSError):
                handler.close()
    for log in LOG_FILE:
        if log not in logger.handlers:
            logger.addHandler(log)
