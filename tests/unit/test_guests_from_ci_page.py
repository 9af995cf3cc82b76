"""What the page on guests from a CI shows is true: its files work together, its job exists, its quotas are enough."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from stackprobe import cli
from stackprobe.engine.ssh.keys import public_key
from stackprobe.needs.declared import Needs
from stackprobe.scenarios import Scenario, discover, roles_paths

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "doc/source/guests-from-ci.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "doc/source/examples"
GUESTS = {name: one for name, one in discover(roles_paths()).items() if "guests" in one.tags}
FACTS = {"zones": ["nova"], "flavor": {"vcpus": 1, "ram": 64}, "larger_flavor": {"vcpus": 1, "ram": 64}}
OF = {
    "instances": "servers",
    "cores": "cores",
    "floating IPs": "floating_ips",
    "networks": "networks",
    "routers": "routers",
    "ports": "ports",
    "volumes": "volumes",
    "load balancers": "load_balancers",
}


def example(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clouds.yaml of the page with a key in it."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    _, *lines, _ = (tmp_path / "key").read_text().splitlines()
    file = tmp_path / "clouds.yaml"
    text = example("guests/clouds-example.yaml")
    assert text.count("          …\n") == 1
    file.write_text(text.replace("          …\n", "".join(f"          {line}\n" for line in lines)))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return file


def test_the_configuration_and_the_secret_fit(clouds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probes = tmp_path / "probes.yaml"
    probes.write_text(example("guests/probes.yaml"))
    assert cli.main(["check", str(probes)]) == 0
    assert capsys.readouterr().out == f"{probes}: no mistakes; clouds: `mycloud`\n"
    clouds.write_text(clouds.read_text().replace("bastion: |", "gate: |"))
    assert cli.main(["check", str(probes)]) == 2
    assert "has no key `bastion`. Its keys are `gate`." in capsys.readouterr().err


def test_what_the_page_shows_of_the_host_is_a_public_key() -> None:
    access = yaml.safe_load(example("guests/probes.yaml"))["clouds"]["mycloud"]["common"]["access"]
    assert public_key(access["host_key"])
    (line,) = re.findall(r"^restrict,port-forwarding (ssh-\S+ \S+)$", PAGE, re.M)
    assert public_key(line)


def test_the_jobs_settings_are_those_of_the_configuration(tmp_path: Path) -> None:
    (block,) = [one for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.S) if "probe_settings" in one]
    job = yaml.safe_load(block)[0]["job"]
    shown = yaml.safe_load(example("guests/probes.yaml"))["clouds"]["mycloud"]["common"]["access"]
    ours = job["vars"]["probe_settings"]["common"]["access"]
    assert ours == {name: value for name, value in shown.items() if name != "host_key"}
    probes = tmp_path / "probes.yaml"
    probes.write_text(yaml.safe_dump(job["vars"]["probe_settings"]))
    assert cli.main(["check", str(probes)]) == 0


def test_the_job_ends_when_the_page_says() -> None:
    jobs = yaml.safe_load((ROOT / "zuul.d/scenarios.yaml").read_text(encoding="utf-8"))
    (job,) = [one["job"] for one in jobs if one["job"]["name"] == "stackprobe-guests"]
    deadline_s, timeout_s = job["vars"]["probe_deadline"], job["timeout"]
    assert job["vars"]["probe_tags"] == ["guests"]
    assert f"It ends itself after {deadline_s:,} s, teardown included, and Zuul ends it after {timeout_s:,} s." in PAGE


def test_the_workflow_leaves_time_for_the_end() -> None:
    given = yaml.safe_load(example("github/guests.yaml"))["jobs"]["probe"]["with"]
    assert given["tags"] == "guests" and given["timeout-minutes"] * 60 >= given["deadline"] + 600


def most(scenario: Scenario, access: Any) -> dict[str, int]:
    """What a scenario needs at its peak."""
    options = {name: one.get("default") for name, one in scenario.options.items()}
    needs: Needs = scenario.needs
    return needs.amounts(options if access is None else {**options, "access": access}, scenario.role_name, FACTS)


def test_the_quotas_are_those_that_the_scenarios_declare() -> None:
    rows = re.findall(r"^\| ([a-zI ,P]+) \| (\d+) \| (\d+) \|$", PAGE, re.M)
    shown = {name: (int(first), int(second)) for names, first, second in rows for name in names.split(", ")}
    declared: list[Counter[str]] = []
    for access in (None, {"host": "bastion", "floating_ips": True}):
        top: Counter[str] = Counter()
        for scenario in GUESTS.values():
            top |= Counter(most(scenario, access))
        declared.append(top)
    assert shown == {name: (declared[0][of], declared[1][of]) for name, of in OF.items()}
