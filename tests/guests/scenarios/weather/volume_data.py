"""What can become of a volume on its way from one guest to another."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, of_driver

SCENARIO = "volume_data"
OPTIONS = {"login_deadline": LOGIN_S, "data_mib": 8}
HASTY = {"appear_deadline": 10}
"""For what never appears."""
FAULTS = {
    "it is attached and never appears": Fault(
        of_driver(SCENARIO, "volume_appear", stuck=True),
        "Find the new disk", None, "no disk has appeared within 10 s", zone="first", options=HASTY,
    ),
    "it holds other bytes when it has been detached": Fault(
        of_driver(SCENARIO, "volume_bytes"), "Read the data", None, "json.sha256", zone="second"
    ),
    "it grows and the guest does not see it": Fault(
        of_driver(SCENARIO, "volume_grow", stuck=True),
        "See the growth in the guest", None, "the disk still has 1073741824 bytes", options=HASTY,
    ),
    "the hypervisor cannot attach it": Fault(
        of_driver(SCENARIO, "attach", error="no such target"), "Attach the volume", 200, "last seen: status available",
        zone="first", options={"deadline": 15},
    ),
    "it is never detached": Fault(
        of_driver(SCENARIO, "detach", stuck=True), "Detach the volume", 200, "last seen: status detaching",
        zone="first", options={"deadline": 15},
    ),
}  # fmt: skip
