"""A stand-in for eventlet whose green threads are threads.

From 2026.1 on the services run in threads by themselves. Before, they call eventlet; on SQLite, whose calls block the
whole process, its cooperative threads would wait for each other's locks for ever. Only what the services use is here.
"""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import importlib
import queue
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

_current = threading.local()


class GreenletExit(BaseException):
    """Ends a green thread that was cancelled."""


class Event:
    """eventlet.event.Event: a value that is sent once."""

    def __init__(self) -> None:
        self._future: futures.Future[Any] = futures.Future()

    def ready(self) -> bool:
        """Whether it was sent."""
        return self._future.done()

    def has_exception(self) -> bool:
        """Whether an exception was sent."""
        return self.ready() and self._future.exception() is not None

    def send(self, result: Any = None, exc: Any = None) -> None:
        """Wake who waits."""
        if exc is None:
            self._future.set_result(result)
        else:
            self.send_exception(exc)

    def send_exception(self, *exc: Any) -> None:
        """Wake who waits with an exception: one, its class, or what sys.exc_info() gives."""
        error = exc[1] if len(exc) > 1 and exc[1] is not None else exc[0]
        self._future.set_exception(error if isinstance(error, BaseException) else error())

    def wait(self, timeout: float | None = None) -> Any:
        """The value; None when it did not come in time."""
        try:
            return self._future.result(timeout)
        except futures.TimeoutError:
            return None

    def reset(self) -> None:
        """Forget what was sent."""
        self._future = futures.Future()


class GreenThread:
    """eventlet.greenthread.GreenThread: a call in a thread."""

    def __init__(self, delay_s: float, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.dead = False
        self._over = Event()
        self._cancelled = threading.Event()
        self._links: list[tuple[Callable[..., Any], Any, Any]] = []
        self._lock = threading.Lock()
        work = (delay_s, function, args, kwargs)
        threading.Thread(target=self._run, args=work, daemon=True).start()

    def __bool__(self) -> bool:
        return not self.dead

    def _run(self, delay_s: float, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        _current.green = self
        try:
            if delay_s and self._cancelled.wait(delay_s):
                raise GreenletExit
            self._over.send(function(*args, **kwargs))
        except BaseException as error:
            self._over.send_exception(error)
        with self._lock:
            self.dead = True
            links = list(self._links)
        for call, more, named in links:
            call(self, *more, **named)

    def wait(self) -> Any:
        """What the call returned, or its exception."""
        return self._over.wait()

    def link(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Have a function called at the end, with this thread."""
        with self._lock:
            if not self.dead:
                self._links.append((function, args, kwargs))
                return
        function(self, *args, **kwargs)

    def unlink(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Undo a link."""
        with self._lock:
            if (function, args, kwargs) not in self._links:
                return False
            self._links.remove((function, args, kwargs))
            return True

    def cancel(self, *_: Any) -> None:
        """Do not begin, if that has not happened yet: a thread cannot be ended."""
        self._cancelled.set()

    kill = throw = cancel


def spawn(function: Callable[..., Any], *args: Any, **kwargs: Any) -> GreenThread:
    """Call a function in a thread."""
    return GreenThread(0, function, *args, **kwargs)


def getcurrent() -> Any:
    """The thread that runs."""
    return getattr(_current, "green", None) or threading.current_thread()


class GreenPool:
    """eventlet.GreenPool: so many calls at once."""

    def __init__(self, size: int = 1000) -> None:
        self.size = size
        self._room = threading.Semaphore(size)
        self._running: set[GreenThread] = set()

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> GreenThread:
        """Call a function in a thread as soon as there is room."""
        self._room.acquire()
        thread = spawn(function, *args, **kwargs)
        self._running.add(thread)
        thread.link(self._leave)
        return thread

    spawn_n = spawn

    def _leave(self, thread: GreenThread) -> None:
        self._running.discard(thread)
        self._room.release()

    def running(self) -> int:
        """How many calls are at work."""
        return len(self._running)

    def free(self) -> int:
        """How many more could begin."""
        return self.size - len(self._running)

    def waiting(self) -> int:
        """How many wait for room: nobody counts them."""
        return 0

    def resize(self, size: int) -> None:
        """Make more room."""
        for _ in range(size - self.size):
            self._room.release()
        self.size = size

    def waitall(self) -> None:
        """Return when all are over."""
        while self._running:
            time.sleep(0.05)

    def starmap(self, function: Callable[..., Any], arguments: Any) -> Iterator[Any]:
        """The results, in order."""
        return iter([thread.wait() for thread in [self.spawn(function, *args) for args in arguments]])

    def imap(self, function: Callable[..., Any], *iterables: Any) -> Iterator[Any]:
        """The results, in order."""
        return self.starmap(function, zip(*iterables, strict=False))


class GreenPile:
    """eventlet.GreenPile: the results of calls, in order."""

    def __init__(self, size_or_pool: Any = 1000) -> None:
        self.pool = size_or_pool if isinstance(size_or_pool, GreenPool) else GreenPool(size_or_pool)
        self._threads: list[GreenThread] = []

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """One more call."""
        self._threads.append(self.pool.spawn(function, *args, **kwargs))

    def __iter__(self) -> Iterator[Any]:
        return iter([thread.wait() for thread in self._threads])


class Timeout(BaseException):
    """eventlet.Timeout: a thread cannot be interrupted, so it never fires."""

    def __init__(self, seconds: float | None = None, exception: Any = None) -> None:
        super().__init__(seconds)

    def __enter__(self) -> Timeout:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to undo."""

    def cancel(self) -> None:
        """Nothing to cancel."""


class Semaphore(threading.Semaphore):
    """eventlet.semaphore.Semaphore."""

    @property
    def balance(self) -> int:
        """How often it can still be taken."""
        return int(self._value)


def install() -> None:
    """Make every import of eventlet in this process give this."""
    thread = {
        "GreenThread": GreenThread,
        "getcurrent": getcurrent,
        "kill": lambda one, *_: one.kill(),
        "sleep": lambda seconds=0: time.sleep(seconds),
        "spawn": spawn,
        "spawn_n": spawn,
        "spawn_after": GreenThread,
        "spawn_after_local": GreenThread,
    }
    pool = {"GreenPool": GreenPool, "GreenPile": GreenPile}
    waiting = {"Event": Event, "Queue": queue.Queue, "Semaphore": Semaphore, "Timeout": Timeout}
    contents: dict[str, dict[str, Any]] = {
        "": {
            **thread,
            **pool,
            **waiting,
            "StopServe": StopIteration,
            "import_patched": _genuine,
            "__version__": "0.36",
        },
        "backdoor": {},
        "corolocal": {"local": threading.local},
        "debug": {},
        "event": waiting,
        "green": {},
        "greenio": {"GreenPipe": object, "GreenSocket": object},
        "greenio.base": {"GreenSocket": object},
        "greenpool": pool,
        "greenthread": thread,
        "hubs": {},
        "patcher": {
            "already_patched": {},
            "import_patched": _genuine,
            "is_monkey_patched": lambda *_: False,
            "original": _genuine,
        },
        "pools": {"Pool": object},
        "queue": {"Empty": queue.Empty, "Full": queue.Full, "LightQueue": queue.Queue, **waiting},
        "semaphore": {"BoundedSemaphore": Semaphore, **waiting},
        "timeout": {
            "is_timeout": lambda error: isinstance(error, TimeoutError),
            "with_timeout": lambda _, function, *args, **kwargs: function(*args, **kwargs),
            **waiting,
        },
        "tpool": {
            "Proxy": lambda target, *_, **__: target,
            "execute": lambda function, *args, **kwargs: function(*args, **kwargs),
        },
        "wsgi": {"HttpProtocol": object, "Server": object, "MAX_HEADER_LINE": 16384, "MAX_REQUEST_LINE": 8192},
    }
    for name, content in contents.items():
        _add(f"eventlet.{name}".rstrip("."), content)
    for name in ("os", "select", "socket", "ssl", "subprocess", "threading", "time"):
        sys.modules[f"eventlet.green.{name}"] = _genuine(name)
        setattr(sys.modules["eventlet.green"], name, _genuine(name))
    from oslo_utils import eventletutils

    eventletutils.EventletEvent = threading.Event  # its own needs a Timeout that fires


class _Module(types.ModuleType):
    """A module of eventlet; what it lacks does nothing, as monkey_patch() and use_hub()."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


def _add(name: str, content: dict[str, Any]) -> None:
    module = _Module(name)
    module.__path__ = []
    module.__dict__.update(content)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _genuine(name: str, *_: Any) -> types.ModuleType:
    return importlib.import_module(name)
