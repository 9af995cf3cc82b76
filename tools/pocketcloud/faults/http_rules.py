"""Rules for requests to a service."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pocketcloud.faults import checks
from pocketcloud.faults.checks import FaultsError, When
from pocketcloud.services import BY_NAME, KNOWN

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


def parse(key: str, item: dict[str, Any]) -> HttpRule:
    """A rule from what the file says of it. Raises FaultsError."""
    checks.keys(item, HTTP_KEYS)
    wanted = set()
    if STATUS_KEYS & set(item):
        wanted.add("status")
    if {"set", "remove"} & set(item):
        wanted.add("rewrite")
    wanted |= {name for name in ("drop", "hang", "truncate", "garbage") if name in item}
    if len(wanted) > 1:
        raise FaultsError(f"{' and '.join(sorted(wanted))} exclude each other")
    delay = checks.delay(item)
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
        more = {"truncate_bytes": checks.whole(item["truncate"], "truncate", 0)}
    elif action == "garbage":
        if item["garbage"] is not True and not isinstance(item["garbage"], str):
            raise FaultsError("garbage must be true or the text to send")
        more = {"body": "<html>surprise" if item["garbage"] is True else item["garbage"]}
    elif action == "rewrite":
        more = _rewrite(item)
    return HttpRule(
        key=key,
        when=checks.when(item),
        service=_service(item),
        methods=_methods(item),
        path=checks.pattern(item.get("path", ""), "path"),
        sent=checks.pattern(item["sent"], "sent") if "sent" in item else None,
        interface=interface,
        delay=delay,
        action=action,
        **more,
    )


def _status(item: dict[str, Any]) -> dict[str, Any]:
    status = item.get("status", 429 if "retry_after" in item else 200)
    if not 200 <= checks.whole(status, "status", 200) <= 599:
        raise FaultsError(f"status must be from 200 to 599, not {status}")
    headers = item.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str | int) for value in headers.values()):
        raise FaultsError("headers must be an object of texts")
    headers = {name: str(value) for name, value in headers.items()}
    if "retry_after" in item:
        # whole seconds, or a date as HTTP allows
        value = item["retry_after"]
        headers["Retry-After"] = value if isinstance(value, str) else str(checks.whole(value, "retry_after", 0))
    return {"status": status, "body": item.get("body"), "headers": headers}


def _rewrite(item: dict[str, Any]) -> dict[str, Any]:
    changes, removals = item.get("set", {}), item.get("remove", [])
    if not isinstance(changes, dict):
        raise FaultsError('set must be an object such as {"server.status": "ACTIVE"}')
    if not isinstance(removals, list) or not all(isinstance(path, str) for path in removals):
        raise FaultsError('remove must be a list such as ["server.addresses"]')
    return {"changes": changes, "removals": tuple(removals)}
