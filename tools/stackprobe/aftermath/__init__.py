"""What follows a run, whatever ended it: reports, sweep, delivery, heartbeat, logout."""

from stackprobe.aftermath.part import Interrupted, Interruptible, perform
from stackprobe.aftermath.plan import Part, parts

__all__ = ["Interrupted", "Interruptible", "Part", "parts", "perform"]
