"""The parent of a running cloud: loads what all services share once, forks them, ends with them.

Forking from one preloaded process saves seconds of start and a third of the memory. A service lives no longer than this
process: the kernel kills it when its parent dies, whatever the reason.
"""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib
import json
import logging
import os
import signal
import socket
import ssl
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from types import FrameType

from pocketcloud.guests.plane import DAEMONS
from pocketcloud.host import threads
from pocketcloud.layout import Layout, Settings, write_private
from pocketcloud.series import Series

LOG = logging.getLogger("pocketcloud.supervisor")
PRELOADED = (
    "sqlalchemy",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.sqlite",
    "oslo_db.sqlalchemy.enginefacade",
    "oslo_messaging",
    "oslo_policy.policy",
    "oslo_log.log",
    "oslo_utils.netutils",
    "oslo_versionedobjects.base",
    "oslo_middleware",
    "jsonschema",
    "webob",
    "routes",
    "paste.deploy",
    "cryptography.fernet",
    "requests",
    "keystoneauth1.session",
    "openstack",
    "lxml.etree",
    "alembic.config",
    "oslo_cache",
    "netaddr",
    "keystonemiddleware.auth_token",
    "stevedore",
)
GRACE_S = 4.0  # from SIGTERM to SIGKILL
DRAIN_S = 2.0  # for requests at work when a service is told to stop
PR_SET_PDEATHSIG = 1


def preload(series: Series) -> None:
    """Import what all services need, before they are forked."""
    with threads.without_eventlet(series):
        threads.choose(series)
        for name in PRELOADED:
            importlib.import_module(name)
        # reads the entry points of every installed distribution: once, not in each service
        importlib.import_module("stevedore._cache").get_group_all("neutron.core_plugins")
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every shared page


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Sockets:
    """The listening sockets that the launcher bound for us: name → socket."""

    def __init__(self, description: str) -> None:
        self.by_name = {name: socket.socket(fileno=number) for name, number in json.loads(description).items()}

    def keep_only(self, names: set[str]) -> None:
        """Close the others: a port must refuse connections when its own process is gone."""
        for name, one in self.by_name.items():
            if name not in names:
                one.close()


class Supervisor:
    """Forks the processes of one cloud and reaps them."""

    def __init__(self, layout: Layout, settings: Settings, sockets: Sockets) -> None:
        self.layout = layout
        self.settings = settings
        self.sockets = sockets
        self.children: dict[int, str] = {}
        self.stopping = False

    def fork(self, name: str, sockets: set[str], work: Callable[[], None]) -> int:
        """Run `work` in a child process of its own that owns these sockets; returns its number."""
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self.children[pid] = name
            return pid
        try:
            end_with_parent()
            if os.getppid() != parent:  # died before the request to be killed with it
                os._exit(1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self.sockets.keep_only(sockets)
            out = os.open(self.layout.log / f"{name}.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            logging.getLogger().handlers.clear()
            work()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(1)  # threads of a service that failed would keep its process alive

    def start_plane(self) -> None:
        """Fork the daemons that move the packets, and listen where guests and their users are."""
        from pocketcloud.guests.plane import OUTSIDE_SERVERS, PACKET_FAULTS, Plane
        from pocketcloud.outside import serve
        from pocketcloud.packets import watch
        from pocketcloud.qemu import daemon

        plane = Plane(self.layout)
        plane.start(self.fork)
        if self.settings.image:
            daemon.start(self.layout, self.fork)
        self.fork(OUTSIDE_SERVERS, set(), functools.partial(serve.run, self.layout))
        self.fork(PACKET_FAULTS, set(), functools.partial(watch.run, self.layout, end_with_parent))
        ports = {service.name: self.settings.ports.public(service.name) for service in self.settings.services}
        self.sockets.by_name |= plane.listen(ports)

    def start(self) -> None:
        """Fork the services."""
        context = None
        if self.settings.tls:
            from pocketcloud.host import certificates

            context = certificates.server_context(self.layout)
        behind = "public"
        if self.settings.rtt_ms:
            behind = "behind"
            self._start_relay()
        for service in self.settings.services:
            name = service.name
            listeners = self._listeners(name, behind)
            self.fork(name, set(listeners), functools.partial(self._serve, name, listeners, context))
        if self.settings.guests:
            from pocketcloud.guests.plane import METADATA_AGENT
            from pocketcloud.host.ovn import metadata

            self.fork(METADATA_AGENT, set(), functools.partial(metadata.run, self.layout))
        self.sockets.keep_only(set())
        processes = {name: pid for pid, name in self.children.items()}
        processes["supervisor"] = os.getpid()
        write_private(self.layout.run / "processes.json", json.dumps(processes))

    def _listeners(self, name: str, behind: str) -> dict[str, str]:
        """What a service listens on: socket → interface."""
        found = {f"{name}.{behind}": "public", f"{name}.internal": "internal"}
        if self.settings.guests:
            if behind == "public":
                found[f"{name}.outside"] = "public"
            if name == "nova":
                found["nova.metadata"] = "metadata"
        return found

    def _start_relay(self) -> None:
        from pocketcloud.host import relay

        sockets = self.sockets.by_name
        places = ("public", "outside") if self.settings.guests else ("public",)
        public = {f"{service.name}.{place}": service.name for service in self.settings.services for place in places}
        routes = [(sockets[one], sockets[f"{name}.behind"].getsockname()[1]) for one, name in public.items()]
        self.fork("relay", set(public), functools.partial(relay.run, routes, self.settings.rtt_ms / 1000))

    def _serve(self, name: str, listeners: dict[str, str], context: ssl.SSLContext | None) -> None:
        """In a child: start the service and serve until SIGTERM."""
        from pocketcloud.faults.book import RuleBook
        from pocketcloud.host import rpc, warm
        from pocketcloud.host.applications import starter
        from pocketcloud.host.drivers import stalls
        from pocketcloud.host.front import Front, TokenCache
        from pocketcloud.host.httpd import Server
        from pocketcloud.host.sqlite import begin_immediate, reuse_connections

        started = time.monotonic()
        begin_immediate()
        reuse_connections()
        rpc.deliver_at_once()
        book = RuleBook(self.layout.faults)
        stalls.install(book)
        sys.argv = [name]
        application = starter(name)(self.layout, self.settings)
        warnings.simplefilter("ignore")  # some services switch them on again
        cache = TokenCache()
        fronts = {kind: Front(name, kind, application, book, cache) for kind in ("public", "internal")}
        if "metadata" in listeners.values():
            from pocketcloud.host import start_nova

            fronts["metadata"] = Front(name, "metadata", start_nova.metadata_application(), book, cache)
        warm.up(name, self.settings, fronts["internal"])
        servers = [
            Server(self.sockets.by_name[one], fronts[kind], context if kind == "public" else None)
            for one, kind in listeners.items()
        ]
        asked = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: asked.set())  # after the service set its own handlers
        for server in servers:
            server.start()
        write_private(self.layout.run / f"{name}.ready", f"{time.monotonic() - started:.2f}\n")
        asked.wait()
        for server in servers:
            server.stop(DRAIN_S)
        os._exit(0)

    def reap(self) -> None:
        """Note which children ended, until none is left or SIGTERM came."""
        while self.children and not self.stopping:
            try:
                pid, status = os.waitpid(-1, 0)
            except InterruptedError:
                continue
            except ChildProcessError:
                return
            self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        name = self.children.pop(pid, "?")
        code = os.waitstatus_to_exitcode(status)
        LOG.warning("%s (pid %d) ended with %d", name, pid, code)
        with contextlib.suppress(OSError):
            write_private(self.layout.run / f"{name}.ended", f"{code}\n")

    def stop(self) -> None:
        """Ask the children to end, the services before the data plane; kill those that do not."""
        self._end({pid for pid, name in self.children.items() if name not in DAEMONS})
        self._end(set(self.children))

    def _end(self, pids: set[int]) -> None:
        for sig, patience_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
            for pid in pids & set(self.children):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sig)  # not reaped yet, so the number is still theirs
            end = time.monotonic() + patience_s
            while pids & set(self.children) and time.monotonic() < end:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid:
                    self._note(pid, status)
                else:
                    time.sleep(0.02)


class _Asked(Exception):
    """SIGTERM came."""


def run(layout: Layout, settings: Settings, sockets: str) -> int:
    """Run the cloud until SIGTERM, or until no service is left."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    supervisor = Supervisor(layout, settings, Sockets(sockets))

    def asked(signum: int, frame: FrameType | None) -> None:
        if not supervisor.stopping:
            supervisor.stopping = True
            raise _Asked

    signal.signal(signal.SIGTERM, asked)
    try:
        from pocketcloud.host import passwords

        passwords.set_passwords(layout, settings)
        if settings.guests:
            supervisor.start_plane()
        preload(settings.series)
        supervisor.start()
        supervisor.reap()
    except _Asked:
        supervisor.stop()
        return 0
    return 1
