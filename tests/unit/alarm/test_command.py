"""`stackprobe alarm`: token and repository from the environment, exit codes, and nothing secret on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from stackprobe import cli
from stackprobe.alarm import calls

from tests.support.github_api import FORBIDDEN, REPOSITORY, TOKEN, GithubApi, used_up
from tests.unit.state import archive
from tests.unit.state.worlds import NOW_T, history

OPTIONS = ["alarm", "--cloud", "demo", "--region", "one", "--history", "past", "--at", "2023-11-15T08:00:00Z"]


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: GithubApi) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(calls, "BETWEEN_WRITES_S", 0.0)
    for name, value in (
        ("GITHUB_TOKEN", TOKEN), ("GITHUB_REPOSITORY", REPOSITORY), ("GITHUB_API_URL", f"{api.url}/"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    archive.write(Path("past"), history({"compute": "ppff"}))


def test_it_opens_an_issue_and_then_has_nothing_to_do(api: GithubApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(OPTIONS) == 0
    assert capsys.readouterr().out == "alarm: open an issue: compute of demo / one is down\n"
    assert cli.main(OPTIONS) == 0
    assert capsys.readouterr().out == "alarm: nothing to do\n"
    assert len(api.issues) == 1


def test_a_dry_run_changes_nothing(api: GithubApi) -> None:
    assert cli.main([*OPTIONS, "--dry-run"]) == 0
    assert api.issues == {}


@pytest.mark.parametrize(
    ("missing", "message"),
    [("GITHUB_TOKEN", "set GITHUB_TOKEN in the environment"), ("GITHUB_REPOSITORY", "give --repository OWNER/NAME")],
)
def test_without_token_or_repository_it_says_what_to_do(
    missing: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(missing)
    assert cli.main(OPTIONS) == 2
    assert message in capsys.readouterr().err.lower().replace("github_token", "GITHUB_TOKEN").replace(
        "owner/name", "OWNER/NAME"
    )


def test_a_repository_of_another_name_goes_before(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*OPTIONS, "--repository", "acme/elsewhere"]) == 2
    assert "Not Found" in capsys.readouterr().err
    assert cli.main([*OPTIONS, "--repository", "https://github.com/acme/clouds"]) == 2
    assert "Write it as OWNER/NAME" in capsys.readouterr().err


def test_refusals_and_limits_are_2_and_never_show_the_token(
    api: GithubApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.fail("^POST", FORBIDDEN)
    assert cli.main(OPTIONS) == 2
    api.fail("^GET", used_up(NOW_T + 3600))
    assert cli.main([*OPTIONS, "--wait", "5"]) == 2
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrong")
    assert cli.main(OPTIONS) == 2
    shown = "".join(capsys.readouterr())
    assert "issues: write" in shown and "the next run does it" in shown and "Bad credentials" in shown
    assert TOKEN not in shown and "ghp_wrong" not in shown


def test_a_history_that_cannot_be_read_leaves_the_issues_alone_and_is_told(
    api: GithubApi, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(OPTIONS)
    code = cli.main(["alarm", "--cloud", "demo", "--region", "one", "--graphite-url", "http://127.0.0.1:1"])
    assert code == 2
    assert "Graphite cannot be asked" in capsys.readouterr().err
    assert len(api.open()) == 1


def test_without_pygithub_it_says_which_extra_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    for name in [one for one in sys.modules if one == "github" or one.startswith(("github.", "stackprobe.alarm."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "github", None)
    assert cli.main(OPTIONS) == 2
    assert "extra github" in capsys.readouterr().err
