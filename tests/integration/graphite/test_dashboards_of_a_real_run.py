"""A real run, configured for all namings, delivered by its configuration, and looked at through every dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite
from stackprobe import namings
from stackprobe.graphite.points import parse_points

from tests.integration.graphite.seeing import SWEEP, region
from tests.integration.graphite.seeing_guests import EXPECTED_OF_GUESTS
from tests.integration.graphite.sending import deliver, wait_until_written
from tests.integration.graphite.shown import PANELS, Seen, shown
from tests.integration.probing import run_probes

#: What the scenarios of this run have nothing of: addresses and names to watch, servers, guests, a CI that starts them.
UPLOAD = ("upload_the_image", "wait_until_the_image_is_active")
EMPTY = {
    ("data-plane", "Servers until they are active"),
    ("data-plane", "Watched addresses"),
    ("data-plane", "Phases of watched addresses"),
    ("data-plane", "Days until certificates end"),
    ("data-plane", "Name resolution"),
    ("monitor", "Start delay"),
    *EXPECTED_OF_GUESTS,
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, cloud: Cloud, common: Graphite) -> Iterator[Seen]:
    cloud.faults([{"service": "glance", "method": "POST", "path": "/actions/deactivate$", "status": 503}])
    settings: dict[str, Any] = {
        "environment": "production",
        "zone": "lab",
        "clouds": {"demo": {"label": "real"}},
        "graphite": {"address": common.carbon, "naming": ["stackprobe", "apimon", "tags"]},
    }
    directory = tmp_path_factory.mktemp("real") / "run"
    try:
        probed = run_probes(cloud.clouds_yaml, directory, ["image", "network", "endpoints"], **settings)
    finally:
        cloud.faults()
    run = probed.results
    assert probed.exit_code == 1, probed.said
    with (probed.output / "metrics.txt").open("a") as file:
        root, t = f"stackprobe.real.{region(run)}.sweep", int(run.start_t)
        file.writelines(f"{root}.{name} {value} {t}\n" for name, value in SWEEP.items())
    assert deliver(probed.output, None, "--config", str(directory / "probes.yaml")) == 0
    sent = parse_points((probed.output / "metrics.txt").read_text(), probed.output / "metrics.txt")
    wait_until_written(common, [point for point in sent if ";" not in point.name])
    yield Seen(common, run, "real")


@pytest.mark.parametrize(("name", "title"), PANELS, ids=[": ".join(panel) for panel in PANELS])
def test_a_panel_shows_what_the_run_found(seen: Seen, name: str, title: str) -> None:
    assert shown(seen, name, title) == ((name, title) not in EMPTY)


def test_metrics_txt_has_all_namings_of_the_configuration(seen: Seen) -> None:
    for naming in ("stackprobe", "apimon", "tags"):
        assert list(namings.points(seen.run, [naming]))
    assert seen.run.metrics_naming == ("stackprobe", "apimon", "tags")


def test_apimons_series_of_a_real_run_are_the_journals(seen: Seen) -> None:
    calls = [call for call in seen.run.calls if call.service == "image"]
    root = "stats.counters.openstack.api.production.lab.image.*.*"
    assert seen.ask(f"alias(sumSeries({root}.attempted.count), 'all')") == {"all": len(calls)}
    uploads = [s for one in seen.run.scenarios for s in one.steps if s.key in UPLOAD and s.scenario == "image"]
    metric = "stats.timers.apimon.metric.production.lab.image_upload.passed.upper"
    expected = {} if any(s.starved for s in uploads) else {"upper": sum(s.duration_ms for s in uploads)}
    assert seen.ask(f"alias({metric}, 'upper')") == pytest.approx(expected)
