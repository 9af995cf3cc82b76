"""What a call's answer holds: secrets that nobody sees, and ids that stand elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.engine.driver import Probe

Faults = Callable[[list[dict[str, Any]]], None]
KEY = {"auth_key": {"set": True}}


@pytest.fixture
def volume(probe: Probe) -> Iterator[str]:
    """The id of a volume of the run."""
    made = probe.step(
        "call",
        name="Create the volume",
        call="block_storage.create_volume",
        args={"name": probe.name("volume"), "size": 1},
        creates="volume",
        then={"call": "block_storage.get_volume", "until": {"status": "available"}},
    )
    yield made["result"]["id"]


def offer(probe: Probe, volume: str, **more: Any) -> dict[str, Any]:
    return probe.step(
        "call",
        name="Offer the volume",
        call="block_storage.create_transfer",
        args={"name": probe.name("transfer"), "volume_id": volume},
        creates="volume_transfer",
        remember={"key": "auth_key"},
        **more,
    )


def test_a_secret_that_the_cloud_issues_is_remembered_and_seen_by_nobody(
    probe: Probe, volume: str, demo: Connection
) -> None:
    offered = offer(probe, volume, expect=KEY)
    assert (offered["outcome"], offered["result"]["auth_key"]) == ("passed", "***"), offered
    key = probe.session.engine.values.known("key", "one")
    assert key and len(key) >= 8
    identity = offered["result"]["id"]
    accepted = probe.step(
        "call",
        name="Accept the offer",
        call="block_storage.accept_transfer",
        args=[identity, {"$secret": "key"}],
    )
    assert accepted["outcome"] == "passed", accepted
    assert list(demo.block_storage.transfers()) == []
    journal = (probe.output / "journal.jsonl").read_text(encoding="utf-8")
    assert key not in journal and key not in str(offered) + str(accepted)


def test_an_answer_without_the_secret_is_failed_and_what_was_made_is_removed(
    probe: Probe, volume: str, faults: Faults
) -> None:
    faults([{"service": "cinder", "method": "POST", "path": "transfer", "remove": ["transfer.auth_key"]}])
    offered = offer(probe, volume)
    assert (offered["outcome"], offered["message"]) == ("failed", "the answer holds no auth_key")
    faults([])
    probe.finish()
    assert probe.close() == 1
    assert probe.one("end")["leftovers"] == 0


@pytest.mark.parametrize("how", ["refused", "may_refuse"])
def test_what_is_refused_as_expected_was_not_created(probe: Probe, faults: Faults, how: str) -> None:
    faults([{"service": "neutron", "method": "POST", "path": "/networks$", "status": 403, "body": {}}])
    answer = probe.step(
        "call", {how: [403]}, call="network.create_network", args={"name": probe.name("net")}, creates="network"
    )
    assert (answer["outcome"], list(answer["result"].values())) == ("passed", [403]), answer
    assert [one["state"] for one in probe.records("resource")] == ["intended", "deleted"]


@pytest.mark.parametrize(
    ("not_offered", "outcome"),
    [({501: ""}, "skipped"), ({"501": "no such", "404": ""}, "failed"), ({501: "(?i)does not know"}, "skipped")],
)
def test_what_the_cloud_says_that_it_does_not_offer_is_skipped(
    probe: Probe, faults: Faults, not_offered: dict[str | int, str], outcome: str
) -> None:
    words = {"faultstring": "It does not know\nthe algorithm"}
    faults([{"service": "neutron", "method": "POST", "path": "/networks$", "status": 501, "body": words}])
    answer = probe.step(
        "call", call="network.create_network", args={"name": probe.name("net")}, not_offered=not_offered
    )
    assert answer["outcome"] == outcome, answer
    if outcome == "skipped":
        assert answer["message"].startswith("the cloud does not offer it (HTTP 501): "), answer
        assert "does not know the algorithm" in answer["message"]


def test_what_is_created_instead_of_refused_is_failed_and_removed(probe: Probe, demo: Connection) -> None:
    answer = probe.step(
        "call", call="network.create_network", args={"name": probe.name("net")}, creates="network", refused=[403]
    )
    assert answer["outcome"] == "failed" and "but the cloud did it" in answer["message"], answer
    probe.finish()
    assert list(demo.network.networks(name=probe.name("net"))) == []


def test_the_id_of_what_was_made_may_stand_elsewhere(probe: Probe, volume: str) -> None:
    backup = probe.step(
        "call",
        name="Back the volume up",
        call="block_storage.create_backup",
        args={"name": probe.name("backup"), "volume_id": volume},
        creates="volume_backup",
        then={"call": "block_storage.get_backup", "until": {"status": "available"}},
    )
    restored = probe.step(
        "call",
        name="Restore the backup",
        call="block_storage.restore_backup",
        args={"backup": backup["result"]["id"], "name": probe.name("restored")},
        creates="volume",
        identity="volume_id",
        then={"call": "block_storage.get_volume", "until": {"status": "available"}},
    )
    assert (restored["outcome"], restored["result"]["name"]) == ("passed", probe.name("restored")), restored
    assert probe.records("resource", kind="volume")[-1]["id"] == restored["result"]["id"] != volume


def test_a_delete_takes_the_time_of_its_request_too(probe: Probe, faults: Faults) -> None:
    network = probe.step("call", call="network.create_network", args={"name": probe.name("net")}, creates="network")
    faults([{"service": "neutron", "method": "DELETE", "path": "/networks/", "delay": 0.5}])
    deleted = probe.step("delete", name="Delete the network", kind="network", id=network["result"]["id"])
    assert deleted["outcome"] == "passed" and deleted["duration_ms"] >= 500, deleted
