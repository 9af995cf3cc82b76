"""What the scenarios about logins measure and keep in fair weather."""

from __future__ import annotations

from stackprobe.results import Outcome

from tests.guests.scenarios.conftest import Calm, Options
from tests.guests.scenarios.jump_host import LOG
from tests.guests.scenarios.probing import GuestsRun
from tests.guests.scenarios.secret import key_file
from tests.guests.scenarios.weather.guest_login import LOGIN
from tests.guests.scenarios.weather.server_batch_login import BATCH, READY
from tests.support.leaks import leaks

LONG = 40
"""Characters of a line of a key that is no other text by chance, in whatever encoding."""


def test_connect_banner_and_login_are_measured_apart_and_since_the_order(calm: Calm) -> None:
    run = calm("guest_login")
    step = run.step("guest_login", LOGIN)
    assert {"connect_ms", "banner_ms", "login_ms", "reachable_ms", "since_ms"} <= step.figures.keys()
    assert step.figures["reachable_ms"] <= step.duration_ms
    ordered = run.step("guest_login", "Create the server")
    assert step.figures["since_ms"] >= step.duration_ms, "the order came before the first try"
    assert step.figures["since_ms"] <= (step.start_t - ordered.start_t) * 1000 + step.duration_ms + 100
    metrics = run.metrics("guest_login")
    assert metrics["log_in_to_the_guest.banner_ms"] == step.figures["banner_ms"]
    again = run.step("guest_login", "Log in once more")
    assert again.duration_ms < step.figures["since_ms"]


def test_a_login_states_how_the_host_key_is_known(calm: Calm) -> None:
    run = calm("guest_login")

    def sources(step: str) -> list[object]:
        checks = run.step("guest_login", step).checks
        return [one.actual for one in checks if one.name == "host key known from"]

    assert sources(LOGIN) == ["console"]
    assert sources("Log in once more") == ["earlier login"]


def test_each_guest_of_a_batch_has_its_own_clock_and_all_of_them_a_distribution(calm: Calm) -> None:
    run = calm("server_batch_login")
    since = sorted(run.figures("server_batch_login", LOGIN, zone)["since_ms"] for zone in BATCH)
    spread = run.figures("server_batch_login", READY)
    assert spread["login_count"] == len(BATCH)
    assert (spread["login_min_ms"], spread["login_max_ms"]) == (since[0], since[-1])
    assert spread["login_min_ms"] <= spread["login_median_ms"] <= spread["login_p95_ms"] <= spread["login_max_ms"]
    jump = run.step("server_batch_login", LOGIN, "jump")
    orders = [run.step("server_batch_login", "Create the server", zone).start_t for zone in BATCH]
    assert min(orders) >= jump.start_t + jump.duration_ms / 1000, "nobody inherits the wait for the jump host"


def test_an_existing_jump_host_leads_to_a_guest_by_a_key_of_the_secret(
    fair: GuestsRun, calm: Calm, options: Options
) -> None:
    assert calm("guest_metadata").outcome("guest_metadata") is Outcome.PASSED
    assert '"key": "jump-host"' in (fair.output.parent / "probes.yaml").read_text(encoding="utf-8")
    log = key_file(options).with_name(LOG)
    assert "Accepted publickey for root" in log.read_text(encoding="utf-8")


def test_no_private_key_is_ever_written(fair: GuestsRun, options: Options) -> None:
    lines = key_file(options).read_text(encoding="utf-8").splitlines()
    assert leaks([line for line in lines[1:-1] if len(line) > LONG], fair.output.parents[1]) == []
    for file in fair.output.parents[1].rglob("*"):
        assert not file.is_file() or b"PRIVATE KEY" not in file.read_bytes(), file
