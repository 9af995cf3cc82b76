"""``stackprobe init``: looks at a cloud and writes a configuration for it that works at once.

It asks all services side by side and changes nothing in the cloud, unless ``--verify`` asks for a first run. What is
wrong (no flavor, no image, no quota, a user who may only read) is told before anything is created. Exit code 0: the
files are written, and every service answered; 1: the cloud failed (the files are written all the same when it was not
Keystone); 2: bad usage, or a login that is refused. With ``--verify``: the worse of that and of the run.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from stackprobe import scenarios
from stackprobe.errors import UsageError
from stackprobe.options import add_roles_path, seconds

HELP = "look at a cloud and write a configuration for it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cloud", required=True, metavar="NAME", help="the cloud of clouds.yaml")
    parser.add_argument("--region", metavar="NAME", help="its region (default: its first)")
    parser.add_argument(
        "--output",
        metavar="FILE",
        default="probes.yaml",
        help="the configuration to write; - is standard output (default: %(default)s)",
    )
    parser.add_argument("--zuul", metavar="FILE", type=Path, help="also write jobs for Zuul, zuul.d/probe.yaml say")
    parser.add_argument(
        "--github", metavar="FILE", type=Path, help="also write a workflow, .github/workflows/probe.yaml say"
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")
    parser.add_argument(
        "--guests", action="store_true", help="take in the scenarios that boot servers and log in to them"
    )
    parser.add_argument(
        "--verify", action="store_true", help="make a first run of it, which creates and removes things"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, default=20.0, help="how long one question may take (s; default: 20)"
    )
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Look and write; see the module.

    :raises UsageError: bad input, a login that is refused, or a file that cannot be written; then none is.
    """
    shown = arguments.output == "-"
    if shown and arguments.verify:
        raise UsageError("--verify needs a configuration in a file", remedy="name it with --output")
    files = [*([] if shown else [Path(arguments.output)]), *filter(None, (arguments.zuul, arguments.github))]
    _check(files, arguments.force)
    found = scenarios.discover(scenarios.roles_paths(arguments.roles_path))

    # Only now the SDK: mistakes in options need not wait for its import.
    from stackprobe.credentials.keystone import CloudFault  # noqa: PLC0415
    from stackprobe.init import files as written  # noqa: PLC0415
    from stackprobe.init.plan import plan  # noqa: PLC0415
    from stackprobe.survey import look  # noqa: PLC0415
    from stackprobe.survey.problems import told  # noqa: PLC0415

    try:
        planned = plan(look(arguments.cloud, arguments.region, arguments.timeout), found, arguments.guests)
    except CloudFault as fault:
        print(
            f"stackprobe: the cloud failed, and nothing is written. {fault}",
            file=sys.stderr,
        )
        return 1
    name = "probes.yaml" if shown else arguments.output
    texts = written.texts(planned, name, zuul=arguments.zuul, github=arguments.github, day=time.strftime("%Y-%m-%d"))
    written.prove(texts[name], name, scenarios.known(found))
    for problem in planned.problems:
        print(f"stackprobe: {arguments.cloud} – {told(problem)}", file=sys.stderr)
    if shown:
        print(texts.pop(name), end="")
    for file, text in texts.items():
        _write(Path(file), text, arguments.force)
    tell = sys.stderr if shown else sys.stdout
    out = f", {len(planned.left_out)} left out, see there" if planned.left_out else ""
    written_to = ", ".join(map(str, files)) or "standard output"
    print(f"{arguments.cloud}: {len(planned.scenarios)} scenarios{out}. Written to {written_to}", file=tell)
    code = 1 if any(problem.cloud_fault for problem in planned.problems) else 0
    return _first_run(arguments, code) if arguments.verify else code


def _first_run(arguments: argparse.Namespace, code: int) -> int:
    from stackprobe.cli import main  # noqa: PLC0415  # it imports this module

    options = ["--cloud", arguments.cloud, "--config", arguments.output]
    options += [part for path in arguments.roles_path for part in ("--roles-path", str(path))]
    ran = main(["run", *options])
    return 1 if 1 in (ran, code) else ran or code


def _check(files: list[Path], force: bool) -> None:
    """Find out before the cloud is asked what stands in the way of writing."""
    for file in files:
        if files.count(file) > 1:
            raise UsageError("two of the files to write are one", remedy="give each a name of its own", file=file)
        if file.is_dir():
            raise UsageError("it is a directory", remedy="name a file", file=file)
        if file.exists() and not force:
            raise UsageError("the file exists", remedy="name another one, or overwrite it with --force", file=file)


def _write(file: Path, text: str, force: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(
            f"it cannot be written: {error.strerror or error}", remedy="name another file", file=file
        ) from None
