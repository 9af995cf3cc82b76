"""What a valid configuration says, as values with types and units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stackprobe.address import Address
from stackprobe.config.destinations import Destination
from stackprobe.errors import UsageError
from stackprobe.maintenance import Planned
from stackprobe.suggest import did_you_mean, listed

SHORTEST_DEADLINE_S = 60
GUESTS = "guests"
"""The tag of scenarios that boot servers and log in to them. It is enough of a name for those that are opt-in."""


@dataclass(frozen=True)
class Selection:
    """Which scenarios run. Without names and tags: all. Those skipped never run.

    :param guests: scenarios with guests run beside the others, whatever names and tags say.
    """

    names: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    skip_names: frozenset[str] = frozenset()
    skip_tags: frozenset[str] = frozenset()
    guests: bool = False

    def selects(self, name: str, tags: Iterable[str]) -> bool:
        """Whether the scenario ``name`` with these tags runs."""
        tags = set(tags)
        if name in self.skip_names or tags & self.skip_tags:
            return False
        if self.admits(tags):
            return True
        return not (self.names or self.tags) or name in self.names or bool(tags & self.tags)

    def runs(self, name: str, tags: Iterable[str], opt_in: bool) -> bool:
        """Whether the scenario runs, which, being ``opt_in``, must be selected by name or be asked for as one with
        guests."""
        if not self.selects(name, tags):
            return False
        return not opt_in or name in self.names or self.admits(tags) or GUESTS in self.tags.intersection(tags)

    def admits(self, tags: Iterable[str]) -> bool:
        """Whether a scenario with these tags runs as one with guests."""
        return self.guests and GUESTS in tags


@dataclass(frozen=True)
class Graphite:
    """Where metrics go, and how their names begin.

    :param url: the base address of graphite-web, where they can be read.
    :param naming: what they are called in metrics.txt, by names of namings; empty: as by default.
    :param destinations: every listener that gets them; ``address`` is that of the first.
    """

    address: Address
    prefix: str
    url: str | None = None
    naming: tuple[str, ...] = ()
    destinations: tuple[Destination, ...] = ()


@dataclass(frozen=True)
class Past:
    """Where figures of earlier runs are, apart from Graphite.

    :param directory: a folder of past runs.
    :param timeout_s: for one answer of graphite-web (s).
    """

    directory: Path | None = None
    timeout_s: float = 10.0


@dataclass(frozen=True)
class Target:
    """One cloud and region, with all settings that hold for it.

    :param region: None is the first region of clouds.yaml.
    :param deadline_s: the whole run, teardown included, ends after this time (s).
    :param teardown_reserve_s: the part of it that is kept for teardown (s).
    :param poll_interval_s: the shortest time between two questions of one waiting step (s).
    :param max_leftovers: create nothing while more resources of earlier runs are left.
    :param parallel: so many scenarios run at once at most; None: as many as the project's quota has room for.
    :param requests_per_second: so many requests a second are sent to the cloud at most; None: no cap.
    :param control_target: a URL or HOST:PORT that tells whether the runner's own network works.
    :param services: service types that must be in the catalog.
    :param options: options of scenarios, by scenario and option, those common to several of them among them.
    :param within: how long steps may take (s), by scenario and key of the step; a step's own limit gives way to it.
    :param repeat: how many times a scenario runs, where that is not once.
    :param label: what the cloud is called in metrics, if not by its name.
    :param region_label: what the region is called in metrics, if not by its name.
    :param environment: a label of what is probed, such as ``production``.
    :param zone: a label of where that is, such as ``eu-de``.
    :param service_levels: the rules that its runs are held against, by name, as the file has them.
    :param verdict: whether the exit code is that of the run (``raw``) or follows the runs before, too (``damped``).
    :param objective_percent: so much of the time each service is to be available.
    :param damping: ``bad`` of the last ``of`` runs of a scenario make its services down.
    :param every_s: how often a run starts (s); None: as often as the last runs did.
    :param maintenance: planned windows, in which nothing alarms.
    """

    cloud: str
    region: str | None
    prefix: str
    deadline_s: int
    teardown_reserve_s: int
    poll_interval_s: float
    max_leftovers: int
    control_target: str | None
    services: tuple[str, ...]
    selection: Selection
    options: Mapping[str, Mapping[str, Any]]
    within: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    repeat: Mapping[str, int] = field(default_factory=dict)
    label: str | None = None
    region_label: str | None = None
    environment: str | None = None
    zone: str | None = None
    parallel: int | None = None
    requests_per_second: float | None = None
    service_levels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    verdict: str = "raw"
    objective_percent: float = 99.9
    damping: Mapping[str, int] = field(default_factory=dict)
    every_s: float | None = None
    maintenance: tuple[Planned, ...] = ()

    @property
    def metric_cloud(self) -> str:
        """What the cloud is called in metrics, before it is made a part of their names."""
        return self.label or self.cloud

    def metric_region(self, region: str | None) -> str:
        """What ``region`` is called in metrics, before it is made a part of their names."""
        return self.region_label or region or self.region or "default"

    def ending_by(self, deadline_s: int | None) -> Target:
        """The same, but over after ``deadline_s`` (s) at the latest; a third of it at most is kept for teardown.

        :raises UsageError: that is too short for any run.
        """
        if deadline_s is None or deadline_s >= self.deadline_s:
            return self
        if deadline_s < SHORTEST_DEADLINE_S:
            remedy = f"give {SHORTEST_DEADLINE_S} s or more"
            raise UsageError(f"a deadline of {deadline_s} s is too short", remedy=remedy)
        reserve = min(self.teardown_reserve_s, deadline_s // 3)
        return replace(self, deadline_s=deadline_s, teardown_reserve_s=reserve)


@dataclass(frozen=True)
class Idle:
    """A setting for a scenario that the configuration does not select: it counts where the command line does."""

    scenario: str
    problem: UsageError

    def __str__(self) -> str:
        return str(self.problem)


@dataclass(frozen=True)
class Config:
    """A whole configuration.

    :param file: where it was read from; None when there was no file.
    :param targets: every cloud and region that it names; none when it leaves the cloud to the command line.
    :param anywhere: the settings for a cloud that is given on the command line alone.
    :param warnings: what is no mistake, but has no effect as it stands.
    :param history: where figures of earlier runs are.
    """

    file: Path | None
    graphite: Graphite | None
    targets: tuple[Target, ...]
    anywhere: Target
    warnings: tuple[Idle, ...] = ()
    history: Past = Past()

    def target(self, cloud: str, region: str | None = None) -> Target:
        """The settings for a cloud and region that were asked for.

        :param region: None is the first of the configuration, or else of clouds.yaml.
        :raises UsageError: the configuration names clouds, but not this one, or regions of it, but not this one.
        """
        if not self.targets:
            return _replaced(self.anywhere, cloud, region)
        of_cloud = [target for target in self.targets if target.cloud == cloud]
        if not of_cloud:
            clouds = list(dict.fromkeys(target.cloud for target in self.targets))
            raise UsageError(
                f"it does not name the cloud `{cloud}`{did_you_mean(cloud, clouds)}",
                remedy=f"add it to `clouds`, which are {listed(clouds)}",
                file=self.file,
            )
        if region is None or of_cloud[0].region is None:
            return _replaced(of_cloud[0], cloud, region or of_cloud[0].region)
        for target in of_cloud:
            if target.region == region:
                return target
        regions = [target.region for target in of_cloud if target.region]
        raise UsageError(
            f"it does not name the region `{region}` of the cloud `{cloud}`{did_you_mean(region, regions)}",
            remedy=f"add it to `clouds.{cloud}.regions`, which are {listed(regions)}",
            file=self.file,
        )


def _replaced(target: Target, cloud: str, region: str | None) -> Target:
    return Target(**{**vars(target), "cloud": cloud, "region": region})
