"""Watching Zuul: the builds of a job.

SUCCESS and FAILURE are judgements: the job came to its end. Every other result (POST_FAILURE, RETRY_LIMIT, LOST,
TIMED_OUT, CANCELED, NODE_FAILURE, ERROR, DISK_FULL, …) says nothing about the cloud.

Zuul's timer starts nothing for an item that is still live, and does not say so: an item that lives longer than its
interval, be it that its build is slow or that it waits for a semaphore, swallows the next run.
"""

from __future__ import annotations

import contextlib

from stackprobe.outputs import wording
from stackprobe.spans import span
from stackprobe.watchdog.expected import Expectation, Patience
from stackprobe.watchdog.gaps import Gap, gaps
from stackprobe.watchdog.verdict import Verdict
from stackprobe.zuul import Build, Zuul, ZuulUnusable

#: Builds of one question, and most questions.
PAGE = 100
MOST_PAGES = 5


class Watcher:
    """Watches jobs of one tenant. Once Zuul is away, it is not asked again."""

    def __init__(self, zuul: Zuul) -> None:
        self._zuul = zuul
        self._away: str | None = None

    def watch(self, expected: Expectation, patience: Patience) -> Verdict:
        """Whether the builds of a job arrive and judge."""
        verdict = Verdict(f"job {expected.name}" + (f"@{expected.place}" if expected.place else ""))
        window_s = patience.window(expected)
        try:
            if self._away:
                raise ZuulUnusable(self._away)
            if self._zuul.has_job(expected.name):
                _Judge(self._zuul, expected, patience, window_s, verdict).judge()
            else:
                # A wrong address would say so, too: its 404 says something only where the tenant answers.
                self._zuul.builds(expected.name, limit=1)
                verdict.alarms.append("the job does not exist in this tenant")
        except ZuulUnusable as error:
            self._away = str(error) if error.status is None else self._away
            verdict.blind = f"Zuul cannot be asked: {error}"
        return verdict


class _Judge:
    def __init__(
        self, zuul: Zuul, expected: Expectation, patience: Patience, window_s: float, verdict: Verdict
    ) -> None:
        self.zuul, self.verdict = zuul, verdict
        self.expected, self.patience, self.window_s = expected, patience, window_s
        self.every = f"one is expected every {span(expected.every_s)}"
        running = zuul.builds(expected.name, pipeline=expected.place, complete=False, limit=PAGE)
        if zuul.now_t is None:
            raise ZuulUnusable(f"{zuul.place.api} does not say its time (no Date header)")
        self.now_t = zuul.now_t
        self.complete = self._completed()
        self.running = [build for build in running if build.running and not self._outlived(build, running)]
        self.judged = [build for build in self.complete if build.judged]
        self.recent = [build for build in self.complete if (build.due_t or 0) >= self.now_t - window_s]

    def _completed(self) -> list[Build]:
        found: list[Build] = []
        for page in range(MOST_PAGES):
            builds = self.zuul.builds(
                self.expected.name, pipeline=self.expected.place, complete=True, limit=PAGE, skip=page * PAGE
            )
            found += builds
            if len(builds) < PAGE or (builds[-1].due_t or 0) < self.now_t - self.window_s:
                break
        return found

    def _outlived(self, build: Build, running: list[Build]) -> bool:
        """Whether a later build of the same item was started: then this one is a record that nobody closed."""
        return any(
            other.queue == build.queue and (other.due_t or 0) > (build.due_t or 0)
            for other in [*self.complete, *running]
        )

    def judge(self) -> None:
        """Find what is wrong."""
        self._newest()
        self._without_judgement()
        self._in_progress()
        self._overlong()
        for gap in gaps(
            [build.due_t for build in self.recent if build.judged and build.due_t is not None],
            self.expected.every_s,
            self.patience.gap_s(self.expected),
        ):
            self.verdict.alarms.append(self._describe(gap))
        if not self.verdict.alarms:
            newest_t = max(build.end_t or 0 for build in self.judged)
            self.verdict.facts = (
                f"newest judgement {span(self.now_t - newest_t)} ago, "
                f"{sum(build.judged for build in self.recent)} in the last {span(self.window_s)}"
            )

    def _newest(self) -> None:
        if not self.complete:
            self.verdict.alarms.append(f"no data: no build of it has ever completed; {self.every}{self._why()}")
            return
        ends = [build.end_t for build in self.judged if build.end_t is not None]
        if not ends:
            self.verdict.alarms.append(
                f"no data: none of {wording.counted(len(self.complete), 'completed build')} has judged the cloud; "
                f"{self.every}{self._why()}"
            )
        elif self.now_t - max(ends) > self.patience.gap_s(self.expected):
            self.verdict.alarms.append(
                f"no judgement since {wording.moment(max(ends))}, {span(self.now_t - max(ends))} ago; "
                f"{self.every}{self._why()}"
            )

    def _why(self) -> str:
        """What Zuul says about a build that should be there."""
        with contextlib.suppress(ZuulUnusable):
            reasons = sorted(set(self.zuul.waiting(self.expected.name, self.expected.place)))
            if reasons:
                return f"; one waits ({', '.join(reasons)})"
        return ""

    def _without_judgement(self) -> None:
        last = self.complete[: self.patience.missed]
        if len(last) == self.patience.missed and not any(build.judged for build in last):
            results = ", ".join(sorted({str(build.result) for build in last}))
            what = f"the last {len(last)} builds" if len(last) > 1 else "the last build"
            self.verdict.alarms.append(f"{what} ended without a judgement ({results}): {self._page(last[0])}")

    def _in_progress(self) -> None:
        for build in self.running:
            age_s = self.now_t - (build.due_t or self.now_t)
            if age_s > self.expected.every_s:
                self.verdict.alarms.append(
                    f"overlong: a build is in progress for {span(age_s)}, longer than its interval of "
                    f"{span(self.expected.every_s)}, and holds the next runs back: {self._page(build)}"
                )

    def _overlong(self) -> None:
        """Builds that are over now, and took so long that the timer found them live."""
        lives = [(life, build) for build in self.recent if (life := _life_s(build)) > self.expected.every_s]
        if not lives:
            return
        longest_s, build = max(lives, key=lambda pair: pair[0])
        line = (
            f"overlong: {len(lives)} of {wording.counted(len(self.recent), 'build')} in the last {span(self.window_s)} "
            f"took longer than the interval of {span(self.expected.every_s)} and swallowed the next run; "
            f"the longest {span(longest_s)}: {self._page(build)}"
        )
        (self.verdict.alarms if len(lives) >= self.patience.missed else self.verdict.notes).append(line)

    def _describe(self, gap: Gap) -> str:
        line = (
            f"gap: no judgement from {wording.moment(gap.from_t)} until {wording.moment(gap.until_t)}: "
            f"{wording.counted(gap.missing, 'run is', 'runs are')} missing; {self.every}"
        )
        inside = [build for build in self.recent if gap.from_t < (build.due_t or 0) < gap.until_t and not build.judged]
        if inside:
            results = ", ".join(sorted({str(build.result) for build in inside}))
            line += f"; {wording.counted(len(inside), 'build')} in it ended without a judgement ({results})"
        before = [build for build in self.recent if build.due_t == gap.from_t]
        if before and _life_s(before[0]) > self.expected.every_s:
            line += f"; the one before took {span(_life_s(before[0]))} and held them back: {self._page(before[0])}"
        return line

    def _page(self, build: Build) -> str:
        return self.zuul.place.build_page(build.uuid)


def _life_s(build: Build) -> float:
    """How long its item was live, from the trigger to the end."""
    return max(build.end_t - build.due_t, 0.0) if build.end_t is not None and build.due_t is not None else 0.0
