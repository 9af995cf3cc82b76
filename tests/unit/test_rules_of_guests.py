"""What probe_base makes of the rules that a cloud puts into a new security group."""

from __future__ import annotations

from typing import Any

import ansible.template
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from openstack.network.v2.security_group import SecurityGroup
from stackprobe import content
from stackprobe.engine.plain import plain

trusted = getattr(ansible.template, "trust_as_template", lambda text: text)


def rule(direction: str, kind: str, **more: Any) -> dict[str, Any]:
    nothing = {"protocol": None, "remote_ip_prefix": None, "remote_group_id": None}
    return {"direction": direction, "ethertype": kind, **nothing, **more}


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ([rule("egress", "IPv4"), rule("egress", "IPv6")], []),
        ([], ["IPv4", "IPv6"]),
        ([rule("egress", "IPv6"), rule("egress", "IPv4", protocol="tcp"), rule("ingress", "IPv4")], ["IPv4"]),
    ],
    ids=["as everywhere", "a cloud that puts in none", "a cloud that lets out TCP"],
)
def test_what_a_new_group_does_not_let_out_is_let_out(rules: list[dict[str, Any]], missing: list[str]) -> None:
    made = yaml.safe_load((content.roles() / "probe_base" / "tasks" / "guests" / "access.yaml").read_text())
    step = next(one for one in made if one["name"] == "Let everything out")
    words = yaml.safe_load((content.roles() / "probe_base" / "vars" / "main.yaml").read_text())
    known = {"probe_base_guest_let_out": trusted(words["probe_base_guest_let_out"])}
    known["probe_base_guest_group"] = {"result": plain(SecurityGroup.existing(security_group_rules=rules))}
    assert Templar(DataLoader(), variables=known).template(trusted(step["loop"])) == missing
