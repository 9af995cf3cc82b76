"""A GitHub on loopback, and alarm runs that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from stackprobe.alarm.calls import Caller
from stackprobe.alarm.carrying_out import carry_out
from stackprobe.alarm.tracker import Tracker
from stackprobe.config.model import Target
from stackprobe.state.model import CloudState

from tests.support.github_api import REPOSITORY, TOKEN, GithubApi
from tests.unit.state.worlds import NOW_T, state


@dataclass
class Runs:
    """Alarm runs.

    :ivar waits: what they waited for, seconds.
    """

    api: GithubApi
    waits: list[float] = field(default_factory=list)

    def tracker(self, longest_wait_s: float = 120) -> Tracker:
        return Tracker(REPOSITORY, TOKEN, self.api.url, "stackprobe-alarm", Caller(longest_wait_s, self.waits.append))

    def of(self, *states: CloudState, longest_wait_s: float = 120, dry: bool = False) -> list[str]:
        """One run for some states; what it said."""
        said: list[str] = []
        carry_out(self.tracker(longest_wait_s), states, said.append, dry=dry)
        return said

    def __call__(self, compute: str, given: Target | None = None, **options: object) -> list[str]:
        """One run for a cloud whose scenario `compute` ended so."""
        return self.of(state({"compute": compute}, given, **options))


@pytest.fixture
def api() -> Iterator[GithubApi]:
    one = GithubApi(NOW_T)
    yield one
    one.close()


@pytest.fixture
def run(api: GithubApi) -> Runs:
    return Runs(api)
