"""The script and the line for cron, run as cron runs them."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from stackprobe.results import Outcome, from_directory

from tests.elsewhere.cron import Cron
from tests.elsewhere.examples import EXAMPLES
from tests.elsewhere.processes import PATIENCE_S, ended, find, has_created, until
from tests.elsewhere.trials import NO_IMAGES, SILENT_SUBNETS, choose
from tests.support.clouds import Rules


@pytest.fixture
def cron(tmp_path: Path, etc: Path, helper: Path) -> Cron:
    """The line of the example."""
    (line,) = [one for one in (EXAMPLES / "cron" / "crontab").read_text().splitlines() if re.match(r"[0-9*]", one)]
    *_, user, command = re.split(r"\s+", line, maxsplit=6)
    assert user == "stackprobe"
    script = EXAMPLES / "cron" / "stackprobe-cron"
    return Cron(
        command.replace("/usr/local/bin/stackprobe-cron", shlex.quote(str(script))), tmp_path / "lib", etc, helper
    )


@pytest.mark.usefixtures("undisturbed", "faults")
def test_cron_mails_nothing_of_a_run_that_passed(cron: Cron) -> None:
    old = cron.state / "mycloud" / "reports" / "old.log"
    old.parent.mkdir(parents=True)
    old.touch()
    os.utime(old, (time.time() - 20 * 86400,) * 2)

    assert cron.run() == (0, "")
    (report,) = cron.reports()
    assert from_directory(report).outcome is Outcome.PASSED and (report / "sweep.json").exists()
    assert not old.exists()


@pytest.mark.usefixtures("undisturbed")
def test_cron_mails_what_failed(cron: Cron, faults: Callable[[Rules], None]) -> None:
    faults(NO_IMAGES)
    code, mail = cron.run()
    assert code == 1 and "mycloud – failed" in mail
    assert from_directory(cron.reports()[0]).outcome is Outcome.FAILED


def test_cron_mails_that_the_probe_could_not_judge(cron: Cron, etc: Path) -> None:
    choose(etc, "--scenario no-such")
    code, mail = cron.run()
    assert code == 2 and "no-such" in mail


@pytest.mark.usefixtures("undisturbed")
def test_a_start_while_the_run_before_lives_is_left_out(cron: Cron, etc: Path, faults: Callable[[Rules], None]) -> None:
    choose(etc, "--scenario network")
    faults(SILENT_SUBNETS)
    first = cron.start()
    with ended(first):
        until(lambda: cron.reports() and has_created(cron.reports()[0]), "a network", first)
        run = find(first, "run")
        assert cron.run() == (0, "") and len(cron.reports()) == 1
        script = next(one for one in [first, *first.children(recursive=True)] if "stackprobe-cron" in one.cmdline()[-2])
        script.kill()
        assert cron.run() == (0, "") and len(cron.reports()) == 1, "the run lives though its script is dead"
        faults([])
        run.terminate()
        psutil.wait_procs([run], PATIENCE_S)
    choose(etc, "--scenario identity")
    assert cron.run() == (0, "") and len(cron.reports()) == 2
