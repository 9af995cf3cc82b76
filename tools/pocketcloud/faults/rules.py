"""The rules of `faults.json`: read, checked, matched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pocketcloud.services import BY_NAME, KNOWN

DRIVER_OPERATIONS = (
    "spawn",
    "server_delete",
    "stop",
    "start",
    "reboot",
    "resize",
    "rebuild",
    "rescue",
    "unrescue",
    "pause",
    "unpause",
    "suspend",
    "resume",
    "shelve",
    "unshelve",
    "server_snapshot",
    "server_snapshot_end",
    "plug",
    "unplug",
    "attach",
    "detach",
    "volume_create",
    "volume_delete",
    "volume_extend",
    "volume_appear",
    "volume_grow",
    "volume_bytes",
    "snapshot_create",
    "snapshot_delete",
    "backup_create",
    "backup_restore",
    "backup_delete",
    "balancer_create",
    "balancer_update",
    "balancer_delete",
    "member_check",
    "zone_create",
    "zone_update",
    "zone_delete",
    "dns_answer",
    "share_create",
    "share_delete",
    "share_extend",
    "share_access",
    "share_snapshot",
)
LIES = ("volume_bytes",)  # where there is nothing to do for a rule but to be there
ALIASES = {
    **{service.type: service.name for service in KNOWN},
    "volume": "cinder",
    "volumev3": "cinder",
    "block-store": "cinder",
}
MATCH_KEYS = {"id", "service", "method", "path", "sent", "interface", "nth", "times"}
STATUS_KEYS = {"status", "body", "headers", "retry_after"}
ACTIONS = ("status", "drop", "hang", "truncate", "garbage", "rewrite")
HTTP_KEYS = MATCH_KEYS | STATUS_KEYS | {"delay", "drop", "hang", "truncate", "garbage", "set", "remove"}
DRIVER_KEYS = {"id", "driver", "name", "nth", "times", "delay", "stuck", "error", "answer"}


class FaultsError(ValueError):
    """The file does not say what it must; the text names the rule and what is wrong with it."""


@dataclass(frozen=True)
class When:
    """On which occurrences of a match a rule acts; on all of them when it says nothing."""

    nth: frozenset[int] | None = None
    times: int | None = None

    def acts(self, occurrence: int) -> bool:
        """Whether the rule acts on this occurrence, counted from 1."""
        if self.nth is not None:
            return occurrence in self.nth
        return self.times is None or occurrence <= self.times


@dataclass(frozen=True, eq=False)
class HttpRule:
    """A rule for requests. `action` is None when it only delays."""

    key: str
    when: When
    service: str | None
    methods: frozenset[str] | None
    path: re.Pattern[str]
    sent: re.Pattern[str] | None
    interface: str
    delay: tuple[float, float] | None  # s, from and to
    action: str | None
    moment: str = "before"  # of drop and hang: before or after the service has done the work
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    truncate_bytes: int = 0
    changes: dict[str, Any] = field(default_factory=dict)
    removals: tuple[str, ...] = ()

    def matches(
        self, service: str, method: str, target: str, interface: str, sent: Callable[[], str] = lambda: ""
    ) -> bool:
        """Whether a request is one of those that this rule counts; `sent` reads its body, if that matters."""
        return (
            self.service in (None, service)
            and (self.methods is None or method in self.methods)
            and self.interface in ("any", interface)
            and self.path.search(target) is not None
            and (self.sent is None or self.sent.search(sent()) is not None)
        )


@dataclass(frozen=True, eq=False)
class DriverRule:
    """A rule for an operation of the hypervisor or the volume backend."""

    key: str
    when: When
    operation: str
    name: re.Pattern[str]
    delay: tuple[float, float] | None
    stuck: bool
    error: str | None
    answer: str | None = None  # of dns_answer: the record's value

    def matches(self, operation: str, name: str) -> bool:
        """Whether an operation on the resource of this name is one of those that this rule counts."""
        return self.operation == operation and self.name.search(name) is not None


Rule = HttpRule | DriverRule


def parse(text: str) -> list[Rule]:
    """All rules of a file; blank means none. Raises FaultsError."""
    if not text.strip():
        return []
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise FaultsError(f"not JSON: {error}") from None
    if not isinstance(raw, list):
        raise FaultsError("not a list of rules")
    rules: list[Rule] = []
    seen: dict[str, int] = {}
    for position, item in enumerate(raw):
        try:
            if not isinstance(item, dict):
                raise FaultsError("not an object")
            text = json.dumps(item, sort_keys=True)
            seen[text] = seen.get(text, 0) + 1
            key = f"{text}#{seen[text]}"  # the same rule twice is two rules
            rules.append(_driver_rule(key, item) if "driver" in item else _http_rule(key, item))
        except FaultsError as error:
            raise FaultsError(f"rule {position}: {error}") from None
    return rules


def _known(item: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(item) - known)
    if unknown:
        raise FaultsError(f"unknown key {', '.join(unknown)} (known: {', '.join(sorted(known))})")


def _number(value: Any, what: str, least: float = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise FaultsError(f"{what} must be a number of at least {least:g}, not {value!r}")
    return float(value)


def _whole(value: Any, what: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise FaultsError(f"{what} must be a whole number of at least {least}, not {value!r}")
    return value


def _delay(item: dict[str, Any]) -> tuple[float, float] | None:
    value = item.get("delay")
    if value is None:
        return None
    if isinstance(value, list):
        if len(value) != 2:
            raise FaultsError("delay must be seconds or [from, to]")
        low, high = (_number(end, "delay") for end in value)
        if high < low:
            raise FaultsError("delay: the second number must not be below the first")
        return low, high
    seconds = _number(value, "delay")
    return seconds, seconds


def _pattern(value: Any, what: str) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise FaultsError(f"{what} must be a regular expression, not {value!r}")
    try:
        return re.compile(value)
    except re.error as error:
        raise FaultsError(f"{what}: {error}") from None


def _when(item: dict[str, Any]) -> When:
    if "nth" in item and "times" in item:
        raise FaultsError("nth and times exclude each other")
    if "nth" in item:
        value = item["nth"]
        values = value if isinstance(value, list) else [value]
        return When(nth=frozenset(_whole(one, "nth", 1) for one in values))
    if "times" in item:
        return When(times=_whole(item["times"], "times", 1))
    return When()


def _driver_rule(key: str, item: dict[str, Any]) -> DriverRule:
    _known(item, DRIVER_KEYS)
    operation = item["driver"]
    if operation not in DRIVER_OPERATIONS:
        raise FaultsError(f"driver must be one of {', '.join(DRIVER_OPERATIONS)}, not {operation!r}")
    stuck, error, answer = item.get("stuck", False), item.get("error"), item.get("answer")
    if not isinstance(stuck, bool):
        raise FaultsError("stuck must be true or false")
    if error is not None and not isinstance(error, str):
        raise FaultsError("error must be a text")
    if answer is not None and (operation != "dns_answer" or not isinstance(answer, str)):
        raise FaultsError("answer must be a text, and goes with dns_answer only")
    delay = _delay(item)
    if not (stuck or error or delay or answer or operation in LIES):
        raise FaultsError("says nothing to do: delay, stuck or error")
    return DriverRule(key, _when(item), operation, _pattern(item.get("name", ""), "name"), delay, stuck, error, answer)


def _service(item: dict[str, Any]) -> str | None:
    service = item.get("service")
    if service is None:
        if "nth" in item or "times" in item:
            raise FaultsError("nth and times need a service: every service counts for itself")
        return None
    name = ALIASES.get(service, service) if isinstance(service, str) else service
    if name not in BY_NAME:
        raise FaultsError(f"service must be one of {', '.join(BY_NAME)}, not {service!r}")
    return str(name)


def _methods(item: dict[str, Any]) -> frozenset[str] | None:
    method = item.get("method")
    if method is None:
        return None
    methods = method if isinstance(method, list) else [method]
    if not all(isinstance(one, str) and one.isalpha() for one in methods):
        raise FaultsError(f"method must be a method or a list of them, not {method!r}")
    return frozenset(one.upper() for one in methods)


def _moment(item: dict[str, Any], action: str) -> str:
    if item[action] not in ("before", "after"):
        raise FaultsError(f'{action} must be "before" or "after", not {item[action]!r}')
    return str(item[action])


def _http_rule(key: str, item: dict[str, Any]) -> HttpRule:
    _known(item, HTTP_KEYS)
    wanted = set()
    if STATUS_KEYS & set(item):
        wanted.add("status")
    if {"set", "remove"} & set(item):
        wanted.add("rewrite")
    wanted |= {name for name in ("drop", "hang", "truncate", "garbage") if name in item}
    if len(wanted) > 1:
        raise FaultsError(f"{' and '.join(sorted(wanted))} exclude each other")
    delay = _delay(item)
    if not wanted and delay is None:
        raise FaultsError(f"says nothing to do: delay, {', '.join(ACTIONS[:-1])}, set or remove")
    action = wanted.pop() if wanted else None
    interface = item.get("interface", "public")
    if interface not in ("public", "internal", "any"):
        raise FaultsError(f"interface must be public, internal or any, not {interface!r}")
    more: dict[str, Any] = {}
    if action == "status":
        more = _status(item)
    elif action in ("drop", "hang"):
        more = {"moment": _moment(item, action)}
    elif action == "truncate":
        more = {"truncate_bytes": _whole(item["truncate"], "truncate", 0)}
    elif action == "garbage":
        if item["garbage"] is not True and not isinstance(item["garbage"], str):
            raise FaultsError("garbage must be true or the text to send")
        more = {"body": "<html>surprise" if item["garbage"] is True else item["garbage"]}
    elif action == "rewrite":
        more = _rewrite(item)
    return HttpRule(
        key=key,
        when=_when(item),
        service=_service(item),
        methods=_methods(item),
        path=_pattern(item.get("path", ""), "path"),
        sent=_pattern(item["sent"], "sent") if "sent" in item else None,
        interface=interface,
        delay=delay,
        action=action,
        **more,
    )


def _status(item: dict[str, Any]) -> dict[str, Any]:
    status = item.get("status", 429 if "retry_after" in item else 200)
    if not 200 <= _whole(status, "status", 200) <= 599:
        raise FaultsError(f"status must be from 200 to 599, not {status}")
    headers = item.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str | int) for value in headers.values()):
        raise FaultsError("headers must be an object of texts")
    headers = {name: str(value) for name, value in headers.items()}
    if "retry_after" in item:
        # whole seconds, or a date as HTTP allows
        value = item["retry_after"]
        headers["Retry-After"] = value if isinstance(value, str) else str(_whole(value, "retry_after", 0))
    return {"status": status, "body": item.get("body"), "headers": headers}


def _rewrite(item: dict[str, Any]) -> dict[str, Any]:
    changes, removals = item.get("set", {}), item.get("remove", [])
    if not isinstance(changes, dict):
        raise FaultsError('set must be an object such as {"server.status": "ACTIVE"}')
    if not isinstance(removals, list) or not all(isinstance(path, str) for path in removals):
        raise FaultsError('remove must be a list such as ["server.addresses"]')
    return {"changes": changes, "removals": tuple(removals)}
