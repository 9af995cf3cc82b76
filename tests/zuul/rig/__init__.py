"""A complete, genuine Zuul on loopback: ZooKeeper with TLS, scheduler, executor with bubblewrap, web, a database.

The services run in a venv of their own; nothing of Zuul is imported here. `rig.py` puts the parts together, the other
modules are one part each, and what stands in `inside/` is run by the Python of Zuul's venv.
"""

from __future__ import annotations

from tests.zuul.rig.builds import Build
from tests.zuul.rig.errors import RigError
from tests.zuul.rig.rig import Rig

__all__ = ["Build", "Rig", "RigError"]
