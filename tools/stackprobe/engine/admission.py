"""Who may begin: scenarios run side by side as far as the project's quota has room for all that they need at a time.

The order is that of the plan, whoever comes first. What does not fit waits, and what it needs is set aside from those
behind it: they go before it only where that cannot delay it, so that nothing big starves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from stackprobe.needs import RESOURCES

Amounts = Mapping[str, int]
TICK_S = 0.5
_WAITING, _ADMITTED, _OVER = "waiting", "admitted", "over"


@dataclass
class _Unit:
    """A scenario, or a repetition of one.

    :param after: the repetition before it.
    :param kinds: the resources that it needs.
    :param needs: how much of each; None: not yet known.
    """

    name: str
    after: str | None = None
    kinds: frozenset[str] = frozenset()
    needs: Amounts | None = None
    state: str = _WAITING
    asked: float | None = None
    changed: threading.Event = field(default_factory=threading.Event)


class Admission:
    """Admits the scenarios of a run.

    :param parallel: so many at a time at most; None: any number.
    :param refuse: told of every unit that can never begin, with reason and remedy; may be called from any thread.
    """

    def __init__(self, parallel: int | None, refuse: Callable[[str, str, str], None]) -> None:
        self._parallel, self._refuse = parallel, refuse
        self._lock = threading.Lock()
        self._units: dict[str, _Unit] = {}
        self._room: dict[str, int] = {}

    def expect(self, unit: str, after: str | None = None, kinds: frozenset[str] = frozenset()) -> None:
        """Queue a unit behind those before; how much it needs is told later.

        :param after: a unit that must be over before.
        :param kinds: the resources that it needs.
        """
        with self._lock:
            self._units[unit] = _Unit(unit, after, kinds)

    def set_room(self, free: Amounts) -> None:
        """So much of these resources is free in the project. What is not named is not limited."""
        with self._lock:
            self._room.update(free)

    def set_needs(self, needs: Mapping[str, Amounts]) -> None:
        """These units need so much; the room for it must have been told before."""
        with self._lock:
            for name, amounts in needs.items():
                if name in self._units:
                    self._units[name].needs = {resource: amount for resource, amount in amounts.items() if amount > 0}
        self._look()

    def must_wait(self, unit: str) -> bool:
        """Whether the unit has to ask for its turn."""
        with self._lock:
            one = self._units.get(unit)
            return one is not None and (self._parallel is not None or one.after is not None or one.needs != {})

    def take_turn(self, unit: str, until: float, interrupted: Callable[[], str | None]) -> float | None:
        """Wait until the unit may begin; the seconds that this took, or None where it may not begin any more.

        :param until: when the run's time is over, monotonic seconds.
        :param interrupted: why the run ends, if it does.
        """
        one = self._units.get(unit)
        if one is None:
            return 0.0
        one.asked = began = time.monotonic()
        while not one.changed.wait(max(0.0, min(TICK_S, until - time.monotonic()))):
            if interrupted():
                return None
            if time.monotonic() >= until:
                self._give_up(one, time.monotonic() - began)
                return None
        return time.monotonic() - began if one.state == _ADMITTED else None

    def missing(self, unit: str) -> str:
        """What a unit waits for, in words; empty when it does not, or only for the one before."""
        with self._lock:
            one = self._units.get(unit)
            if one is None or one.state != _WAITING or (one.after and self._units[one.after].state != _OVER):
                return ""
            return _in_words(one.needs or {}, self._free()) or "other scenarios"

    def release(self, unit: str, kept: Amounts | None = None) -> None:
        """The unit is over.

        :param kept: what it could not give back.
        """
        with self._lock:
            one = self._units.get(unit)
            if one is None or one.state == _OVER:
                return
            one.state = _OVER
            one.changed.set()
            for resource, amount in (kept or {}).items():
                if resource in self._room:
                    self._room[resource] -= amount
        self._look()

    def _look(self) -> None:
        """Admit whoever can begin now, and refuse whoever never can."""
        with self._lock:
            refused = [one for one in self._units.values() if one.state == _WAITING and not self._ever(one)]
            for one in refused:
                one.state = _OVER
            taken, slots, open_kinds = self._admitted(), self._slots(), set[str]()
            for one in self._units.values():
                if one.state != _WAITING or (one.after and self._units[one.after].state != _OVER):
                    continue
                if slots <= 0:
                    break
                if one.needs is None:  # its place is kept, so that the order does not depend on who answers first
                    slots -= 1
                    open_kinds |= one.kinds
                    continue
                if open_kinds & set(one.needs):
                    continue
                taken.append(one.needs)
                if self._fit(taken, one.needs):
                    one.state = _ADMITTED
                    one.changed.set()
                    slots -= 1
            texts = [(one, _in_words(one.needs or {}, self._room)) for one in refused]
        for one, lacking in texts:
            self._refuse(
                one.name,
                f"no quota left for what the scenario needs: {lacking}",
                "raise the project's quota, free what it uses, or let the scenario need less by its options",
            )
            one.changed.set()
        if refused:
            self._look()  # repetitions may have waited for them

    def _give_up(self, one: _Unit, waited_s: float) -> None:
        with self._lock:
            if one.state != _WAITING:
                return
            one.state = _OVER
            lacking = _in_words(one.needs or {}, self._free()) or "other scenarios were not over"
        self._refuse(
            one.name,
            f"not run: no room in time: waited {waited_s:.0f} s, {lacking}",
            "raise the project's quota or deadline_s, or select fewer scenarios",
        )

    def _ever(self, one: _Unit) -> bool:
        return self._fit([one.needs or {}], one.needs or {})

    def _admitted(self) -> list[Amounts]:
        return [one.needs or {} for one in self._units.values() if one.state == _ADMITTED]

    def _fit(self, together: list[Amounts], needs: Amounts) -> bool:
        """Whether there is room for all of ``together`` in what ``needs`` names."""
        return all(demand(resource, together) <= self._room[resource] for resource in needs if resource in self._room)

    def _free(self) -> dict[str, int]:
        """What is left beside those that were admitted, for one more."""
        admitted = self._admitted()
        return {
            resource: room - (demand(resource, [*admitted, {resource: 1}]) - 1) for resource, room in self._room.items()
        }

    def _slots(self) -> int:
        if self._parallel is None:
            return len(self._units)
        return self._parallel - sum(1 for one in self._units.values() if one.state == _ADMITTED)


def demand(resource: str, together: Iterable[Amounts]) -> int:
    """The room that scenarios must have to create so much of a resource side by side.

    The network service counts what is being created twice for a moment, as a reservation and as a resource already: one
    of each resource, and any number of ports, which come with servers. Whoever creates something then sees less than
    there is, but never its own.
    """
    amounts = [needs[resource] for needs in together if needs.get(resource)]
    if RESOURCES.get(resource) != "network":
        return sum(amounts)
    twice = [amount if resource == "ports" else 1 for amount in amounts]
    return sum(amounts) + sum(twice) - min(twice, default=0)


def _in_words(needs: Amounts, free: Amounts) -> str:
    """What is lacking, such as ``volumes: 3 needed, 1 left``."""
    lacking = (
        f"{resource}: {amount} needed, {max(0, free[resource])} left"
        for resource, amount in needs.items()
        if resource in free and amount > free[resource]
    )
    return "; ".join(lacking)
