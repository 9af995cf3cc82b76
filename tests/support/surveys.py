"""A survey as `stackprobe init` makes it, of a cloud that tests invent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stackprobe.survey.model import Cloud, Flavor, Image, Network, Survey

CLOUD = Cloud(
    name="mycloud",
    region="north",
    regions=("north", "south"),
    services=frozenset({"identity", "compute", "image", "network", "block-storage"}),
    roles=frozenset({"member", "reader"}),
    user="prober",
    project="probing",
)
TINY = Flavor("1", "tiny", 1, 512, 1)
SMALL = Flavor("2", "small", 1, 2048, 20)
CIRROS = Image("a", "cirros", 20_000_000, "qcow2", "public", 0, 0)
DEBIAN = Image("b", "debian", 300_000_000, "qcow2", "public", 3, 1024)
PUBLIC = Network("n", "public")


def survey(cloud: dict[str, Any] | None = None, **changes: Any) -> Survey:
    """The survey of a cloud that has everything; ``cloud`` changes what its token tells."""
    whole = Survey(
        CLOUD,
        flavors=(SMALL, TINY),
        images=(DEBIAN, CIRROS),
        external_networks=(PUBLIC,),
        server_zones=("az1", "az2"),
        volume_zones=("nova",),
        volume_types=("fast", "slow"),
    )
    return replace(whole, cloud=replace(CLOUD, **(cloud or {})), **changes)
