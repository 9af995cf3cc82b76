"""Asks all services side by side: whoever is slow or broken holds nobody up and sinks nothing but its own answer."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

from stackprobe.engine.performing import GRACE_S
from stackprobe.needs import RESOURCES
from stackprobe.parallel import run_all
from stackprobe.quota import NOT_OFFERED, READERS, Quota
from stackprobe.survey.login import Asker
from stackprobe.survey.model import Cloud, Flavor, Image, Network, Problem, Survey

_GIB = 1024**3

#: What is asked: the service it needs, and how the answer is read.
QUESTIONS: dict[str, tuple[str, Callable[[Any], Iterator[Any]]]] = {
    "flavors": ("compute", lambda cloud: map(_flavor, cloud.compute.flavors())),
    "images": ("image", lambda cloud: map(_image, cloud.image.images(status="active"))),
    "external_networks": ("network", lambda cloud: map(_network, cloud.network.networks(is_router_external=True))),
    "server_zones": ("compute", lambda cloud: _zones(cloud.compute.availability_zones())),
    "volume_zones": ("block-storage", lambda cloud: _zones(cloud.block_storage.availability_zones())),
    "volume_types": ("block-storage", lambda cloud: (str(one.name) for one in cloud.block_storage.types())),
}
#: What is asked about quotas: the service, which is asked for all it has.
QUOTAS = {f"quotas of {service}": service for service in READERS}


def ask(asker: Asker, cloud: Cloud, timeout_s: float) -> Survey:
    """Ask everything that the catalog has a service for.

    :param timeout_s: when all answers are in, or given up (s).
    """
    jobs = {
        name: functools.partial(asker.ask, functools.partial(_answer, read, asker.connection))
        for name, (service, read) in QUESTIONS.items()
        if service in cloud.services
    }
    jobs |= {
        name: functools.partial(asker.ask, functools.partial(READERS[service], asker.connection, RESOURCES))
        for name, service in QUOTAS.items()
        if service in cloud.services
    }
    deadline = time.monotonic() + timeout_s + 2 * GRACE_S
    results = run_all(jobs, deadline=deadline, workers=max(1, len(jobs)))
    answers: dict[str, Any] = {}
    unanswered: dict[str, Problem] = {name: Problem(f"{error}") for name, error in results.failed.items()}
    quotas: dict[str, Quota] = {}
    for name, (answer, problem) in results.done.items():
        if problem is None and name in QUOTAS:
            quotas |= answer
        elif problem is None:
            answers[name] = answer
        elif name not in QUOTAS or problem.status not in NOT_OFFERED:
            unanswered[name] = problem
    in_order = {resource: quotas[resource] for resource in RESOURCES if resource in quotas}
    return Survey(cloud, unanswered=unanswered, quotas=in_order, **answers)


def _answer(read: Callable[[Any], Iterator[Any]], connection: Any) -> tuple[Any, ...]:
    return tuple(read(connection))


def _flavor(flavor: Any) -> Flavor:
    return Flavor(flavor.id, flavor.name, int(flavor.vcpus), int(flavor.ram), int(flavor.disk))


def _image(image: Any) -> Image:
    return Image(
        image.id,
        str(image.name or ""),
        int(image.size or 0),
        str(image.disk_format or ""),
        str(image.visibility or ""),
        max(int(image.min_disk or 0), -(-int(image.virtual_size or 0) // _GIB)),
        int(image.min_ram or 0),
    )


def _network(network: Any) -> Network:
    return Network(network.id, str(network.name or ""))


def _zones(zones: Any) -> Iterator[str]:
    return iter(sorted(str(zone.name) for zone in zones if (zone.state or {}).get("available", True)))
