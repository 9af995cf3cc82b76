"""``stackprobe scenarios``: lists the scenarios there are, and whether a cloud can run them.

Exit code 0; with ``--cloud`` as ``stackprobe init``: 1 when the cloud failed, 2 when the login is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.table import Table
from rich.text import Text

from stackprobe import scenarios
from stackprobe.options import add_roles_path, seconds
from stackprobe.scenarios import Scenario
from stackprobe.terminal import console

HELP = "list the scenarios there are, and which of them a cloud can run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cloud", metavar="NAME", help="say which ones this cloud of clouds.yaml can run, or why not")
    parser.add_argument("--region", metavar="NAME", help="its region (default: its first)")
    parser.add_argument(
        "--tag", metavar="TAG", action="append", default=[], help="only those with this tag (several times: with any)"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, default=20.0, help="how long one question may take (s; default: 20)"
    )
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """List them; see the module.

    :raises UsageError: no scenario has the tag, or the cloud cannot be looked at.
    """
    found = scenarios.discover(scenarios.roles_paths(arguments.roles_path))
    chosen = scenarios.with_tags(found, arguments.tag)
    against, code = (None, 0) if arguments.cloud is None else _reasons(arguments, chosen)
    if code and against is None:
        return code
    if arguments.json:
        print(json.dumps([_facts(one, against) for one in chosen], indent=2))
    else:
        console().print(_table(chosen, against, arguments.cloud))
    return code


def _reasons(arguments: argparse.Namespace, chosen: list[Scenario]) -> tuple[dict[str, str | None] | None, int]:
    """Why the cloud cannot run each, and the exit code."""
    from stackprobe.credentials.keystone import CloudFault  # noqa: PLC0415  # the SDK, which not everybody needs
    from stackprobe.survey import look  # noqa: PLC0415
    from stackprobe.survey.fitting import fit  # noqa: PLC0415
    from stackprobe.survey.problems import problems, told  # noqa: PLC0415
    from stackprobe.survey.suitability import reason_against  # noqa: PLC0415

    try:
        survey = look(arguments.cloud, arguments.region, arguments.timeout)
    except CloudFault as fault:
        print(f"stackprobe: the cloud failed. {fault}", file=sys.stderr)
        return None, 1
    fitting = fit(survey)
    wrong = problems(survey, fitting, chosen)
    for problem in wrong:
        print(f"stackprobe: {arguments.cloud} – {told(problem)}", file=sys.stderr)
    reasons = {one.name: reason_against(one, survey, fitting) for one in chosen}
    return reasons, 1 if any(one.cloud_fault for one in wrong) else 0


def _facts(scenario: Scenario, against: dict[str, str | None] | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": scenario.name,
        "services": list(scenario.services),
        "tags": sorted(scenario.tags),
        "opt_in": scenario.opt_in,
        "creates": scenario.creates,
        "release": scenario.release,
        "description": " ".join(scenario.description.split()),
        "role": str(scenario.role),
    }
    if against is not None:
        facts |= {"runs": against[scenario.name] is None, "reason": against[scenario.name]}
    return facts


def _table(chosen: list[Scenario], against: dict[str, str | None] | None, cloud: str | None) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("scenario", no_wrap=True)
    if against is not None:
        table.add_column(f"on {cloud}")
    for column in ("services", "tags", "since", "proves"):
        table.add_column(column)
    for one in chosen:
        row = [one.name + (" (opt-in)" if one.opt_in else "")]
        if against is not None:
            row.append(against[one.name] or "runs")
        row += [
            ", ".join(one.services),
            ", ".join(sorted(one.tags)),
            one.release or "",
            " ".join(one.description.split()),
        ]
        table.add_row(*map(Text, row))
    return table
