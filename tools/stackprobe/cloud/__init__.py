"""A cloud of clouds.yaml: its files, what is checked in them, how it is opened and what is known of it."""

from stackprobe.cloud.known import Facts, facts, keys_of, scope_of, secrets_of
from stackprobe.cloud.opening import open_cloud
from stackprobe.cloud.sources import Sources

__all__ = ["Facts", "Sources", "facts", "keys_of", "open_cloud", "scope_of", "secrets_of"]
