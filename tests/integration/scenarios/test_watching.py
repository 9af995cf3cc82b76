"""The scenarios `http_watch` and `dns_resolve`, against genuine web and name servers with all their faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome, Step

from tests.integration.engine import hostile
from tests.integration.probing import Probed, run_probes
from tests.support.authority import issue
from tests.support.name_server import name_server
from tests.support.web_server import web_server

HTTP, DNS = "http_watch", "dns_resolve"
ADDRESSES = ["192.0.2.1", "192.0.2.2"]
# name → what its message says; empty: it passes
WEB = {
    "page": "",
    "head": "",
    "secure": "",
    "moved": "",
    "wrong status": "answers HTTP 503, expected 200",
    "wrong body": "the body does not match 'Welcome'",
    "expired": "certificate has expired",
    "ends soon": "valid for 10.0 more days, not 14",
    "hangs": "deadline passed while waiting for the first byte",
    "resets": "connection reset",
    "slow": "too slow: ",
    "down": "Connection refused",
    "not resolved": "the name nowhere.invalid cannot be resolved",
}
NAMES = {
    "www.probed.example@ours": "",
    "big.probed.example-TXT@ours": "",
    "nowhere.probed.example@ours": "",
    "nowhere.probed.example-AAAA@ours": "NXDOMAIN, there is no such name",
    "www.probed.example.@ours": "answers www.probed.example A with 192.0.2.1, 192.0.2.2, not 192.0.2.9",
    "servfail.probed.example@ours": "SERVFAIL",
    "refused.probed.example@ours": "REFUSED",
    "silent.probed.example@ours": "no answer to silent.probed.example A within ",
    "www.probed.example@dead": "does not take the question (Connection refused)",
}


@pytest.fixture(scope="module")
def bad_day(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probed]:
    """One run that watches everything."""
    home = tmp_path_factory.mktemp("watch")
    good, expired, soon = (issue(home, days=days) for days in (80, -1, 10.01))
    with (
        name_server() as zone,
        web_server() as site,
        web_server(good.server) as secure,
        web_server(expired.server) as old,
        web_server(soon.server) as ending,
    ):
        urls: list[dict[str, Any]] = [
            {"name": "page", "url": f"{site.url}/", "body": "systems are go"},
            {"name": "head", "url": f"{site.url}/", "method": "HEAD", "headers": {"X-Probe": "1"}},
            {"name": "secure", "url": f"{secure.url}/", "ca_file": str(good.ca)},
            {"name": "moved", "url": f"{site.url}/to/page", "redirects": 1},
            {"name": "wrong status", "url": f"{site.url}/503"},
            {"name": "wrong body", "url": f"{site.url}/", "body": "Welcome"},
            {"name": "expired", "url": old.url, "ca_file": str(expired.ca)},
            {"name": "ends soon", "url": ending.url, "ca_file": str(soon.ca)},
            {"name": "hangs", "url": f"{site.url}/hang", "deadline": 1},
            {"name": "resets", "url": f"{site.url}/reset"},
            {"name": "slow", "url": f"{site.url}/slow", "limit": 0.3},
            {"name": "down", "url": f"http://{hostile.refusing()}/"},
            {"name": "not resolved", "url": "http://nowhere.invalid/"},
        ]
        ours = {"resolvers": ["ours"]}
        names: list[dict[str, Any]] = [
            {"name": "www.probed.example", "answers": ADDRESSES, "deadline": 1},
            {"name": "big.probed.example", "type": "TXT", **ours},
            {"name": "nowhere.probed.example", "rcode": ["NXDOMAIN", "NODATA"], **ours},
            {"name": "nowhere.probed.example", "type": "AAAA", **ours},
            {"name": "www.probed.example.", "answers": ["192.0.2.9"], **ours},
            {"name": "servfail.probed.example", **ours},
            {"name": "refused.probed.example", **ours},
            {"name": "silent.probed.example", "deadline": 1, **ours},
        ]
        resolvers = [{"name": "ours", "server": zone.address}, {"name": "dead", "server": hostile.refusing()}]
        options = {HTTP: {"urls": urls}, DNS: {"names": names, "resolvers": resolvers}}
        yield run_probes(cloud.clouds_yaml, home / "run", [HTTP, DNS, "identity"], options=options)


def watched(run: Probed, scenario: str) -> dict[str | None, Step]:
    return {one.zone: one for one in run.scenario(scenario).steps}


@pytest.mark.parametrize(
    ("scenario", "zone", "says"),
    [(HTTP, zone, says) for zone, says in WEB.items()] + [(DNS, zone, says) for zone, says in NAMES.items()],
)
def test_each_is_judged_by_itself(bad_day: Probed, scenario: str, zone: str, says: str) -> None:
    step = watched(bad_day, scenario)[zone]
    assert step.outcome is (Outcome.FAILED if says else Outcome.PASSED), step.message
    assert says in (step.message or "")


def test_nothing_else_is_said(bad_day: Probed) -> None:
    assert set(watched(bad_day, HTTP)) == set(WEB), bad_day.said
    assert set(watched(bad_day, DNS)) == set(NAMES), bad_day.said
    assert bad_day.outcomes() == {HTTP: Outcome.FAILED, DNS: Outcome.FAILED, "identity": Outcome.PASSED}
    assert bad_day.exit_code == 1
    assert {one.key for name in (HTTP, DNS) for one in bad_day.scenario(name).steps} == {
        "ask_the_address",
        "resolve_the_name",
    }


def test_the_phases_become_metrics_and_are_shown(bad_day: Probed) -> None:
    lines = (bad_day.output / "metrics.txt").read_text().splitlines()
    figures = {line.split()[0].partition(f".{HTTP}.")[2]: float(line.split()[1]) for line in lines}
    secure = {name.rpartition(".")[2] for name in figures if name.startswith("ask_the_address.secure.")}
    assert {"connect_ms", "tls_ms", "first_byte_ms", "certificate_days", "duration_ms"} <= secure
    assert figures["ask_the_address.ends_soon.certificate_days"] == pytest.approx(10.0, abs=0.1)
    assert "ask_the_address.page.tls_ms" not in figures
    assert any(f".{DNS}.resolve_the_name.www_probed_example_ours.duration_ms " in line for line in lines)
    assert "certificate valid for 80 days" in (bad_day.output / "report.html").read_text()


def test_without_anything_to_watch_they_are_skipped_and_say_so(probe: Callable[..., Probed]) -> None:
    run = probe(HTTP, DNS, "identity")
    assert run.exit_code == 0, run.said
    assert run.outcomes() == {HTTP: Outcome.SKIPPED, DNS: Outcome.SKIPPED, "identity": Outcome.PASSED}
    assert run.step(HTTP, "Find what is watched").message == "nothing is watched: the option urls is empty"
    assert run.step(DNS, "Find what is watched").message == "nothing is watched: the option names is empty"


@pytest.mark.parametrize(
    ("scenario", "options", "says"),
    [
        (HTTP, {"urls": [{"name": "a", "url": "http://127.0.0.1", "staus": 200}]}, "unknown key `staus`"),
        (HTTP, {"urls": [{"url": "http://127.0.0.1"}]}, "lacks `name`"),
        (HTTP, {"urls": "http://127.0.0.1"}, "must be a list"),
        (HTTP, {"urls": [{"name": "a/b", "url": "http://127.0.0.1"}]}, "letters, digits, spaces"),
        (DNS, {"names": [{"name": "www.example.com", "answers": "192.0.2.1"}]}, "must be a list"),
        (DNS, {"resolvers": []}, "must not be empty"),
    ],
)
def test_bad_options_are_refused_before_anything_runs(
    cloud: Cloud, tmp_path: Path, scenario: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(AssertionError, match="exit code 2") as refused:
        run_probes(cloud.clouds_yaml, tmp_path / "run", [scenario], options={scenario: options})
    assert says in str(refused.value)


def test_what_only_shows_in_the_run_is_one_error_each(probe: Callable[..., Probed]) -> None:
    twice = [{"name": name, "url": "http://127.0.0.1/"} for name in ("a b", "a.b")]
    names = [{"name": "www.example.com", "resolvers": ["moon"]}]
    run = probe(HTTP, DNS, options={HTTP: {"urls": twice}, DNS: {"names": names}})
    assert run.exit_code == 2, run.said
    assert "same name" in str(run.scenario(HTTP).problems) and "moon" in str(run.scenario(DNS).problems)
