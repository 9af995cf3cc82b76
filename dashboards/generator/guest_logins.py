"""The dashboard of logins to guests."""

from __future__ import annotations

from dashboards.generator.model import ROOT, Dashboard, Panel, by_scenario, in_zones_or_not

_LOGIN = "log_in_to_the_guest"
_SPREAD = "{login_min_ms,login_median_ms,login_p95_ms,login_max_ms}"


def _both(outcomes: str) -> str:
    return f"sumSeries({ROOT}.*.{_LOGIN}.{outcomes}, {ROOT}.*.{_LOGIN}.*.{outcomes})"


LOGINS = Dashboard(
    "stackprobe-guest-logins",
    "stackprobe: logins to guests",
    "How long it takes from the order of a server until its owner is logged in, and where the time goes.",
    (
        Panel(
            "Logins that passed",
            (f"alias(asPercent({_both('passed')}, {_both('{passed,failed}')}), 'passed')",),
            "Of the logins of the last run, right after the order of a server.",
            "percent", "number", 6, 100.0,
        ),
        Panel(
            "Slowest login of the last run",
            (f"alias(maxSeries({ROOT}.*.{_LOGIN}.since_ms, {ROOT}.*.{_LOGIN}.*.since_ms), 'since the order')",),
            "From the request for the server to the login.",
            "ms", "number", 6,
        ),
        Panel(
            "Batch: 95th percentile",
            (f"aliasByNode({ROOT}.server_batch_login.have_all_guests_ready.login_p95_ms, 2)",),
            "Scenario server_batch_login: from the order of a server to the login; of few guests, the slowest.",
            "ms", "number", 6,
        ),
        Panel(
            "Batch: guests logged in to",
            (f"aliasByNode({ROOT}.server_batch_login.have_all_guests_ready.login_count, 2)",),
            "Scenario server_batch_login: in the last run.",
            kind="number", width=6,
        ),
        Panel(
            "From the order to the login",
            by_scenario(_LOGIN, "since_ms"),
            "Mean over the guests of a scenario; each guest has its own clock.",
            "ms",
        ),
        Panel(
            "Slowest guests",
            (f"aliasByNode(highestMax({ROOT}.*.{_LOGIN}.*.since_ms, 15), 3, 5)",),
            "From the order to the login, the fifteen slowest of scenarios with several guests.",
            "ms",
        ),
        Panel(
            "Logins to many guests at once",
            (f"aliasByNode({ROOT}.server_batch_login.have_all_guests_ready.{_SPREAD}, 5)",),
            "Scenario server_batch_login: how the times from the order to the login lie.",
            "ms",
        ),
        Panel(
            "95th percentile by scenario",
            (f"aliasByNode({ROOT}.*.have_all_guests_ready.login_p95_ms, 3)",),
            "From the order to the login, of scenarios with several guests.",
            "ms",
        ),
        Panel(
            "Until TCP connects for the first time",
            by_scenario(_LOGIN, "reachable_ms"),
            "From the first try on: address, port and security group work, and something listens.",
            "ms",
        ),
        Panel(
            "TCP connect",
            by_scenario(_LOGIN, "connect_ms"),
            "Of the try that succeeded, alone. Mean over the guests of a scenario.",
            "ms",
        ),
        Panel(
            "SSH banner",
            by_scenario(_LOGIN, "banner_ms"),
            "From the connection to the server's first line, alone: a slow guest, or one that asks name servers.",
            "ms",
        ),
        Panel(
            "SSH login",
            by_scenario(_LOGIN, "login_ms"),
            "Key exchange and authentication, alone.",
            "ms",
        ),
        Panel(
            "Phases of another login",
            in_zones_or_not("guest_login.log_in_once_more", "{connect_ms,banner_ms,login_ms}"),
            "Scenario guest_login: to a guest that has booted long since.",
            "ms",
        ),
        Panel(
            "Logins after reboots",
            (f"aliasByNode({ROOT}.reboot_survival.log_in_*.*.since_ms, 5)",),
            "Scenario reboot_survival: from the request for a reboot, a resize or a rebuild to the login.",
            "ms",
        ),
        Panel(
            "Logins that failed",
            by_scenario(_LOGIN, "failed", "sum"),
            "Step “Log in to the guest”, by scenario.",
            kind="bars",
        ),
        Panel(
            "Servers with guests until they are active",
            by_scenario("wait_until_the_server_is_active", "duration_ms"),
            "What the cloud says of the same servers, before anybody logs in.",
            "ms",
        ),
    ),
)  # fmt: skip
