"""What is read from a role: its options with their types, its steps, the release that it needs."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from stackprobe import releases, role_steps
from stackprobe.errors import UsageError
from stackprobe.scenarios import Scenario, discover, roles_paths

from tests.unit.engine.test_scenarios import role

DEFAULTS = """\
---
# GB: how big it is.
probe_x_size: 1
# s; longer than that is given up
probe_x_deadline: 60

# Slower than this is failed,
# as too slow; empty: no limit.
probe_x_boot_limit: ""
probe_x_limit: ""

probe_x_name: ""
# yes or no
probe_x_resize: true

probe_x_zones: []
probe_x_names: [a]
probe_x_query:
  # of it
  is: true
probe_x_rate: 0.5
probe_x_computed: "{{ probe_x_size + 1 }}"
probe_x_none:
"""
SHARED = """
- name: List the images
  probe_call: {call: image.images}
- name: Choose
  ansible.builtin.set_fact: {x: 1}
"""
MAIN = """
- ansible.builtin.import_tasks: more.yaml
- name: Choose the image
  ansible.builtin.include_role: {name: probe_base, tasks_from: choose}
- name: Always tidy up
  block:
    - name: "Boot  it"
      probe_wait: {call: x}
    - name: Go on beside
      probe_join:
    - name: All is there
      probe_join: {measure: true}
  always:
    - name: Delete it
      probe_delete: {kind: server}
"""


def found(tmp_path: Path, about: str = "{description: X}", defaults: str = DEFAULTS) -> Scenario:
    role(tmp_path, "x", about, defaults)
    return discover([tmp_path])["x"]


def test_the_type_of_an_option_is_that_of_its_default(tmp_path: Path) -> None:
    options = found(tmp_path).options
    types = {name: schema.get("type") for name, schema in options.items()}
    assert types == {
        "size": "integer",
        "deadline": "number",
        "boot_limit": ["number", "string"],
        "limit": ["number", "string"],
        "name": "string",
        "resize": "boolean",
        "zones": "array",
        "names": "array",
        "query": "object",
        "rate": "number",
        "computed": None,
        "none": None,
    }
    assert options["names"]["items"] == {"type": "string"} and "items" not in options["zones"]


def test_the_comment_above_a_default_describes_the_option(tmp_path: Path) -> None:
    options = found(tmp_path).options
    described = {name: (schema.get("x-unit"), schema.get("description")) for name, schema in options.items()}
    assert described["size"] == ("GB", "How big it is.")
    assert described["deadline"] == ("s", "Longer than that is given up")
    assert described["boot_limit"] == described["limit"]
    assert described["limit"] == (None, "Slower than this is failed, as too slow; empty: no limit.")
    assert described["name"] == (None, None)
    assert described["resize"] == (None, "Yes or no")


def test_a_scenario_can_say_more_of_an_option(tmp_path: Path) -> None:
    about = "{description: X, options: {zones: {items: {type: string}}, name: {enum: [a, b]}}}"
    options = found(tmp_path, about).options
    assert options["zones"] == {"type": "array", "default": [], "items": {"type": "string"}}
    assert options["name"]["enum"] == ["a", "b"]


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (
            "description: X\noptions: {zone: {}}\n",
            r"scenario.yaml:2:11: there is no option `zone` in defaults/main.yaml; d",
        ),
        (
            "description: X\noptions: {zones: 3}\n",
            "scenario.yaml:2:18: this is no JSON Schema of the option: it must be",
        ),
        (
            "description: X\noptions: {zones: {type: list}}\n",
            "scenario.yaml:2:25: this is no JSON Schema of the option",
        ),
        (
            "description: X\nrelease: zedd\n",
            "scenario.yaml:2:10: there is no OpenStack release series `zedd`; did you me",
        ),
        ("description: X\nrelease: '2022.1'\n", "scenario.yaml:2:10: there is no OpenStack release series"),
        ("description: X\nrelease: 2023.1\n", "scenario.yaml:2:10: .*Write '2023.1' with the quotes"),
    ],
)
def test_what_a_scenario_says_wrongly_is_said_with_its_place(tmp_path: Path, about: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        found(tmp_path, about)


def test_a_scenario_cannot_be_called_as_no_variable_can(tmp_path: Path) -> None:
    role(tmp_path, "x-y", "{description: X}")
    with pytest.raises(UsageError, match="cannot be called `x-y`"):
        discover([tmp_path])


def test_series_are_known_by_name_and_by_date() -> None:
    assert [one for one in ("zed", "2023.1", "2031.2", "2022.2", "2023.3", "Zed", "") if releases.is_series(one)] == [
        "zed",
        "2023.1",
        "2031.2",
    ]


def steps_of(tmp_path: Path, **files: str) -> role_steps.Steps:
    for name, text in files.items():
        folder, _, file = name.partition("__")
        path = tmp_path / f"probe_{folder}" / "tasks" / f"{file}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return role_steps.read(tmp_path / "probe_x")


def test_steps_are_found_wherever_they_are_imported_from(tmp_path: Path) -> None:
    more = "- name: First of all\n  probe_check: {value: 1}\n"
    found = steps_of(tmp_path, x__main=MAIN, x__more=more, base__choose=SHARED)
    assert dict(found.names) == {
        "first_of_all": "First of all",
        "list_the_images": "List the images",
        "boot_it": "Boot  it",
        "all_is_there": "All is there",
        "delete_it": "Delete it",
    }
    assert found.complete


@pytest.mark.parametrize(
    "task",
    [
        "{ansible.builtin.include_tasks: '{{ x }}.yaml'}",
        "{include_tasks: {file: gone.yaml}}",
        "{include_role: {name: '{{ x }}'}}",
        "{name: 'About {{ x }}', probe_call: {call: x}}",
        "{probe_call: {call: x}}",
    ],
)
def test_steps_that_the_files_do_not_tell_are_admitted(tmp_path: Path, task: str) -> None:
    found = steps_of(tmp_path, x__main=f"- {task}\n- {{name: Known, probe_call: {{call: x}}}}\n")
    assert (dict(found.names), found.complete) == ({"known": "Known"}, False)


def test_files_that_import_each_other_end(tmp_path: Path) -> None:
    main = "- import_tasks: more.yaml\n- {name: One, probe_call: {call: x}}\n"
    assert list(steps_of(tmp_path, x__main=main, x__more="- import_tasks: main.yaml\n").names) == ["one"]


EVERY = sorted(discover(roles_paths()).values(), key=lambda one: one.name)
SERVICE_TAGS = {
    "block_storage",
    "catalog",
    "compute",
    "dns",
    "http",
    "identity",
    "image",
    "key_manager",
    "load_balancer",
    "network",
    "object_store",
    "orchestration",
    "shared_file_system",
}
KINDS = {"read_only", "life_cycle", "billable", "admin", "slow", "guests", "performance"}


@pytest.mark.parametrize("scenario", EVERY, ids=lambda one: one.name)
def test_every_scenario_has_tags_of_the_vocabulary(scenario: Scenario) -> None:
    assert scenario.tags & SERVICE_TAGS, "a tag of a service"
    assert len(scenario.tags & {"read_only", "life_cycle"}) == 1, "either reads only, or makes something"
    assert scenario.tags <= SERVICE_TAGS | KINDS
    assert not ("billable" in scenario.tags and "read_only" in scenario.tags)


@pytest.mark.parametrize("scenario", EVERY, ids=lambda one: one.name)
def test_the_defaults_of_every_scenario_fit_what_is_read_of_its_options(scenario: Scenario) -> None:
    for name, schema in scenario.options.items():
        jsonschema.validate(schema["default"], schema, cls=jsonschema.Draft202012Validator)
        assert schema.get("description"), f"{name} lacks a comment"


@pytest.mark.parametrize("scenario", EVERY, ids=lambda one: one.name)
def test_the_steps_of_every_scenario_are_known(scenario: Scenario) -> None:
    steps = scenario.steps()
    assert steps.names and steps.complete
    assert "total" not in steps.names
