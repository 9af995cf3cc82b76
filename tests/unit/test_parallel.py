"""Jobs side by side: the result of each, and no waiting for one that hangs."""

from __future__ import annotations

import threading
import time

from stackprobe.parallel import run_all


def fail() -> int:
    raise RuntimeError("broken")


def test_each_job_gives_its_result_or_its_error() -> None:
    results = run_all({"one": lambda: 1, "two": lambda: 2, "bad": fail}, deadline=time.monotonic() + 10)
    assert results.done == {"one": 1, "two": 2}
    assert str(results.failed["bad"]) == "broken"


def test_a_job_that_hangs_fails_at_the_deadline_and_the_others_do_not() -> None:
    stop = threading.Event()
    began = time.monotonic()
    results = run_all({"hung": lambda: stop.wait(30), "good": lambda: True}, deadline=began + 0.3)
    assert time.monotonic() - began < 2
    assert results.done == {"good": True}
    assert isinstance(results.failed["hung"], TimeoutError)
    stop.set()


def test_jobs_that_found_no_place_before_the_deadline_fail_too() -> None:
    jobs = {number: lambda: time.sleep(0.2) for number in range(10)}
    results = run_all(jobs, deadline=time.monotonic() + 0.3, workers=1)
    assert set(results.done) | set(results.failed) == set(range(10)) and results.failed


def test_nothing_to_do_is_done_at_once() -> None:
    assert run_all({}, deadline=time.monotonic() + 10).done == {}
