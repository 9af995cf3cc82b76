"""Which rules of faults.json virtual machines cannot follow."""

from __future__ import annotations

from pocketcloud.faults.driver_rules import GUEST_DISK, DriverRule
from pocketcloud.faults.rules import Rule

#: What nova's libvirt driver does by itself here, with no place for a fault, and the disk that nobody sees into.
NOT_FOLLOWED = {
    *("resize", "rescue", "unrescue", "shelve", "unshelve", "server_snapshot", "server_snapshot_end"),
    *("plug", "unplug", GUEST_DISK),
}


def problem(rule: Rule) -> str | None:
    """Why a rule cannot be followed; None when it can."""
    if isinstance(rule, DriverRule) and rule.operation in NOT_FOLLOWED:
        return f"guests that are virtual machines do not follow rules for {rule.operation}"
    return None
