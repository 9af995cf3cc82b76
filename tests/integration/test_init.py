"""`stackprobe init` looks at a genuine cloud, changes nothing, and writes what runs at once, or says what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.customers import NAME, customer
from tests.support.clouds import Rules, inventory, settled_inventory

Faults = Callable[[Rules], None]


@dataclass
class Place:
    """A directory of an operator in which the command is called."""

    directory: Path
    cloud: Cloud
    clouds_yaml: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environment |= {"OS_CLIENT_CONFIG_FILE": str(self.clouds_yaml), "XDG_STATE_HOME": str(self.directory / "state")}
        done = subprocess.run(
            [sys.executable, "-m", "stackprobe", *arguments],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @property
    def files(self) -> set[str]:
        return {str(one.relative_to(self.directory)) for one in self.directory.rglob("*") if one.is_file()}

    def config(self, name: str = "probes.yaml") -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load((self.directory / name).read_text(encoding="utf-8"))
        return loaded


@pytest.fixture
def place(cloud: Cloud, faults: Faults, tmp_path: Path) -> Place:
    """With a cloud without faults; the test sets its own."""
    directory = tmp_path / "here"
    directory.mkdir()
    return Place(directory, cloud, cloud.clouds_yaml)


def test_it_writes_what_passes_the_check_and_makes_nothing_in_the_cloud(place: Place, admin: Connection) -> None:
    before = inventory(admin)
    done = place("init", "--cloud", "demo", "--zuul", "zuul.d/probe.yaml", "--github", ".github/workflows/probe.yaml")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert place.files == {"probes.yaml", "zuul.d/probe.yaml", ".github/workflows/probe.yaml"}
    assert inventory(admin) == before
    assert place("check", "probes.yaml").returncode == 0
    demo = place.config()["clouds"]["demo"]
    assert demo["regions"] == ["RegionOne"]
    assert demo["common"] == {"flavor": "m1.tiny", "image": "cirros", "external": {"name": "public"}}
    assert {"compute", "endpoints", "identity", "image", "network", "volume"} <= set(demo["scenarios"]["names"])


def test_verify_makes_the_first_run_at_once(place: Place, admin: Connection) -> None:
    before = inventory(admin)
    role = place.directory / "roles" / "probe_own"
    role.mkdir(parents=True)
    (role / "scenario.yaml").write_text("description: It reads.\nservices: [network]\ncreates: false\n")
    (role / "tasks").mkdir()
    (role / "tasks" / "main.yaml").write_text("- name: List networks\n  probe_call: {call: network.networks}\n")
    with customer(place.cloud, admin, place.directory.parent, roles=("reader",)) as place.clouds_yaml:
        done = place("init", "--cloud", NAME, "--roles-path", "roles", "--verify")
        assert done.returncode == 0, done.stdout + done.stderr
        (report,) = place.directory.glob(f"stackprobe-{NAME}-*")
        summary = json.loads((report / "summary.json").read_text())
    ran = {one["name"]: one["outcome"] for one in summary["scenarios"]}
    chosen = place.config()["clouds"][NAME]["scenarios"]["names"]
    assert set(ran) == set(chosen) == {"endpoints", "identity", "own", "quota"}
    assert ran["own"] == "passed"
    assert settled_inventory(admin, before) == before


def test_standard_output_is_the_configuration_and_nothing_else(place: Place) -> None:
    done = place("init", "--cloud", "demo", "--output", "-")
    assert done.returncode == 0 and list(yaml.safe_load(done.stdout)) == ["clouds"]
    assert place.files == set()


def test_no_file_is_overwritten_unless_asked_to(place: Place) -> None:
    file = place.directory / "probes.yaml"
    file.write_text("mine\n")
    for arguments in ([], ["--output", "other.yaml", "--zuul", "probes.yaml"]):
        done = place("init", "--cloud", "demo", *arguments)
        assert done.returncode == 2 and "the file exists" in done.stderr and "--force" in done.stderr
    assert (place.files, file.read_text()) == ({"probes.yaml"}, "mine\n")
    assert place("init", "--cloud", "demo", "--force").returncode == 0
    assert "demo" in place.config()["clouds"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--cloud", "dmo"], "did you mean `demo`?"),
        (["--cloud", "demo", "--region", "RegionTwo"], "no region `RegionTwo`"),
        (["--cloud", "demo", "--output", "-", "--verify"], "--verify needs a configuration in a file"),
        (["--cloud", "demo", "--zuul", "probes.yaml"], "two of the files"),
        ([], "--cloud"),
    ],
)
def test_bad_usage_is_one_clear_error(arguments: list[str], says: str, place: Place) -> None:
    done = place("init", *arguments)
    assert done.returncode == 2 and says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert place.files == set()


def test_a_refused_login_is_the_users_to_mend(place: Place, tmp_path: Path) -> None:
    clouds = yaml.safe_load(place.clouds_yaml.read_text())
    clouds["clouds"]["demo"]["auth"]["password"] = "canary-wrong"
    place.clouds_yaml = tmp_path / "wrong.yaml"
    place.clouds_yaml.write_text(yaml.safe_dump(clouds))
    done = place("init", "--cloud", "demo")
    assert done.returncode == 2 and "authentication refused" in done.stderr
    assert "check the credentials" in done.stderr.lower() and "canary" not in done.stderr
    assert place.files == set()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 503}, "HTTP 503"),
        ({"hang": "before"}, "deadline passed"),
        ({"drop": "before"}, "closed connection"),
        ({"garbage": True}, "not JSON"),
    ],
    ids=["503", "silence", "drop", "garbage"],
)
def test_a_keystone_that_fails_is_the_clouds_fault(
    fault: dict[str, Any], says: str, place: Place, faults: Faults
) -> None:
    faults([{"service": "keystone", "method": "POST", **fault}])
    done = place("init", "--cloud", "demo", "--timeout", "2")
    assert done.returncode == 1 and says in done.stderr and "look at Keystone" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and place.files == set()


def test_services_that_fail_sink_nobody_else(place: Place, faults: Faults) -> None:
    faults([{"service": "nova", "hang": "before"}, {"service": "glance", "status": 500}])
    start = time.monotonic()
    done = place("init", "--cloud", "demo", "--timeout", "4")
    assert time.monotonic() - start < 40, "nobody waits for who is silent"
    assert done.returncode == 1, done
    for service in ("Compute", "Image"):
        assert f"{service} gives no answer about" in done.stderr
        assert f"# - {service} gives no answer about" in (place.directory / "probes.yaml").read_text()
    demo = place.config()["clouds"]["demo"]
    assert {"compute", "image", "network", "volume"} <= set(demo["scenarios"]["names"]), "the run is to show the fault"
    assert demo["common"] == {"external": {"name": "public"}}


def test_an_answer_that_makes_no_sense_is_no_answer(place: Place, faults: Faults) -> None:
    faults([{"service": "neutron", "path": "/networks", "garbage": True}])
    done = place("init", "--cloud", "demo")
    assert done.returncode == 1 and "Network gives no answer about the external networks" in done.stderr


@pytest.mark.parametrize(
    ("rule", "left_out", "says"),
    [
        ({"service": "glance", "path": "/images", "set": {"images": []}}, "compute", "no active image that boots"),
        ({"service": "nova", "path": "/flavors", "set": {"flavors": []}}, "compute", "sees no flavor"),
        ({"service": "neutron", "path": "/networks", "set": {"networks": []}}, None, "no external network"),
    ],
    ids=["image", "flavor", "network"],
)
def test_what_the_cloud_lacks_is_told_before_anything_is_made(
    rule: dict[str, Any], left_out: str | None, says: str, place: Place, faults: Faults
) -> None:
    faults([rule])
    done = place("init", "--cloud", "demo")
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1) and says in done.stderr, done.stderr
    text = (place.directory / "probes.yaml").read_text()
    assert says.rsplit(maxsplit=1)[-1] in text.partition("clouds:")[0]
    if left_out:
        assert f"# - {left_out}  # " in text
    else:
        assert place.config()["clouds"]["demo"]["common"]["external"] == {}
    assert place("check", "probes.yaml").returncode == 0


@pytest.mark.thorough
def test_a_user_who_may_only_read_is_told_so_and_gets_what_only_reads(
    place: Place, cloud: Cloud, admin: Connection, tmp_path: Path
) -> None:
    with customer(cloud, admin, tmp_path, roles=("reader",)) as place.clouds_yaml:
        done = place("init", "--cloud", NAME)
        assert done.returncode == 0 and "only the role reader" in done.stderr and "role add" in done.stderr
        names = place.config()["clouds"][NAME]["scenarios"]["names"]
        assert {"endpoints", "identity"} <= set(names) and not {"network", "compute", "volume", "image"} & set(names)
        run = place("run", "--config", "probes.yaml", "--scenario", "endpoints", "--output", "out")
        assert run.returncode == 0, run.stdout
        refused = place("run", "--cloud", NAME, "--scenario", "network", "--output", "refused")
        assert refused.returncode == 2 and "refused by policy" in refused.stdout
        said = (place.directory / "refused" / "summary.md").read_text()
        assert "give the user the role that this step needs; in the project it has reader" in said


def test_a_project_without_quota_is_told_what_stops_whom(
    place: Place, cloud: Cloud, admin: Connection, tmp_path: Path
) -> None:
    none = {"compute_quota": {"instances": 0}, "network_quota": {"network": 0}, "volume_quota": {"volumes": 0}}
    with customer(cloud, admin, tmp_path, **none) as place.clouds_yaml:
        done = place("init", "--cloud", NAME)
        assert done.returncode == 0, done.stderr
        for resource in ("servers", "networks", "volumes"):
            (line,) = [one for one in done.stderr.splitlines() if f"quota of {resource} is 0" in one]
            assert " needs " in line and "Raise the quota" in line
        text = (place.directory / "probes.yaml").read_text()
        assert "# - network  # the project's quota has no room for it: networks: 1 needed, 0 left of 0" in text
        names = place.config()["clouds"][NAME]["scenarios"]["names"]
        assert {"endpoints", "identity", "image"} <= set(names) and not {"network", "compute", "volume"} & set(names)
        run = place("run", "--cloud", NAME, "--scenario", "network", "--scenario", "compute", "--output", "out")
        assert run.returncode == 2
        assert run.stdout.count("Precondition: no quota left for what the scenario needs") == 2
        journal = (place.directory / "out" / "journal.jsonl").read_text()
        assert '"type":"resource"' not in journal, "nothing was made"


def test_quotas_that_a_cloud_does_not_tell_are_no_reason_against_anything(place: Place, faults: Faults) -> None:
    faults([{"service": "neutron", "path": "/quotas/", "status": 404}])
    done = place("init", "--cloud", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    faults([{"service": "neutron", "path": "/quotas/", "status": 500}])
    done = place("init", "--cloud", "demo", "--force")
    assert done.returncode == 1 and "Network gives no answer about quotas" in done.stderr
    assert "network" in place.config()["clouds"]["demo"]["scenarios"]["names"]
