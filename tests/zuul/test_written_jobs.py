"""What `stackprobe init --zuul` writes is Zuul's configuration, by its own parser, of jobs and variables there are."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from stackprobe import scenarios
from stackprobe.init.plan import plan
from stackprobe.init.zuul import zuul_yaml

from tests.support.surveys import survey
from tests.zuul.rig.services import CHECKOUT
from tests.zuul.static import examples


@pytest.mark.parametrize(
    ("cloud", "job"),
    [
        ({}, "probe-mycloud-north"),
        ({"region": None, "regions": ()}, "probe-mycloud"),
        ({"name": "my: cloud #1", "regions": ("north",)}, "probe-my-cloud-1"),
        ({"name": "7", "regions": ("north",)}, "probe-7"),
    ],
)
def test_it_is_zuuls_configuration(cloud: dict[str, Any], job: str) -> None:
    planned = plan(survey(cloud=cloud), scenarios.discover(scenarios.roles_paths()))
    text = zuul_yaml(planned)
    assert examples.faults([examples.Example("init", text)], CHECKOUT) == []
    probe, sweep, project = yaml.safe_load(text)
    assert (probe["job"]["name"], project["project"]["periodic-hourly"]["jobs"]) == (job, [job])
    assert probe["job"]["vars"]["probe_settings"] == planned.settings()
    assert probe["job"]["semaphores"] == sweep["job"]["semaphores"]
