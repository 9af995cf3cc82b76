"""Jobs, playbooks, roles and examples are consistent, by Zuul's own parser; and each check notices its faults."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.zuul.rig import tenants
from tests.zuul.rig.services import CHECKOUT
from tests.zuul.static import examples, variables, zuul_yaml

Checkout = Callable[[str, str, str], Path]


@pytest.fixture
def bad(tmp_path: Path) -> Checkout:
    """A copy of this checkout with one fault: in that file, of the first text there is made the second."""

    def make(file: str, before: str, after: str) -> Path:
        for part in ("zuul.d", "zuul-tests.d", "playbooks", "roles", "doc/source", "README.md"):
            source = CHECKOUT / part
            if source.is_dir():
                shutil.copytree(source, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, tmp_path / part)
        path = tmp_path / file
        assert before in path.read_text(), f"{file} has no {before!r} any more: choose another fault"
        path.write_text(path.read_text().replace(before, after, 1))
        return tmp_path

    return make


def test_zuul_reads_our_configuration_and_finds_every_playbook() -> None:
    assert zuul_yaml.errors(CHECKOUT) == []


@pytest.mark.parametrize("tenant", tenants.discover(), ids=lambda tenant: tenant.name)
def test_zuul_reads_the_configuration_of_the_tenants_in_the_tests(tenant: tenants.Tenant, tmp_path: Path) -> None:
    values = dict.fromkeys(tenant.placeholders(), "1")  # some stand for numbers
    tenant.write_repository(tmp_path, values)
    assert zuul_yaml.errors(tmp_path) == []


def test_every_job_and_template_is_described() -> None:
    assert zuul_yaml.undescribed(CHECKOUT) == []


def test_every_group_of_scenarios_has_some() -> None:
    assert zuul_yaml.without_scenarios(CHECKOUT) == []


def test_every_variable_that_jobs_take_is_documented() -> None:
    assert variables.undocumented(CHECKOUT) == []


def test_every_documented_variable_is_read() -> None:
    assert variables.unused(CHECKOUT) == []


def test_documented_defaults_are_the_defaults() -> None:
    assert variables.wrong_defaults(CHECKOUT) == []


def test_every_role_documents_its_variables() -> None:
    assert variables.role_faults(CHECKOUT) == []


def test_every_example_in_the_documentation_is_good() -> None:
    assert examples.errors(CHECKOUT) == []


BASE = "zuul.d/base.yaml"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("attempts: 1", "attemps: 1", "extra keys not allowed"),
        ("attempts: 1", "attempts: one", "expected int"),
        ("- job:", "- job: [", "while parsing"),
        ("playbooks/probe/pre.yaml", "playbooks/probe/before.yaml", "there is no playbooks/probe/before.yaml"),
        ("playbooks/probe/post.yaml", "playbooks/probe/after.yaml", "there is no playbooks/probe/after.yaml"),
    ],
)
def test_a_fault_in_the_configuration_is_noticed(bad: Checkout, before: str, after: str, says: str) -> None:
    (found,) = zuul_yaml.errors(bad(BASE, before, after))
    assert found.startswith(BASE) and says in found


def test_a_fault_in_the_configuration_of_the_own_gate_is_noticed(bad: Checkout) -> None:
    (found,) = zuul_yaml.errors(bad("zuul-tests.d/project.yaml", "playbooks/gate/run.yaml", "playbooks/gate/go.yaml"))
    assert "there is no playbooks/gate/go.yaml" in found


def test_a_group_without_scenarios_is_noticed(bad: Checkout) -> None:
    checkout = bad("zuul.d/scenarios.yaml", "probe_tags: [block_storage]", "probe_tags: [block_store]")
    assert zuul_yaml.without_scenarios(checkout) == [
        "job stackprobe-block-storage: no scenario has the tag block_store"
    ]


def test_a_checkout_without_configuration_is_noticed(tmp_path: Path) -> None:
    assert zuul_yaml.errors(tmp_path) == [f"{tmp_path}: no configuration"]


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        ("scenarios.yaml", "    description: |\n      Every scenario", "    #", "job stackprobe-all: no description"),
        (
            "project-templates.yaml",
            "    description: |\n      A sweep a day, in the pipeline ``periodic-daily``.\n",
            "",
            "project-template stackprobe-sweep: no description",
        ),
    ],
)
def test_what_has_no_description_is_noticed(bad: Checkout, file: str, before: str, after: str, says: str) -> None:
    assert zuul_yaml.undescribed(bad(f"zuul.d/{file}", before, after)) == [says]


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (
            "playbooks/probe/run.yaml",
            "probe_tags | default([])",
            "probe_labels | default([])",
            "probe_labels: read from",
        ),
        (
            "playbooks/probe/post.yaml",
            "probe_sweep | default(true)",
            "probe_clean | default(true)",
            "probe_clean: read",
        ),
        (
            "roles/report_results/tasks/main.yaml",
            "probe_heartbeat is defined",
            "probe_pulse is defined",
            "probe_pulse: r",
        ),
        (BASE, ".. zuul:jobvar:: probe_tags", ".. zuul:jobvar:: probe_labels", "probe_tags: read from the job"),
        (BASE, ".. zuul:jobvar:: probe_clouds", ".. zuul:jobvar:: probe_cloudz", "probe_clouds: read from the job"),
        (BASE, "      probe_deadline: 1500", "      probe_dedline: 1500", "probe_dedline: set by job stackprobe-base"),
    ],
)
def test_a_variable_that_is_not_documented_is_noticed(
    bad: Checkout, file: str, before: str, after: str, says: str
) -> None:
    assert [one for one in variables.undocumented(bad(file, before, after)) if one.startswith(says)]


def test_a_variable_that_nothing_reads_is_noticed(bad: Checkout) -> None:
    assert variables.unused(bad(BASE, ".. zuul:jobvar:: probe_tags", ".. zuul:jobvar:: probe_labels")) == [
        "stackprobe-base: probe_labels: nothing reads it"
    ]


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (BASE, ":default: 1500", ":default: 1600", "probe_deadline: the default is said to be 1600, and it is 1500"),
        (BASE, ":default: pinned", ":default: newest", "ensure_stackprobe_sdk: the default is said to be newest"),
        (
            "playbooks/watchdog/run.yaml",
            "default(2)",
            "default(3)",
            "watchdog_missed: the default is said to be 2, and",
        ),
    ],
)
def test_a_default_that_is_another_is_noticed(bad: Checkout, file: str, before: str, after: str, says: str) -> None:
    (found,) = variables.wrong_defaults(bad(file, before, after))
    assert says in found


ROLE = "roles/ensure_stackprobe"


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (f"{ROLE}/defaults/main.yaml", "ensure_stackprobe_sdk:", "ensure_stackprobe_kit:", "kit: not documented"),
        (f"{ROLE}/defaults/main.yaml", "_sdk: pinned", "_sdk: newest", "said to be pinned, and it is 'newest'"),
        (
            f"{ROLE}/README.rst",
            ".. zuul:rolevar:: ensure_stackprobe_sdk",
            ".. zuul:rolevar:: other",
            "nothing reads it",
        ),
    ],
)
def test_a_role_that_is_described_wrongly_is_noticed(
    bad: Checkout, file: str, before: str, after: str, says: str
) -> None:
    assert [one for one in variables.role_faults(bad(file, before, after)) if says in one]


def test_a_role_without_readme_is_noticed(bad: Checkout) -> None:
    checkout = bad(BASE, "attempts: 1", "attempts: 1")
    (checkout / ROLE / "README.rst").unlink(missing_ok=True)
    assert "role ensure_stackprobe: no README.rst" in variables.role_faults(checkout)


GOOD = """\
```yaml
- job:
    name: probe-mycloud
    parent: stackprobe-all
    vars: {probe_tags: [compute]}
- secret:
    name: mycloud
    data:
      clouds_yaml: !encrypted/pkcs1-oaep
        - YWJj
- project:
    templates: [stackprobe-sweep]
    periodic-5min:
      jobs: [stackprobe-read-only, probe-mycloud]
```
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("parent:", "parents:", "extra keys not allowed"),
        ("- project:", "- project: [", "while parsing"),
        ("stackprobe-all", "stackprobe-everything", "there is no job stackprobe-everything"),
        ("stackprobe-read-only", "stackprobe-readonly", "there is no job stackprobe-readonly"),
        ("stackprobe-sweep", "stackprobe-swipe", "there is no project-template stackprobe-swipe"),
        ("probe_tags", "probe_labels", "no job reads the variable probe_labels"),
    ],
)
def test_a_fault_in_an_example_is_noticed(bad: Checkout, before: str, after: str, says: str) -> None:
    checkout = bad("README.md", "# stackprobe\n", "# stackprobe\n\n" + GOOD.replace(before, after))
    (found,) = examples.errors(checkout)
    assert found.startswith("README.md:4: ") and says in found


def test_a_good_example_has_no_fault(bad: Checkout) -> None:
    checkout = bad("README.md", "# stackprobe\n", "# stackprobe\n\n" + GOOD)
    assert examples.errors(checkout) == []
    assert "README.md:4" in [one.where for one in examples.find(checkout)]


def test_examples_are_found_in_descriptions_and_in_roles(bad: Checkout) -> None:
    checkout = bad(BASE, "attempts: 1", "attempts: 1")
    readme = checkout / ROLE / "README.rst"
    readme.write_text("Install.\n\nIn a job::\n\n   - job:\n       name: mine\n\nAnd so on.\n")
    found = [one.where for one in examples.find(checkout)]
    assert f"{ROLE}/README.rst:5" in found
    assert any(where.startswith("job stackprobe-base:") for where in found)


def test_that_there_is_no_example_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    assert examples.errors(tmp_path) == ["no example was found"]
