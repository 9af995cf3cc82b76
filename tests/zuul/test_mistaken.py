"""Jobs with a mistake: a result of their own, one clear message, and nothing is created in the cloud."""

from __future__ import annotations

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.integration.conftest import inventory
from tests.support.leaks import leaks
from tests.zuul.published import problem_of
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build

MESSAGES = {
    "mistaken-without-secret": ["the secret is missing", "pass-to-parent: true"],
    "mistaken-malformed-secret": ["clouds_yaml of the secret:5", "no valid YAML"],
    "mistaken-wrong-password": ["Authenticate", "HTTP 401"],
    "mistaken-other-cloud": ["`embeded`", "did you mean `embedded`?"],
    "mistaken-scenario": ["there is no scenario `netwrok`", "did you mean `network`?"],
    "mistaken-type": ["probe_tags must be a list of texts, not a text", "write `probe_tags: [ONE, TWO]`"],
    "mistaken-setting": ["unknown key `dead_line_s`", "did you mean `deadline_s`?"],
    "mistaken-sweep": ["refuses the credentials (401)", "Check `auth` of the cloud"],
    "mistaken-watchdog": ["watchdog_jobs must be a list of texts", "write `watchdog_jobs: [ONE, TWO]`"],
}


@pytest.fixture(scope="module")
def builds(rig: Rig, cloud: Cloud, admin: Connection) -> dict[str, Build]:
    """A build of each; the cloud is as it was before."""
    cloud.faults()
    before = inventory(admin)
    assert rig.config_errors("mistaken") == []
    ended = rig.run("mistaken", timeout_s=900)
    assert inventory(admin) == before
    return ended


@pytest.mark.parametrize("job", MESSAGES)
def test_says_what_is_wrong_and_what_to_do(builds: dict[str, Build], job: str) -> None:
    build = builds[job]

    assert build.result == "POST_FAILURE"
    for words in MESSAGES[job]:
        assert words in problem_of(build)
        assert words in build.console
        assert any(words in warning for warning in build.warnings)
    assert "Traceback" not in build.console


def test_repeats_no_secret(builds: dict[str, Build], placeholders: dict[str, str]) -> None:
    canaries = ["the-canary-in-a-broken-file", "the-canary-that-opens-nothing", placeholders["CLOUD_PASSWORD"]]
    for build in builds.values():
        assert leaks(canaries, build.logs) == []
