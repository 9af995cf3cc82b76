"""The workflow for GitHub Actions: all clouds and regions of the configuration, on a schedule."""

from __future__ import annotations

from stackprobe.init.text import comment, flow

_WORKFLOW = """\
name: Probe
on:
  schedule:
    - cron: "7,22,37,52 * * * *"
  workflow_dispatch:
permissions:
  contents: read
jobs:
  probe:
    uses: OWNER/stackprobe/.github/workflows/probe.yaml@COMMIT
    with:
      config: {config}
    secrets:
      CLOUDS_YAML: ${{{{ secrets.CLOUDS_YAML }}}}
"""


def workflow(config: str) -> str:
    """The text of a file for ``.github/workflows``.

    :param config: the configuration's place in the repository.
    """
    head = [
        *comment("Belongs into .github/workflows, on the default branch. Put in for OWNER/stackprobe the copy of"),
        *comment("stackprobe that it may use, for COMMIT the full SHA of a commit there that you trust, and give the"),
        *comment("repository the secret CLOUDS_YAML: gh secret set CLOUDS_YAML < clouds.yaml"),
        *comment("All of that, step by step: doc/source/github.md of stackprobe."),
    ]
    return "\n".join(["---", *head, ""]) + _WORKFLOW.format(config=flow(config))
