"""Roles use nothing of Ansible that is younger than the oldest release that is supported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ansible.plugins
import jinja2
import pytest
import yaml
from jinja2 import nodes
from stackprobe.scenarios import roles_paths

OLDEST = (2, 16)
SETUP = Path(__file__).parents[2] / "setup.cfg"
ROLES = sorted(role for root in roles_paths() for role in root.iterdir() if (role / "tasks").is_dir())
CONDITIONS = {"when", "until", "failed_when", "changed_when", "that"}
ARITHMETIC = (nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
YOUNG_KEYWORDS = {"break_when"}  # of loop_control, 2.18


def added(kind: str) -> dict[str, str]:
    """In which release each filter or test came to Ansible, as its documentation says; `historical` is any."""
    folder = Path(ansible.plugins.__path__[0]) / kind
    docs = [yaml.safe_load(file.read_text(encoding="utf-8"))["DOCUMENTATION"] for file in folder.glob("*.yml")]
    return {str(one["name"]): str(one.get("version_added", "historical")) for one in docs}


def too_young(release: str) -> bool:
    found = re.fullmatch(r"(\d+)\.(\d+)", release)
    return found is not None and (int(found[1]), int(found[2])) > OLDEST


FILTERS, TESTS = added("filter"), added("test")
ENVIRONMENT = jinja2.Environment()
ENVIRONMENT.filters |= dict.fromkeys([*FILTERS, *(f"ansible.builtin.{name}" for name in FILTERS)], lambda *_: None)
ENVIRONMENT.tests |= dict.fromkeys([*TESTS, *(f"ansible.builtin.{name}" for name in TESTS)], lambda *_: True)


def templates(content: Any, key: str = "") -> Iterator[str]:
    """Every template in a file of a role; a condition is one without braces."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from templates(value, str(name))
    elif isinstance(content, list):
        for value in content:
            yield from templates(value, key)
    elif isinstance(content, str):
        yield f"{{{{ {content} }}}}" if key in CONDITIONS and "{{" not in content else content


def set_by_templates(content: Any, inside: bool = False) -> Iterator[str]:
    """Variables whose value is a template: before ansible-core 2.19 a number that comes out of one is a text."""
    if isinstance(content, dict):
        for name, value in content.items():
            if inside and isinstance(value, str) and "{{" in value:
                yield str(name)
            yield from set_by_templates(value, name in ("vars", "ansible.builtin.set_fact"))
    for value in content if isinstance(content, list) else ():
        yield from set_by_templates(value)


def reckoned(text: str) -> Iterator[str]:
    """The variables that a template takes for numbers without a filter that makes them such."""
    tree = ENVIRONMENT.parse(text)
    operands = [side for one in tree.find_all(ARITHMETIC) for side in (one.left, one.right)]
    for compare in tree.find_all(nodes.Compare):
        sides = [compare.expr, *(one.expr for one in compare.ops)]
        if any(isinstance(side, nodes.Const) and type(side.value) in (int, float) for side in sides):
            operands += sides
    yield from (side.name for side in operands if isinstance(side, nodes.Name))


def keys(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        yield from map(str, content)
    for value in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from keys(value)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_uses_what_the_oldest_ansible_has(role: Path) -> None:
    files = [file for folder in ("tasks", "vars", "defaults") for file in sorted((role / folder).rglob("*.yaml"))]
    for file in files:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert not YOUNG_KEYWORDS & set(keys(content)), file
        for text in templates(content):
            tree = ENVIRONMENT.parse(text)
            used = [(FILTERS, node.name) for node in tree.find_all(nodes.Filter)]
            used += [(TESTS, node.name) for node in tree.find_all(nodes.Test)]
            young = [name for known, name in used if too_young(known.get(name.rpartition(".")[2], ""))]
            assert not young, f"{file}: {young} in {text[:200]}"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_reckons_with_no_text(role: Path) -> None:
    files = {
        file: yaml.safe_load(file.read_text(encoding="utf-8"))
        for folder in ("tasks", "vars")
        for file in sorted((role / folder).rglob("*.yaml"))
    }
    texts = {name for file, content in files.items() for name in set_by_templates(content, file.parent.name == "vars")}
    for file, content in files.items():
        for text in templates(content):
            assert not texts & set(reckoned(text)), f"{file}: needs `| int` or `| float` in {text[:200]}"


def test_the_oldest_release_is_the_one_that_is_required() -> None:
    assert f"ansible-core>={OLDEST[0]}.{OLDEST[1]}\n" in SETUP.read_text(encoding="utf-8")
    assert FILTERS["dict2items"] and too_young("2.18") and not too_young("2.16") and not too_young("historical")
