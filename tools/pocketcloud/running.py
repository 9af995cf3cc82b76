"""Starting the processes of a cloud, and the short-lived helpers that prepare one."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from pocketcloud import cache, health, processes
from pocketcloud.errors import PocketcloudError, ServiceDied
from pocketcloud.guests import remains
from pocketcloud.layout import Layout, Settings
from pocketcloud.ports import Block

Update = Callable[[str], None]
START_LIMIT_S = 180  # a busy machine takes several times as long as an idle one
STOP_PATIENCE_S = 12
TAIL_LINES = 20
LAUNCHER = cache.PACKAGE / processes.LAUNCHER


def _environment(layout: Layout, tied: bool) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment.update(
        PYTHONWARNINGS="ignore",
        PYTHONNOUSERSITE="1",
        PYTHONUNBUFFERED="1",
        OS_NOVA_DISABLE_EVENTLET_PATCHING="1",  # threads; says so to nova-manage as well
        TMPDIR=str(layout.state / "tmp"),
        XDG_CACHE_HOME=str(cache.directory() / "xdg"),  # stevedore keeps entry points there
        POCKETCLOUD_TIED=str(os.getpid()) if tied else "",
    )
    return environment


def _arguments(command: str, layout: Layout, settings: Settings) -> list[str]:
    return [f"{settings.venv}/bin/python", str(LAUNCHER), command, str(layout.root)]


def command(name: str, layout: Layout, settings: Settings) -> None:
    """Run one command of pocketcloud.host.commands to its end. Raises PocketcloudError."""
    log = layout.log / f"{name}.out"
    with open(log, "wb") as stream:
        child = subprocess.Popen(
            _arguments(name, layout, settings),
            env=_environment(layout, tied=True), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = child.wait()
        except BaseException:
            child.kill()
            child.wait()
            raise
    if code:
        text = log.read_text(errors="replace")
        if "No space left" in text or "database or disk is full" in text:
            raise cache.disk_full(layout.root, f"while making the {name}")
        raise ServiceDied(f"the step `{name}`", str(log), tail(log))


def start(layout: Layout, settings: Settings, block: Block, update: Update, tied: bool = False) -> None:
    """Start the processes and return when every service answers; ends what it started on any failure.

    `tied` ends the cloud with this process.
    """
    numbers = {name: one.fileno() for name, one in block.sockets.items()}
    environment = _environment(layout, tied)
    environment["POCKETCLOUD_SOCKETS"] = json.dumps(numbers)
    try:
        with open(layout.log / "supervisor.out", "wb") as stream:
            child = subprocess.Popen(
                _arguments("serve", layout, settings),
                env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                start_new_session=True, pass_fds=tuple(numbers.values()),
            )  # fmt: skip
        block.close()
        _wait(layout, settings, child, update)
    except BaseException:
        stop(layout, patience_s=STOP_PATIENCE_S)
        raise


def stop(layout: Layout, patience_s: float) -> int:
    """End everything of a cloud; returns how many services had to be killed."""
    killed = processes.stop(layout, patience_s)
    remains.clear(layout)
    return killed


def _wait(layout: Layout, settings: Settings, child: subprocess.Popen[bytes], update: Update) -> None:
    waiting = {service.name for service in settings.services}
    end = time.monotonic() + START_LIMIT_S
    while waiting:
        for ended in layout.run.glob("*.ended"):
            raise _died(layout, ended.stem)
        if child.poll() is not None:
            raise _died(layout, "supervisor")
        if time.monotonic() > end:
            raise PocketcloudError(
                f"{', '.join(sorted(waiting))} did not answer within {START_LIMIT_S} s", f"see the logs in {layout.log}"
            )
        waiting -= {path.stem for path in layout.run.glob("*.ready")}
        update(f"{len(settings.services) - len(waiting)} of {len(settings.services)} services")
        time.sleep(0.05)
    for service in settings.services:
        if not health.answers(settings.ports.public(service.name), layout.ca if settings.tls else None):
            raise _died(layout, service.name)


def _died(layout: Layout, name: str) -> Exception:
    log = layout.log / f"{name}.out"
    last = tail(log)
    if not last and (layout.log / f"{name}.log").exists():
        log = layout.log / f"{name}.log"
        last = tail(log)
    if "No space left" in last or "disk is full" in last:
        return cache.disk_full(layout.root, f"when {name} started")
    return ServiceDied(name, str(log), last)


def tail(log: Path) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
    except OSError:
        return ""
