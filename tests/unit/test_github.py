"""What a step of GitHub Actions tells the runner: commands that it takes, and none that a cloud could slip in."""

from __future__ import annotations

import io
import re
from pathlib import Path

import journals
import pytest
import yaml
from stackprobe import cli
from stackprobe.errors import UsageError
from stackprobe.github import Annotation, Runner
from stackprobe.github.annotation import harmless
from stackprobe.github.problems import errors, warnings
from stackprobe.github.runner import Guarded
from stackprobe.results import Outcome, Problem, Results, Scenario, Step


def step(scenario: str, name: str, outcome: Outcome, **more: object) -> Step:
    """A step with as little as a step needs."""
    return Step(scenario, name, name.lower(), None, "call", 1, 0.0, outcome, 5.0, **more)  # type: ignore[arg-type]


def run(*scenarios: Scenario) -> Results:
    return Results(known=True, cloud="mycloud", region="north", scenarios=list(scenarios), finished=True)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(io.StringIO(), tmp_path / "output", tmp_path / "summary", tmp_path)


def said(runner: Runner) -> list[str]:
    assert isinstance(runner.stream, io.StringIO)
    return runner.stream.getvalue().splitlines()


def test_an_annotation_is_one_line_whatever_stands_in_it() -> None:
    one = Annotation("error", "50%, a: b", "100%\nsecond line\r\n::error::x", "dir,a/f:1.yaml", 7)
    assert str(one) == ("::error file=dir%2Ca/f%3A1.yaml,line=7,title=50%25%2C a%3A b::100%25 second line ::error::x")


def test_a_line_without_a_file_is_not_told() -> None:
    assert str(Annotation("warning", "t", "m", None, 3)) == "::warning title=t::m"


@pytest.mark.parametrize(
    "text",
    [
        "::error::x\n",
        "  ::add-mask::x\n",
        "a\n::stop-commands::x\n",
        "x ##[error]y\n",
        "##[add-mask]x\n",
        "a\r::stop-commands::x\n",
        "a\r\n \t::error::x",
        "\n\n::error::x\n::error::y\n",
    ],
)
def test_what_a_cloud_says_is_no_command(text: str) -> None:
    stream = io.StringIO()
    Guarded(stream).write(text)
    for line in re.split("[\r\n]+", stream.getvalue()):
        assert not line.strip().startswith("::") and "##[" not in line
    assert stream.getvalue().replace("\u200b", "") == text


def test_a_command_in_pieces_is_none_either() -> None:
    stream = io.StringIO()
    guarded = Guarded(stream)
    for piece in ("ok ", "::error::x\n", " ", "::error::y\n"):
        guarded.write(piece)
    assert stream.getvalue() == "ok ::error::x\n :\u200b:error::y\n"


def test_ordinary_text_passes_as_it_is() -> None:
    text = "10:00:00  network  passed  2001:db8::1 at::all\n"
    assert harmless(text) == text


def test_failures_of_the_cloud_come_before_errors_of_the_probe_and_point_at_file_and_line() -> None:
    results = run(
        Scenario("image", steps=[step("image", "Upload", Outcome.ERROR, message="403", remedy="ask for it")]),
        Scenario(
            "network",
            steps=[
                step(
                    "network",
                    "Create",
                    Outcome.FAILED,
                    message="500",
                    file="roles/probe_network/tasks/main.yaml",
                    line=3,
                )
            ],
        ),
    )
    one, other = errors(results, str)
    assert (one.level, one.title, one.message) == ("error", "The cloud failed – network, Create", "500")
    assert (one.file, one.line) == ("roles/probe_network/tasks/main.yaml", 3)
    assert (other.title, other.message) == ("The probe could not judge – image, Upload", "403. Ask for it.")


def test_what_no_step_shows_is_told_too() -> None:
    scenario = Scenario("image", file="roles/probe_image/tasks/main.yaml", outcome=Outcome.ERROR)
    scenario.problems.append(Problem(Outcome.ERROR, "it did not end"))
    (one,) = errors(run(scenario), str)
    assert (one.message, one.file, one.line) == ("it did not end", "roles/probe_image/tasks/main.yaml", 1)


@pytest.mark.parametrize(("bad", "shown"), [(10, 10), (11, 10), (500, 10)])
def test_at_most_ten_are_shown_and_the_last_says_how_many_more_there_are(bad: int, shown: int) -> None:
    steps = [step("network", f"Step {number}", Outcome.FAILED, message="500") for number in range(bad)]
    found = errors(run(Scenario("network", steps=steps)), str)
    assert len(found) == shown
    if bad > 10:
        assert found[-1].title == f"… and {bad - 9} more" and "Step 9" in found[-1].message
        assert len(str(found[-1])) < 2_000


def test_troubles_after_the_run_come_before_what_was_slow() -> None:
    slow = step("network", "Create", Outcome.PASSED, limit_ms=5.5)
    found = warnings(run(Scenario("network", steps=[slow])), ["no Graphite"])
    assert [one.message.split(":")[0] for one in found] == ["no Graphite", "slow"]
    assert {one.level for one in found} == {"warning"}


def test_outputs_of_several_lines_keep_their_lines_and_cannot_add_another_output(
    runner: Runner, tmp_path: Path
) -> None:
    runner.output(trigger_time="a\nb<<EOF\nEOF\nx=1")
    first, *lines, last = (tmp_path / "output").read_text().splitlines()
    name, _, end = first.partition("<<")
    assert (name, last) == ("trigger-time", end)
    assert lines == ["a", "b<<EOF", "EOF", "x=1"] and end not in "\n".join(lines)


def test_bad_input_is_one_annotation_at_its_file_and_line_and_stands_in_the_summary(
    runner: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "probes.yaml"
    file.touch()
    runner.refuse(UsageError("unknown key `cloud`", remedy="remove it", file=file, line=4, column=2))
    (line,) = said(runner)
    assert line.startswith("::error file=") and "line=4,col=2" in line
    assert line.endswith("::unknown key `cloud`. Remove it.")
    assert "unknown key" in (tmp_path / "summary").read_text()


def test_bad_input_of_a_secret_names_its_line_though_there_is_no_file_to_point_at(runner: Runner) -> None:
    runner.refuse(UsageError("the secret is no valid YAML", file="the secret", line=4))
    (line,) = said(runner)
    assert line.startswith("::error title=") and "the secret:4" in line


@pytest.mark.parametrize("arguments", [["run", "--no-such-option"], ["run", "--deadline", "soon"], ["nonsense"]])
def test_a_bad_option_is_an_annotation_too(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out.startswith("::error title=stackprobe cannot start::") and out.count("\n") == 1 and err == ""
    assert "cannot start" in (tmp_path / "summary").read_text()


@pytest.fixture
def in_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a step; files of the runner are in the directory."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("OUTPUT", "STEP_SUMMARY"):
        monkeypatch.setenv(f"GITHUB_{name}", str(tmp_path / name))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    return tmp_path


def test_finish_makes_annotations_summary_outputs_and_a_report_for_reporters(
    in_github: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = in_github / "mine" / "roles" / "probe_network" / "tasks" / "main.yaml"
    own.parent.mkdir(parents=True)
    own.touch()
    report = journals.mixed().write(in_github / "report").parent
    assert cli.main(["finish", str(report), "--no-sweep", "--roles-path", str(in_github / "mine" / "roles")]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = [line for line in lines if line.startswith("::error ")]
    whose = [("The cloud failed" in line, "The probe could not judge" in line) for line in found]
    assert whose == sorted(whose, reverse=True) and len(set(whose)) == 2, "the cloud's failures come first"
    assert any("file=mine/roles/probe_network/tasks/main.yaml,line=" in line for line in found), "the operator's own"
    assert any("file=roles/probe_image/tasks/main.yaml,line=" in line for line in found), "one of the collection"
    assert any(line.startswith("::warning ") and "leftovers" in line for line in lines)
    outputs = (in_github / "OUTPUT").read_text()
    assert "outcome<<" in outputs and "\nfailed\n" in outputs and "\nfalse\n" in outputs
    summary = (in_github / "STEP_SUMMARY").read_text()
    assert summary.startswith("## ❌ ") and summary.index("What went wrong") < summary.index("| Scenario |")
    assert next(file.name for file in (report / "junit-reports").iterdir()).startswith("TEST-stackprobe-")


def test_finish_without_a_run_says_nothing_that_was_not_said_before(
    in_github: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_github / "probes.yaml").write_text("nonsense: true\n")
    arguments = ["finish", str(in_github / "report"), "--config", str(in_github / "probes.yaml")]
    assert cli.main([*arguments, "--graphite", "127.0.0.1:1", "--clouds-file", str(in_github / "clouds.yaml")]) == 0
    out, err = capsys.readouterr()
    assert "::error" not in out and "::warning" not in out and err == ""
    assert not (in_github / "STEP_SUMMARY").exists()


def test_a_crash_is_not_the_clouds_fault_and_its_traceback_no_command(
    in_github: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("a cloud said\n::add-mask::everything")

    monkeypatch.setattr("stackprobe.commands.check.load_config", crash)
    assert cli.main(["check", "probes.yaml"]) == 2
    err = capsys.readouterr().err
    assert "RuntimeError" in err and "\n::" not in err and "not of the cloud" in err


@pytest.mark.parametrize("fault", ["journal", "config", "junit", "output"])
def test_whatever_goes_wrong_the_login_is_ended_and_the_trouble_told(
    in_github: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    report = journals.fair(["identity"]).write(in_github / "report").parent
    login = in_github / "private" / "clouds.yaml"
    login.parent.mkdir()
    auth = {"auth_url": "http://127.0.0.1:1", "username": "u", "password": "p", "project_name": "x"}
    login.write_text(yaml.safe_dump({"clouds": {"demo": {"auth": auth, "stackprobe": {"login": True}}}}))
    config = in_github / "probes.yaml"
    config.write_text("{}\n")
    if fault == "journal":
        (report / "journal.jsonl").write_text("nonsense\n")
    elif fault == "config":
        config.unlink()
    elif fault == "junit":
        (report / "junit-reports").touch()
    else:
        monkeypatch.setenv("GITHUB_OUTPUT", str(in_github / "no" / "such" / "directory"))
    arguments = ["finish", str(report), "--no-sweep", "--config", str(config), "--clouds-file", str(login)]
    assert cli.main(arguments) == 0
    out, _ = capsys.readouterr()
    assert not login.exists()
    assert "::warning " in out and "Traceback" not in out


def test_a_page_stays_below_what_github_drops_whole(in_github: Path) -> None:
    journal = journals.Journals(1, ["network"])
    journal.run()
    for number in range(20_000):
        journal.step("network", f"Step {number}", "call", 5.0, outcome="failed", message="x" * 500)
    journal.end("failed")
    report = journal.write(in_github / "report").parent
    assert cli.main(["finish", str(report), "--no-sweep"]) == 0
    assert (in_github / "STEP_SUMMARY").stat().st_size < 1024 * 1024
