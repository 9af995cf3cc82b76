"""The workflow for GitHub Actions: all clouds and regions of the configuration, on a schedule.

What needs more permissions than to read stands there as comments: past runs on a branch, issues, a status page.
"""

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
#      history-branch: stackprobe-data
    secrets:
      CLOUDS_YAML: ${{{{ secrets.CLOUDS_YAML }}}}
"""

_RESULTS = """\
#  results:
#    needs: probe
#    if: always()
#    permissions:
#      contents: write
#      issues: write
#    uses: OWNER/stackprobe/.github/workflows/results.yaml@COMMIT
#    with:
#      config: {config}
#      alarm: true
#      site: true
#  pages:
#    needs: results
#    if: always() && needs.results.outputs.page != ''
#    runs-on: ubuntu-24.04
#    permissions:
#      pages: write
#      id-token: write
#    environment:
#      name: github-pages
#      url: ${{{{ steps.deploy.outputs.page_url }}}}
#    concurrency: pages
#    steps:
#      - uses: actions/deploy-pages@cd2ce8fcbc39b97be8ca5fce6e763baed58fa128 # v5.0.0
#        id: deploy
#        with:
#          artifact_name: ${{{{ needs.results.outputs.page }}}}
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
        *comment("For service levels over many runs, an issue for each service that is down, and a status page, all"),
        *comment("without any server: remove the # at the beginning of lines below. The page needs GitHub Pages:"),
        *comment("Settings, Pages, Source, GitHub Actions."),
    ]
    place = flow(config)
    return "\n".join(["---", *head, ""]) + _WORKFLOW.format(config=place) + _RESULTS.format(config=place)
