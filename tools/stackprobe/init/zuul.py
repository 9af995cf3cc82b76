"""The stanza for Zuul: a job that probes the cloud each hour, one that sweeps each day, and when they run."""

from __future__ import annotations

import re
import textwrap

import yaml

from stackprobe.init.plan import Plan
from stackprobe.init.text import comment, flow

_STANZA = """\
- job:
    name: {probe}
    parent: stackprobe-all
    description: {probes}
    semaphores: {semaphore}
    secrets: {{name: probe_clouds, secret: {secret}, pass-to-parent: true}}
    vars:
      probe_cloud: {cloud}
      probe_settings:
{settings}
- job:
    name: {sweep}
    parent: stackprobe-sweep
    description: {sweeps}
    semaphores: {semaphore}
    secrets: {{name: probe_clouds, secret: {secret}, pass-to-parent: true}}
    vars:
      probe_cloud: {cloud}{region}

- project:
    periodic-hourly:
      jobs: [{probe}]
    periodic-daily:
      jobs: [{sweep}]
"""


class _Dumper(yaml.SafeDumper):
    """Lists stand further in than their keys, as yamllint wants them by default."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def zuul_yaml(plan: Plan) -> str:
    """The text of a file for ``zuul.d``."""
    cloud = plan.survey.cloud
    secret = _word(cloud.name)
    word = f"{secret}-{_word(cloud.region)}" if cloud.region and len(cloud.regions) > 1 else secret
    settings = yaml.dump(plan.settings(), Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=False)
    head = [
        *comment("Zuul reads this from zuul.d of your own repository. The tenant needs the pipelines that are named"),
        *comment(f"at the end, and the repository a secret `{secret}` with clouds.yaml as its field clouds_yaml."),
        *comment("All of that, step by step: doc/source/zuul.md of stackprobe."),
    ]
    return "\n".join(["---", *head, ""]) + _STANZA.format(
        probe=f"probe-{word}",
        sweep=f"sweep-{word}",
        probes=flow(f"Probes {cloud.name} with the scenarios that it can run."),
        sweeps=flow(f"Removes what dead runs have left in the project on {cloud.name}."),
        semaphore=flow(word),
        secret=flow(secret),
        cloud=flow(cloud.name),
        region=f"\n      probe_region: {flow(cloud.region)}" if cloud.region else "",
        settings=textwrap.indent(settings, " " * 8),
    )


def _word(name: str) -> str:
    """A name as jobs, secrets and semaphores may have it."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "cloud"
