"""A local runner of GitHub Actions workflows, for tests: it really runs their steps, in order, in a clean environment.

It follows actions/runner where a test can tell the difference; README.md says where it is simpler.
"""

from tests.github.runner.caches import CacheStore
from tests.github.runner.errors import WorkflowError
from tests.github.runner.expressions import Expressions
from tests.github.runner.processes import Timing
from tests.github.runner.request import Interruption, Request
from tests.github.runner.results import Annotation, JobResult, StepResult, WorkflowRun
from tests.github.runner.run import run_workflow

__all__ = [
    "Annotation", "CacheStore", "Expressions", "Interruption", "JobResult", "Request", "StepResult", "Timing",
    "WorkflowError", "WorkflowRun", "run_workflow",
]  # fmt: skip
