"""Tenants: one for each folder of `tests/zuul/tenants`, whose content is the repository of the operator in it."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.zuul.rig.errors import RigError
from tests.zuul.rig.repositories import copy_folder, fill_in, named

FOLDER = Path(__file__).parents[1] / "tenants"
CONFIG_PROJECT = "zuul-config"
STACKPROBE = "stackprobe"
ADMIN_RULE = "rig-admin"
OPTIONS = ("stackprobe", "operator", "config", "tenant")


@dataclass(frozen=True)
class Tenant:
    """A tenant. The options are those of Zuul's tenant configuration, for each of its three projects and itself."""

    name: str
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The operator's own project."""
        return f"operator-{self.name}"

    def write_repository(self, destination: Path, values: Mapping[str, str]) -> None:
        """The operator's repository: the folder, then what the `prepare(destination)` of its `prepare.py` adds.

        :raises RigError: a placeholder has no value.
        """
        copy_folder(self.folder, destination, values)
        hook = self.folder / "prepare.py"
        if hook.exists():
            spec = importlib.util.spec_from_file_location(f"prepare_{self.name}", hook)
            if spec is None or spec.loader is None:
                raise RigError(f"{hook} cannot be loaded")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.prepare(destination)
            fill_in(destination, values)

    def placeholders(self) -> set[str]:
        """The names of the placeholders in the folder."""
        return set(named(self.folder))

    def configuration(self) -> dict[str, Any]:
        """Its entry in Zuul's tenant configuration."""
        of_stackprobe = {"include": ["job"], **self.options.get("stackprobe", {})}
        projects = {
            "config-projects": [{CONFIG_PROJECT: {"load-branch": "main", **self.options.get("config", {})}}],
            # the operator's first: what is to be shadowed must come later
            "untrusted-projects": [{self.project: self.options.get("operator", {})}, {STACKPROBE: of_stackprobe}],
        }
        return {
            "name": self.name,
            "default-parent": "base",
            "admin-rules": [ADMIN_RULE],
            "source": {"git": projects},
            **self.options.get("tenant", {}),
        }


def discover(folder: Path = FOLDER) -> list[Tenant]:
    """The tenants of a folder. Raises RigError for a `tenant.yaml` that cannot be meant."""
    return [_load(place) for place in sorted(folder.iterdir()) if place.is_dir() and place.name[0] not in "._"]


def _load(folder: Path) -> Tenant:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", folder.name):
        raise RigError(f"{folder}: the name of a tenant has small letters, digits and dashes")
    path = folder / "tenant.yaml"
    options = (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
    if not isinstance(options, dict) or not set(options) <= set(OPTIONS):
        raise RigError(f"{path}: is to be a mapping with none but {', '.join(OPTIONS)}")
    return Tenant(folder.name, folder, options)


def manual_pipelines(repositories: Iterable[Path], pipelines: Path) -> list[dict[str, Any]]:
    """Pipelines, as Zuul's configuration: one for each `manual-…` that a project in these repositories has jobs for.

    They are like the one named `manual` in the file `pipelines`.

    With them a test picks the jobs that it wants to run, since what is enqueued is all jobs of a pipeline.
    """
    texts = (path.read_text() for place in repositories for path in sorted((place / "zuul.d").glob("*.yaml")))
    names = sorted({name for text in texts for name in re.findall(r"^ +(manual-[a-z0-9-]+):", text, re.MULTILINE)})
    all_of_them = [entry["pipeline"] for entry in yaml.safe_load(pipelines.read_text())]
    (model,) = [pipeline for pipeline in all_of_them if pipeline["name"] == "manual"]
    return [{"pipeline": {**model, "name": name}} for name in names]
