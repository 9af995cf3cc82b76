"""probes.yaml: every mistake is found before anything starts, and shown where it stands with what to do about it."""

from __future__ import annotations

import argparse
from pathlib import Path

import jsonschema
import pytest
from stackprobe.address import Address, parse_address
from stackprobe.commands import check
from stackprobe.config import Config, InvalidConfig, Known, Selection, load_config, schema
from stackprobe.errors import UsageError

EVERYTHING = """\
prefix: probe1
deadline_s: 1200
teardown_reserve_s: 300
poll_interval_s: 2.5
max_leftovers: 5
parallel: 4
control_target: https://example.org/
scenarios:
  tags: [read_only]
  skip_names: [volume]
options:
  compute: {flavor: small, image: cirros}
clouds:
  public:
    regions: [one, two]
    services: [compute, object-store]
    deadline_s: 600
    requests_per_second: 2.5
    options:
      compute: {flavor: tiny}
  private:
graphite:
  address: "[::1]:2003"
  prefix: cloud.probes
"""


def load(tmp_path: Path, text: str, known: Known | None = None) -> Config:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    return load_config(file, known=known)


def problems(tmp_path: Path, text: str, known: Known | None = None) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        load(tmp_path, text, known)
    start = len(str(tmp_path / "probes.yaml:"))
    return [line[start:] for line in str(caught.value).splitlines()]


def test_without_a_file_the_cloud_of_the_command_line_gets_the_defaults() -> None:
    target = load_config().target("demo", "one")
    assert (target.cloud, target.region, target.prefix, target.deadline_s) == ("demo", "one", "stackprobe", 3600)
    assert (target.teardown_reserve_s, target.poll_interval_s, target.max_leftovers) == (600, 1, 20)
    assert (target.control_target, target.services, target.options) == (None, (), {})
    assert load_config().graphite is None


def test_an_empty_file_is_a_file_of_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n").target("demo") == load_config().target("demo")


def test_a_cloud_goes_before_the_general_settings(tmp_path: Path) -> None:
    config = load(tmp_path, EVERYTHING)
    two, private = config.target("public", "two"), config.target("private")
    assert (two.region, two.deadline_s, private.region, private.deadline_s) == ("two", 600, None, 1200)
    assert two.options == {"compute": {"flavor": "tiny", "image": "cirros"}}
    assert private.options == {"compute": {"flavor": "small", "image": "cirros"}}
    assert two.services == ("compute", "object-store")
    assert (two.parallel, two.requests_per_second) == (4, 2.5)
    assert (private.parallel, private.requests_per_second) == (4, None)
    assert two.control_target == private.control_target == "https://example.org/"
    assert [(target.cloud, target.region) for target in config.targets] == [
        ("public", "one"),
        ("public", "two"),
        ("private", None),
    ]
    assert config.target("public").region == "one"
    assert config.graphite is not None
    assert (str(config.graphite.address), config.graphite.prefix) == ("[::1]:2003", "cloud.probes")


def test_a_cloud_or_region_that_the_file_does_not_name_is_refused(tmp_path: Path) -> None:
    config = load(tmp_path, EVERYTHING)
    with pytest.raises(UsageError, match="not name the cloud `pubic`; did you mean `public`"):
        config.target("pubic")
    with pytest.raises(UsageError, match="not name the region `tow` of the cloud `public`; did you mean `two`"):
        config.target("public", "tow")
    assert config.target("private", "any").region == "any"


def test_the_default_reserve_for_teardown_leaves_half_of_a_short_deadline(tmp_path: Path) -> None:
    assert load(tmp_path, "deadline_s: 60\n").target("x").teardown_reserve_s == 30


def test_a_selection_takes_what_is_named_or_tagged_less_what_is_skipped() -> None:
    everything = Selection(skip_tags=frozenset({"slow"}))
    assert everything.selects("image", ["fast"]) and not everything.selects("image", ["slow"])
    some = Selection(names=frozenset({"image"}), tags=frozenset({"network"}), skip_names=frozenset({"dns"}))
    assert some.selects("image", []) and some.selects("router", ["network"])
    assert not some.selects("dns", ["network"]) and not some.selects("volume", ["storage"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scenaros: {}\n", "1:1: unknown key `scenaros`; did you mean `scenarios`?"),
        ("clouds:\n  demo:\n    region: one\n", "3:5: unknown key `region` in `clouds.demo`; did you mean `regions`?"),
        ("deadline_s: soon\n", "1:13: `deadline_s` must be a whole number (s), not text"),
        ("deadline_s: 5\n", "1:13: `deadline_s` must be at least 60 s, not 5"),
        ("poll_interval_s: .nan\n", "1:18: `poll_interval_s` must be a finite number"),
        ("poll_interval_s: 0.1\n", "1:18: `poll_interval_s` must be at least 1 s, not 0.1"),
        ("prefix: My-Probe\n", "1:9: `prefix` must be 2 to 20 lower-case letters and digits, the first a letter, not"),
        ("prefix: \n", "1:8: `prefix` must be text, but is empty. Fill it in or remove the key"),
        ("prefix: a\nprefix: b\n", "2:1: the key `prefix` stands here a second time. It was given in line 1"),
        ("clouds:\n  a:\n  b:\n  a:\n", "4:3: the key `a` stands here a second time"),
        ("clouds: [demo]\n", "1:9: `clouds` must be a mapping, not a list"),
        ("clouds:\n  demo:\n    regions: [no]\n", "3:15: `clouds.demo.regions[0]` must be text, not true or false."),
        ("clouds:\n  demo:\n    regions: [a, a]\n", "3:18: `clouds.demo.regions` names `a` twice"),
        ("clouds:\n  demo:\n    regions: []\n", "3:14: `clouds.demo.regions` must not be empty"),
        ("clouds:\n  1:\n", "2:3: the key `1` is no text. Put it in quotes"),
        ("options: {x: {y: 2026-01-01}}\n", "1:18: YAML takes `options.x.y` for a date"),
        ("options: {Compute: {}}\n", "1:11: the key `Compute` in `options` must be lower-case letters"),
        ("scenarios: {names: [image], skip_names: [image]}\n", "1:42: `image` stands in `names` and in `skip_names`"),
        ("scenarios: {tags: [a, b], skip_tags: [b]}\n", "1:39: `b` stands in `tags` and in `skip_tags`"),
        ("scenarios: {names: []}\n", "1:20: `scenarios.names` must not be empty"),
        ("deadline_s: 300\nteardown_reserve_s: 300\n", "2:21: no time is left for probing"),
        ("teardown_reserve_s: 300\nclouds:\n  demo: {deadline_s: 100}\n", "3:22: no time is left for probing"),
        ("graphite: {}\n", "1:1: `graphite` lacks `address`"),
        ("graphite: {address: 'host'}\n", "1:21: `host` is no address. Write it as HOST:PORT"),
        ("graphite: {address: 'h:1', url: 'ftp://g'}\n", "1:33: the address of graphite-web is malformed"),
        (
            "graphite: {address: 'h:1', naming: apimon, url: 'http://g'}\n",
            "1:49: figures of earlier runs are read in the naming `stackprobe`, which nobody gets",
        ),
        ("graphite: {address: 'h:1', prefx: p}\n", "1:28: unknown key `prefx` in `graphite`; did you mean"),
        ("control_target: ftp://x\n", "1:17: `ftp://x` is neither a URL nor HOST:PORT"),
        (
            "options: {http: {password: geheim}}\n",
            "1:18: `password` looks like a secret. Secrets belong in",
        ),
        ("control_target: http://u:geheim@h/\n", "1:17: `control_target` holds a secret"),
        ("- a\n", "1:1: the configuration must be a mapping, not a list"),
    ],
)
def test_a_mistake_is_shown_where_it_stands(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(expected), found[0]
    assert "geheim" not in found[0]


def test_all_mistakes_are_shown_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    found = problems(tmp_path, "deadline_s: 5\nprefx: x\nfoo: 1\nmax_leftovers: many\n")
    assert [line.split(":")[0] for line in found] == ["1", "2", "3", "4"]


def test_mappings_may_be_shared_with_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = "clouds:\n  a: &a {deadline_s: 900}\n  b:\n    <<: *a\n    deadline_s: 600\n  c: {<<: *a}\n"
    config = load(tmp_path, text)
    assert [config.target(name).deadline_s for name in "abc"] == [900, 600, 900]


def test_aliases_that_multiply_a_file_beyond_measure_are_refused(tmp_path: Path) -> None:
    lines = ["a: &l0 [x, x, x, x, x, x, x, x]"] + [
        f"b{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)
    ]
    with pytest.raises(UsageError, match="aliases multiply it"):
        load(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("text", ["a: [", "\tprefix: x", "prefix: 'x", "a: b: c", "!!python/object:os.x {}", "x: \x07"])
def test_a_malformed_file_is_one_error_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"probes.yaml:\d+.*no valid YAML"):
        load(tmp_path, text)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such configuration"):
        load_config(tmp_path / "nowhere.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "latin").write_bytes(b"prefix: x\n# \xe4\n")
    with pytest.raises(UsageError, match="latin:2: the configuration is not UTF-8"):
        load_config(tmp_path / "latin")


def test_the_schema_is_valid_and_describes_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())

    def undescribed(node: object, path: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        found = []
        for key, value in node.get("properties", {}).items():
            if "description" not in value and "$ref" not in value:
                found.append(f"{path}.{key}")
            found += undescribed(value, f"{path}.{key}")
        for key, value in node.get("$defs", {}).items():
            found += undescribed(value, f"{path}.{key}")
        return found

    assert undescribed(schema(), "") == []


def test_check_tells_a_good_file_from_a_bad_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    file = tmp_path / "probes.yaml"
    file.write_text("deadline_s: 900\nclouds:\n  public:\n  private:\n")
    assert check.execute(parser.parse_args([str(file)])) == 0
    assert "no mistakes; clouds: `public`, `private`" in capsys.readouterr().out
    file.write_text("deadline_s: 5\n")
    with pytest.raises(UsageError, match="at least 60 s"):
        check.execute(parser.parse_args([str(file)]))
    file.write_text("scenarios: {names: [there_is_none]}\n")
    with pytest.raises(UsageError, match="no scenario `there_is_none`"):
        check.execute(parser.parse_args([str(file)]))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("h:1", ("h", 1)),
        ("[::1]:2003", ("::1", 2003)),
        ("10.0.0.1:65535", ("10.0.0.1", 65535)),
        ("a-b.c:80", ("a-b.c", 80)),
    ],
)
def test_addresses_are_read(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == Address(*address)
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text", ["", "h", "h:", ":1", "h:0", "h:65536", "h:x", "::1:2003", "http://h:1", "h:1/x", "h h:1"]
)
def test_malformed_addresses_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        parse_address(text)
