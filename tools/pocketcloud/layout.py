"""What lies where in a cloud's directory, and the settings file that makes a directory ours."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pocketcloud.errors import PocketcloudError
from pocketcloud.series import NEWEST, Series, by_name
from pocketcloud.services import BY_NAME, CORE, Ports, Service

FORMAT = 1


@dataclass(frozen=True)
class Layout:
    """Paths inside the directory of one cloud."""

    root: Path

    @property
    def settings(self) -> Path:
        """Settings and secrets of this cloud (0600); its presence makes the directory a pocketcloud's."""
        return self.root / "pocketcloud.json"

    @property
    def lock(self) -> Path:
        """Held by `up` and `down` while they change the cloud."""
        return self.root / "pocketcloud.lock"

    @property
    def clouds_yaml(self) -> Path:
        """For clients: OS_CLIENT_CONFIG_FILE."""
        return self.root / "clouds.yaml"

    @property
    def faults(self) -> Path:
        """Rules of fault injection, see pocketcloud.faults."""
        return self.root / "faults.json"

    @property
    def ca(self) -> Path:
        """Certificate of the authority made for this cloud (with --tls)."""
        return self.root / "ca.pem"

    @property
    def etc(self) -> Path:
        """Configuration files of the services."""
        return self.root / "etc"

    @property
    def db(self) -> Path:
        """SQLite databases."""
        return self.root / "db"

    @property
    def log(self) -> Path:
        """Log files; they outlive `down`."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """State of the running processes: who is there, who is ready, who ended."""
        return self.root / "run"

    @property
    def state(self) -> Path:
        """Whatever the services keep beside their databases."""
        return self.root / "state"

    @property
    def images(self) -> Path:
        """Glance's store."""
        return self.state / "images"


@dataclass
class Settings:
    """How one cloud was asked to be."""

    base_port: int
    venv: str
    tls: bool = False
    rtt_ms: float = 0.0
    passwords: dict[str, str] = field(default_factory=dict)  # user → password
    service_names: list[str] = field(default_factory=lambda: [service.name for service in CORE])
    series_name: str = NEWEST.name
    layers: dict[str, str] = field(default_factory=dict)  # optional service → where what it needs more is installed
    guests: bool = False  # packets are moved and servers run, see pocketcloud.guests
    drives: bool = False  # volumes appear in the guests
    image: str = ""  # where the image of guests is that are virtual machines; empty: they are namespaces
    format: int = FORMAT

    @property
    def ports(self) -> Ports:
        """The block of ports that this cloud uses."""
        return Ports(self.base_port)

    @property
    def series(self) -> Series:
        """The release that its services are of."""
        return by_name(self.series_name)

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that this cloud has."""
        return tuple(BY_NAME[name] for name in self.service_names)

    @property
    def optional(self) -> tuple[Service, ...]:
        """Those of them that not every cloud has."""
        return tuple(service for service in self.services if service not in CORE)

    def save(self, layout: Layout) -> None:
        """Write the settings at once (temporary file and rename), readable for the owner only."""
        write_private(layout.settings, json.dumps(asdict(self), indent=2) + "\n")


def load_settings(layout: Layout) -> Settings | None:
    """Settings of the cloud in this directory; None when it is marked as ours but was never finished."""
    try:
        raw: dict[str, Any] = json.loads(layout.settings.read_text())
    except FileNotFoundError:
        raise PocketcloudError(
            f"{layout.root} holds no pocketcloud", f"make one with: pocketcloud up {layout.root}"
        ) from None
    except (OSError, ValueError) as error:
        raise PocketcloudError(
            f"{layout.settings} cannot be read ({error})", f"stop it with: pocketcloud down {layout.root}"
        ) from None
    return Settings(**raw) if raw.get("base_port") else None


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable for the owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
