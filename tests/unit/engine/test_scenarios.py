"""Scenarios are found by their folders; what cannot be selected is said with what can."""

from __future__ import annotations

from pathlib import Path

import pytest
from stackprobe.config.model import Selection
from stackprobe.errors import UsageError
from stackprobe.scenarios import Scenario, discover, select


def role(folder: Path, name: str, about: str, defaults: str = "") -> Path:
    place = folder / f"probe_{name}"
    (place / "defaults").mkdir(parents=True)
    (place / "scenario.yaml").write_text(about)
    if defaults:
        (place / "defaults" / "main.yaml").write_text(defaults)
    return place


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    role(tmp_path, "one", "{description: One, services: [network], tags: [quick]}", "probe_one_limit_s: 3\n")
    role(tmp_path, "two", "{description: Two, tags: [slow], creates: false}")
    role(tmp_path, "rare", "{description: Rare, tags: [slow], opt_in: true}")
    (tmp_path / "probe_base").mkdir()
    return tmp_path


@pytest.fixture
def found(roles: Path) -> dict[str, Scenario]:
    return discover([roles])


def chosen(found: dict[str, Scenario], selection: Selection, names: tuple[str, ...] = (), tags: tuple[str, ...] = ()):
    return [one.name for one in select(found, selection, names, tags)]


def test_a_scenario_is_a_folder_with_a_description(found: dict[str, Scenario]) -> None:
    assert sorted(found) == ["one", "rare", "two"]
    one = found["one"]
    assert (one.services, one.tags, one.creates, one.opt_in) == (("network",), {"quick"}, True, False)
    assert list(one.options) == ["limit_s"] and one.variable("limit_s") == "probe_one_limit_s"
    assert one.file == "roles/probe_one/tasks/main.yaml"


def test_the_operators_folder_comes_first(roles: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.mktemp("own")
    role(own, "one", "{description: Mine}")
    assert discover([own, roles])["one"].description == "Mine"


def test_without_selection_all_but_the_opt_in_ones_run(found: dict[str, Scenario]) -> None:
    assert chosen(found, Selection()) == ["one", "two"]


@pytest.mark.parametrize(
    ("selection", "names", "tags", "runs"),
    [
        (Selection(), ("two",), (), ["two"]),
        (Selection(), ("rare",), (), ["rare"]),
        (Selection(), (), ("slow",), ["two"]),
        (Selection(), ("one",), ("slow",), ["one", "two"]),
        (Selection(names=frozenset({"one"})), (), (), ["one"]),
        (Selection(names=frozenset({"one"})), ("two",), (), ["two"]),
        (Selection(skip_names=frozenset({"one"})), (), (), ["two"]),
        (Selection(skip_tags=frozenset({"slow"})), (), (), ["one"]),
        (Selection(skip_names=frozenset({"one"})), ("one",), (), ["one"]),
    ],
)
def test_what_is_selected(
    found: dict[str, Scenario], selection: Selection, names: tuple[str, ...], tags: tuple[str, ...], runs: list[str]
) -> None:
    assert chosen(found, selection, names, tags) == runs


@pytest.mark.parametrize(
    ("selection", "names", "tags", "runs"),
    [
        (Selection(), (), (), ["one", "two"]),
        (Selection(), (), ("guests",), ["login"]),
        (Selection(), (), ("quick",), ["one"]),
        (Selection(tags=frozenset({"guests"})), (), (), ["login"]),
        (Selection(guests=True), (), (), ["login", "one", "two"]),
        (Selection(guests=True, names=frozenset({"one"})), (), (), ["login", "one"]),
        (Selection(guests=True, skip_names=frozenset({"login"})), (), (), ["one", "two"]),
        (Selection(guests=True, skip_tags=frozenset({"quick"})), (), (), ["two"]),
        (Selection(guests=True), ("one",), (), ["one"]),
        (Selection(guests=True), (), ("slow",), ["two"]),
        (Selection(guests=True), (), ("quick",), ["login", "one"]),
        (Selection(guests=True, skip_names=frozenset({"login"})), (), ("quick",), ["one"]),
    ],
)
def test_those_with_guests_run_where_guests_are_wanted(
    roles: Path, selection: Selection, names: tuple[str, ...], tags: tuple[str, ...], runs: list[str]
) -> None:
    role(roles, "login", "{description: Login, tags: [guests, quick], opt_in: true}")
    assert chosen(discover([roles]), selection, names, tags) == runs


@pytest.mark.parametrize(
    ("names", "tags", "says"),
    [(("oen",), (), "`one`"), ((), ("quikc",), "`quick`")],
)
def test_what_does_not_exist_is_said_with_what_was_perhaps_meant(
    found: dict[str, Scenario], names: tuple[str, ...], tags: tuple[str, ...], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        select(found, Selection(), names, tags)


def test_a_selection_of_nothing_proves_nothing(found: dict[str, Scenario]) -> None:
    with pytest.raises(UsageError, match="nothing would be proven"):
        select(found, Selection(skip_tags=frozenset({"slow", "quick"})), (), ())


@pytest.mark.parametrize(
    ("name", "about", "says"),
    [
        ("x", "{description: X, servces: [network]}", r"scenario.yaml:1:.*`services`"),
        ("x", "{description: X, services: network}", "must be of type list"),
        ("x", "{tags: [a]}", "needs a `description`"),
        ("x", "[]", "must be a mapping"),
        ("x", "{", "scenario.yaml"),
        ("run", "{description: X}", "cannot be called `run`"),
        ("api", "{description: X}", "cannot be called `api`"),
    ],
)
def test_a_mistake_in_a_scenario_is_said_with_its_place(tmp_path: Path, name: str, about: str, says: str) -> None:
    role(tmp_path, name, about)
    with pytest.raises(UsageError, match=says):
        discover([tmp_path])


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="roles-path"):
        discover([tmp_path / "nowhere"])
