"""Rules for what the hypervisor, the volume backend and other drivers do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pocketcloud.faults import checks
from pocketcloud.faults.checks import FaultsError, When

OPERATIONS = (
    "spawn",
    "server_delete",
    "stop",
    "start",
    "reboot",
    "resize",
    "rebuild",
    "rescue",
    "unrescue",
    "pause",
    "unpause",
    "suspend",
    "resume",
    "shelve",
    "unshelve",
    "server_snapshot",
    "server_snapshot_end",
    "plug",
    "unplug",
    "attach",
    "detach",
    "volume_create",
    "volume_delete",
    "volume_extend",
    "volume_appear",
    "volume_grow",
    "snapshot_create",
    "snapshot_delete",
    "backup_create",
    "backup_restore",
    "backup_delete",
    "balancer_create",
    "balancer_update",
    "balancer_delete",
    "balancer_spread",
    "member_check",
    "zone_create",
    "zone_update",
    "zone_delete",
    "dns_answer",
    "share_create",
    "share_delete",
    "share_extend",
    "share_access",
    "share_snapshot",
)
VOLUME_BYTES = "volume_bytes"
BALANCER_ALGORITHM = "balancer_algorithm"
#: What a guest is given or does otherwise than ordered, a volume holds otherwise than written, or a load balancer
#: balances by; with what, when the rule does not say.
LIES = {
    "guest_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFNCyWuu8wDjryb2PAqyuXRdiytoVBtuFySn3QH4iV0 somebody-else",
    "guest_hostname": "somebody-else",
    "guest_user_data": "#!/bin/sh\ntrue\n",
    VOLUME_BYTES: "other bytes",
    BALANCER_ALGORITHM: "roundrobin",
}
GUEST_BOOT = "guest_boot"
OF_GUESTS = {GUEST_BOOT, *LIES}  # operations of no other cloud
GUEST_DISK = "guest_disk"
KEYS = {"id", "driver", "name", "nth", "times", "delay", "stuck", "error", "answer"}
LIE_KEYS = {"id", "driver", "name", "nth", "times", "answer"}
SPECIAL_KEYS = {
    GUEST_BOOT: {"id", "driver", "name", "nth", "times", "delay", "stuck"},
    GUEST_DISK: {"id", "driver", "name", "nth", "times", "error"},
}


@dataclass(frozen=True, eq=False)
class DriverRule:
    """A rule for an operation of the hypervisor or another driver, or for what a guest is given."""

    key: str
    when: When
    operation: str
    name: re.Pattern[str]
    delay: tuple[float, float] | None
    stuck: bool
    error: str | None
    answer: str | None = None  # of dns_answer: the record's value; of a lie: what is told, or held

    def matches(self, operation: str, name: str) -> bool:
        """Whether an operation on the resource of this name is one of those that this rule counts."""
        return self.operation == operation and self.name.search(name) is not None


def parse(key: str, item: dict[str, Any]) -> DriverRule:
    """A rule from what the file says of it. Raises FaultsError."""
    operation = checks.one_of(item["driver"], "driver", (*OPERATIONS, GUEST_BOOT, GUEST_DISK, *LIES))
    checks.keys(item, SPECIAL_KEYS.get(operation, LIE_KEYS if operation in LIES else KEYS))
    stuck, error, answer = checks.flag(item, "stuck"), item.get("error"), item.get("answer", LIES.get(operation))
    if error is not None and not isinstance(error, str):
        raise FaultsError("error must be a text")
    if answer is not None and not (operation in ("dns_answer", *LIES) and isinstance(answer, str)):
        raise FaultsError(f"answer must be a text, and goes with {', '.join(('dns_answer', *LIES))} only")
    delay = checks.delay(item)
    if not (stuck or error or delay or answer):
        raise FaultsError(f"says nothing to do: delay{' or' if operation == GUEST_BOOT else ', error or'} stuck")
    name = checks.pattern(item.get("name", ""), "name")
    return DriverRule(key, checks.when(item), operation, name, delay, stuck, error, answer)
