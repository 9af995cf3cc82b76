"""The configuration file probes.yaml: its schema, its loader, its mistakes and what it says."""

from stackprobe.config.known import Known, KnownScenario, Steps
from stackprobe.config.loader import InvalidConfig, load_config, schema
from stackprobe.config.model import Config, Graphite, Selection, Target

__all__ = [
    "Config",
    "Graphite",
    "InvalidConfig",
    "Known",
    "KnownScenario",
    "Selection",
    "Steps",
    "Target",
    "load_config",
    "schema",
]
