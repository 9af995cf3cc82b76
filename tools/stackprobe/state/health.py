"""How a service is now, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stackprobe.flapping import flaps
from stackprobe.maintenance import Window
from stackprobe.outputs.wording import moment
from stackprobe.state.damping import Damping
from stackprobe.state.model import Health, Incident, Judgement, Level, Signal, Status

Detail = Callable[[Signal, Judgement], str]
"""What exactly was bad in a run, one clause; empty where that is not known."""


@dataclass(frozen=True)
class _Finding:
    status: Status
    reason: str


_ORDER = (Status.DOWN, Status.DEGRADED, Status.UNKNOWN, Status.UP)
_LEVELS = {Status.DOWN: Level.DOWN, Status.DEGRADED: Level.DEGRADED, Status.UNKNOWN: Level.DEGRADED}


def health(
    signals: Sequence[Signal],
    incident: Incident | None,
    window: Window | None,
    now_t: float,
    damping: Damping,
    detail: Detail = lambda signal, judgement: "",
) -> Health:
    """The health of a service.

    :param signals: those that tell of it.
    :param incident: the one that lasts.
    :param window: the maintenance that it is in.
    """
    lasting = incident.phases[-1].causes if incident else ()
    telling = [
        one for one in signals if one.called in lasting or (one.judgements and not one.judgements[-1].skipped)
    ] or list(signals)
    telling = [one for one in telling if not one.rule or last_judged(one)] or telling  # a rule may have a cold start
    findings = [_finding(one, incident, window, now_t, damping, detail) for one in telling]
    worst = min((one.status for one in findings), key=_ORDER.index, default=Status.UNKNOWN)
    seen_t = max((one.t for signal in signals if (one := last_judged(signal))), default=None)
    reasons = [one.reason for status in _ORDER for one in findings if one.status is status and one.reason]
    reason = "; ".join(reasons) or ("no run has told of it" if worst is Status.UNKNOWN else _all_well(telling))
    level = _LEVELS.get(worst, Level.UP)
    if window is not None:
        what = f"maintenance until {moment(window.until_t)}: {window.reason}"
        seen = f"; {reason}" if level else ""
        return Health(Status.MAINTENANCE, min(level, Level.DEGRADED), what + seen, seen_t, window)
    return Health(worst, level, reason, seen_t)


def last_judged(signal: Signal) -> Judgement | None:
    """The last judgement that could be made."""
    return next((one for one in reversed(signal.judgements) if one.bad is not None), None)


def _finding(
    signal: Signal,
    incident: Incident | None,
    window: Window | None,
    now_t: float,
    damping: Damping,
    detail: Detail,
) -> _Finding:
    last = last_judged(signal)
    if last is None or now_t - last.t > signal.stale_s:
        return _Finding(Status.UNKNOWN, _silence(signal, last, now_t))
    lasting = incident is not None and signal.called in incident.phases[-1].causes
    bad = last.level if signal.rule else last.bad
    if lasting and incident is not None:
        status = Status.DOWN if incident.level is Level.DOWN and _is_down(signal, damping) else Status.DEGRADED
        return _Finding(status, _trouble(signal, incident, last, damping, detail))
    if bad or last.bad:
        where = f" ({exact})" if (exact := detail(signal, last)) else ""
        after = "" if window else ", which is no alarm yet" if not signal.rule else ", without an alarm"
        return _Finding(Status.DEGRADED, f"{signal.called} was bad in the last run{where}{after}")
    return _Finding(Status.UP, "")


def _is_down(signal: Signal, damping: Damping) -> bool:
    """Whether the signal itself, not another one, makes its service down."""
    recent = _recent(signal, damping)
    return any(one.level is Level.DOWN for one in recent)


def _recent(signal: Signal, damping: Damping) -> list[Judgement]:
    judged = [one for one in signal.judgements if one.bad is not None]
    return judged[-1:] if signal.rule else judged[-damping.of :]


def _trouble(signal: Signal, incident: Incident, last: Judgement, damping: Damping, detail: Detail) -> str:
    recent = _recent(signal, damping)
    bad = [one for one in recent if one.level]
    exact = detail(signal, bad[-1]) if bad else ""
    where = f" ({exact})" if exact else ""
    if signal.rule:
        return f"{signal.called} is in alarm{where}"
    recovering = ", the last one passed" if not last.bad else ""
    flapping = ", flapping" if flaps([not one.bad for one in signal.judgements if one.bad is not None]) else ""
    return f"{signal.called} failed in {len(bad)} of the last {len(recent)} runs{where}{recovering}{flapping}"


def _silence(signal: Signal, last: Judgement | None, now_t: float) -> str:
    newest = signal.judgements[-1] if signal.judgements else None
    if newest is None:
        return f"no run has told of {signal.called}"
    since = f"since {moment(last.t)}, when it {'was bad' if last.bad else 'was good'}" if last else "so far"
    if now_t - newest.t > signal.stale_s:
        return f"nothing was heard of {signal.called} {since if last else 'since ' + moment(newest.t)}"
    how = "skipped" if newest.skipped else "not judged"
    return f"{signal.called} was {how} in the last runs; no run has told of it {since}"


def _all_well(signals: Sequence[Signal]) -> str:
    names = [one.name for one in signals if not one.rule]
    return f"{', '.join(names)} passed" if names else "no rule is broken"
