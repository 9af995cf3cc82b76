"""The dashboards of scenarios with guests."""

from __future__ import annotations

from dashboards.generator.guest_logins import LOGINS
from dashboards.generator.guest_packets import PACKETS
from dashboards.generator.guest_speed import SPEED

GUEST_PAGES = (LOGINS, PACKETS, SPEED)
