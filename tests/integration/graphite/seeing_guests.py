"""What every query of the dashboards for guests has to give for a run, and a run that has something of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from statistics import fmean

from journals import Journals
from stackprobe.metricname import part
from stackprobe.results import Results, Step

Values = dict[str, float]
Expected = Callable[[Results], Values]

LOGIN = "log_in_to_the_guest"
PHASES = ("connect_ms", "banner_ms", "login_ms")
LOGIN_FIGURES = (*PHASES, "reachable_ms", "since_ms")
SPREAD = ("login_min_ms", "login_median_ms", "login_p95_ms", "login_max_ms")
RTT = ("loss_percent", "rtt_mean_ms", "rtt_p95_ms")
TOGETHER = ("loss_percent", "rtt_median_ms", "rtt_p95_ms")
TCP = ("bandwidth_mbit", "retransmits", "cpu_sender_percent", "cpu_receiver_percent")
PI = ("wall_ms", "steal_percent")
DISK_SPEED, DISK_OPERATIONS = ("read_mib_s", "write_mib_s"), ("read_iops", "write_iops")
DISK_MEANS = ("read_mean_ms", "write_mean_ms")
DISK = (*DISK_SPEED, *DISK_OPERATIONS, *DISK_MEANS, "over_10ms_percent")
REQUESTS = ("request_p50_ms", "request_p95_ms", "request_max_ms")

#: Scenario, step, its zones (none: it runs once), figures.
STEPS: list[tuple[str, str, tuple[str | None, ...], tuple[str, ...]]] = [
    ("guest_login", "Wait until the server is active", (None,), ()),
    ("guest_login", "Log in to the guest", (None,), LOGIN_FIGURES),
    ("guest_login", "Log in once more", (None, "az1"), PHASES),
    ("server_batch_login", "Log in to the guest", ("guest1", "guest2"), LOGIN_FIGURES),
    ("server_batch_login", "Have all guests ready", (None,), ("login_count", *SPREAD)),
    ("reboot_survival", "Log in again", ("soft", "hard"), ("since_ms",)),
    ("east_west", "Ping the other guest", ("guest1_guest2", "guest2_guest1"), RTT),
    ("east_west", "Take the pairs together", ("all", "same_zone"), TOGETHER),
    ("guest_outbound", "Ping the target", ("outside_snat",), RTT),
    ("guest_outbound", "Resolve the name", ("own_snat",), ()),
    ("guest_outbound", "Ask the address", ("page_snat",), ("first_byte_ms",)),
    ("guest_metadata", "Ask for the user data", (None,), ("first_byte_ms",)),
    ("ipv6", "Ping the next guest", ("slaac",), RTT),
    ("security_group_effect", "Wait until the way is open", ("anywhere",), ("since_ms",)),
    ("security_group_effect", "Wait until the way is open", ("udp", "egress_udp"), ("effect_ms",)),
    ("security_group_effect", "Wait until the way is closed", ("icmp",), ("since_ms", "effect_ms")),
    ("vip_failover", "Reach the address", ("first", "second"), ("since_ms",)),
    ("port_forwarding", "Log in through the new port", (None,), ("since_ms",)),
    ("port_forwarding", "Wait until the old port is closed", (None,), ("since_ms",)),
    ("load_balancer_traffic", "Spread requests over the members", ("http",), ("errors", "member1_percent", *REQUESTS)),
    ("load_balancer_traffic", "Have the lost member left out", ("http", "tcp"), ("errors",)),
    ("network_throughput", "Measure the throughput", ("az1-az2",), TCP),
    ("network_throughput", "Measure the loss over UDP", ("az1-az2",), ("loss_percent",)),
    ("guest_cpu", "Compute pi", (None, "az1"), PI),
    ("guest_cpu", "Compute pi on all processors", (None, "az1"), (*PI, "efficiency_percent")),
    ("guest_disk", "Measure the disk", (None, "az1"), DISK),
    ("guest_disk", "Measure the volume", (None, "az1"), DISK),
    ("volume_data", "Write the data", (None,), ("written_mb_per_s",)),
    ("volume_data", "Read the data", ("first",), ("read_mb_per_s",)),
    ("volume_data", "Find the new disk", ("first",), ()),
    ("volume_data", "See the growth in the guest", (None,), ()),
]
SCENARIOS = list(dict.fromkeys(scenario for scenario, *_ in STEPS))


def add_guests(journal: Journals) -> None:
    """All of these steps; every figure has another value. One login fails."""
    value = 1.0
    for scenario, name, zones, figures in STEPS:
        for zone in zones:
            measured = {figure: (value := value + 1.5) for figure in figures}
            bad = {"outcome": "failed", "message": "no TCP connection"} if zone == "guest2" else {}
            journal.step(scenario, name, "command", value + 7, zone=zone, figures=measured, **bad)


def found(run: Results, step: str, figure: str, zoned: bool) -> Iterator[tuple[tuple[str, ...], float]]:
    """What is measured by steps like ``scenario.key``, by the parts of its name."""
    groups: dict[tuple[str, ...], list[Step]] = defaultdict(list)
    for scenario in run.scenarios:
        for one in scenario.steps:
            if fnmatchcase(f"{scenario.name}.{one.key}", step) and (one.zone is not None) == zoned:
                zone = () if one.zone is None else (part(one.zone),)
                groups[scenario.name, one.key, *zone].append(one)
    place = ("stackprobe", run.label or run.cloud, part(run.region or "default"))
    for name, group in groups.items():
        if figure == "duration_ms":
            yield (*place, *name, figure), fmean(one.duration_ms for one in group)
        elif figure in ("passed", "failed"):
            yield (*place, *name, figure), sum(one.outcome == figure for one in group)
        else:
            for leaf in sorted({leaf for one in group for leaf in one.figures if fnmatchcase(leaf, figure)}):
                yield (*place, *name, leaf), fmean(one.figures[leaf] for one in group if leaf in one.figures)


def series(step: str, *figures: str, label: tuple[int, ...], zoned: bool = False) -> Expected:
    """Each series by these parts of its name."""
    return lambda run: {
        ".".join(name[number] for number in label): value
        for figure in figures
        for name, value in found(run, step, figure, zoned)
    }


def each_scenario(step: str, figure: str, how: Callable[[list[float]], float] = fmean) -> list[Expected]:
    """Of scenarios with one guest, and of those with several taken together."""

    def together(run: Results) -> Values:
        groups: dict[str, list[float]] = defaultdict(list)
        for name, value in found(run, step, figure, True):
            groups[name[3]].append(value)
        return {scenario: how(values) for scenario, values in groups.items()}

    return [series(step, figure, label=(3,)), together]


def in_zones_or_not(step: str, *figures: str) -> list[Expected]:
    return [series(step, *figures, label=(4, 5)), series(step, *figures, label=(4, 5, 6), zoned=True)]


def every(run: Results, figure: str) -> list[float]:
    """A figure of all logins, of one guest or several."""
    return [value for zoned in (False, True) for _, value in found(run, f"*.{LOGIN}", figure, zoned)]


def passed(run: Results) -> Values:
    """Of the logins, per cent."""
    good, bad = sum(every(run, "passed")), sum(every(run, "failed"))
    return {"passed": 100 * good / (good + bad)} if good + bad else {}


def slowest(run: Results) -> Values:
    times = every(run, "since_ms")
    return {"since the order": max(times)} if times else {}


BATCH = "server_batch_login.have_all_guests_ready"
BALANCER = "load_balancer_traffic"

EXPECTED_OF_GUESTS: dict[tuple[str, str], list[Expected]] = {
    ("guest-logins", "Logins that passed"): [passed],
    ("guest-logins", "Slowest login of the last run"): [slowest],
    ("guest-logins", "Batch: 95th percentile"): [series(BATCH, "login_p95_ms", label=(2,))],
    ("guest-logins", "Batch: guests logged in to"): [series(BATCH, "login_count", label=(2,))],
    ("guest-logins", "From the order to the login"): each_scenario(f"*.{LOGIN}", "since_ms"),
    ("guest-logins", "Slowest guests"): [series(f"*.{LOGIN}", "since_ms", label=(3, 5), zoned=True)],
    ("guest-logins", "Logins to many guests at once"): [series(BATCH, *SPREAD, label=(5,))],
    ("guest-logins", "95th percentile by scenario"): [
        series("*.have_all_guests_ready", "login_p95_ms", label=(3,))
    ],
    ("guest-logins", "Until TCP connects for the first time"): each_scenario(f"*.{LOGIN}", "reachable_ms"),
    ("guest-logins", "TCP connect"): each_scenario(f"*.{LOGIN}", "connect_ms"),
    ("guest-logins", "SSH banner"): each_scenario(f"*.{LOGIN}", "banner_ms"),
    ("guest-logins", "SSH login"): each_scenario(f"*.{LOGIN}", "login_ms"),
    ("guest-logins", "Phases of another login"): in_zones_or_not("guest_login.log_in_once_more", *PHASES),
    ("guest-logins", "Logins after reboots"): [
        series("reboot_survival.log_in_*", "since_ms", label=(5,), zoned=True)
    ],
    ("guest-logins", "Logins that failed"): each_scenario(f"*.{LOGIN}", "failed", sum),
    ("guest-logins", "Servers with guests until they are active"): each_scenario(
        "*.wait_until_the_server_is_active", "duration_ms"
    ),
    ("guest-packets", "Loss by pair"): [
        series("east_west.ping_the_other_guest", "loss_percent", label=(5,), zoned=True)
    ],
    ("guest-packets", "Round trip by pair, 95th percentile"): [
        series("east_west.ping_the_other_guest", "rtt_p95_ms", label=(5,), zoned=True)
    ],
    ("guest-packets", "Loss by kind of way"): [
        series("east_west.take_the_pairs_together", "loss_percent", label=(5,), zoned=True)
    ],
    ("guest-packets", "Round trip by kind of way"): [
        series("east_west.take_the_pairs_together", "rtt_median_ms", "rtt_p95_ms", label=(5, 6), zoned=True)
    ],
    ("guest-packets", "Loss to the outside"): [
        series("guest_outbound.ping_the_target", "loss_percent", label=(5,), zoned=True)
    ],
    ("guest-packets", "Round trip to the outside"): [
        series("guest_outbound.ping_the_target", "rtt_mean_ms", "rtt_p95_ms", label=(5, 6), zoned=True)
    ],
    ("guest-packets", "Loss over IPv6"): [series("ipv6.ping_*", "loss_percent", label=(4, 5), zoned=True)],
    ("guest-packets", "Names and pages that guests ask for"): [
        series("guest_outbound.resolve_the_name", "duration_ms", label=(4, 5), zoned=True),
        series("guest_outbound.ask_the_address", "first_byte_ms", label=(4, 5), zoned=True),
    ],
    ("guest-packets", "Until a security group has its effect"): [
        series("security_group_effect.wait_until_*", "since_ms", label=(4, 5), zoned=True),
        lambda run: {
            f"{name[4]}.{name[5]}": value
            for name, value in found(run, "security_group_effect.wait_until_*", "effect_ms", True)
            if name[5].endswith("udp")
        },
    ],
    ("guest-packets", "Until a shared address has moved"): [
        lambda run: {
            name[4]: value
            for name, value in found(run, "vip_failover.*", "since_ms", True)
            if name[5] == "second"
        }
    ],
    ("guest-packets", "Until a forwarded port has moved"): [
        series("port_forwarding.log_in_through_the_new_port", "since_ms", label=(4,)),
        series("port_forwarding.wait_until_*", "since_ms", label=(4,)),
    ],
    ("guest-packets", "Load balancer: a member is lost and back"): [
        series(f"{BALANCER}.have_the_lost_member_left_out", "duration_ms", label=(4, 5), zoned=True)
    ],
    ("guest-packets", "Load balancer: requests that failed"): [
        series(f"{BALANCER}.*", "errors", label=(4, 5), zoned=True)
    ],
    ("guest-packets", "Load balancer: share of each member"): [
        series(f"{BALANCER}.spread_*", "*_percent", label=(5, 6), zoned=True)
    ],
    ("guest-packets", "Load balancer: requests"): [series(f"{BALANCER}.spread_*", *REQUESTS, label=(5, 6), zoned=True)],
    ("guest-packets", "Metadata"): [series("guest_metadata.ask_*", "first_byte_ms", label=(4,))],
    ("guest-speed", "Bandwidth"): [series("network_throughput.*", TCP[0], label=(4, 5), zoned=True)],
    ("guest-speed", "Retransmits"): [series("network_throughput.*", TCP[1], label=(4, 5), zoned=True)],
    ("guest-speed", "Processors that it takes"): [
        series("network_throughput.*", *TCP[2:], label=(4, 5, 6), zoned=True)
    ],
    ("guest-speed", "Loss over UDP"): [series("network_throughput.*", "loss_percent", label=(5,), zoned=True)],
    ("guest-speed", "Digits of pi"): in_zones_or_not("guest_cpu.*", "wall_ms"),
    ("guest-speed", "Processors that others take"): in_zones_or_not("guest_cpu.*", "steal_percent"),
    ("guest-speed", "Processors side by side"): in_zones_or_not("guest_cpu.*", "efficiency_percent"),
    ("guest-speed", "Disks: bandwidth"): in_zones_or_not("guest_disk.*", *DISK_SPEED),
    ("guest-speed", "Disks: operations"): in_zones_or_not("guest_disk.*", *DISK_OPERATIONS),
    ("guest-speed", "Disks: operations of more than 10 ms"): in_zones_or_not("guest_disk.*", "over_10ms_percent"),
    ("guest-speed", "Disks: mean of an operation"): in_zones_or_not("guest_disk.*", *DISK_MEANS),
    ("guest-speed", "Data of volumes"): [
        series("volume_data.write_*", "written_mb_per_s", label=(4,)),
        series("volume_data.read_*", "read_mb_per_s", label=(4, 5), zoned=True),
    ],
    ("guest-speed", "Volumes: until the guest sees it"): [
        series("volume_data.*_disk", "duration_ms", label=(4, 5), zoned=True),
        series("volume_data.see_*", "duration_ms", label=(4,)),
    ],
}  # fmt: skip
"""What it has to be for each query of each panel."""
