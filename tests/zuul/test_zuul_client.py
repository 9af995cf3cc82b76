"""What the helper asks of Zuul, asked of a genuine one: the fakes of the unit tests answer as it does."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from stackprobe import ci, cli
from stackprobe.zuul import Zuul, ZuulUnusable, parse_place

from tests.support.zuul_api import ZuulApi
from tests.zuul.rig import Rig


def _tenant(rig: Rig) -> str:
    return f"{rig.url}/t/smoke"


def _watch(rig: Rig, *jobs: str, missed: int = 1) -> int:
    options = [option for job in jobs for option in ("--job", job)]
    return cli.main(["watchdog", "--zuul-url", _tenant(rig), "--missed", str(missed), *options])


def test_a_build_in_progress_is_known_with_its_trigger_and_watched(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    before_t = time.time()
    item = rig.enqueue("smoke", pipeline="manual-stays")
    running = rig.running_build(item, "smoke-stays")
    rig.wait_for_console(running, "TASK [Stay]")
    environment = {"STACKPROBE_CI": "zuul", "STACKPROBE_ZUUL_URL": _tenant(rig), "STACKPROBE_BUILD": running.uuid or ""}

    build = ci.current(environment)
    assert build.trigger_t is not None and int(before_t) <= build.trigger_t <= time.time()
    assert build.facts["build_url"] == f"{_tenant(rig)}/build/{running.uuid}"
    time.sleep(max(2.5 - (time.time() - build.trigger_t), 0))
    assert _watch(rig, "smoke-stays@manual-stays=1s") == 1
    assert f"/build/{running.uuid}" in next(line for line in capsys.readouterr().out.splitlines() if "overlong" in line)

    rig.dequeue(item)
    rig.wait(item)
    assert _watch(rig, "smoke-stays@manual-stays=1h") == 1
    # CANCELED becomes ABORTED when its executor has let go of it.
    assert re.search(r"the last build ended without a judgement \((CANCELED|ABORTED)\)", capsys.readouterr().out)


def test_builds_that_judged_are_quiet_and_jobs_that_are_not_there_alarm(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.run("smoke")
    assert _watch(rig, "smoke@manual=1h", "smoke-fails@manual=1h", missed=2) == 0
    assert _watch(rig, "smoke@check=1h") == 1
    assert _watch(rig, "smokee=1h") == 1
    assert "the job does not exist" in capsys.readouterr().out
    assert cli.main(["watchdog", "--zuul-url", f"{rig.url}/t/none", "--job", "smoke=1h"]) == 2
    with pytest.raises(ZuulUnusable):
        Zuul(parse_place(f"{rig.url}/t/smoke")).build("0" * 32)


def test_nothing_waits_where_no_build_left_figures(rig: Rig, tmp_path: Path) -> None:
    options = ["--zuul-url", _tenant(rig), "--job", "smoke", "--to", str(tmp_path / "earlier.txt")]
    assert cli.main(["undelivered", *options]) == 0
    assert not (tmp_path / "earlier.txt").exists()


def test_the_fake_of_the_unit_tests_answers_with_the_same_fields(rig: Rig) -> None:
    rig.run("smoke", jobs=["smoke"])
    genuine = rig.api.get("tenant/smoke/builds", job_name="smoke", complete="true", limit=1)[0]
    fake = ZuulApi()
    try:
        pretended = fake.add(artifacts=[])
        assert set(pretended) == set(genuine)
        assert {name: type(pretended[name]) for name in ("uuid", "result", "event_timestamp", "start_time")} == {
            name: type(genuine[name]) for name in ("uuid", "result", "event_timestamp", "start_time")
        }
        assert set(pretended["ref"]) == set(genuine["ref"]) and set(pretended["buildset"]) == set(genuine["buildset"])
    finally:
        fake.close()
