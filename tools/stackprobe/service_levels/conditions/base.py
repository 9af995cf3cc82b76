"""What every condition is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from stackprobe.results import Results
from stackprobe.service_levels.past import Need, Past
from stackprobe.service_levels.subject import Subject


class Mistake(Exception):
    """A rule that cannot be right.

    :param keys: where, in the rule.
    :param message: one sentence without a full stop; so is the remedy.
    """

    def __init__(self, keys: tuple[str, ...], message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.keys, self.message, self.remedy = keys, message, remedy


@dataclass(frozen=True)
class Judgement:
    """Whether a condition holds, and why. ``ok`` is None where that cannot be judged."""

    ok: bool | None
    reason: str


class Condition(ABC):
    """What is asked of a subject.

    :ivar scope: conditions of one scope and subject differ in nothing but how much they demand.
    :ivar leniency: how much it lets pass; the greater, the more.
    """

    @property
    @abstractmethod
    def scope(self) -> Hashable: ...

    @property
    @abstractmethod
    def leniency(self) -> tuple[float, ...]: ...

    def needs(self, subject: Subject) -> Iterable[Need]:
        """What it asks of the history."""
        return ()

    @abstractmethod
    def judge(self, subject: Subject, results: Results, past: Past) -> Judgement:
        """Whether it holds for a run, seen together with the runs before where it has a window."""

    def never_bad(self, deadline_s: float) -> str | None:
        """Why it would hold whatever happens in a run that is over after ``deadline_s``."""
        return None
