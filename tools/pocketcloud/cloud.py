"""One cloud in one directory: the Python interface that the command line and the tests use."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pocketcloud import cache, clone, golden, health, ports, processes, running, venv
from pocketcloud.errors import PocketcloudError
from pocketcloud.faults.rules import FaultsError, PacketRule, Rule, needs_guests, parse
from pocketcloud.guests import loop, plane, preconditions, remains
from pocketcloud.guests.names import Names
from pocketcloud.layout import Layout, Settings, load_settings, write_private
from pocketcloud.packets.in_force import InForce
from pocketcloud.progress import Progress
from pocketcloud.qemu import image as qemu_image
from pocketcloud.qemu import preconditions as qemu_preconditions
from pocketcloud.qemu import rules as qemu_rules
from pocketcloud.series import NEWEST, Series, by_name
from pocketcloud.services import CORE, Service, chosen

NAMESPACES, QEMU = HYPERVISORS = ("namespaces", "qemu")
NEED_BYTES = 60 * cache.MIB
FAULTS_PATIENCE_S = 20.0
UNFIT = set("$%?#\"'\\\n\r\t")  # in paths: they mean something in configuration files and in database URLs


@dataclass(frozen=True)
class ProcessStatus:
    """A process of a cloud. `port` and `answers` are those of the public endpoint."""

    name: str
    pid: int | None
    port: int | None
    answers: bool
    memory: processes.Memory


@dataclass(frozen=True)
class Status:
    """What `pocketcloud status` tells."""

    directory: Path
    parts: list[ProcessStatus] = field(default_factory=list)

    @property
    def memory(self) -> processes.Memory:
        """Of all processes together."""
        return sum((one.memory for one in self.parts), processes.Memory())

    @property
    def all_answer(self) -> bool:
        """Whether every service answers."""
        return bool(self.parts) and all(one.answers for one in self.parts)


class Cloud:
    """A cloud in `directory`. Every method raises PocketcloudError for what its user can mend."""

    def __init__(self, directory: str | os.PathLike[str], progress: Progress | None = None) -> None:
        self.layout = Layout(Path(directory).resolve())
        self.progress = progress or Progress(quiet=True)

    @property
    def clouds_yaml(self) -> Path:
        """For OS_CLIENT_CONFIG_FILE; has the clouds `admin` and `demo`."""
        return self.layout.clouds_yaml

    def up(
        self,
        port: int | None = None,
        tls: bool = False,
        rtt_ms: float = 0.0,
        extra: Iterable[str] = (),
        series: str = NEWEST.name,
        guests: bool = False,
        hypervisor: str = NAMESPACES,
    ) -> Settings:
        """Start a fresh cloud; returns when all services answer.

        `port` is the first of its block of ports (default: any that are free), `tls` puts the public endpoints on https
        with an authority of the cloud's own, `rtt_ms` adds that round-trip time to them, `extra` names optional
        services, `series` is the release of OpenStack that it is of, `guests` moves packets and runs the servers (Linux
        and root), as what `hypervisor` says: `namespaces`, or `qemu` for virtual machines.
        """
        root = self.layout.root
        services, release = chosen(extra), by_name(series)
        if release is not NEWEST and guests:
            raise PocketcloudError(f"OpenStack {release.name} has no guests here", f"take {NEWEST.name}")
        if release is not NEWEST and set(services) - set(CORE):
            raise PocketcloudError(
                f"OpenStack {release.name} has no optional services here", f"leave them out, or take {NEWEST.name}"
            )
        if hypervisor not in HYPERVISORS or (hypervisor != NAMESPACES and not guests):
            raise PocketcloudError(
                f"there is no hypervisor {hypervisor}{'' if guests else ' without guests'}",
                f"take one of {', '.join(HYPERVISORS)}, and say that you want guests",
            )
        try:
            with self._lock(create=True):
                return self._up(port, tls, rtt_ms, services, release, guests, hypervisor == QEMU)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise cache.disk_full(root, "while the cloud was made") from None
            if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise PocketcloudError(f"cannot write: {error}", "choose another directory") from None
            raise
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise cache.disk_full(root, "while the databases were copied") from None
            raise

    def _up(
        self,
        port: int | None,
        tls: bool,
        rtt_ms: float,
        services: tuple[Service, ...],
        series: Series,
        guests: bool,
        machines: bool,
    ) -> Settings:
        root = self.layout.root
        for path in (root, cache.directory()):
            if bad := sorted(set(str(path)) & UNFIT):
                raise PocketcloudError(
                    f"{str(path)!r} has {' '.join(map(repr, bad))} in it, which OpenStack's configuration cannot take",
                    "choose another directory",
                )
        if running_now := processes.find(root):
            raise PocketcloudError(
                f"a cloud is already running in {root} ({len(running_now)} processes)",
                f"stop it first with: pocketcloud down {root}",
            )
        cache.check_space(root, NEED_BYTES, "a cloud")
        remains.clear(self.layout)  # of a cloud whose services were killed
        obstacle = None
        if guests:
            preconditions.check(self.layout)
            if machines:
                qemu_preconditions.check(self.layout)
            elif obstacle := loop.obstacle(root):
                self.progress.note(f"volumes will not appear in the guests: {obstacle}")
        if keepers := [service.name for service in services if service.attributes]:
            _check_attributes(self.layout.settings, keepers)
        block = ports.bind(port, relayed=rtt_ms > 0, services=services)
        try:
            place = venv.ensure(self.progress, series)
            layers = venv.ensure_layers(place, (one for one in services if one not in CORE), self.progress)
            image = str(qemu_image.ensure(self.progress)) if machines else ""
            source = golden.ensure(place, self.progress, services, layers, series, guests, image)
            names = [service.name for service in services]
            passwords = clone.new_passwords()
            settings = Settings(
                block.ports.base,
                str(place),
                tls,
                rtt_ms,
                passwords,
                names,
                series.name,
                layers,
                guests,
                drives=guests and obstacle is None,
                image=image,
            )
            with self.progress.step(f"starting the cloud on ports from {block.ports.base}") as update:
                clone.clear(self.layout)
                clone.lay_out(self.layout, settings)
                clone.copy_golden(source, self.layout, settings)
                settings.save(self.layout)
                running.start(self.layout, settings, block, update)
            return settings
        finally:
            block.close()

    def down(self) -> int:
        """Stop the cloud; its logs and files stay until the next `up`. Returns how many processes had to be killed."""
        if not self.layout.settings.exists() and remains.exist(self.layout):  # its directory was removed under it
            return running.stop(self.layout, patience_s=running.STOP_PATIENCE_S)
        with self._lock(create=False):
            return running.stop(self.layout, patience_s=running.STOP_PATIENCE_S)

    def status(self) -> Status:
        """What answers, where, and how much memory it takes."""
        settings = load_settings(self.layout)
        pids = processes.names(self.layout)
        found = []
        for service in settings.services if settings else CORE:
            port = settings.ports.public(service.name) if settings else None
            pid = pids.get(service.name)
            ca = self.layout.ca if settings and settings.tls else None
            alive = pid is not None and port is not None and health.answers(port, ca)
            found.append(ProcessStatus(service.name, pid, port, alive, _memory(pid)))
        for name in ("relay", "supervisor"):
            if name in pids:
                found.append(ProcessStatus(name, pids[name], None, True, processes.memory(pids[name])))
        if settings and settings.guests:
            found += self._tier_status()
        return Status(self.layout.root, found)

    def _tier_status(self) -> list[ProcessStatus]:
        """The daemons of the data plane, and everything else in its namespaces in one line."""
        recorded, living = processes.recorded(self.layout), plane.inhabitants(self.layout)
        found, known = [], set()
        for name in (*plane.DAEMONS, plane.METADATA_AGENT):
            pid = recorded.get(name)
            alive = pid if pid in living else None
            known.add(alive)
            found.append(ProcessStatus(name, alive, None, alive is not None, _memory(alive)))
        rest = sum((processes.memory(pid) for pid in living - known), processes.Memory())
        return [*found, ProcessStatus("guests", None, None, True, rest)]

    @property
    def outside(self) -> str:
        """The network namespace that reaches floating IPs (with guests)."""
        return Names(self.layout.root).outside

    def check_faults(self, text: str) -> list[Rule]:
        """The rules that a text has. Raises FaultsError, also for what this cloud cannot follow."""
        rules = parse(text)
        settings = load_settings(self.layout) if self.layout.settings.exists() else None
        for position, rule in enumerate(rules):
            if settings and not settings.guests and needs_guests(rule):
                raise FaultsError(f"rule {position}: this cloud has no guests (up --guests)")
            if settings and settings.image and (problem := qemu_rules.problem(rule)):
                raise FaultsError(f"rule {position}: {problem}")
        return rules

    def faults(self, rules: list[dict[str, Any]] | None = None) -> None:
        """Put these rules in force, with counts that start afresh; none clears them. Raises FaultsError.

        Returns when the data plane of a cloud with guests follows those for packets.
        """
        fresh = [{"id": f"{uuid.uuid4()}", **rule} for rule in rules or []]
        text = json.dumps(fresh, indent=2)
        parsed = self.check_faults(text)
        write_private(self.layout.faults, text + "\n")
        for_packets = [rule.key for rule in parsed if isinstance(rule, PacketRule)]
        if Names(self.layout.root).run.exists() and not InForce(self.layout).wait(for_packets, FAULTS_PATIENCE_S):
            raise PocketcloudError(
                "the data plane does not follow the rules for packets",
                f"see {self.layout.log / plane.PACKET_FAULTS}.out",
            )

    @contextlib.contextmanager
    def _lock(self, create: bool) -> Iterator[None]:
        """Hold the directory, which is marked as ours first: whatever ends us later, `down` recognises it."""
        root = self.layout.root
        if create:
            if root.is_dir() and not self.layout.settings.exists() and any(root.iterdir()):
                raise PocketcloudError(f"{root} is not empty and holds no pocketcloud", "choose another directory")
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.layout.settings.exists():
                write_private(self.layout.settings, "{}\n")
        elif not self.layout.settings.exists():
            load_settings(self.layout)  # raises
        with open(self.layout.lock, "w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PocketcloudError(
                    f"another pocketcloud is at work on {root}", "wait for it, or interrupt it with Ctrl-C"
                ) from None
            yield


def _memory(pid: int | None) -> processes.Memory:
    return processes.memory(pid) if pid else processes.Memory()


def _check_attributes(path: Path, services: list[str]) -> None:
    """Raise PocketcloudError when files beside this one cannot have extended attributes."""
    try:
        os.setxattr(path, "user.pocketcloud", b"")
        os.removexattr(path, "user.pocketcloud")
    except OSError as error:
        raise PocketcloudError(
            f"{', '.join(services)} needs extended attributes of files, which {path.parent} has not ({error.strerror})",
            "choose a directory on another file system",
        ) from None
