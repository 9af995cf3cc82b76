"""probes.yaml beside the scenarios that exist: names, options with their types, limits of steps, contradictions."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import jsonschema
import pytest
from stackprobe.commands import run
from stackprobe.config import Config, InvalidConfig, Known, KnownScenario, Steps, load_config, schema
from stackprobe.config.complete import complete

SECONDS = {"type": "number", "exclusiveMinimum": 0, "x-unit": "s"}
KNOWN = Known(
    {
        "image": KnownScenario(
            frozenset({"storage", "read_only"}),
            options={
                "size_mib": {"type": "integer", "x-unit": "MiB"},
                "deadline": SECONDS,
                "limit": {"type": ["number", "string"], "maxLength": 0, "x-words": "a number of seconds, or empty"},
                "format": {"enum": ["raw", "qcow2"]},
            },
        ),
        "compute": KnownScenario(
            frozenset({"compute", "billable"}),
            options={
                "flavor": {"type": "string"},
                "zones": {"type": "array", "items": {"type": "string"}},
                "deadline": SECONDS,
                "resize": {"type": "boolean"},
            },
            steps=lambda: Steps({"create_the_server": "Create the server", "delete_the_server": "Delete the server"}),
        ),
        "network": KnownScenario(
            frozenset({"network"}),
            options={"external": {"type": "object"}, "zones": {"type": "object"}, "flavor": {"type": "string"}},
            steps=lambda: Steps({"create_the_network": "Create the network"}, complete=False),
        ),
        "rare": KnownScenario(frozenset({"slow"}), opt_in=True),
    }
)
WITH_GUESTS = Known({**KNOWN.scenarios, "login": KnownScenario(frozenset({"guests", "network"}), opt_in=True)})


def load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    return load_config(file, known=KNOWN)


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        load(tmp_path, text)
    start = len(str(tmp_path / "probes.yaml:"))
    return [line[start:] for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # names
        (
            "scenarios: {names: [imag]}\n",
            "1:21: there is no scenario `imag`; did you mean `image`? There are `compute`, `image`, `network`, `rare`.",
        ),
        ("scenarios: {skip_names: [imag]}\n", "1:26: there is no scenario `imag`"),
        ("scenarios: {tags: [storag]}\n", "1:20: there is no tag `storag`; did you mean `storage`? There are `b"),
        ("clouds: {a: {scenarios: {skip_tags: [fast]}}}\n", "1:38: there is no tag `fast`"),
        ("options: {computer: {}}\n", "1:11: there is no scenario `computer`; did you mean `compute`?"),
        ("repeat: {imag: 2}\n", "1:10: there is no scenario `imag`; did you mean `image`?"),
        ("within: {imag: {total: 2}}\n", "1:10: there is no scenario `imag`; did you mean `image`?"),
        # options
        (
            "options: {image: {sizemib: 1}}\n",
            "1:19: the scenario `image` has no option `sizemib`; did you mean `size_mib`? It has `size_mib`",
        ),
        ("options: {rare: {x: 1}}\n", "1:18: the scenario `rare` has no option `x`. It has none."),
        ("common: {flavour: x}\n", "1:10: no scenario has an option `flavour`; did you mean `flavor`? There are `dead"),
        (
            "options: {image: {size_mib: big}}\n",
            "1:29: `options.image.size_mib` must be a whole number (MiB), not text.",
        ),
        ("options: {image: {size_mib: 1.5}}\n", "1:29: `options.image.size_mib` must be a whole number (MiB), not"),
        ("options: {image: {deadline: 0}}\n", "1:29: `options.image.deadline` must be more than 0 s, not 0."),
        ("options: {image: {limit: soon}}\n", "1:26: `options.image.limit` must be a number of seconds, or empty"),
        ("options: {image: {limit: true}}\n", "1:26: `options.image.limit` must be a number of seconds, or empty, not"),
        (
            "options: {image: {format: qcow}}\n",
            "1:27: `options.image.format` cannot be `qcow`; did you mean `qcow2`? It is one of `raw`, `qcow2`.",
        ),
        (
            "options: {compute: {flavor: 1}}\n",
            "1:29: `options.compute.flavor` must be text, not the number 1. Write '1'",
        ),
        ("options: {compute: {flavor: }}\n", "1:28: `options.compute.flavor` must be text, but is empty. Fill it in"),
        ("options: {compute: {resize: 'no'}}\n", "1:29: `options.compute.resize` must be true or false, not text."),
        (
            "options: {compute: {zones: nova}}\n",
            "1:28: `options.compute.zones` must be a list, not text. Write [nova].",
        ),
        (
            "options: {compute: {zones: [1]}}\n",
            "1:29: `options.compute.zones[0]` must be text, not the number 1. Write",
        ),
        ("clouds: {a: {options: {compute: {flavor: []}}}}\n", "1:42: `clouds.a.options.compute.flavor` must be text"),
        ("clouds: {a: {regions: {r: {common: {flavor: 1}}}}}\n", "1:45: `clouds.a.regions.r.common.flavor` must be"),
        ("common: {zones: [a]}\n", "1:17: `common.zones` must be a mapping, not a list (for the scenario `network`)."),
        ("common: {deadline: -1}\n", "1:20: `common.deadline` must be more than 0 s, not -1."),
        # limits
        (
            "within: {compute: {create_server: 3}}\n",
            "1:20: the scenario `compute` has no step `create_server`; did you mean `create_the_server`? It has "
            "`create_the_server`, `delete_the_server`, `total`.",
        ),
        (
            "within: {compute: {create the server: 3}}\n",
            "1:20: the scenario `compute` has no step `create the server`; d",
        ),
        (
            "within: {compute: {create_the_server: 0}}\n",
            "1:39: `within.compute.create_the_server` must be more than 0 s",
        ),
        ("within: {compute: {total: '3'}}\n", "1:27: `within.compute.total` must be a number (s), not text."),
        ("within: {compute: 3}\n", "1:19: `within.compute` must be a mapping, not the number 3."),
        (
            "within:\n  compute:\n    Create the server: 3\n    create_the_server: 3\n",
            "4:5: `create_the_server` is the step `Create the server` of line 3. Keep one of them.",
        ),
        # repetitions
        ("repeat: {image: 0}\n", "1:17: `repeat.image` must be at least 1 times, not 0."),
        ("repeat: {image: 1000}\n", "1:17: `repeat.image` must be at most 100 times, not 1000."),
        ("repeat: {image: often}\n", "1:17: `repeat.image` must be a whole number (times), not text."),
        ("repeat: 3\n", "1:9: `repeat` must be a mapping, not the number 3."),
        # selections
        (
            "scenarios: {names: [compute], skip_tags: [billable]}\n",
            "1:21: `compute` is named, but left out by the tag `billable` in `skip_tags`. Remove one of the two.",
        ),
        (
            "scenarios: {tags: [slow]}\n",
            "1:1: this selects no scenario, so nothing would be proven. Name `rare`, which runs only",
        ),
        (
            "scenarios: {tags: [network], skip_names: [network]}\n",
            "1:1: this selects no scenario, so nothing would be proven. Widen the selection.",
        ),
        (
            "clouds:\n  a:\n    scenarios: {skip_tags: [storage, compute, network, slow]}\n",
            "3:5: this selects no scenario",
        ),
        ("scenarios: {names: [image], skip_names: [image]}\n", "1:42: `image` stands in `names` and in `skip_names`"),
        # services
        (
            "clouds: {a: {services: [object-store, volumev3]}}\n",
            "1:39: `volumev3` is another name of the service type `block-storage`. Write block-storage.",
        ),
    ],
)
def test_a_mistake_is_shown_where_it_stands(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(expected), found[0]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("  a: {label: x}\n  b: {label: x}\n", "3:14", "the clouds `a` (line 2) and `b` are both called `x`"),
        ("  a: {label: b}\n  b:\n", "3:3", "the clouds `a` (line 2) and `b` are both called `b`"),
        (
            "  a.b:\n  a_b:\n",
            "3:3",
            "the clouds `a.b` (line 2) and `a_b` are both called `a_b` in metrics. Give one of",
        ),
        (
            "  a:\n    regions:\n      r: {label: x}\n      s: {label: x}\n",
            "5:18",
            "the regions `r` (line 4) and `s` are both called `x`",
        ),
        ("  a:\n    regions: [r.1, r_1]\n", "3:20", "the regions `r.1` (line 3) and `r_1` are both called `r_1`"),
        ("  a: {label: x.y}\n", "2:14", "`clouds.a.label` must be letters, digits, _ and -, not `x.y`"),
        ("  a: {environment: x y}\n", "2:20", "`clouds.a.environment` must be letters, digits, _ and -"),
        ("  a: {regions: {}}\n", "2:16", "`clouds.a.regions` must not be empty"),
        ("  a: {regions: {r: {region: x}}}\n", "2:21", "unknown key `region` in `clouds.a.regions.r`"),
        ("  a: {regions: {r: {regions: [x]}}}\n", "2:21", "unknown key `regions` in `clouds.a.regions.r`"),
        ("  a: {regions: r}\n", "2:16", "`clouds.a.regions` must be a list or a mapping, not text"),
    ],
)
def test_clouds_and_regions_have_names_of_their_own_in_metrics(tmp_path: Path, text: str, line: str, says: str) -> None:
    found = problems(tmp_path, f"clouds:\n{text}")
    assert len(found) == 1, found
    assert found[0].startswith(f"{line}: {says}"), found[0]


def test_regions_of_two_clouds_may_share_a_label(tmp_path: Path) -> None:
    config = load(tmp_path, "clouds:\n  a: {regions: {r: {label: x}}}\n  b: {regions: {r: {label: x}}}\n")
    assert [(one.metric_cloud, one.metric_region("r")) for one in config.targets] == [("a", "x"), ("b", "x")]


EVERY_LEVEL = """\
environment: production
zone: earth
common: {flavor: tiny, zones: {}}
options:
  network: {external: {name: public}}
within:
  compute: {create_the_server: 9, total: 99}
repeat: {image: 5, compute: 2}
clouds:
  one:
    label: first
    common: {flavor: small}
    within:
      compute: {Create the server: 8}
      image: {total: 3}
    repeat: {image: 3}
    regions:
      north: {zone: pole, label: n, common: {flavor: large}, scenarios: {names: [network]}}
      south: {options: {network: {flavor: own}}, deadline_s: 600}
  two: {environment: test}
"""


def test_the_nearer_level_goes_first(tmp_path: Path) -> None:
    text = EVERY_LEVEL.replace(", zones: {}", "")
    config = load(tmp_path, text)
    north, south, two = config.target("one", "north"), config.target("one", "south"), config.target("two")
    assert north.options == {
        "compute": {"flavor": "large"},
        "network": {"flavor": "large", "external": {"name": "public"}},
    }
    assert south.options["network"] == {"flavor": "own", "external": {"name": "public"}}
    assert south.options["compute"] == {"flavor": "small"} and two.options["compute"] == {"flavor": "tiny"}
    assert south.within == {"compute": {"create_the_server": 8.0, "total": 99.0}, "image": {"total": 3.0}}
    assert two.within == {"compute": {"create_the_server": 9.0, "total": 99.0}}
    assert (dict(south.repeat), dict(two.repeat)) == ({"image": 3, "compute": 2}, {"image": 5, "compute": 2})
    assert (north.environment, north.zone, two.environment, two.zone) == ("production", "pole", "test", "earth")
    assert (north.metric_cloud, north.metric_region("north")) == ("first", "n")
    assert (south.metric_cloud, south.metric_region("south")) == ("first", "south")
    assert (two.metric_cloud, two.metric_region("RegionOne")) == ("two", "RegionOne")
    assert (north.deadline_s, south.deadline_s) == (3600, 600)
    assert north.selection.names == {"network"} and not south.selection.names


def test_what_a_step_is_called_in_reports_and_in_metrics_is_the_same_step(tmp_path: Path) -> None:
    config = load(tmp_path, "within: {compute: {Delete the server: 4, create_the_server: 3}}\n")
    assert config.anywhere.within == {"compute": {"delete_the_server": 4.0, "create_the_server": 3.0}}


def test_steps_that_cannot_be_known_can_have_limits(tmp_path: Path) -> None:
    config = load(tmp_path, "within: {network: {Something else: 4}}\n")
    assert config.anywhere.within == {"network": {"something_else": 4.0}}


def test_an_empty_limit_is_none(tmp_path: Path) -> None:
    assert load(tmp_path, "options: {image: {limit: ''}}\n").anywhere.options == {"image": {"limit": ""}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "scenarios: {names: [image]}\nrepeat: {compute: 3}\n",
            ["2:10: `repeat` of the scenario `compute`, which is no"],
        ),
        ("options: {rare: {}}\n", ["1:11: `options` of the scenario `rare`, which is not selected. It counts only"]),
        ("scenarios: {names: [rare]}\noptions: {rare: {}}\n", []),
        (
            "scenarios: {names: [image]}\nrepeat: {compute: 3}\nclouds: {a: , b: {scenarios: {names: [compute]}}}\n",
            [],
        ),
        (
            "clouds:\n  a: {scenarios: {names: [image]}, within: {network: {total: 3}}}\n  b:\n",
            ["2:45: `within` of the scenario `network`, which is not selected"],
        ),
    ],
)
def test_settings_for_a_scenario_that_is_not_selected_are_a_warning(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    start = len(str(tmp_path / "probes.yaml:"))
    found = [str(one)[start:] for one in load(tmp_path, text).warnings]
    assert len(found) == len(expected), found
    assert all(one.startswith(begin) for one, begin in zip(found, expected, strict=True)), found


def test_the_complete_schema_is_one_and_says_what_the_loader_says() -> None:
    whole = complete(schema(), KNOWN)
    jsonschema.Draft202012Validator.check_schema(whole)
    validator = jsonschema.Draft202012Validator(whole)
    assert validator.is_valid({"scenarios": {"names": ["image"]}, "common": {"flavor": "x"}, "repeat": {"image": 3}})
    assert validator.is_valid({"within": {"compute": {"Create the server": 3, "total": 4}}})
    for bad in (
        {"scenarios": {"names": ["imag"]}},
        {"common": {"flavour": "x"}},
        {"common": {"flavor": 1}},
        {"within": {"compute": {"Create": 3}}},
        {"repeat": {"image": 0}},
    ):
        assert not validator.is_valid(bad), bad


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("clouds: {a: {}}\n", False),
        ("clouds: {a: {guests: true}}\n", True),
        ("guests: true\nclouds: {a: {}}\n", True),
        ("guests: true\nclouds: {a: {guests: false}}\n", False),
        ("clouds: {a: {guests: true, regions: {r: {guests: false}}}}\n", False),
        ("clouds: {a: {guests: true, scenarios: {names: [image]}}}\n", True),
        ("clouds: {a: {guests: true, scenarios: {skip_names: [login]}}}\n", False),
        ("clouds: {a: {scenarios: {tags: [guests]}}}\n", True),
    ],
)
def test_scenarios_with_guests_run_where_the_cloud_is_said_to_have_them(tmp_path: Path, text: str, runs: bool) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(text + "repeat: {login: 2}\n")
    config = load_config(file, known=WITH_GUESTS)
    (target,) = config.targets
    one = WITH_GUESTS.scenarios["login"]
    assert target.selection.runs("login", one.tags, one.opt_in) is runs
    assert ["which is not selected" in str(one) for one in config.warnings] == ([] if runs else [True])


def test_a_run_warns_of_what_it_does_not_select_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text("scenarios: {names: [image]}\nrepeat: {identity: 2, network: 2}\n")
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)

    def warned(*selection: str) -> list[str]:
        run.resolve(parser.parse_args(["--cloud", "demo", "--config", str(file), *selection]))
        return re.findall(r"warning: .*of the scenario `(\w+)`", capsys.readouterr().err)

    assert warned() == ["identity", "network"]
    assert warned("--scenario", "identity") == ["network"]
    assert warned("--scenario", "identity", "--scenario", "network") == []


def test_guests_that_are_wanted_and_left_out_are_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text("clouds: {a: {guests: true, scenarios: {skip_tags: [guests]}}}\n")
    with pytest.raises(InvalidConfig, match=r"1:52: `guests` stands in `skip_tags`.*Remove one of the two"):
        load_config(file, known=WITH_GUESTS)
