"""What `stackprobe init` writes is valid, complete, and nothing that a cloud calls its things can break it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from stackprobe import scenarios
from stackprobe.config import load_config
from stackprobe.init.plan import Plan, plan
from stackprobe.init.probes import probes_yaml
from stackprobe.survey.model import Problem

from tests.support.surveys import CIRROS, CLOUD, PUBLIC, TINY, survey

FOUND = scenarios.discover(scenarios.roles_paths())
HOSTILE = "x: {{ lookup('pipe', 'id') }}\n  - y # \x1b[31m \"'"


def written(**changes: Any) -> tuple[Plan, str, dict[str, Any]]:
    planned = plan(survey(**changes), FOUND)
    text = probes_yaml(planned, "probes.yaml", "2026-08-01")
    return planned, text, yaml.safe_load(text)


def test_it_is_a_configuration_without_mistakes_that_runs_what_it_names(tmp_path: Path) -> None:
    planned, text, data = written()
    file = tmp_path / "probes.yaml"
    file.write_text(text, encoding="utf-8")
    config = load_config(file, known=scenarios.known(FOUND))
    (target,) = config.targets
    assert (target.cloud, target.region) == ("mycloud", "north")
    chosen = scenarios.select(FOUND, target.selection, [], [])
    assert [one.name for one in chosen] == [one.name for one in planned.scenarios]
    assert {"compute", "network", "volume"} <= {one.name for one in chosen}
    assert data == planned.settings(), "what Zuul gets is the same"


def test_the_rules_that_stand_in_it_as_comments_can_be_switched_on(tmp_path: Path) -> None:
    planned, text, _ = written()
    head, rules = text.split("# service_levels:\n")
    file = tmp_path / "probes.yaml"
    file.write_text(head + "service_levels:\n" + rules.replace("#   ", "  "), encoding="utf-8")
    config = load_config(file, known=scenarios.known(FOUND))
    assert config.warnings == ()
    assert {"run_succeeds", "server_as_fast_as_ever"} <= set(config.targets[0].service_levels)
    without = written(images=())[1]
    assert "compute" not in without.split("# service_levels:")[1], "no rule about what is not selected"
    assert planned.scenarios


def test_flavor_image_and_external_network_stand_in_it_with_the_reason() -> None:
    _, text, data = written()
    common = data["clouds"]["mycloud"]["common"]
    assert common == {"flavor": "tiny", "image": "cirros", "external": {"name": "public"}}
    assert "1 VCPU, 512 MB, 1 GB of disk" in text and "20.0 MB, public" in text


def test_a_name_that_several_have_gives_way_to_the_id() -> None:
    _, _, data = written(images=(CIRROS, replace(CIRROS, id="other", size_bytes=10**9)))
    assert data["clouds"]["mycloud"]["common"]["image"] == CIRROS.id


def test_what_is_left_out_stands_there_as_a_comment_with_the_reason() -> None:
    planned, text, data = written(cloud={"services": CLOUD.services - {"block-storage"}}, images=())
    names = data["clouds"]["mycloud"]["scenarios"]["names"]
    assert "volume" not in names and "compute" not in names and "network" in names
    assert "        # - volume  # the catalog has no service block-storage\n" in text
    assert "        # - compute  # the project sees no image that boots\n" in text
    taken_in = yaml.safe_load(text.replace("# - volume", "- volume"))
    assert "volume" in taken_in["clouds"]["mycloud"]["scenarios"]["names"]
    assert {one.name for one, _ in planned.left_out} | set(names) == set(FOUND)


def test_scenarios_with_guests_are_taken_in_when_they_are_wanted(tmp_path: Path) -> None:
    for wanted in (False, True):
        planned = plan(survey(), FOUND, wanted)
        text = probes_yaml(planned, "probes.yaml", "2026-08-01")
        data = yaml.safe_load(text)
        assert data == planned.settings()
        file = tmp_path / f"{wanted}.yaml"
        file.write_text(text, encoding="utf-8")
        (target,) = load_config(file, known=scenarios.known(FOUND)).targets
        assert ("guest_login" in [one.name for one in scenarios.select(FOUND, target.selection, [], [])]) is wanted
        assert ("# - guest_login  # it runs only when it is named" in text) is not wanted
        assert ("# options:\n#   guest_outbound:\n" in text) is wanted
    assert data["clouds"]["mycloud"]["guests"] is True
    proposal = text[text.index("# options:\n") :].partition("\n# Where the figures")[0].replace("\n# ", "\n")[2:]
    file.write_text(text + proposal + "\n", encoding="utf-8")
    load_config(file, known=scenarios.known(FOUND))
    assert "guest_login" not in data["clouds"]["mycloud"]["scenarios"]["names"]


def test_scenarios_with_guests_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    planned = plan(survey(images=()), FOUND, True)
    text = probes_yaml(planned, "probes.yaml", "2026-08-01")
    data = yaml.safe_load(text)
    assert data == planned.settings()
    assert "guest_login" in data["clouds"]["mycloud"]["scenarios"]["skip_names"]
    assert "        # - guest_login  # the project sees no image that boots\n" in text


def test_without_an_external_network_the_scenario_runs_without_it() -> None:
    _, _, data = written(external_networks=())
    assert data["clouds"]["mycloud"]["common"]["external"] == {}


def test_what_was_not_answered_is_left_to_the_run() -> None:
    _, text, data = written(flavors=None, unanswered={"flavors": Problem("no answer", cloud_fault=True)})
    assert "compute" in data["clouds"]["mycloud"]["scenarios"]["names"]
    assert "flavor" not in data["clouds"]["mycloud"]["common"]
    assert "# - Compute gives no answer about the flavors: no answer." in text


def test_names_that_are_templates_or_break_lines_stay_out() -> None:
    hostile = {
        "images": (replace(CIRROS, name=HOSTILE),),
        "flavors": (replace(TINY, name=HOSTILE),),
        "external_networks": (replace(PUBLIC, name=HOSTILE),),
        "server_zones": (HOSTILE,),
        "volume_types": (HOSTILE, HOSTILE),
    }
    planned, text, data = written(**hostile, cloud={"name": "my: cloud", "project": HOSTILE, "user": HOSTILE})
    assert data == planned.settings()
    common = data["clouds"]["my: cloud"]["common"]
    assert common == {"flavor": TINY.id, "image": CIRROS.id, "external": {"id": PUBLIC.id}}
    assert "\x1b" not in text
    assert all("lookup" not in line.partition("#")[0] for line in text.splitlines())


def test_other_regions_are_told() -> None:
    _, text, _ = written()
    assert "The catalog has other regions, too: south." in text
