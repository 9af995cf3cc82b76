"""How the role report_results delivers: to where a job variable says, or to all that the settings of the job name."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import journals
import pytest
from pocketgraphite import Graphite
from stackprobe.graphite.points import parse_points
from stackprobe.outputs import metrics
from stackprobe.results import from_directory

CHECKOUT = Path(__file__).resolve().parents[3]
PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.include_role": {"name": "report_results", "tasks_from": "deliver"}}],
    }
]


@pytest.mark.parametrize("named_by", ["job variable", "settings"])
def test_the_figures_reach_every_place_that_is_named(common: Graphite, tmp_path: Path, named_by: str) -> None:
    journal = journals.fair(["identity"], start=time.time() - 60)
    journal.records[0]["cloud"] = named_by
    output = journal.write(tmp_path / "output").parent
    written = metrics.render(from_directory(output))
    (output / "metrics.txt").write_text(written)
    program = tmp_path / "home" / "venv" / "bin" / "stackprobe"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m stackprobe "$@"\n')
    program.chmod(0o755)
    options = {
        "report_results_home": str(tmp_path / "home"),
        "report_results_output": str(output),
        "report_results_graphite_url": common.url,
    }
    if named_by == "settings":
        config = tmp_path / "home" / "probes.yaml"
        second = {"address": common.carbon, "prefix": "second", "naming": "stackprobe"}
        config.write_text(json.dumps({"graphite": {"address": common.carbon, "destinations": [second]}}))
        options["report_results_config"] = str(config)
    else:
        options["report_results_graphite"] = common.carbon
    (tmp_path / "play.yaml").write_text(json.dumps(PLAY))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "play.yaml", "-i", "localhost,", "-c", "local",
         "-e", json.dumps(options)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(CHECKOUT / "tools"),
             "ANSIBLE_ROLES_PATH": str(CHECKOUT / "roles"), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (output / "undelivered.txt").exists(), done.stdout
    figures = parse_points(written, output / "metrics.txt")
    for prefix in ("stackprobe", "second") if named_by == "settings" else ("stackprobe",):
        names = [point.name.replace("stackprobe", prefix, 1) for point in figures]
        end = time.monotonic() + 20  # the second place is not read back
        while set(common.render(names, figures[0].t - 60, figures[0].t + 60)) != set(names):
            assert time.monotonic() < end, f"not all of {prefix} has come"
            time.sleep(0.1)
