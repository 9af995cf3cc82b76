"""The watchdog: notices data that do not come, which no run can notice itself.

It looks where runs leave their traces: in Graphite (``run.heartbeat``, a figure that only runs have which judged the
cloud) and in Zuul (the builds of a job). Both are asked by their own clock, never by that of the machine it runs on.
"""

from __future__ import annotations

from stackprobe.watchdog.expected import Expectation, Patience, parse_job, parse_run
from stackprobe.watchdog.verdict import Verdict

__all__ = ["Expectation", "Patience", "Verdict", "parse_job", "parse_run"]
