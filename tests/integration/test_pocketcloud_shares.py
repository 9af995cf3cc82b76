"""The embedded cloud's shares: made in either zone, opened, grown, copied, and the faults of their backend."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import openstack
import pytest
from openstack.connection import Connection

PATIENCE_S = 60.0


def settled(get: Callable[[], Any]) -> Any:
    """What is asked for, when it is not being changed any more."""
    end = time.monotonic() + PATIENCE_S
    while (now := get()).status not in ("available", "error", "extending_error"):
        assert time.monotonic() < end, now
        time.sleep(0.2)
    return now


def gone(get: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            get()
        except openstack.exceptions.NotFoundException:
            return
        time.sleep(0.2)
    raise AssertionError("it is still there")


def extend(connection: Connection, share: str, size: int) -> None:
    """By the microversion that has it; openstacksdk names none."""
    body = {"extend": {"new_size": size}}
    answer = connection.shared_file_system.post(f"/shares/{share}/action", json=body, microversion="2.7")
    answer.raise_for_status()


@pytest.mark.parametrize("zone", ["az1", "az2"])
def test_a_share_is_opened_grown_copied_and_deleted(zone: str, full_demo: Connection) -> None:
    api = full_demo.shared_file_system
    share = api.create_share(name="share", share_protocol="NFS", size=1, availability_zone=zone)
    assert settled(lambda: api.get_share(share.id)).status == "available"
    assert len(list(api.export_locations(share.id))) == 1
    rule = api.create_access_rule(share.id, access_level="rw", access_type="ip", access_to="203.0.113.9")
    end = time.monotonic() + PATIENCE_S
    while (state := api.get_access_rule(rule.id).state) != "active":
        assert time.monotonic() < end, state
        time.sleep(0.2)
    extend(full_demo, share.id, 2)
    assert settled(lambda: api.get_share(share.id)).size == 2
    snapshot = api.create_share_snapshot(share_id=share.id, name="snapshot")
    assert settled(lambda: api.get_share_snapshot(snapshot.id)).status == "available"
    copy = api.create_share(name="copy", share_protocol="NFS", size=2, snapshot_id=snapshot.id)
    assert settled(lambda: api.get_share(copy.id)).status == "available"
    api.delete_share(copy.id)
    gone(lambda: api.get_share(copy.id))
    api.delete_share_snapshot(snapshot.id)
    gone(lambda: api.get_share_snapshot(snapshot.id))
    api.delete_share(share.id)
    gone(lambda: api.get_share(share.id))


def test_a_backend_can_fail(full_demo: Connection, full_admin: Connection, full_faults: Callable[..., None]) -> None:
    full_faults([{"driver": "share_create", "name": "broken", "error": "no"},
                 {"driver": "share_extend", "name": "small", "error": "no"}])  # fmt: skip
    api = full_demo.shared_file_system
    broken, small = (api.create_share(name=name, share_protocol="NFS", size=1) for name in ("broken", "small"))
    assert settled(lambda: api.get_share(broken.id)).status == "error"
    assert settled(lambda: api.get_share(small.id)).status == "available"
    extend(full_demo, small.id, 2)
    assert settled(lambda: api.get_share(small.id)).status == "extending_error"
    api.delete_share(broken.id)
    gone(lambda: api.get_share(broken.id))
    with pytest.raises(openstack.exceptions.ForbiddenException):
        api.delete_share(small.id)  # manila lets administrators alone delete what it could not extend
    path = f"/shares/{small.id}/action"
    full_admin.shared_file_system.post(path, json={"force_delete": None}, microversion="2.7").raise_for_status()
    gone(lambda: api.get_share(small.id))
