"""`stackprobe status`: for people and for programs, with an exit code that never takes silence for health."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stackprobe import cli

from tests.unit.state import archive
from tests.unit.state.worlds import history

AT = "2023-11-15T08:00:00Z"
CONFIG = "clouds: {demo: {regions: [one]}}\n"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def status(outcomes: dict[str, str], *more: str) -> int:
    archive.write(Path("past"), history(outcomes))
    return cli.main(["status", "--cloud", "demo", "--region", "one", "--history", "past", "--at", AT, *more])


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ({"compute": "pppp"}, 0),
        ({"compute": "pppf"}, 0),
        ({"compute": "ppff", "volume": "eeee"}, 1),
        ({"compute": "pppp", "volume": "eeee"}, 2),
        ({"compute": "ssss"}, 2),
    ],
)
def test_the_exit_code_tells_down_from_unknown_from_neither(outcomes: dict[str, str], code: int) -> None:
    assert status(outcomes) == code


def test_without_a_single_run_nothing_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("past").mkdir()
    assert cli.main(["status", "--cloud", "demo", "--history", "past"]) == 2
    assert "there is no run of the last 90 days" in capsys.readouterr().out


def test_in_maintenance_it_is_0_whatever_fails(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    window = 'maintenance: [{from: "2023-11-15T06:00Z", until: "2023-11-15T09:00Z", reason: Ceph upgrade}]\n'
    (workspace / "probes.yaml").write_text(CONFIG + window)
    assert status({"compute": "ppff"}) == 0
    out = capsys.readouterr().out
    assert "⚒ maintenance" in out
    assert "maintenance 2023-11-15 06:00 to 2023-11-15 09:00 UTC: Ceph upgrade (all services)" in out


def test_a_person_sees_state_reason_availability_and_incidents(capsys: pytest.CaptureFixture[str]) -> None:
    status({"compute": "p" * 90 + "ffpp" + "ff", "volume": "p" * 96})
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "demo / one ✕ down 2023-11-15 08:00 UTC, last run 2023-11-15 07:55 UTC"
    assert lines[1] == "service state 24h 7d 30d 90d budget of 30d"
    assert lines[2] == "block-storage ✓ up 100 % 100 % 100 % 100 % 100 % left"
    assert lines[3].startswith("compute ✕ down 96.5")
    assert "compute: compute failed in 2 of the last 3 runs (Work: 503 Service Unavailable)" in lines
    assert "compute is down since 2023-11-15 07:40 UTC (20 min): compute" in lines
    assert "compute was down 2023-11-15 06:40 to 07:10 UTC (30 min): compute" in lines


def test_what_a_cloud_says_does_not_reach_the_terminal_as_commands(capsys: pytest.CaptureFixture[str]) -> None:
    archive.write(Path("past"), history({"compute": "ppff"}, message="\x1b[2J[bold]no\nway"))
    cli.main(["status", "--cloud", "demo", "--region", "one", "--history", "past", "--at", AT])
    out = capsys.readouterr().out
    assert "Work: [bold]no way" in out
    assert "\x1b[2J" not in out


def test_a_program_gets_everything_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert status({"compute": "p" * 90 + "ffpp" + "ff"}, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "stackprobe-status/1"
    (cloud,) = found["clouds"]
    assert (cloud["cloud"], cloud["region"], cloud["status"], cloud["level"]) == ("demo", "one", "down", 2)
    assert (cloud["time"], cloud["last_run"]) == (AT, "2023-11-15T07:55:00Z")
    (service,) = cloud["services"]
    assert (service["service"], service["status"], service["level"]) == ("compute", "down", 2)
    assert [one["until"] for one in service["incidents"]] == ["2023-11-15T07:10:00Z", None]
    assert service["incidents"][0]["events"] == [
        {"status": "down", "from": "2023-11-15T06:40:00Z", "until": "2023-11-15T07:10:00Z", "causes": ["compute"]}
    ]
    day = service["availability"]["24h"]
    assert day["known_s"] == 95 * 900 + 300
    assert day["bad_s"] == 3 * 900 + 300
    assert day["percent"] == pytest.approx(100 * (1 - day["bad_s"] / day["known_s"]), abs=1e-4)
    assert day["error_budget_s"] == 86
    assert day["error_budget_left_percent"] < 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--history", "past"], "no cloud is named. Name it with --cloud"),
        (["--region", "one", "--history", "past"], "a region is named without its cloud"),
        (["--cloud", "demo"], "there is no history of past runs. Give --history DIR or --graphite-url URL"),
        (["--cloud", "demo", "--history", "nowhere"], "nowhere"),
        (["--cloud", "demo", "--history", "past", "--at", "noon"], "`noon` is no time with its zone"),
    ],
)
def test_bad_usage_is_2_with_what_to_do(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("past").mkdir()
    assert cli.main(["status", *options]) == 2
    assert message in capsys.readouterr().err


def test_all_clouds_of_the_configuration_in_its_order(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace / "probes.yaml").write_text("clouds: {demo: {regions: [one]}, away: {}}\nhistory: {directory: past}\n")
    archive.write(Path("past"), history({"compute": "pppp"}))
    assert cli.main(["status", "--at", AT]) == 2
    out = capsys.readouterr().out
    assert out.index("demo / one  ✓ up") < out.index("away  ? unknown")
    assert cli.main(["status", "--at", AT, "--cloud", "demo"]) == 0
