"""What can be wrong with what goes through between guests."""

from __future__ import annotations

from tests.guests.scenarios.panels import TARGETS, is_measured
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.season import LOGIN_S, Fault
from tests.guests.scenarios.tools import Skipped, without

SCENARIO = "network_throughput"
OPTIONS = {"login_deadline": LOGIN_S, "seconds": 1, "bring_iperf3": ""}
MEASURE, WITHIN, BETWEEN = "Measure the throughput", "az1-az1", "az1-az2"
#: The server in the other zone, by its name.
FAR = f"-{SCENARIO}-az2$"


def has_panels(run: GuestsRun) -> None:
    """The dashboards ask for what is measured over UDP."""
    targets = [one for one in TARGETS.values() if "_udp." in one]
    assert targets
    for target in targets:
        is_measured(target, run)


FAULTS = {
    "the other zone is behind a slow line": Fault(
        [{"packets": "rate", "name": FAR, "mbit": 2}],
        MEASURE, None, "figures.bandwidth_mbit", zone=BETWEEN, options={"bandwidth": 4},
    ),
    "packets get lost": Fault(
        # not more: iperf3 gives up where the datagram is lost that begins it all
        [{"packets": "loss", "name": FAR, "percent": 5}],
        "Measure the loss over UDP", None, "figures.loss_percent", zone=BETWEEN,
        options={"udp_bandwidth": 5, "udp_loss_percent": 1}, shows=has_panels,
    ),
    "two guests are cut off from each other": Fault(
        [{"packets": "cut", "name": f"-{SCENARIO}-client$", "peer": FAR}],
        MEASURE, None, "unable to connect", zone=BETWEEN, options={"access": "direct"},
    ),
    "a port that a rule opens is closed": Fault(
        [{"packets": "closed", "name": FAR, "protocol": "tcp", "port": 5201}],
        MEASURE, None, "unable to connect", zone=BETWEEN,
    ),
    "there is no iperf3": Skipped(without(SCENARIO, "iperf3"), MEASURE, None, "the guest has no iperf3", zone=BETWEEN),
}  # fmt: skip
