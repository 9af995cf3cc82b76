"""Histories and targets for tests of the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stackprobe.config import load_config
from stackprobe.config.model import Target
from stackprobe.history.model import BadStep, PastRun, Sample
from stackprobe.results.outcome import Outcome, worst_of
from stackprobe.scenarios import Scenario
from stackprobe.state.assess import assess
from stackprobe.state.model import CloudState, ServiceState

from tests.support.memory_history import MemoryHistory

NOW_T = 1_700_035_200.0  # 2023-11-15 08:00:00 UTC
EVERY_S = 900
_OUTCOMES = {"p": Outcome.PASSED, "f": Outcome.FAILED, "e": Outcome.ERROR, "s": Outcome.SKIPPED}


def scenario(name: str, tags: Sequence[str] = (), services: Sequence[str] = ()) -> Scenario:
    return Scenario(name, Path(f"roles/probe_{name}"), name, tuple(services), frozenset(tags), False, True, {})


SCENARIOS = {
    one.name: one
    for one in (
        scenario("compute", ["compute", "life_cycle"], ["compute", "image", "network"]),
        scenario("server_groups", ["compute"], ["compute", "image", "network"]),
        scenario("volume", ["block_storage"], ["block-storage"]),
        scenario("http_watch", ["http"]),
    )
}


def target(text: str = "", tmp_path: Path | None = None) -> Target:
    """The cloud `demo`, with settings as they stand in a configuration."""
    if not text or tmp_path is None:
        return replace(load_config().target("demo", "one"))
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    return load_config(file).target("demo", "one")


def history(
    outcomes: Mapping[str, str],
    *,
    last_t: float = NOW_T - 300,
    every_s: float = EVERY_S,
    message: str = "503 Service Unavailable",
    figures: Mapping[str, Sequence[float]] | None = None,
) -> MemoryHistory:
    """Runs one after the other, the last one at `last_t`.

    :param outcomes: of each scenario, one letter a run (p, f, e, s; a dot: it was not part of it), the newest last.
    :param figures: further figures, one value a run, the newest last.
    """
    series: dict[str, list[Sample]] = {}
    length = max(map(len, outcomes.values()))
    times = [int(last_t - (length - 1 - index) * every_s) for index in range(length)]
    runs = []
    for index, t in enumerate(times):
        bad, found = [], []
        for name, letters in outcomes.items():
            letter = letters.rjust(length, ".")[index]
            if letter == ".":
                continue
            outcome = _OUTCOMES[letter]
            found.append(outcome)
            for one in Outcome:
                series.setdefault(f"{name}.{one}", []).append(Sample(t, float(one is outcome)))
            series.setdefault(f"{name}.duration_ms", []).append(Sample(t, 1000.0 + 10 * (index % 7)))
            if outcome.is_bad:
                bad.append(BadStep(name, "Work", outcome, message))
                series.setdefault(f"{name}.work.{outcome}", []).append(Sample(t, 1.0))
        whole = worst_of(found)
        for one in Outcome:
            series.setdefault(f"run.{one}", []).append(Sample(t, float(one is whole)))
        runs.append(PastRun(t, whole, f"run{index}", f"https://ci.example.org/{index}", tuple(bad)))
    for name, values in (figures or {}).items():
        series[name] = [Sample(t, value) for t, value in zip(times[-len(values) :], values, strict=True)]
    return MemoryHistory(runs, series)


def state(outcomes: Mapping[str, str], given: Target | None = None, **options: object) -> CloudState:
    return assess(history(outcomes, **options), given or target(), SCENARIOS, NOW_T)  # type: ignore[arg-type]


def service(found: CloudState, name: str) -> ServiceState:
    return next(one for one in found.services if one.service == name)
