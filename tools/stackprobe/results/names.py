"""Names of steps that are unique in their scenario and the same in every run.

CI pages follow a test over time by its name, and some keep only the first of two tests of the same name.
"""

from __future__ import annotations

import re
from collections import Counter

_UUID = re.compile(r"\b[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\b")


class StableNames:
    """Gives out names within one scenario.

    :param run_id: replaced by ``RUN`` where a scenario put it into a step's name; UUIDs become ``ID``.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._given: Counter[str] = Counter()
        self._taken: set[str] = set()

    def give(self, name: str, zone: str | None = None) -> str:
        """The name for the next step. A repeated one gets its number in the order of the scenario: ``Name (2)``."""
        stable = _UUID.sub("ID", name)
        if len(self._run_id) >= 4:  # a shorter one would be found in ordinary words
            stable = stable.replace(self._run_id, "RUN")
        stable = " ".join(stable.split()) or "step"
        if zone and zone not in stable:
            stable = f"{stable} [{zone}]"
        while True:
            self._given[stable] += 1
            count = self._given[stable]
            candidate = stable if count == 1 else f"{stable} ({count})"
            if candidate not in self._taken:
                self._taken.add(candidate)
                return candidate
