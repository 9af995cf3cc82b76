"""Faults that the scenarios must see, each where it is. A storm is one run with one fault for each scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.results import Outcome

from tests.integration.conftest import Inventory
from tests.integration.probing import Probed

HANG_S = 5
"""The deadline of a step that is made to hang, in seconds: much longer than it takes on a busy machine."""
LIE_S = 3
"""The deadline of a delete that is only pretended, in seconds."""
ID = "[0-9a-f-]{36}"
INVENTED = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Fault:
    """One fault and how it must be seen.

    :param what: in a few words.
    :param rule: of faults.json.
    :param step: the only step that fails.
    :param status: the HTTP status that the step names; None where no answer came.
    :param says: is part of the step's message.
    """

    scenario: str
    what: str
    rule: Mapping[str, Any]
    step: str
    status: int | None
    says: str = ""
    zone: str | None = None

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Storm:
    """A run in bad weather.

    :param before: everything that the cloud had before it, with ``after``.
    """

    faults: tuple[Fault, ...]
    run: Probed
    before: Inventory
    after: Inventory


OPTIONS: dict[str, dict[str, Any]] = {
    "identity": {"deadline": HANG_S},
    "endpoints": {"deadline": HANG_S},
    "image": {"download_deadline": HANG_S, "delete_deadline": LIE_S, "bytes": 65536},
    "network": {"deadline": 2 * HANG_S, "delete_deadline": LIE_S},
}
"""Short deadlines for what is made to hang."""

IDENTITY = (
    Fault(
        "identity",
        "no token is issued",
        {"service": "keystone", "method": "POST", "path": "/auth/tokens$", "nth": 2, "status": 500},
        "Get a token with the credentials",
        500,
    ),
    Fault(
        "identity",
        "the validation hangs",
        {"service": "keystone", "method": "GET", "path": "/auth/tokens$", "hang": "before"},
        "Validate the token",
        None,
        "deadline",
    ),
    Fault(
        "identity",
        "a token is said to be revoked and is not",
        {"service": "keystone", "method": "DELETE", "path": "/auth/tokens$", "status": 204},
        "Use the revoked token in vain",
        200,
        "but the cloud accepted it",
    ),
    Fault(
        "identity",
        "a validated token belongs to nobody",
        {"service": "keystone", "method": "GET", "path": "/auth/tokens$", "remove": ["token.user"]},
        "Validate the token",
        200,
        "user.id is set",
    ),
)

ENDPOINTS = (
    Fault(
        "endpoints",
        "a list is answered with 503",
        {"service": "nova", "path": "/flavors", "status": 503},
        "Ask the service",
        503,
        "compute answers HTTP 503",
        zone="compute",
    ),
    Fault(
        "endpoints",
        "a version document does not come",
        {"service": "placement", "path": "^/$", "hang": "before"},
        "Ask the service",
        None,
        "deadline",
        zone="placement",
    ),
    Fault(
        "endpoints",
        "a list is none",
        {"service": "cinder", "path": "/volumes", "remove": ["volumes"]},
        "Ask the service",
        200,
        "without a list of volumes",
        zone="block-storage",
    ),
    Fault(
        "endpoints",
        "a version document is a web page",
        {"service": "nova", "path": "^/$", "garbage": True},
        "Ask the service",
        200,
        "no JSON",
        zone="compute",
    ),
    Fault(
        "endpoints",
        "the connection is dropped",
        {"service": "cinder", "path": "/volumes", "drop": "before"},
        "Ask the service",
        None,
        "no answer",
        zone="block-storage",
    ),
)

IMAGE = (
    Fault(
        "image",
        "the upload is answered with 500",
        {"service": "glance", "method": "PUT", "path": "/file$", "status": 500},
        "Upload the image",
        500,
    ),
    Fault(
        "image",
        "the download hangs",
        {"service": "glance", "method": "GET", "path": "/file$", "hang": "before"},
        "Download the image",
        None,
        "deadline",
    ),
    Fault(
        "image",
        "other bytes are downloaded",
        {"service": "glance", "method": "GET", "path": "/file$", "status": 200, "body": "other bytes"},
        "Download the image",
        200,
        "contains",
    ),
    Fault(
        "image",
        "a delete does nothing",
        {"service": "glance", "method": "DELETE", "path": f"/images/{ID}$", "times": 1, "status": 204},
        "Delete the image",
        200,
        "deadline passed",
    ),
    Fault(
        "image",
        "a deactivated image is said to be so and is not",
        {"service": "glance", "method": "POST", "path": "/actions/deactivate$", "status": 204},
        "Download the deactivated image in vain",
        200,
        "but the cloud did it",
    ),
)

NETWORK = (
    Fault(
        "network",
        "no router is made",
        {"service": "neutron", "method": "POST", "path": "/routers$", "status": 500},
        "Create the router",
        500,
    ),
    Fault(
        "network",
        "a port is made, but the answer does not come",
        {"service": "neutron", "method": "POST", "path": "/ports$", "hang": "after"},
        "Create a port",
        None,
        "deadline",
    ),
    Fault(
        "network",
        "a network is answered with an invented id",
        {"service": "neutron", "method": "POST", "path": "/networks$", "set": {"network.id": INVENTED}},
        "Create the network",
        404,
    ),
    Fault(
        "network",
        "a subnet has other addresses",
        {"service": "neutron", "method": "POST", "path": "/subnets$", "nth": 1, "set": {"subnet.cidr": "10.0.0.0/8"}},
        "Create the subnets",
        201,
        "cidr is '10.99.0.0/24', but it is '10.0.0.0/8'",
        zone="ipv4",
    ),
    Fault(
        "network",
        "a delete does nothing",
        {"service": "neutron", "method": "DELETE", "path": f"/floatingips/{ID}$", "times": 1, "status": 204},
        "Delete the floating IP",
        200,
        "deadline passed",
    ),
)

ALL = (IDENTITY, ENDPOINTS, IMAGE, NETWORK)
SCENARIOS = ("identity", "endpoints", "image", "network")


def number_of(fault: Fault) -> int:
    """The storm that has a fault."""
    return next(faults.index(fault) for faults in ALL if fault in faults)


def faults_of(number: int) -> tuple[Fault, ...]:
    """The faults of a storm."""
    return tuple(faults[number] for faults in ALL if number < len(faults))


def assert_seen(storm: Storm, fault: Fault) -> None:
    """The fault is seen where it is, by its own scenario alone, and nothing is left."""
    run, step = storm.run, storm.run.step(fault.scenario, fault.step, fault.zone)
    assert run.bad_steps(fault.scenario) == [(fault.step, fault.zone)], run.said
    assert step.outcome is Outcome.FAILED
    assert step.http_status == fault.status
    assert fault.says in (step.message or "")
    assert run.exit_code == 1
    hit = {one.scenario for one in storm.faults}
    assert {name: outcome for name, outcome in run.outcomes().items() if name not in hit} == {
        name: Outcome.PASSED for name in SCENARIOS if name not in hit
    }
    assert run.results.leftovers == 0
    assert storm.after == storm.before
