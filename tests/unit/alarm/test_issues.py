"""One issue an incident: opened damped, updated on changes, closed on recovery; never two, never against a person."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stackprobe.alarm import marker
from stackprobe.alarm.carrying_out import carry_out
from stackprobe.config.model import Target
from stackprobe.state.assess import assess

from tests.support.github_api import GithubApi
from tests.support.memory_history import MemoryHistory
from tests.unit.alarm.conftest import Runs
from tests.unit.state.worlds import EVERY_S, NOW_T, SCENARIOS, history, state, target

FIRST_T = NOW_T - 300 - 20 * EVERY_S


def run_at(run: Runs, letters: str, others: Mapping[str, str] | None = None) -> list[str]:
    """A run of the alarm after the last of these runs of a probe, the first of which is always the same."""
    now_t = FIRST_T + (len(letters) - 1) * EVERY_S + 300
    run.api.now_t = now_t
    past = history({"compute": letters, **(others or {})}, last_t=now_t - 300)
    return run.of(assess(past, target(), SCENARIOS, now_t))


def test_a_blip_opens_nothing_and_an_outage_opens_one_issue_with_its_second_run(run: Runs, api: GithubApi) -> None:
    assert run_at(run, "pppf") == []
    assert run_at(run, "pppff") == ["open an issue: compute of demo / one is down"]
    (issue,) = api.open()
    assert issue["title"] == "compute of demo / one is down"
    assert [label["name"] for label in issue["labels"]] == ["stackprobe-alarm"]
    found = marker.read(issue["body"])
    assert found is not None
    assert (found.key.service, found.from_t, found.level) == ("compute", FIRST_T + 3 * EVERY_S, "down")
    assert "Told by: compute" in issue["body"]
    assert "compute failed in 2 of the last 3 runs (Work: 503 Service Unavailable)" in issue["body"]
    assert "<https://ci.example.org/3>" in issue["body"]


def test_while_it_lasts_nothing_is_written_in_each_run(run: Runs, api: GithubApi) -> None:
    run_at(run, "pppff")
    before = [one for one in api.requests if not one.startswith("GET")]
    for more in ("f", "ff", "fpf", "fff", "fffp"):
        assert run_at(run, "pppff" + more) == []
    assert [one for one in api.requests if not one.startswith("GET")] == before
    assert api.said(1) == []
    assert not [one for one in api.requests if one.startswith("GET") and "issues?" not in one], "lists are enough"


def test_a_change_is_told_once_by_a_comment_and_in_the_body(run: Runs, api: GithubApi) -> None:
    run_at(run, "pppff", {"server_groups": "ppppp"})
    assert run_at(run, "pppffff", {"server_groups": "pppppff"}) == ["update #1: compute of demo / one is down"]
    assert len(api.said(1)) == 1
    assert "Now told by server\\_groups, too." in api.said(1)[0]
    assert "Told by: compute, server\\_groups" in api.issues[1]["body"]
    assert run_at(run, "pppfffff", {"server_groups": "pppppfff"}) == []
    assert len(api.said(1)) == 1


def test_recovery_closes_the_issue_with_its_end_and_only_when_it_is_sure(run: Runs, api: GithubApi) -> None:
    run_at(run, "pppff")
    assert run_at(run, "pppffp") == []
    assert run_at(run, "pppffpp") == ["close #1: compute is up again"]
    assert (api.issues[1]["state"], api.issues[1]["state_reason"]) == ("closed", "completed")
    assert len(api.said(1)) == 1
    assert re.search(r"It is up again since 2023-11-15 04:10 UTC, after 30 min\.", api.said(1)[0])
    assert run_at(run, "pppffppp") == []


def test_the_next_incident_has_an_issue_of_its_own(run: Runs, api: GithubApi) -> None:
    for letters in ("pppff", "pppffpp", "pppffppf", "pppffppff"):
        run_at(run, letters)
    assert [(one["number"], one["state"]) for one in api.issues.values()] == [(1, "closed"), (2, "open")]


def test_an_incident_that_ended_and_began_anew_between_two_alarm_runs_is_two_issues(run: Runs, api: GithubApi) -> None:
    run_at(run, "pppff")
    assert run_at(run, "pppffppppppff") == [
        "close #1: compute is up again", "open an issue: compute of demo / one is down",
    ]  # fmt: skip
    assert [one["state"] for one in api.issues.values()] == ["closed", "open"]


def test_closed_by_hand_it_stays_closed_until_the_next_incident(run: Runs, api: GithubApi) -> None:
    run_at(run, "pppff")
    api.issues[1].update(state="closed", state_reason="completed")
    assert run_at(run, "pppfff") == ["leave #1 closed: somebody closed it, and the incident lasts"]
    assert run_at(run, "pppffff")[0].startswith("leave #1 closed")
    assert run_at(run, "pppffffpp") == []
    run_at(run, "pppffffppff")
    assert [one["state"] for one in api.issues.values()] == ["closed", "open"]


def test_each_service_of_each_cloud_has_its_own(run: Runs, api: GithubApi) -> None:
    one = state({"compute": "ppff", "volume": "ppff", "http_watch": "pppp"})
    run.of(one, replace(one, cloud="other", region=None))
    assert sorted(issue["title"] for issue in api.open()) == [
        "block-storage of demo / one is down", "block-storage of other is down",
        "compute of demo / one is down", "compute of other is down",
    ]  # fmt: skip
    assert run.of(one, replace(one, cloud="other", region=None)) == []


def test_what_is_only_degraded_opens_none_and_what_was_down_stays_open_until_it_is_up(
    run: Runs, api: GithubApi, tmp_path: Path
) -> None:
    rules = target("service_levels: {slow: {scenario: compute, within_s: 60}}\n", tmp_path)

    def alarmed(letters: str, alarm: str) -> list[str]:
        values = [float(one) for one in alarm]
        figures = {f"service_level.slow.{kind}": values for kind in ("bad", "alarm")}
        figures["service_level.slow.ok"] = [1 - one for one in values]
        return run.of(state({"compute": letters}, rules, figures=figures))

    assert alarmed("pppp", "0111") == []
    alarmed("ppff", "1111")
    assert len(api.open()) == 1
    assert alarmed("pppppffpp", "111111111") == ["update #1: compute of demo / one is degraded"]
    assert "It is **degraded** now, and was down before." in api.said(1)[0]
    assert api.issues[1]["title"] == "compute of demo / one is degraded"


def test_silence_neither_opens_nor_closes(run: Runs, api: GithubApi) -> None:
    silent = {"last_t": NOW_T - 4 * EVERY_S}
    assert run("ppff", **silent) == []
    assert api.issues == {}
    run("ppff")
    assert run("ppff", **silent) == []
    assert run.of(assess(MemoryHistory(), target(), SCENARIOS, NOW_T)) == []
    assert len(api.open()) == 1
    assert run.of(replace(state({"compute": "pppp"}), trouble="Graphite is away")) == []


def test_the_end_of_an_incident_that_the_history_has_forgotten_closes_its_issue(run: Runs, api: GithubApi) -> None:
    run("ppff")
    old = api.issues[1]["body"].replace(f'"from": {int(NOW_T - 300 - EVERY_S)}', f'"from": {int(NOW_T - 100 * 86400)}')
    assert old != api.issues[1]["body"]
    api.issues[1]["body"] = old
    assert run("pppp") == ["close #1: compute is up again"]
    assert api.said(1)[0].endswith("It is up again.")


def planned(tmp_path: Path, from_t: float, until_t: float) -> Target:
    ends = [datetime.fromtimestamp(t, UTC).isoformat() for t in (from_t, until_t)]
    return target(f'maintenance: [{{from: "{ends[0]}", until: "{ends[1]}", reason: Upgrade}}]\n', tmp_path)


def test_planned_maintenance_does_not_alarm(run: Runs, api: GithubApi, tmp_path: Path) -> None:
    assert run("ppffff", planned(tmp_path, NOW_T - 4000, NOW_T + 3600)) == []
    begun_before = planned(tmp_path, NOW_T - 600, NOW_T + 3600)
    assert run("ppfff", begun_before) == []
    assert api.issues == {}
    assert run("ppfff", planned(tmp_path, NOW_T - 9000, NOW_T - 4000)) != []


def test_two_alarm_runs_at_once_end_with_one_issue(run: Runs, api: GithubApi) -> None:
    barrier = threading.Barrier(2, timeout=20)
    api.before_create = lambda: barrier.wait() and None
    found = state({"compute": "ppff"})
    workers = [threading.Thread(target=carry_out, args=(run.tracker(), [found], lambda _: None)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(api.issues) == 2, "both of them created one"
    assert [one["number"] for one in api.open()] == [1]
    assert api.issues[2]["state_reason"] == "not_planned"
    assert "#1 is the one that stays" in api.said(2)[0]
    api.before_create = None
    assert run("ppff") == []


def test_duplicates_that_were_left_are_closed_by_the_next_run(run: Runs, api: GithubApi) -> None:
    run("ppff")
    api.add(body=api.issues[1]["body"])
    assert run("ppff") == ["close #2: #1 is about the same"]
    assert [one["number"] for one in api.open()] == [1]


def test_issues_of_people_are_left_alone(run: Runs, api: GithubApi) -> None:
    api.add(body="compute is down!")
    api.add(body="<!-- stackprobe-alarm nonsense -->")
    api.add(body='It says <!-- stackprobe-alarm {"cloud": "demo"} -->')
    run("ppff")
    body = api.issues[4]["body"]
    api.add(body=body, labels=("other",))
    api.add(body=body, pull_request={"url": "x"}, html_url="https://github.com/acme/clouds/pull/6")
    assert run("pppp", last_t=NOW_T - 10) == ["close #4: compute is up again"]
    assert [one["number"] for one in api.open()] == [1, 2, 3, 5, 6]


def test_what_a_cloud_says_mentions_nobody_and_fakes_no_marker(run: Runs, api: GithubApi) -> None:
    message = '@octocat #1 <!-- stackprobe-alarm {"cloud":"x"} --> ![x](http://evil.example.org/x.png)'
    run("ppff", message=message)
    body = api.issues[1]["body"]
    assert body.count("<!--") == 1
    assert not re.search(r"(?<![\\])@octocat", body)
    assert "![x](" not in body
    read = marker.read(body)
    assert read is not None and read.key.cloud == "demo"


def test_a_marker_survives_names_of_any_kind() -> None:
    one = marker.Marker(marker.Key('a --> "b" é', None, "compute"), 1, "down", ("the rule x", "y>"))
    assert marker.read(f"{one}\ntext") == one
    assert str(one).count("-->") == 1


def test_a_dry_run_only_tells(run: Runs, api: GithubApi) -> None:
    assert run.of(state({"compute": "ppff"}), dry=True) == ["would open an issue: compute of demo / one is down"]
    assert api.issues == {}


def test_an_issue_that_the_alarm_closed_itself_keeps_no_outage_quiet(run: Runs, api: GithubApi) -> None:
    """The run in which one scenario recovered was the first bad one of another: in the end it all is one incident."""
    run_at(run, "ppffp", {"server_groups": "ppppf"})
    assert len(api.open()) == 1
    assert run_at(run, "ppffpp", {"server_groups": "ppppfp"}) == ["close #1: compute is up again"]
    assert run_at(run, "ppffppp", {"server_groups": "ppppfpf"}) == ["open an issue: compute of demo / one is down"]
    assert run_at(run, "ppffpppp", {"server_groups": "ppppfpff"}) == []
    assert [one["state"] for one in api.issues.values()] == ["closed", "open"]
