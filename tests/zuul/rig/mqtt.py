"""A genuine MQTT broker, and what Zuul reports to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pocketcloud.services import HOST

from tests.support import packages
from tests.zuul.rig.errors import RigError
from tests.zuul.rig.layout import Layout
from tests.zuul.rig.ports import answers
from tests.zuul.rig.processes import Process

COLLECTOR = Path(__file__).with_name("inside") / "collect_messages.py"
SETTINGS = """\
listener {port} {host}
allow_anonymous true
persistence false
log_dest stderr
"""


def broker(layout: Layout, port: int, environment: Mapping[str, str]) -> Process:
    """mosquitto, not started. Raises RigError when there is none."""
    program = packages.program("mosquitto")
    if program is None:
        raise RigError("there is no mosquitto; apt-get install mosquitto")
    settings = layout.etc / "mosquitto.conf"
    settings.write_text(SETTINGS.format(port=port, host=HOST))
    return Process("mosquitto", layout.root, [program, "-c", str(settings)], environment, lambda: answers(port))


def collector(layout: Layout, port: int, python: Path, environment: Mapping[str, str]) -> Process:
    """A subscriber that writes each message to a file, not started. `python` has paho-mqtt, as that of Zuul's venv."""
    place = _place(layout)
    command = [str(python), str(COLLECTOR), HOST, str(port), str(place)]
    return Process("messages", layout.root, command, environment, place.exists)


def messages(layout: Layout) -> list[dict[str, Any]]:
    """All messages so far, as Zuul sent them."""
    return [json.loads(line) for line in _place(layout).read_text().splitlines()]


def _place(layout: Layout) -> Path:
    return layout.root / "messages.jsonl"
