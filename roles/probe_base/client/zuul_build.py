"""What a build of Zuul says about where a run finds and leaves its things."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERDICT = "verdict.json"
"""What the run playbook found, in the home of a build: the post-run playbook reads it."""
LOGIN = "login.json"
"""Which cloud and region the build has credentials for, likewise."""


@dataclass(frozen=True)
class Build:
    """Where the runs of a build work.

    :param home: a private directory, in which ``ensure_stackprobe`` has installed the helper.
    :param output: the directory of the results, among the logs of the build.
    :param environment: what the helper is told through its environment.
    """

    home: Path
    output: Path
    environment: dict[str, str]

    @property
    def stackprobe(self) -> str:
        """The helper's command."""
        return str(self.home / "venv" / "bin" / "stackprobe")

    @property
    def clouds_file(self) -> Path:
        """The clouds.yaml of this build."""
        return self.home / "credentials" / "clouds.yaml"

    @property
    def settings_file(self) -> Path:
        """The probes.yaml of this build."""
        return self.home / "probes.yaml"

    def keep_settings(self, settings: Mapping[str, Any]) -> None:
        """Write the probes.yaml of this build, if there are settings."""
        if settings:
            self.settings_file.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def build_of(variables: Mapping[str, Any], zuul_url: str = "") -> Build | None:
    """The build that a play belongs to; None outside of Zuul.

    :param variables: of the play.
    :param zuul_url: the tenant's page in Zuul's web, if known.
    """
    zuul = variables.get("zuul")
    if not zuul:
        return None
    home = Path(zuul["executor"]["work_root"]) / "stackprobe"
    environment = {
        "STACKPROBE_CI": "zuul",
        "STACKPROBE_BUILD": str(zuul.get("build", "")),
        "STACKPROBE_TENANT": str(zuul.get("tenant", "")),
        "STACKPROBE_PIPELINE": str(zuul.get("pipeline", "")),
        "STACKPROBE_JOB": str(zuul.get("job", "")),
        "STACKPROBE_ATTEMPT": str(zuul.get("attempts", "")),
        "STACKPROBE_ZUUL_URL": zuul_url,
        # The lock of a run must outlive the sandbox of the playbook that started it.
        "XDG_STATE_HOME": str(home / "state"),
        # Zuul warns of everything that is left in the build's home directory.
        "HOME": str(home),
    }
    return Build(home, Path(zuul["executor"]["log_root"]) / "stackprobe", environment)
