"""`stackprobe new` makes a scenario that is one, refuses names that cannot be, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from stackprobe import scenarios
from stackprobe.cli import main

ROLE = {"README.md", "defaults/main.yaml", "meta/main.yaml", "scenario.yaml", "tasks/main.yaml"}


def files(directory: Path) -> dict[str, str]:
    """Text of each file below a directory."""
    return {str(one.relative_to(directory)): one.read_text() for one in directory.rglob("*") if one.is_file()}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_makes_a_scenario_with_its_test(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "floating_ips"]) == 0
    made = files(place)
    role = {f"roles/probe_floating_ips/{one}" for one in ROLE}
    assert set(made) == role | {"tests/conftest.py", "tests/test_floating_ips.py"}
    assert set(made) <= set(capsys.readouterr().out.splitlines())
    assert not [name for name, text in made.items() if "@NAME@" in text]
    one = scenarios.discover([place / "roles"])["floating_ips"]
    assert one.services == ("network",) and set(one.options) == {"deadline", "create_limit"}
    assert set(one.steps().names.values()) == {"Create the network", "Delete the network"}
    for name in role:
        if name.endswith(".yaml"):
            yaml.safe_load(made[name])
    compile(made["tests/test_floating_ips.py"], "test", "exec")


def test_the_second_scenario_shares_what_tests_have_in_common(place: Path) -> None:
    assert main(["new", "one"]) == main(["new", "two"]) == 0
    assert {"one", "two"} == set(scenarios.discover([place / "roles"]))


def test_it_goes_where_it_is_told_to(place: Path) -> None:
    assert main(["new", "one", "--directory", "deep/place"]) == 0
    assert (place / "deep" / "place" / "roles" / "probe_one" / "tasks" / "main.yaml").is_file()


def test_a_conftest_of_the_operators_own_is_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "tests").mkdir()
    (place / "tests" / "conftest.py").write_text("# mine\n")
    assert main(["new", "one"]) == 0
    assert (place / "tests" / "conftest.py").read_text() == "# mine\n"
    assert 'pytest_plugins = ["stackprobe.testing"]' in capsys.readouterr().out


@pytest.mark.parametrize("existing", ["roles/probe_one/README.md", "roles/probe_one/mine", "tests/test_one.py"])
def test_nothing_is_overwritten(existing: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / existing).parent.mkdir(parents=True)
    (place / existing).write_text("mine\n")
    assert main(["new", "one"]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert files(place) == {existing: "mine\n"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Floating-IPs", "did you mean `floating_ips`?"),
        ("probe_mine", "did you mean `mine`?"),
        ("1st", "did you mean `st`?"),
        ("../../etc", "did you mean `etc`?"),
        ("a" * 41, "at most 40"),
        ("", "the first a letter"),
        ("été", "the first a letter"),
        ("run", "something else"),
        ("api", "something else"),
        ("network", "there is a scenario `network` already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: str, says: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name]) == 2
    assert says in capsys.readouterr().err
    assert files(place) == {}


def test_a_place_that_cannot_be_written_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "file").write_text("")
    assert main(["new", "one", "--directory", "file"]) == 2
    assert "it is no directory" in capsys.readouterr().err
    (place / "roles").write_text("")
    assert main(["new", "one"]) == 2
    assert "--directory" in capsys.readouterr().err
