"""Chooses what is cheapest of what fits: as scenarios do where nothing is configured (probe_base, `choose_*.yaml`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stackprobe.survey.model import Flavor, Image, Network, Survey

_NO_DISKS = frozenset({"aki", "ari", "ami", "iso"})
"""Formats of images that are no disk to boot from."""


@dataclass(frozen=True)
class Fit:
    """What scenarios should use; None: there is none, or nobody knows, see the survey."""

    flavor: Flavor | None = None
    image: Image | None = None
    external: Network | None = None


def fit(survey: Survey) -> Fit:
    """The smallest image that boots on some flavor and the smallest flavor for it, and the first external network."""
    image = flavor = None
    for candidate in boot_images(survey.images or ()):
        fitting = fitting_flavors(survey.flavors or (), candidate)
        image = image or candidate
        if fitting:
            image, flavor = candidate, fitting[0]
            break
    networks = sorted(survey.external_networks or (), key=lambda network: network.name)
    return Fit(flavor, image, networks[0] if networks else None)


def next_larger(flavors: Iterable[Flavor], small: Flavor) -> Flavor | None:
    """The smallest flavor that has no less of anything than ``small``, as scenarios resize to; None: there is none."""
    larger = (
        one
        for one in sorted(flavors, key=lambda flavor: (flavor.vcpus, flavor.ram_mb, flavor.disk_gb))
        if one.id != small.id
        and one.disk_gb >= small.disk_gb
        and one.vcpus >= small.vcpus
        and one.ram_mb >= small.ram_mb
    )
    return next(larger, None)


def boot_images(images: Iterable[Image]) -> list[Image]:
    """Images that may be booted, public ones first: others come and go with their owners."""
    disks = [one for one in images if one.size_bytes and one.disk_format not in _NO_DISKS]
    return sorted(disks, key=lambda image: (image.visibility != "public", image.size_bytes, image.name))


def fitting_flavors(flavors: Iterable[Flavor], image: Image) -> list[Flavor]:
    """Flavors with a disk that fit an image, the smallest first."""
    fitting = [one for one in flavors if one.disk_gb >= max(image.min_disk_gb, 1) and one.ram_mb >= image.min_ram_mb]
    return sorted(fitting, key=lambda flavor: (flavor.vcpus, flavor.ram_mb, flavor.disk_gb))
