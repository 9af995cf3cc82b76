"""Finds the scenarios: every role ``probe_<name>`` with a ``scenario.yaml`` is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackprobe import content, releases, role_options, role_steps
from stackprobe.config.known import Known, KnownScenario, Steps
from stackprobe.config.model import Selection
from stackprobe.errors import UsageError
from stackprobe.needs import Needs
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import Document

if TYPE_CHECKING:
    from stackprobe.resources.declared import DeclaredKind

RESERVED = frozenset({"run", "api", "sweep", "service_level", "base"})
"""Names that metrics and roles use for something else."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEYS = {
    "description": str,
    "services": list,
    "tags": list,
    "opt_in": bool,
    "creates": bool,
    "release": str,
    "options": dict,
    "needs": dict,
    "resources": dict,
}


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    :param role: its folder.
    :param services: the service types (official names) it cannot do without.
    :param opt_in: runs only when it is selected by name; one with the tag ``guests`` also by that, or where the
        configuration wants scenarios with guests.
    :param creates: makes resources in the cloud, so that the circuit breaker holds it back.
    :param options: the JSON Schema of each option, by its name without the role's prefix; ``default`` and, where the
        role says so, ``description`` and ``x-unit`` are among it.
    :param release: the series of the oldest OpenStack release with all that it uses; None where that is not said.
    :param needs: what it needs of the project's quota at its peak.
    :param resources: kinds of resources that only it knows.
    """

    name: str
    role: Path
    description: str
    services: tuple[str, ...]
    tags: frozenset[str]
    opt_in: bool
    creates: bool
    options: Mapping[str, Mapping[str, Any]]
    release: str | None = None
    needs: Needs = field(default_factory=Needs)
    resources: tuple[DeclaredKind, ...] = ()

    @property
    def role_name(self) -> str:
        return self.role.name

    @property
    def file(self) -> str:
        """Its first file, relative to the folder of all roles' parent, as reports show it."""
        return f"roles/{self.role_name}/tasks/main.yaml"

    def steps(self) -> Steps:
        """Its steps, as its files say.

        :raises UsageError: a file of its tasks cannot be read.
        """
        return role_steps.read(self.role)

    @property
    def defaults(self) -> dict[str, Any]:
        """What its options are where nothing is configured."""
        return {name: schema.get("default") for name, schema in self.options.items()}

    def variable(self, option: str) -> str:
        """The role variable of an option."""
        return f"{self.role_name}_{option}"


def roles_paths(extra: Iterable[Path] = ()) -> list[Path]:
    """Where roles are looked for: folders of the operator first, then the ones that came with the helper."""
    return [*(path.resolve() for path in extra), content.roles()]


def discover(paths: Iterable[Path]) -> dict[str, Scenario]:
    """Every scenario in ``paths``, by name; the first path that has a name wins.

    :raises UsageError: a scenario.yaml is malformed, or a name is reserved.
    """
    found: dict[str, Scenario] = {}
    for path in paths:
        if not path.is_dir():
            raise UsageError(f"there is no folder of roles {path}", remedy="check --roles-path")
        for file in sorted(path.glob("probe_*/scenario.yaml")):
            scenario = _read(file)
            found.setdefault(scenario.name, scenario)
    return found


def learn_resources(scenarios: Iterable[Scenario]) -> None:
    """Let teardown and sweep know the kinds of resources that scenarios declare.

    :raises UsageError: two mean different things by one name.
    """
    for scenario in scenarios:
        if not scenario.resources:
            continue
        from stackprobe.resources import KINDS  # noqa: PLC0415  # openstacksdk takes long, and few scenarios need it
        from stackprobe.resources.declared import DeclarationError, learn  # noqa: PLC0415

        try:
            learn(KINDS, scenario.resources)
        except DeclarationError as error:
            raise UsageError(str(error), remedy="rename it", file=scenario.role / "scenario.yaml") from None


def known(scenarios: dict[str, Scenario]) -> Known:
    """What a configuration may name."""
    return Known({name: KnownScenario(one.tags, one.opt_in, one.options, one.steps) for name, one in scenarios.items()})


def select(
    scenarios: dict[str, Scenario], selection: Selection, names: Iterable[str], tags: Iterable[str]
) -> list[Scenario]:
    """The scenarios to run. ``names`` and ``tags`` of the command line replace those of the configuration.

    :raises UsageError: a name or tag exists nowhere, or nothing is selected: nothing would be proven.
    """
    names, tags, configured = list(names), list(tags), selection
    unknown = [name for name in names if name not in scenarios]
    if unknown:
        raise UsageError(
            f"there is no scenario `{unknown[0]}`{did_you_mean(unknown[0], scenarios)}",
            remedy=f"the scenarios there are {listed(sorted(scenarios))}",
        )
    _check_tags(scenarios, tags)
    if names or tags:
        selection = Selection(frozenset(names), frozenset(tags), selection.skip_names - set(names), selection.skip_tags)
        if names and not tags:
            selection = Selection(selection.names)
    chosen = [
        one
        for name, one in sorted(scenarios.items())
        if selection.runs(name, one.tags, one.opt_in and not configured.admits(one.tags))
    ]
    if not chosen:
        raise UsageError("the selection matches no scenario, so nothing would be proven", remedy="widen the selection")
    return chosen


def with_tags(scenarios: dict[str, Scenario], tags: Iterable[str]) -> list[Scenario]:
    """The scenarios that have one of the tags, or all where no tag is given, by name.

    :raises UsageError: no scenario has one of them.
    """
    wanted = set(tags)
    _check_tags(scenarios, wanted)
    return [one for _, one in sorted(scenarios.items()) if not wanted or wanted & one.tags]


def _check_tags(scenarios: dict[str, Scenario], tags: Iterable[str]) -> None:
    all_tags = sorted({tag for scenario in scenarios.values() for tag in scenario.tags})
    missing = sorted(tag for tag in tags if tag not in all_tags)
    if missing:
        raise UsageError(
            f"no scenario has the tag `{missing[0]}`{did_you_mean(missing[0], all_tags)}",
            remedy=f"the tags there are {listed(all_tags)}",
        )


def _read(file: Path) -> Scenario:
    name = file.parent.name.removeprefix("probe_")
    if name in RESERVED:
        raise UsageError(f"a scenario cannot be called `{name}`", remedy="rename its folder", file=file)
    if not _NAME.fullmatch(name):
        remedy = "rename its folder: lower-case letters, digits and _, the first a letter"
        raise UsageError(f"a scenario cannot be called `{name}`", remedy=remedy, file=file)
    document = Document.read(file, "scenario")
    data = document.data
    if not isinstance(data, dict):
        raise UsageError("a scenario.yaml must be a mapping", remedy="see doc/, Write a scenario", file=file, line=1)
    for key, value in data.items():
        if key not in _KEYS:
            raise document.error([key], f"unknown key `{key}`{did_you_mean(str(key), _KEYS)}", at_key=True)
        if not isinstance(value, _KEYS[key]):
            written = document.as_written([key])
            remedy = f"write '{written}' with the quotes" if _KEYS[key] is str and written else ""
            raise document.error([key], f"`{key}` must be of type {_KEYS[key].__name__}", remedy=remedy)
    if not data.get("description"):
        raise UsageError("a scenario needs a `description`", file=file, line=1)
    release = data.get("release")
    if release is not None and not releases.is_series(release):
        raise document.error(
            ["release"],
            f"there is no OpenStack release series `{release}`{did_you_mean(release, releases.NAMED)}",
            remedy="write it as releases.openstack.org does: '2023.1', or a name up to zed",
        )
    options = role_options.read(file.parent, document)
    return Scenario(
        name,
        file.parent,
        data["description"],
        tuple(data.get("services", ())),
        frozenset(data.get("tags", ())),
        data.get("opt_in", False),
        data.get("creates", True),
        options,
        release,
        Needs.read(document, options, file.parent.name),
        tuple(_read_kind(document, str(kind)) for kind in data.get("resources", ())),
    )


def _read_kind(document: Document, name: str) -> DeclaredKind:
    from stackprobe.resources.declared import DeclarationError, read  # noqa: PLC0415  # as above

    try:
        return read(name, document.data["resources"][name])
    except DeclarationError as error:
        raise document.error(
            ["resources", name, *([error.key] if error.key else [])], str(error), at_key=True
        ) from None
