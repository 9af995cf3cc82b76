"""What a scenario needs of a project's quota while it runs: declared in its scenario.yaml, evaluated for a run."""

from stackprobe.needs.declared import Needs, NeedsError
from stackprobe.needs.names import FACTS, RESOURCES

__all__ = ["FACTS", "RESOURCES", "Needs", "NeedsError"]
