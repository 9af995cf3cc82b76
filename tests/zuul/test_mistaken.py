"""Jobs with a mistake: a result of their own, one clear message, and nothing is created in the cloud."""

from __future__ import annotations

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.support.clouds import inventory
from tests.support.leaks import leaks
from tests.support.thorough import daily
from tests.zuul.published import problem_of
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build

MESSAGES = {
    "manual": {
        "mistaken-without-secret": ["the secret is missing", "pass-to-parent: true"],
        "mistaken-malformed-secret": ["clouds_yaml of the secret:5", "no valid YAML"],
        "mistaken-wrong-password": ["Authenticate", "HTTP 401"],
        "mistaken-scenario": ["there is no scenario `netwrok`", "did you mean `network`?"],
        "mistaken-watchdog": ["watchdog_jobs must be a list of texts", "write `watchdog_jobs: [ONE, TWO]`"],
    },
    "manual-thorough": {
        "mistaken-sweep": ["refuses the credentials (401)", "Check `auth` of the cloud"],
        "mistaken-other-cloud": ["`embeded`", "did you mean `embedded`?"],
        "mistaken-type": ["probe_tags must be a list of texts, not a text", "write `probe_tags: [ONE, TWO]`"],
        "mistaken-setting": ["unknown key `dead_line_s`", "did you mean `deadline_s`?"],
    },
}
"""What each job must say, by pipeline."""


@pytest.fixture(scope="module", params=daily(MESSAGES, [0]))
def builds(request: pytest.FixtureRequest, rig: Rig, cloud: Cloud, admin: Connection) -> dict[str, Build]:
    """A build of each job of a pipeline; the cloud is as it was before."""
    cloud.faults()
    before = inventory(admin)
    assert rig.config_errors("mistaken") == []
    ended = rig.run("mistaken", pipeline=request.param, timeout_s=900)
    assert inventory(admin) == before
    assert set(ended) == set(MESSAGES[request.param])
    return ended


def test_each_says_what_is_wrong_and_what_to_do(builds: dict[str, Build]) -> None:
    messages = {job: all_of_it for of_pipeline in MESSAGES.values() for job, all_of_it in of_pipeline.items()}
    for job, build in builds.items():
        assert build.result == "POST_FAILURE", job
        for words in messages[job]:
            assert words in problem_of(build), job
            assert words in build.console, job
            assert any(words in warning for warning in build.warnings), job
        assert "Traceback" not in build.console, job


def test_repeats_no_secret(builds: dict[str, Build], placeholders: dict[str, str]) -> None:
    canaries = ["the-canary-in-a-broken-file", "the-canary-that-opens-nothing", placeholders["CLOUD_PASSWORD"]]
    for build in builds.values():
        assert leaks(canaries, build.logs) == []
