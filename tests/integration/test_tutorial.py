"""Every command of the pages that lead somebody by the hand does what the page says, in an empty directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome, from_directory

from tests.support.console import Command, File, environment_of, follow, steps_of

PAGES = Path(__file__).resolve().parents[2] / "doc" / "source"
PROGRAM = Path(sys.executable).with_name("stackprobe")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Empty; a cloud that is still running in it in the end is stopped."""
    place = tmp_path / "empty"
    place.mkdir()
    yield place
    if (place / "cloud").is_dir():
        Cloud(place / "cloud").down()


def test_the_tutorial(directory: Path, tmp_path: Path) -> None:
    assert PROGRAM.exists(), "the helper must be installed"
    follow(PAGES / "tutorial.md", directory, environment_of(PROGRAM, tmp_path))
    outcomes = {name: from_directory(directory / name).outcome for name in ("first", "second", "red", "slow")}
    assert outcomes == {
        "first": Outcome.PASSED,
        "second": Outcome.PASSED,
        "red": Outcome.FAILED,
        "slow": Outcome.FAILED,
    }
    (report,) = (directory / "reports").iterdir()
    assert (report / "sweep.json").exists(), "finish has swept"
    monitoring = directory / "monitoring"
    jobs = yaml.safe_load((monitoring / "zuul.d" / "probe.yaml").read_text())
    assert [one for entry in jobs for one in entry] == ["job", "job", "project"]
    workflow = yaml.safe_load((monitoring / ".github" / "workflows" / "probe.yaml").read_text())
    assert workflow["jobs"]["probe"]["with"] == {"config": "monitoring/probes.yaml"}
    status = subprocess.run(
        [PROGRAM.with_name("pocketcloud"), "status", directory / "cloud"], capture_output=True, check=False
    )
    assert status.returncode != 0, "the cloud has ended"


@pytest.mark.thorough
def test_your_own_scenario(directory: Path, tmp_path: Path) -> None:
    follow(PAGES / "your-own-scenario.md", directory, environment_of(PROGRAM, tmp_path))
    for name in ("first", "second", "third"):
        results = from_directory(directory / name)
        assert (results.outcome, [one.name for one in results.scenarios]) == (Outcome.PASSED, ["web_access"])


@pytest.mark.parametrize("page", ["tutorial.md", "your-own-scenario.md"])
def test_a_page_hides_no_command_from_its_test(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    steps = steps_of(text)
    shown = [line for line in text.splitlines() if line.startswith("$ ")]
    assert len(shown) == sum(isinstance(step, Command) for step in steps)
    assert text.count(":caption:") == sum(isinstance(step, File) for step in steps)
    assert text.count("```") % 2 == 0
