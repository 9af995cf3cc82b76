"""Tenants: one for each folder of `tests/zuul/tenants`, whose content is the repository of the operator in it."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.zuul.rig.errors import RigError
from tests.zuul.rig.repositories import copy_folder, fill_in, named

FOLDER = Path(__file__).parents[1] / "tenants"
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

    @property
    def config_project(self) -> str:
        """The tenant's config project: base job and pipelines."""
        return f"config-{self.name}"

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
            "config-projects": [{self.config_project: {"load-branch": "main", **self.options.get("config", {})}}],
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


def pipelines(tenant: Tenant, repository: Path, templates: Path, known: Path) -> list[dict[str, Any]]:
    """The pipelines that a tenant's project has jobs for, as Zuul's configuration, and no others: each costs Zuul time.

    With `manual-…` a test picks the jobs that it wants to run, since what is enqueued is all jobs of a pipeline; they
    are like the one named `manual`.

    :param repository: of the operator.
    :param templates: the file with the project templates of the collection, for tenants that include them.
    :param known: the file with all pipelines but the `manual-…`.
    """
    places = sorted((repository / "zuul.d").glob("*.yaml"))
    if "project-template" in tenant.options.get("stackprobe", {}).get("include", []):
        places.append(templates)
    named_there = {
        name for place in places for name in re.findall(r"^ +([a-z0-9-]+):$", place.read_text(), re.MULTILINE)
    }
    by_name = {entry["pipeline"]["name"]: entry["pipeline"] for entry in yaml.safe_load(known.read_text())}
    chosen = [pipeline for name, pipeline in by_name.items() if name in named_there]
    manual = sorted(name for name in named_there if name.startswith("manual-"))
    return [{"pipeline": one} for one in [*chosen, *({**by_name["manual"], "name": name} for name in manual)]]
