"""Refused is not silent: only a port that was reached refuses. And what many steps found is to be had together."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.integration.engine.driver import Probe
from tests.support.ssh_server import full_port

HOST = "127.0.0.1"


@pytest.fixture
def refusing() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]


def test_a_refused_port_has_been_reached_and_a_silent_one_has_not(probe: Probe, refusing: int) -> None:
    reached = probe.step("connect", host=HOST, port=refusing, state=["refused", "open"])
    assert (reached["outcome"], reached["result"]["state"]) == ("passed", "refused"), reached
    closed = probe.step("connect", host=HOST, port=refusing, state="silent")
    assert closed["outcome"] == "failed" and "is refused, expected silent" in closed["message"], closed
    with full_port() as port:
        silent = probe.step("connect", host=HOST, port=port.number, state="silent", timeout=0.3)
        assert (silent["outcome"], silent["result"]["state"]) == ("passed", "silent"), silent
        shut = probe.step("connect", host=HOST, port=port.number, state=["refused", "open"], timeout=0.3)
        assert shut["outcome"] == "failed" and "is silent, expected refused or open" in shut["message"], shut


def test_what_a_change_brings_about_is_timed_from_its_order(probe: Probe) -> None:
    ordered = probe.step("check", value=1, expect={".": 1})
    with full_port() as port:
        threading.Timer(1.0, port.drain).start()
        opened = probe.step(
            "connect", host=HOST, port=port.number, state=["refused", "open"], wait=True, since=ordered["began"]
        )
    assert opened["outcome"] == "passed", opened
    assert 900 < opened["result"]["since_ms"] < 20_000
    assert opened["duration_ms"] <= opened["result"]["since_ms"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [({"state": "shut"}, "`state` must be open, refused, silent"), ({"state": "open", "open": True}, "exclude")],
)
def test_a_state_that_there_is_not_is_the_probes_error(probe: Probe, arguments: dict[str, object], says: str) -> None:
    answer = probe.step("connect", host=HOST, port=1, **arguments)
    assert answer["outcome"] == "error" and says in answer["message"], answer


def test_a_join_tells_what_each_of_its_steps_found_also_those_that_failed(probe: Probe) -> None:
    for zone, loss in (("good", 0), ("bad", 0)):
        to = HOST if zone == "good" else "240.0.0.1"  # nobody ever answers there
        probe.step("ping", name="Ping", to=to, count=2, zone=zone, loss_percent=loss, background=True)
    joined = probe.step("join")
    found = {one["zone"]: one for one in joined["result"]["results"]}
    assert joined["result"]["wrong_zones"] == ["bad"]
    assert found["good"]["outcome"] == "passed" and len(found["good"]["result"]["rtts_ms"]) == 2
    assert found["bad"]["outcome"] == "failed" and found["bad"]["result"]["loss_percent"] == 100


def test_a_check_can_have_figures_of_its_own(probe: Probe) -> None:
    value = {"times": [3, 4], "text": "no number"}
    checked = probe.step("check", value=value, expect={"times.#": 2}, figures={"last_ms": "times.1"})
    assert checked["outcome"] == "passed", checked
    assert probe.one("step", kind="check")["figures"] == {"last_ms": 4.0}
    wrong = probe.step("check", value=value, expect={"times.#": 2}, figures={"last_ms": "text"})
    assert wrong["outcome"] == "failed" and "no number for last_ms" in wrong["message"], wrong
