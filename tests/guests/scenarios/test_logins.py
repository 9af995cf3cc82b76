"""What the scenarios about logins measure and keep."""

from __future__ import annotations

from pathlib import Path

from stackprobe.results import Outcome

from tests.guests.scenarios.conftest import Options, Storms
from tests.guests.scenarios.jump_host import LOG
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.weather.guest_login import LOGIN, RTT_MS
from tests.guests.scenarios.weather.server_batch_login import OPTIONS, SLOW_S

BATCH = [f"guest{number}" for number in range(1, int(OPTIONS["servers"]) + 1)]
READY = "Have all guests ready"


def test_connect_banner_and_login_are_measured_apart_and_since_the_order(fair: GuestsRun) -> None:
    step = fair.step("guest_login", LOGIN)
    assert {"connect_ms", "banner_ms", "login_ms", "reachable_ms", "since_ms"} <= step.figures.keys()
    assert step.figures["reachable_ms"] <= step.duration_ms
    ordered = fair.step("guest_login", "Create the server")
    assert step.figures["since_ms"] >= step.duration_ms, "the order came before the first try"
    assert step.figures["since_ms"] <= (step.start_t - ordered.start_t) * 1000 + step.duration_ms + 100
    metrics = fair.metrics("guest_login")
    assert metrics["log_in_to_the_guest.banner_ms"] == step.figures["banner_ms"]
    again = fair.step("guest_login", "Log in once more")
    assert again.duration_ms < step.figures["since_ms"]


def test_a_login_states_how_the_host_key_is_known(fair: GuestsRun) -> None:
    def sources(step: str) -> list[object]:
        checks = fair.step("guest_login", step).checks
        return [one.actual for one in checks if one.name == "host key known from"]

    assert sources(LOGIN) == ["console"]
    assert sources("Log in once more") == ["earlier login"]


def test_each_guest_of_a_batch_has_its_own_clock_and_all_of_them_a_distribution(fair: GuestsRun) -> None:
    since = sorted(fair.figures("server_batch_login", LOGIN, zone)["since_ms"] for zone in BATCH)
    spread = fair.figures("server_batch_login", READY)
    assert spread["login_count"] == len(BATCH)
    assert (spread["login_min_ms"], spread["login_max_ms"]) == (since[0], since[-1])
    assert spread["login_min_ms"] <= spread["login_median_ms"] <= spread["login_p95_ms"] <= spread["login_max_ms"]
    jump = fair.step("server_batch_login", LOGIN, "jump")
    orders = [fair.step("server_batch_login", "Create the server", zone).start_t for zone in BATCH]
    assert min(orders) >= jump.start_t + jump.duration_ms / 1000, "nobody inherits the wait for the jump host"


def test_one_slow_guest_is_the_slowest_of_its_batch(storm: Storms) -> None:
    run = storm("server_batch_login", "one guest is slow")
    since = {zone: run.figures("server_batch_login", LOGIN, zone)["since_ms"] for zone in BATCH}
    assert since["guest2"] >= SLOW_S * 1000
    assert run.figures("server_batch_login", READY)["login_max_ms"] == max(since.values())


def test_a_guest_whose_server_did_not_start_is_not_tried_any_longer(storm: Storms) -> None:
    run = storm("server_batch_login", "one server does not start")
    login = run.steps("server_batch_login", LOGIN)
    assert all(one.zone != "guest3" or one.outcome.value == "skipped" for one in login)


def test_the_way_is_in_the_figures(storm: Storms) -> None:
    run = storm("guest_login", "the way is long")
    assert run.figures("guest_login", "Log in once more")["connect_ms"] >= RTT_MS * 0.9


def test_the_console_log_is_kept_when_nobody_gets_in(storm: Storms) -> None:
    run = storm("guest_login", "another key is injected")
    (message,) = run.messages("guest_login")
    assert "console log ends" in message
    kept = list((run.output / "consoles").glob("*guest_login*"))
    assert kept and "BEGIN SSH HOST KEY KEYS" in kept[0].read_text(encoding="utf-8")


def test_an_existing_jump_host_leads_to_a_guest(fair: GuestsRun, options: Options) -> None:
    assert fair.outcome("guest_metadata") is Outcome.PASSED
    log = Path(options["guest_metadata"]["access"]["key_file"]).with_name(LOG)
    assert "Accepted publickey for root" in log.read_text(encoding="utf-8")


def test_no_private_key_is_ever_written(fair: GuestsRun) -> None:
    for file in fair.output.parent.rglob("*"):
        assert not file.is_file() or b"PRIVATE KEY" not in file.read_bytes(), file
