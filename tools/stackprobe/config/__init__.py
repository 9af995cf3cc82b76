"""The configuration file probes.yaml: its schema, its loader, its mistakes and what it says."""

from stackprobe.config.loader import InvalidConfig, load_config, schema
from stackprobe.config.model import Config, Graphite, Selection, Target
from stackprobe.config.problems import Known

__all__ = ["Config", "Graphite", "InvalidConfig", "Known", "Selection", "Target", "load_config", "schema"]
