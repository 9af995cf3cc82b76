"""One rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackprobe.service_levels.conditions import Condition
from stackprobe.service_levels.damping import Damping
from stackprobe.service_levels.subject import Subject

SEVERITIES = ("degraded", "down")
"""What a service is while a rule about it is in alarm, the less bad first."""

Given = Mapping[str, Any]
"""A rule as the configuration has it."""


@dataclass(frozen=True)
class Rule:
    """What is asked of whom.

    :ivar name: the name of its test in JUnit and its part of the names of metrics.
    """

    name: str
    subject: Subject
    condition: Condition
    severity: str = "degraded"
    damping: Damping = field(default_factory=Damping)
