"""What GitHub Actions is told of a run and of what followed it: annotations, the summary of the step, its outputs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from stackprobe.aftermath.plan import Wanted
from stackprobe.github.problems import errors, warnings
from stackprobe.github.runner import Runner
from stackprobe.graphite.spool import waits
from stackprobe.outputs import junit, markdown
from stackprobe.results import Results


class Page:
    """Tells it.

    :param wanted: what follows the run.
    :param roles_paths: folders of the operator's own scenarios, for annotations that point into them.
    """

    def __init__(self, runner: Runner, wanted: Wanted, results: Results, roles_paths: Iterable[Path] = ()) -> None:
        self._runner, self._directory, self._results = runner, wanted.directory, results
        self._roles_paths = tuple(roles_paths)
        self._spool = wanted.spool or wanted.directory / "spool"
        self._waited = waits(self._spool)

    def begin(self) -> None:
        """Tell what the run has found, before anything that may take long."""
        self._runner.annotate(errors(self._results, self._located))
        self._runner.output(
            outcome=str(self._results.outcome),
            exit_code=str(self._results.exit_code),
            leftovers=str(self._results.leftovers),
            spool_changed="true",  # it must travel even if this process is killed while it delivers
        )
        self._copy_junit()

    def end(self, troubles: Sequence[str]) -> None:
        """Tell what did not work after the run, and all of it on one page."""
        self._runner.annotate(warnings(self._results, troubles))
        lines = [f"- ⚠️ {markdown.text(trouble)}" for trouble in troubles]
        after = ["### After the run", "", *lines] if lines else []
        self._runner.summary("\n".join([markdown.render(self._results), *after]))
        self._runner.output(spool_changed="true" if self._waited or waits(self._spool) else "false")

    def _located(self, file: str) -> str:
        """The file of a step: one of the operator's own scenarios lies in the workspace."""
        for folder in self._roles_paths:
            mine = folder.absolute().parent / file
            if mine.is_file():
                return self._runner.relative(mine)
        return self._runner.relative(file) if Path(file).is_absolute() else file

    def _copy_junit(self) -> None:
        """Under the name that the reporters of GitHub's marketplace look for: ``**/junit-reports/TEST-*.xml``."""
        source = self._directory / junit.FILENAME
        if source.is_file():
            places = (self._results.cloud, self._results.region)
            place = "-".join(re.sub(r"[^\w.-]+", "_", one) for one in places if one)
            folder = self._directory / "junit-reports"
            folder.mkdir(exist_ok=True)
            shutil.copyfile(source, folder / f"TEST-stackprobe-{place}.xml")
