"""``probe_quota``: how much of the project's quota of one service is left, and whether that is enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackprobe.engine.classify import StepError, StepFailure, StepSkipped, status_of
from stackprobe.engine.expect import Checked
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.needs import RESOURCES
from stackprobe.quota import READERS, Quota
from stackprobe.suggest import did_you_mean, listed

_NOT_TOLD = (404, 405, 501)
_LEAST = ("percent", "absolute")


class QuotaStep(StepKind):
    """Reads the quotas of ``service``.

    Less than ``percent`` per cent of a limit left, or than ``absolute``, is a failure; both are 0 by default.
    ``thresholds`` maps a resource to its own ``percent`` and ``absolute``, ``leave_out`` lists what may run out.
    The result maps each resource to ``limit``, ``used`` and ``free`` (None: no limit).
    """

    name = "quota"
    required = frozenset({"service"})
    optional = frozenset({"percent", "absolute", "thresholds", "leave_out"})

    def run(self, context: StepContext, step: Step) -> Any:
        service = str(step.arguments["service"])
        if service not in READERS:
            raise StepError(f"quotas of {service} cannot be read; those of {listed(READERS)} can")
        wanted = {resource for resource, of in RESOURCES.items() if of == service}
        thresholds = _thresholds(step.arguments)
        try:
            found = READERS[service](context.connection, wanted)
        except Exception as error:
            if status_of(error) in _NOT_TOLD:
                raise StepSkipped(
                    f"the cloud does not tell the quotas of {service} (HTTP {status_of(error)})"
                ) from None
            raise
        if not found:
            raise StepFailure(f"the answer of {service} holds no quota that is known")
        short = []
        for quota in found.values():
            for checked in _checks(quota, thresholds):
                context.checks.append(checked)
                if not checked.holds:
                    short.append(f"{quota.resource}: {quota.free} of {quota.limit} left, {checked.expected} wanted")
        if short:
            raise StepFailure(f"too little is left: {'; '.join(short)}")
        return {
            quota.resource: {"limit": quota.limit, "used": quota.used, "free": quota.free} for quota in found.values()
        }


def _checks(quota: Quota, thresholds: Mapping[str, tuple[float, float] | None]) -> Iterator[Checked]:
    least = thresholds.get(quota.resource, thresholds[""])
    if quota.limit is None or quota.free is None or least is None:
        return
    percent, absolute = least
    wanted = max(quota.limit * percent / 100, absolute)
    words = f"at least {wanted:g}"
    yield Checked(f"{quota.resource} left: {words}", quota.free >= wanted, words, quota.free)


def _thresholds(arguments: Mapping[str, Any]) -> dict[str, tuple[float, float] | None]:
    """Percent and absolute number of each resource that has its own, None where it may run out; "" has those of all."""
    general = {key: _number(key, arguments.get(key)) for key in _LEAST}
    found: dict[str, tuple[float, float] | None] = {"": (general["percent"], general["absolute"])}
    own = arguments.get("thresholds") or {}
    if not isinstance(own, Mapping):
        raise StepError("`thresholds` must map resources to `percent` and `absolute`")
    for resource, least in own.items():
        _known(resource)
        if not isinstance(least, Mapping) or set(least) - set(_LEAST):
            raise StepError(f"the threshold of {resource} must be a mapping of `percent` and `absolute`")
        # one that is given stands alone: 5 of something is not 10 % of it, too
        found[resource] = (_number("percent", least.get("percent")), _number("absolute", least.get("absolute")))
    for resource in arguments.get("leave_out") or []:
        _known(resource)
        found[resource] = None
    return found


def _known(resource: Any) -> None:
    if resource not in RESOURCES:
        raise StepError(f"there is no quota of `{resource}`{did_you_mean(str(resource), RESOURCES)}")


def _number(key: str, value: Any) -> float:
    if value in (None, ""):
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= (100 if key == "percent" else 1e9):
        raise StepError(f"`{key}` must be a number from 0{' to 100' if key == 'percent' else ''}, not {value!r}")
    return number
