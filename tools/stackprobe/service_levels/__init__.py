"""Service levels: rules of the configuration that a run, and the runs before it, are held against.

A rule has a subject (`subject`: a step, a scenario, a group of API calls, the run) and a condition (`conditions`, one
module each). `reading` makes rules of the configuration and `checking` finds mistakes in them, `judging` holds results
against them, `damping` keeps one blip from being an alarm, and `recording` writes and reads what was found.
"""

from stackprobe.service_levels.verdict import Damped, DampedRun, Evaluation, Verdict

__all__ = ["Damped", "DampedRun", "Evaluation", "Verdict"]
