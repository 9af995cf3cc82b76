"""What in older releases does not bear threads, or SQLite."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import copy
from typing import Any


def read_service_providers_at_once() -> None:
    """Have keystone read its federation partners inside of the transaction.

    It hands out the query, whose rows are then read in a transaction that nobody ends: that locks an SQLite database.
    """
    from keystone.federation.backends import sql

    def enabled(_: Any) -> Any:
        with sql.sql.session_for_read() as session:
            return session.query(sql.ServiceProviderModel).filter_by(enabled=True).all()

    sql.Federation.get_enabled_service_providers = enabled


def copy_provider_trees_without_locks() -> None:
    """Let nova copy its tree of providers, which holds a lock: eventlet's can be copied, a thread's cannot."""
    from nova.compute import provider_tree

    tree = provider_tree.ProviderTree

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        other = tree.__new__(tree)
        memo[id(self)] = other
        for name, value in vars(self).items():
            setattr(other, name, value if name == "lock" else copy.deepcopy(value, memo))
        return other

    tree.__deepcopy__ = copied
