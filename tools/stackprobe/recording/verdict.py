"""What the result of an Ansible task says: how it ended, why, and what became of the items of its loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

IGNORED, RESCUED, EITHER = "ignored", "rescued", "ignored or rescued"

OK, FAILED, UNREACHABLE, SKIPPED = "ok", "failed", "unreachable", "skipped"

#: Words of results that no cloud can be blamed for: the playbook cannot run on this machine as it is.
_OURS = (
    "couldn't resolve module/action",
    "failed to import the required python library",
    "is required for this module",
    "the module interpreter",
    "could not find or access",
    "unable to retrieve file contents",
    "conflicting action statements",
)
_NO_TRACEBACK = "(traceback unavailable)"
_LONGEST = 6_000
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Item:
    """One item of a task's loop; outcome as of a check."""

    label: str
    outcome: str
    message: str | None


@dataclass(frozen=True)
class Verdict:
    """How a task ended.

    :ivar outcome: ``passed``, ``failed``, ``error`` or ``skipped``; ``passed`` too where it failed and that is handled.
    :ivar handled: it did not succeed, and its playbook says what then: ``ignored``, ``rescued``.
    :ivar retries: tries beyond the first (``until``).
    """

    outcome: str
    message: str | None = None
    handled: str | None = None
    retries: int = 0
    items: list[Item] = field(default_factory=list)


def judge(result: Mapping[str, Any], status: str, handled: str | None = None, remark: str = "") -> Verdict:
    """The verdict on a result.

    :param status: ``ok``, ``failed``, ``unreachable`` or ``skipped``, as Ansible calls it.
    :param handled: what the playbook does about it, if it did not succeed.
    :param remark: what has to be said beside the reason.
    """
    attempts = result.get("attempts")
    retries = max(attempts, 0) if isinstance(attempts, int) and not isinstance(attempts, bool) else 0
    if retries and status != FAILED:  # of a task that gave up, Ansible counts the tries without the first
        retries -= 1
    items = [_item(one) for one in _loop(result)]
    if status == FAILED and not any(item.outcome == "failed" for item in items):
        items = []  # which one failed, files of results since Ansible 2.20 do not say
    if status == OK:
        return Verdict("passed", retries=retries, items=items)
    if status == SKIPPED:
        return Verdict("skipped", _why_skipped(result), retries=retries, items=items)
    reason = _reason(result)
    if status == UNREACHABLE:
        reason = f"unreachable: {reason}" if reason else "unreachable"
    reason = (reason or "failed, and the result does not say why") + (f" ({remark})" if remark else "")
    if handled:
        return Verdict("passed", f"{handled}: {reason}", handled, retries, items)
    ours = status == FAILED and any(words in reason.lower() for words in _OURS)
    return Verdict("error" if ours else "failed", reason, None, retries, items)


def status_of(result: Mapping[str, Any]) -> str:
    """How a task ended, from its result alone, as files of results have it."""
    if result.get("unreachable"):
        return UNREACHABLE
    if result.get("failed"):
        return FAILED
    return SKIPPED if result.get("skipped") else OK


def _loop(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of the items of a loop; other modules may return something else under that name."""
    found = result.get("results")
    if not isinstance(found, (list, tuple)):
        return []
    items = [one for one in found if isinstance(one, Mapping)]
    return items if any("ansible_loop_var" in one or "_ansible_item_result" in one for one in items) else []


def _item(result: Mapping[str, Any]) -> Item:
    label = result.get("_ansible_item_label", result.get(str(result.get("ansible_loop_var", "item")), "item"))
    status = FAILED if "exception" in result and "failed" not in result else status_of(result)
    outcome = {OK: "passed", SKIPPED: "skipped"}.get(status, "failed")
    return Item(_head(label, _LONGEST_LABEL), outcome, _reason(result) if outcome == "failed" else None)


def _reason(result: Mapping[str, Any]) -> str:
    """Why it did not succeed, the message first, then what else helps."""
    parts = [_clipped(result.get("msg")) or _clipped(result.get("reason"))]
    parts += [
        f"item {item.label}: {item.message or 'failed'}"
        for item in (_item(one) for one in _loop(result))
        if item.outcome == "failed"
    ][:10]
    if isinstance(result.get("rc"), int) and result["rc"] != 0:
        parts.append(f"exit code {result['rc']}")
    for name in ("stderr", "module_stderr", "exception"):
        text = _clipped(result.get(name))
        if text and text != _NO_TRACEBACK and not any(text in part for part in parts):
            parts.append(text)
            break
    else:
        if len(parts) > 1:
            parts.append(_clipped(result.get("stdout")) or _clipped(result.get("module_stdout")))
    if result.get("censored") and not parts[0]:
        parts[0] = "the result is hidden (no_log)"
    return "\n".join(part for part in parts if part)


def _why_skipped(result: Mapping[str, Any]) -> str:
    reason = result.get("skip_reason") or result.get("skipped_reason") or result.get("msg") or "skipped"
    condition = result.get("false_condition")
    return _clipped(reason) + (f": {_head(condition, _LONGEST_LABEL)}" if condition else "")


def _clipped(value: Any) -> str:
    """A text of bounded length: what is longer keeps its head and its tail."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        value = "\n".join(_head(one, _LONGEST) for one in value[:50])
    text = value if isinstance(value, str) else str(value)
    if len(text) > _LONGEST:
        half = _LONGEST // 2
        text = f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
    return text.strip()


def _head(value: Any, longest: int) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
