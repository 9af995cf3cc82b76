"""How the result of a task is judged."""

from __future__ import annotations

from typing import Any

import pytest
from stackprobe.recording.verdict import judge, status_of

LOOP = {
    "results": [
        {"item": "a", "ansible_loop_var": "item", "msg": "fine"},
        {"item": "b", "ansible_loop_var": "item", "failed": True, "msg": "out of luck"},
        {"one": {"name": "c"}, "ansible_loop_var": "one", "skipped": True},
    ]
}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"msg": "out of luck"}, "out of luck"),
        ({"msg": "non-zero return code", "rc": 3, "stderr": "no such server"}, "exit code 3\nno such server"),
        ({"msg": "non-zero return code", "rc": 3, "stderr": "", "stdout": "said"}, "exit code 3\nsaid"),
        ({"msg": "", "exception": "Traceback: KeyError"}, "Traceback: KeyError"),
        ({"msg": "x", "exception": "(traceback unavailable)"}, "x"),
        ({"censored": "hidden"}, "hidden (no_log)"),
        ({"reason": "no such file"}, "no such file"),
        ({}, "the result does not say why"),
        ({"msg": ["one", {"two": 2}]}, "one\n{'two': 2}"),
        (LOOP | {"msg": "One or more items failed"}, "item b: out of luck"),
    ],
)
def test_the_message_says_why(result: dict[str, Any], message: str) -> None:
    verdict = judge(result, "failed")
    assert verdict.outcome == "failed" and message in (verdict.message or "")


def test_an_unreachable_host_says_so() -> None:
    assert judge({"msg": "refused"}, "unreachable").message == "unreachable: refused"


def test_what_is_handled_passed_and_says_how() -> None:
    verdict = judge({"msg": "no"}, "failed", "rescued")
    assert (verdict.outcome, verdict.handled, verdict.message) == ("passed", "rescued", "rescued: no")


@pytest.mark.parametrize(
    "message",
    [
        "couldn't resolve module/action 'openstack.cloud.server'. This often indicates a misspelling",
        "Failed to import the required Python library (openstacksdk) on runner's Python",
        "openstacksdk >= 1.0 is required for this module",
    ],
)
def test_a_runner_that_cannot_run_the_playbook_is_no_failure_of_the_cloud(message: str) -> None:
    assert judge({"msg": message}, "failed").outcome == "error"


def test_tries_beyond_the_first_are_counted() -> None:
    assert judge({"attempts": 3}, "ok").retries == 2
    assert judge({"attempts": 2}, "failed").retries == 2  # Ansible leaves the first one out there
    assert judge({"attempts": True}, "ok").retries == judge({"attempts": "x"}, "ok").retries == 0


def test_items_of_a_loop_are_told_apart() -> None:
    items = [(item.label, item.outcome) for item in judge(LOOP, "failed").items]
    assert items == [("a", "passed"), ("b", "failed"), ("{'name': 'c'}", "skipped")]


def test_results_of_a_module_are_no_loop() -> None:
    assert judge({"results": [{"name": "x", "failed": True}, "y"]}, "ok").items == []


def test_long_messages_keep_head_and_tail() -> None:
    message = judge({"msg": "head " + "x" * 10_000_000 + " tail"}, "failed").message or ""
    assert len(message) < 10_000 and message.startswith("head") and message.endswith("tail")


@pytest.mark.parametrize(
    ("result", "status"),
    [({}, "ok"), ({"failed": True}, "failed"), ({"unreachable": True}, "unreachable"), ({"skipped": True}, "skipped")],
)
def test_status(result: dict[str, Any], status: str) -> None:
    assert status_of(result) == status
