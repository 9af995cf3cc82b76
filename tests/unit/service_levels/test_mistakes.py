"""Rules that could never be judged, or always alike, are found when the configuration is read, with line and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stackprobe import scenarios
from stackprobe.config import Config, InvalidConfig, load_config

ROOT = Path(__file__).resolve().parents[3]
KNOWN = scenarios.known(scenarios.discover(scenarios.roles_paths()))


def load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "probes.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, known=KNOWN)


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        load(tmp_path, text)
    return [line.removeprefix(f"{tmp_path / 'probes.yaml'}:") for line in str(caught.value).splitlines()]


def rule(**lines: str) -> str:
    return "service_levels:\n  one:\n" + "".join(f"    {key}: {value}\n" for key, value in lines.items())


def test_the_example_of_the_documentation_is_a_configuration_without_mistakes(tmp_path: Path) -> None:
    page = (ROOT / "doc/source/service-levels.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    config = load(tmp_path, example)
    assert config.warnings == ()
    mine, slow = config.target("mycloud"), config.target("slowcloud")
    assert len(slow.service_levels) == 7 and "nothing_is_left" not in mine.service_levels
    assert (mine.service_levels["server_in_time"]["within_s"], mine.verdict) == (90, "raw")
    assert slow.service_levels["server_in_time"]["within_s"] == 180


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rule(within_s="5"), "2:3: the rule says not what it is about. Give one of `step`, `scenario`, `calls`, `run`"),
        (rule(run="true"), "2:3: the rule says not what is asked. Give one of `baseline`, `within_s`, `error_ratio`"),
        (rule(run="true", scenario="compute", leftovers="0"), "the rule is about `scenario` and `run`. Make two"),
        (rule(run="true", leftovers="0", success_ratio="1"), "the rule asks for `leftovers` and `success_ratio`"),
        (rule(run="false", leftovers="0"), "3:10: `service_levels.one.run` cannot be `False`"),
        (rule(scenario="computer", leftovers="0"), "3:15: there is no scenario `computer`; did you mean `compute`?"),
        (rule(step="compute", within_s="5"), "3:11: `compute` is no step. Write it as scenario/step, as compute/"),
        (rule(step="nova/boot", within_s="5"), "3:11: there is no scenario `nova`"),
        (
            rule(step="compute/create_the_sever", within_s="5"),
            "3:11: the scenario `compute` has no step `create_the_sever`; did you mean `create_the_server`?",
        ),
        (
            rule(run="true", withinn_s="5"),
            "4:5: unknown key `withinn_s` in `service_levels.one`; did you mean `within_s`?",
        ),
        (rule(run="true", within_s="0"), "4:15: this would always be bad: nothing takes no time"),
        (
            rule(run="true", within_s="3600"),
            "4:15: this can never be bad: a run, and all that is in it, is over after 3600",
        ),
        (rule(run="true", limit_ms="3600000"), "4:15: this can never be bad"),
        (rule(run="true", within_s="5", limit_ms="5000"), "5:15: `within_s` and `limit_ms` say the same"),
        (
            rule(run="true", within_s="5", statistic="average"),
            "`service_levels.one.statistic` must be max, mean, median",
        ),
        (rule(run="true", success_ratio="0"), "4:20: this can never be bad: no ratio is below 0"),
        (
            rule(run="true", success_ratio="99"),
            "4:20: this would always be bad: no ratio is above 1. Write 0.99 for 99 %",
        ),
        (rule(run="true", success_ratio=".nan"), "must be a finite number"),
        (
            rule(run="true", success_ratio="1", statistic="p95"),
            "5:16: `statistic` has no meaning beside `success_ratio`",
        ),
        (rule(run="true", success_ratio="1", window="soon"), "5:13: `soon` of `window` is no span of time"),
        (
            rule(run="true", success_ratio="1", window="60"),
            "`service_levels.one.window` must be text, not the number 60",
        ),
        (rule(run="true", success_ratio="1", window="365d"), "5:13: a window of 365d is too long. Give 90d at most"),
        (
            rule(run="true", success_ratio="1", minimum="5"),
            "5:14: `minimum` counts values of a window, and there is none",
        ),
        (rule(run="true", leftovers="-1"), "4:16: this would always be bad"),
        (rule(step="compute/create_the_server", leftovers="0"), "4:16: `leftovers` cannot be judged of `step`"),
        (rule(run="true", error_ratio="{5xx: 0.1}"), "`error_ratio` cannot be judged of `run`. It is for `calls`"),
        (rule(calls="{service: compute}", error_ratio="{5xx: 1}"), "4:24: this can never be bad"),
        (rule(calls="{service: compute}", error_ratio="{5xx: 5}"), "no ratio is above 1. Write 0.05 for 5 %"),
        (rule(calls="{service: compute}", error_ratio="{5xx: -1}"), "this would always be bad"),
        (rule(calls="{service: compute}", error_ratio="{6xx: 0}"), "unknown key `6xx`"),
        (rule(calls="{service: compute, status: 5xx}", error_ratio="{5xx: 0}"), "looks at calls of every status"),
        (
            rule(calls="{service: nova}", within_s="5"),
            "3:22: `nova` is another name of the service type `compute`. Write compute",
        ),
        (rule(calls="{service: comptue}", within_s="5"), "there is no service type `comptue`; did you mean `compute`?"),
        (rule(calls="{method: get}", within_s="5"), "`get` is no method of HTTP; did you mean `GET`?"),
        (rule(calls="{status: 6xx}", within_s="5"), "`6xx` is no status"),
        (rule(calls="{status: 99}", within_s="5"), "`99` is no status"),
        (rule(calls="{service: a.b}", within_s="5"), "must be a name in which * stands for any part of it"),
        (rule(calls="{}", within_s="5"), "`service_levels.one.calls` must not be empty"),
        (rule(run="true", missing="{intervals: 2}"), "`service_levels.one.missing` lacks `every`"),
        (rule(run="true", missing="{every: often}"), "4:22: `often` of `every` is no span of time"),
        (
            rule(run="true", missing="{every: 15m}", window="50m"),
            "5:13: this can never be bad: 2 missing runs do not fit",
        ),
        (rule(run="true", missing="{every: 30d, intervals: 9}"), "this can never be bad"),
        (rule(run="true", baseline="{days: 0}"), "must be at least 1 days"),
        (rule(run="true", baseline="{minimum: 20000}"), "this can never be bad: 7 days never have 20000 runs"),
        (rule(run="true", baseline="{}", window="7d"), "`window` has no meaning beside `baseline`"),
        (rule(run="true", leftovers="0", damping="{bad: 4, of: 3}"), "`bad` of `of` runs can never be reached"),
        (
            rule(run="true", leftovers="0", flapping="{changes: 9, of: 9}"),
            "`changes` of `of` runs can never be reached",
        ),
        (rule(run="true", leftovers="0", severity="bad"), "`service_levels.one.severity` cannot be `bad`"),
        (
            "service_levels:\n  One:\n    run: true\n    leftovers: 0\n",
            "the key `One` in `service_levels` must be lower-case",
        ),
        ("service_levels:\n  one:\n", "2:3: there is no rule `one` to switch off here"),
        ("verdict: dampd\n", "1:10: `verdict` cannot be `dampd`; did you mean `damped`?"),
    ],
)
def test_a_mistake_in_a_rule_is_shown_where_it_stands(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert any(expected in line for line in found), found
    assert all(re.match(r"\d+:\d+: ", line) for line in found)


TWO = """\
service_levels:
  mild: {{scenario: compute, within_s: {mild}}}
  hard: {{scenario: compute, within_s: {hard}, severity: {severity}}}
"""


def test_rules_that_contradict_each_other(tmp_path: Path) -> None:
    [same] = problems(tmp_path, TWO.format(mild=60, hard=90, severity="degraded"))
    assert same.startswith("3:3: the rules `mild` (line 2) and `hard` ask the same of compute. Keep one of them")
    for hard in (60, 30):
        [strict] = problems(tmp_path, TWO.format(mild=60, hard=hard, severity="down"))
        assert strict.startswith("3:3: `mild` (line 2, degraded) can never be bad without `hard` (down)")
    assert load(tmp_path, TWO.format(mild=60, hard=90, severity="down")).warnings == ()


def test_steps_may_be_called_as_in_reports_and_patterns_name_several_services(tmp_path: Path) -> None:
    text = rule(step="compute/Create the server", within_s="5")
    text += '  two: {calls: {service: "{compute,network}", status: 5xx}, limit_ms: 5}\n'
    text += "  three: {calls: {service: vendor-thing}, limit_ms: 5}\nservices_: 0\n"
    text = text.replace("services_: 0\n", "clouds:\n  demo: {services: [vendor-thing]}\n")
    found = problems(tmp_path, text)
    assert len(found) == 1 and "there is no service type `vendor-thing`" in found[0], "not promised in general"


def test_a_rule_about_a_scenario_that_is_not_selected_is_a_warning(tmp_path: Path) -> None:
    text = rule(scenario="compute", within_s="5") + "scenarios: {names: [network]}\n"
    [warning] = load(tmp_path, text).warnings
    assert str(warning).endswith(
        "2:3: the rule `one` is about the scenario `compute`, which is not selected. It is unknown in every run, "
        "unless the command line selects the scenario."
    )
    assert load(tmp_path, rule(scenario="compute", within_s="5")).warnings == ()


def test_a_mistake_in_a_rule_of_one_cloud_is_found_there(tmp_path: Path) -> None:
    text = "clouds:\n  demo:\n    service_levels:\n      one: {scenario: compte, within_s: 5}\n"
    assert problems(tmp_path, text)[0].startswith("4:23: there is no scenario `compte`; did you mean `compute`?")
