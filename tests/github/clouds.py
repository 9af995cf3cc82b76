"""An operator's repository, and the secret in it: what every test of the workflow begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pocketcloud.cloud import Cloud

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "doc" / "source" / "examples" / "github" / "probe.yaml"
HISTORY = EXAMPLE.with_name("history.yaml")
GUESTS = EXAMPLE.with_name("guests.yaml")
WORKFLOW = ".github/workflows/probe.yaml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "mycloud"


def secret(cloud: Cloud, **changes: Any) -> str:
    """The text of a clouds.yaml with the embedded cloud's customer as `mycloud`; `changes` are made to its `auth`."""
    entry = yaml.safe_load(cloud.clouds_yaml.read_text(encoding="utf-8"))["clouds"]["demo"]
    entry["auth"] |= changes
    return yaml.safe_dump({"clouds": {NAME: entry}})


def password(text: str) -> str:
    """The password in such a secret."""
    return str(yaml.safe_load(text)["clouds"][NAME]["auth"]["password"])


@dataclass
class Repository:
    """An operator's repository: the workflow that the documentation shows, and what a test adds.

    :param inputs: replace those under ``with:``.
    :param workflow: stands in for it.
    """

    directory: Path
    inputs: dict[str, Any] = field(default_factory=lambda: {"clouds": NAME})
    workflow: str | None = None

    def write(self) -> Path:
        """Make it; its directory."""
        example = EXAMPLE.read_text(encoding="utf-8").replace("@COMMIT", f"@{COMMIT}")
        lines = "".join(f"      {name}: {value}\n" for name, value in self.inputs.items())
        workflow = re.sub(r"    with:\n(?:      .*\n)+", f"    with:\n{lines}" if lines else "", example, count=1)
        place = self.directory / WORKFLOW
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(self.workflow or workflow, encoding="utf-8")
        return self.directory

    def add(self, path: str, text: str) -> None:
        """Add a file."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
