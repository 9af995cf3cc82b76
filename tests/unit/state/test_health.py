"""The health of services now: never green without data, never red by one blip or by the probe's own fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from stackprobe.history.model import HistoryUnavailable, Sample
from stackprobe.state.assess import assess
from stackprobe.state.model import Level, Status

from tests.support.memory_history import MemoryHistory
from tests.unit.state.worlds import EVERY_S, NOW_T, SCENARIOS, history, service, state, target


@pytest.mark.parametrize(
    ("outcomes", "status", "reason"),
    [
        ("pppp", Status.UP, "compute passed"),
        ("pppf", Status.DEGRADED, "bad in the last run (Work: 503 Service Unavailable), which is no alarm yet"),
        ("ppff", Status.DOWN, "compute failed in 2 of the last 3 runs (Work: 503 Service Unavailable)"),
        ("pfpf", Status.DOWN, "compute failed in 2 of the last 3 runs"),
        ("pfpfpffp", Status.DOWN, "(Work: 503 Service Unavailable), the last one passed, flapping"),
        ("pffpffpp", Status.DOWN, "of the last 3 runs (Work: 503 Service Unavailable), the last one passed, flapping"),
        ("pffp", Status.DOWN, "failed in 2 of the last 3 runs (Work: 503 Service Unavailable), the last one passed"),
        ("ffpp", Status.UP, "compute passed"),
        ("ppfp", Status.UP, "compute passed"),
        ("ppef", Status.DEGRADED, "no alarm yet"),
        ("pfef", Status.DOWN, "failed in 2 of the last 3 runs"),
        ("pppe", Status.UP, "compute passed"),
        ("peee", Status.UNKNOWN, "compute was not judged in the last runs; no run has told of it since "),
        ("eeee", Status.UNKNOWN, "compute was not judged in the last runs; no run has told of it so far"),
        ("ffeee", Status.UNKNOWN, "when it was bad"),
        ("pppss", Status.UP, "compute passed"),
        ("psss", Status.UNKNOWN, "compute was skipped in the last runs"),
    ],
)  # fmt: skip
def test_the_outcomes_of_a_scenario_make_the_health_of_its_service(outcomes: str, status: Status, reason: str) -> None:
    health = service(state({"compute": outcomes}), "compute").health
    assert health.status is status
    assert reason in health.reason
    assert health.level is {Status.UP: Level.UP, Status.DOWN: Level.DOWN}.get(status, Level.DEGRADED)


def test_a_blip_in_one_scenario_and_one_in_another_are_no_outage() -> None:
    found = state({"compute": "ppfpp", "server_groups": "pppfp"})
    assert service(found, "compute").health.status is Status.UP
    assert service(found, "compute").incidents == ()
    assert service(state({"compute": "pppf", "server_groups": "ppfp"}), "compute").health.level is Level.DEGRADED


def test_a_scenario_that_runs_rarely_is_not_outvoted_by_one_that_runs_often() -> None:
    found = state({"compute": "p" * 40, "server_groups": "f" + "." * 18 + "f" + "." * 19 + "f"})
    health = service(found, "compute").health
    assert health.status is Status.DOWN
    assert health.reason.startswith("server_groups failed in 3 of the last 3 runs")


def test_one_scenario_tells_of_the_services_that_its_tags_name_and_else_of_those_it_needs() -> None:
    found = state({"compute": "ff", "volume": "pp", "http_watch": "pp", "strange": "pp"})
    assert {one.service: one.health.status.value for one in found.services} == {
        "compute": "down", "block-storage": "up", "http-watch": "up", "strange": "up",
    }  # fmt: skip
    assert (found.status, found.level) == (Status.DOWN, Level.DOWN)


def test_a_service_that_the_cloud_does_not_offer_is_left_out() -> None:
    found = state({"compute": "pppp", "volume": "ssss"})
    assert [one.service for one in found.services] == ["compute"]
    assert found.status is Status.UP


def test_without_any_data_every_probed_service_is_unknown_never_green() -> None:
    found = assess(MemoryHistory(), target(), SCENARIOS, NOW_T)
    assert {one.service: (one.health.status.value, one.health.level) for one in found.services} == {
        "block-storage": ("unknown", 1), "compute": ("unknown", 1), "http-watch": ("unknown", 1),
    }  # fmt: skip
    assert found.trouble == "there is no run of the last 90 days"
    assert "no run has told of it" in found.services[0].health.reason


def test_a_promised_service_of_which_no_run_tells_is_unknown(tmp_path: Path) -> None:
    promised = target("clouds: {demo: {services: [dns], regions: [one]}}\n", tmp_path)
    assert service(state({"compute": "pppp"}, promised), "dns").health.status is Status.UNKNOWN


def test_when_runs_stop_to_come_nothing_is_green_and_nothing_recovers() -> None:
    silent = {"last_t": NOW_T - 2.6 * EVERY_S}
    good = service(state({"compute": "pppp"}, **silent), "compute")
    assert (good.health.status, good.health.level) == (Status.UNKNOWN, Level.DEGRADED)
    assert "nothing was heard of compute since 2023-11-15 07:21:00 UTC, when it was good" in good.health.reason
    bad = service(state({"compute": "ppff"}, **silent), "compute")
    assert bad.health.status is Status.UNKNOWN
    assert bad.incident is not None


def test_how_long_silence_may_last_follows_the_configuration_or_the_rhythm_of_the_runs(tmp_path: Path) -> None:
    hourly = target("every: 1h\n", tmp_path)
    assert state({"compute": "pppp"}, hourly, last_t=NOW_T - 2.6 * EVERY_S).status is Status.UP
    assert state({"compute": "pppp"}, every_s=86400, last_t=NOW_T - 86400).status is Status.UP
    assert state({"compute": "p"}, last_t=NOW_T - 3600).status is Status.UP
    assert state({"compute": "p"}, last_t=NOW_T - 9001).status is Status.UNKNOWN


def test_a_history_that_cannot_be_read_is_told() -> None:
    class Broken(MemoryHistory):
        def figures(self, *_: object) -> dict[str, list[Sample]]:
            raise HistoryUnavailable("Graphite cannot be asked: refused")

    found = assess(Broken(), target(), SCENARIOS, NOW_T)
    assert (found.status, found.trouble) == (Status.UNKNOWN, "Graphite cannot be asked: refused")
    assert found.services == ()


def test_the_damping_is_that_of_the_configuration(tmp_path: Path) -> None:
    assert state({"compute": "pppf"}, target("damping: {bad: 1, of: 1}\n", tmp_path)).status is Status.DOWN
    slow = target("damping: {bad: 3, of: 5}\n", tmp_path)
    assert state({"compute": "ppff"}, slow).status is Status.DEGRADED
    assert state({"compute": "pffpf"}, slow).status is Status.DOWN


def test_repetitions_of_which_few_failed_degrade_a_service_and_do_not_take_it_down() -> None:
    times = [int(NOW_T - 300 - back * EVERY_S) for back in (2, 1, 0)]
    series = {"compute.passed": [Sample(t, 18.0) for t in times], "compute.failed": [Sample(t, 2.0) for t in times]}
    found = service(assess(MemoryHistory((), series), target(), SCENARIOS, NOW_T), "compute")
    assert (found.health.status, found.incidents[0].worst) == (Status.DEGRADED, Level.DEGRADED)
    assert found.windows["24h"].percent == pytest.approx(90)


RULES = """\
service_levels:
  boot_time: {scenario: compute, within_s: 60}
  volume_time: {step: volume/create_the_volume, within_s: 60, severity: down}
  long_run: {run: true, within_s: 600}
"""


def rule(name: str, *, alarm: list[float], bad: list[float]) -> dict[str, list[float]]:
    ok = [1 - one for one in bad]
    return {f"service_level.{name}.{kind}": values for kind, values in (("alarm", alarm), ("bad", bad), ("ok", ok))}


def test_a_rule_in_alarm_counts_with_its_severity_for_the_service_of_its_subject(tmp_path: Path) -> None:
    configured = target(RULES, tmp_path)
    figures = {
        **rule("boot_time", alarm=[0, 1, 1], bad=[1, 1, 1]),
        **rule("volume_time", alarm=[0, 0, 1], bad=[0, 1, 1]),
        **rule("long_run", alarm=[0, 0, 0], bad=[0, 0, 1]),
        **rule("no_longer_there", alarm=[1, 1, 1], bad=[1, 1, 1]),
    }
    found = state({"compute": "ppp", "volume": "ppp"}, configured, figures=figures)
    assert {one.service: one.health.status.value for one in found.services} == {
        "compute": "degraded", "block-storage": "down", "run": "degraded",
    }  # fmt: skip
    assert service(found, "compute").health.reason == "the rule boot_time is in alarm"
    assert service(found, "run").health.reason == "the rule long_run was bad in the last run, without an alarm"
    assert service(found, "run").incidents == ()
    assert service(found, "block-storage").windows["24h"].percent == pytest.approx(100 * (1 - 300 / 2100))


def test_a_rule_of_no_configuration_is_taken_by_its_figure_alone() -> None:
    found = state({"compute": "ppp"}, figures=rule("boot_time", alarm=[0, 1, 1], bad=[1, 1, 1]))
    assert service(found, "run").health.status is Status.DEGRADED


def test_without_messages_the_steps_are_named_as_in_metrics() -> None:
    told = history({"compute": "ppff"})
    silent = MemoryHistory([], {name: told.figures([name], 0, NOW_T)[name] for name in told.figures(
        ["compute.*", "compute.*.failed", "run.*"], 0, NOW_T)})  # fmt: skip
    health = service(assess(silent, target(), SCENARIOS, NOW_T), "compute").health
    assert health.reason == "compute failed in 2 of the last 3 runs (work)"


def test_figures_that_graphite_has_put_together_do_not_make_an_outage_of_a_blip() -> None:
    times = [int(NOW_T - 300 - back * EVERY_S) for back in range(8)]
    series = {
        "compute.passed": [Sample(t, 0.75) for t in times],
        "compute.failed": [Sample(t, 0.25) for t in times],
    }
    found = service(assess(MemoryHistory((), series), target(), SCENARIOS, NOW_T), "compute")
    assert found.health.status is Status.DEGRADED
    assert found.windows["24h"].percent == pytest.approx(75)


def test_a_login_that_fails_is_an_outage_of_the_cloud_although_every_scenario_was_only_skipped() -> None:
    itself = {"run.failed": [0, 0, 1, 1], "run.passed": [1, 1, 0, 0], "run.scenarios_failed": [0, 0, 0, 0]}
    found = state({"compute": "ppss"}, figures=itself)
    assert found.status is Status.DOWN
    run = service(found, "run")
    assert run.health.status is Status.DOWN
    assert run.health.reason.startswith("the run itself failed in 2 of the last 3 runs")
    assert run.incident is not None and run.incident.causes == ("the run itself",)
    blip = state({"compute": "pppp"}, figures=itself | {"run.failed": [0, 0, 1, 0], "run.passed": [1, 1, 0, 1]})
    assert blip.status is Status.UP


def test_a_run_that_failed_for_a_scenario_s_sake_tells_of_the_scenario_alone() -> None:
    figures = {"run.failed": [0, 1, 1], "run.passed": [1, 0, 0], "run.scenarios_failed": [0, 1, 1]}
    found = state({"compute": "pff"}, figures=figures)
    assert [one.service for one in found.services] == ["compute"]


def test_a_run_that_failed_itself_beside_a_scenario_tells_of_both() -> None:
    figures = {"run.failed": [0, 1, 1], "run.passed": [1, 0, 0], "run.scenarios_failed": [0, 1, 1]}
    found = state({"compute": "pff"}, figures=figures | {"run.itself_failed": [0, 1, 1]})
    assert {one.service: one.health.status for one in found.services} == {"compute": Status.DOWN, "run": Status.DOWN}
    found = state({"compute": "pff"}, figures=figures | {"run.itself_failed": [0, 0, 0]})
    assert [one.service for one in found.services] == ["compute"]


def test_a_rule_that_has_not_been_judged_yet_leaves_its_service_as_the_scenario_says(tmp_path: Path) -> None:
    cold = {f"service_level.boot_time.{kind}": [float(kind == "unknown")] * 3 for kind in ("ok", "bad", "unknown")}
    found = state({"compute": "ppp"}, target(RULES, tmp_path), figures=cold)
    assert service(found, "compute").health.status is Status.UP
    rules = rule("boot_time", alarm=[0] * 9, bad=[0.0] * 9) | {"service_level.boot_time.ok": [1.0] + [0.0] * 8}
    late = state({"compute": "p" * 9}, target(RULES, tmp_path), figures=rules)
    assert service(late, "compute").health.status is Status.UNKNOWN, "it was judged, and is not any more"


def test_the_last_rule_that_was_taken_out_of_the_configuration_alarms_no_more() -> None:
    past = history({"compute": "ppp"}, figures=rule("boot_time", alarm=[0, 1, 1], bad=[1, 1, 1]))
    found = assess(past, target(), SCENARIOS, NOW_T, configured=True)
    assert [one.service for one in found.services] == ["compute"]


def test_a_service_whose_scenarios_are_not_selected_any_more_is_left_out_after_a_week(tmp_path: Path) -> None:
    days = 8 * 96
    outcomes = {"compute": "p" * (days + 2), "volume": "ff" + "." * days}
    rest = target("clouds: {demo: {regions: {one: {}}, scenarios: {names: [compute]}}}\n", tmp_path)
    assert [one.service for one in state(outcomes, rest).services] == ["compute"]
    assert service(state(outcomes), "block-storage").health.status is Status.UNKNOWN, (
        "it is selected, and does not come"
    )


def test_a_pause_among_the_first_runs_is_not_taken_for_their_rhythm() -> None:
    found = state({"compute": "p" + "." * 2000 + "pp"}, last_t=NOW_T - 2 * 86400)
    assert service(found, "compute").health.status is Status.UNKNOWN


def test_of_two_runs_that_began_in_the_same_second_the_bad_one_counts() -> None:
    def both(*values: float) -> list[Sample]:
        return [Sample(int(NOW_T) - 900 + number // 2 * 300, value) for number, value in enumerate(values)]

    past = MemoryHistory((), {"compute.failed": both(1, 0, 1, 0), "compute.passed": both(0, 1, 0, 1)})
    found = assess(past, target(), SCENARIOS, NOW_T)
    assert service(found, "compute").health.status is Status.DOWN


def test_what_is_down_is_not_green_because_its_scenario_was_skipped_since() -> None:
    found = service(state({"compute": "ppffs", "server_groups": "ppppp"}), "compute")
    assert found.incident is not None
    assert found.health.status is Status.DOWN
    later = service(state({"compute": "ppffsss", "server_groups": "ppppppp"}), "compute")
    assert later.incident is not None
    assert later.health.status is Status.UNKNOWN
