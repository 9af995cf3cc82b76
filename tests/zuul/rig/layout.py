"""Where the files of a rig are, below one directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The directory of a rig. Its path must be short: Unix sockets are in it."""

    root: Path

    def make(self) -> None:
        """Make all directories."""
        for place in (
            self.etc, self.certificates, self.run, self.log, self.repositories, self.logs, self.builds,
            self.temporary, self.home, self.root / "zookeeper", self.root / "work", self.state("scheduler"),
            self.state("executor"), self.state("merger"), self.state("launcher"), self.state("web"),
        ):  # fmt: skip
            place.mkdir(parents=True, exist_ok=True)

    @property
    def etc(self) -> Path:
        """Configuration of the services."""
        return self.root / "etc"

    @property
    def zuul_conf(self) -> Path:
        """The configuration that all services of Zuul read."""
        return self.etc / "zuul.conf"

    @property
    def certificates(self) -> Path:
        """Certificates and keys."""
        return self.root / "certs"

    @property
    def run(self) -> Path:
        """Process numbers and command sockets."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """The logs of the services themselves."""
        return self.root / "log"

    @property
    def repositories(self) -> Path:
        """The bare repositories that Zuul's git connection serves."""
        return self.root / "git"

    @property
    def logs(self) -> Path:
        """The log store: a folder a build."""
        return self.root / "logs"

    @property
    def builds(self) -> Path:
        """Where the executor makes the directory of each running build."""
        return self.root / "builds"

    @property
    def temporary(self) -> Path:
        """For temporary files."""
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        """The home directory of the services."""
        return self.root / "home"

    def state(self, service: str) -> Path:
        """What a service keeps."""
        return self.root / "state" / service
