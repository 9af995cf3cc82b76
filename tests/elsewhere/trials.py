"""Which runs the tests choose, and which faults of the cloud they meet."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.clouds import Rules

#: Options of a short run.
QUICK = "--scenario identity --scenario image"
NO_IMAGES: Rules = [{"service": "glance", "method": "POST", "path": "/v2/images$", "status": 500}]
SILENT_SUBNETS: Rules = [{"service": "neutron", "method": "POST", "path": "/subnets$", "hang": "before"}]


def write_probes(directory: Path) -> None:
    """A probes.yaml for short runs."""
    (directory / "probes.yaml").write_text(json.dumps({"options": {"image": {"bytes": 65536}}}))


def choose(etc: Path, options: str) -> None:
    """Let the next runs have these options, in /etc/stackprobe/mycloud.env."""
    (etc / "mycloud.env").write_text(
        f'# both systemd and sh read it\nRUN_OPTIONS="--config {etc}/probes.yaml {options}"\n'
    )
