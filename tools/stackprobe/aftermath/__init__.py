"""What follows a run, whatever ended it: reports, sweep, delivery, heartbeat, logout."""

from stackprobe.aftermath.part import Interrupted, perform
from stackprobe.aftermath.plan import Part, parts

__all__ = ["Interrupted", "Part", "parts", "perform"]
