"""A cloud whose new security groups have other rules than those that let everything out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.guests.scenarios.probing import GuestsRun

SSH_IN: dict[str, Any] = {
    "direction": "ingress",
    "ether_type": "IPv4",
    "protocol": "tcp",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "0.0.0.0/0",
}


@pytest.fixture
def other_rules(admin: Connection) -> Iterator[None]:
    """New groups let SSH in, as the scenarios order it themselves, and nothing out."""
    network = admin.network
    out = [one for one in network.default_security_group_rules() if one.direction == "egress"]
    assert {one.ether_type for one in out if one.used_in_non_default_sg} == {"IPv4", "IPv6"}
    where = {"used_in_default_sg": False, "used_in_non_default_sg": True}
    for one in out:
        network.delete_default_security_group_rule(one)
    coming = network.create_default_security_group_rule(**SSH_IN, **where)
    yield
    network.delete_default_security_group_rule(coming)
    for one in out:
        kept = {"used_in_default_sg": one.used_in_default_sg, "used_in_non_default_sg": one.used_in_non_default_sg}
        network.create_default_security_group_rule(direction="egress", ether_type=one.ether_type, **kept)


def test_guests_are_logged_in_to_whatever_rules_a_new_group_has(
    other_rules: None, probed: Callable[..., GuestsRun]
) -> None:
    run = probed(["guest_login"])
    assert run.outcome("guest_login") is Outcome.PASSED, run.said
    assert len(run.steps("guest_login", "Let everything out")) == 2
    assert len(run.steps("guest_login", "Take away what lets others in")) == 1
