"""``stackprobe undelivered``: fetch the figures that the builds before this one could not deliver, from Zuul's logs.

Give the file to ``stackprobe send --earlier``. Exit code 0: FILE holds them, or is not there since nothing waits; 1:
something cannot be had, and FILE holds the rest; 2: bad usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.graphite.undelivered import joined, parse_lenient, sections
from stackprobe.outputs.atomic import write_atomically
from stackprobe.zuul import Zuul, ZuulUnusable, parse_place
from stackprobe.zuul.chain import ChainBroken, left_by_earlier

HELP = "fetch what earlier builds of this Zuul job could not deliver to Graphite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--zuul-url", metavar="URL", required=True, help="the tenant's web page, https://zuul.example.org/t/TENANT"
    )
    parser.add_argument("--job", metavar="NAME", required=True, help="the job whose earlier builds are looked at")
    parser.add_argument("--pipeline", metavar="NAME", help="only builds of this pipeline")
    parser.add_argument("--project", metavar="NAME", help="only builds of this project")
    parser.add_argument("--branch", metavar="NAME", help="only builds of this branch")
    parser.add_argument("--exclude-build", metavar="UUID", help="not this build: the one that asks")
    parser.add_argument("--to", metavar="FILE", type=Path, required=True, help="where the figures go")
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=30.0, help="for one download (default: %(default)g s)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Fetch; see the module.

    :raises UsageError: a malformed address, or FILE cannot be written.
    """
    zuul = Zuul(parse_place(arguments.zuul_url))
    code = 0
    try:
        texts = left_by_earlier(
            zuul,
            arguments.job,
            pipeline=arguments.pipeline,
            project=arguments.project,
            branch=arguments.branch,
            exclude=arguments.exclude_build,
            timeout_s=arguments.timeout,
            say=_say,
        )
    except ZuulUnusable as error:
        _say(str(error))
        return 1
    except ChainBroken as error:
        _say(str(error))
        texts, code = error.texts, 1
    waiting = {name: [f"{point}\n" for point in parse_lenient(text, _say)] for name, text in sections(texts).items()}
    count = sum(len(lines) for lines in waiting.values())
    file: Path = arguments.to
    try:
        if count:
            write_atomically(file, joined(waiting).encode())
        elif code == 0:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write it: {error.strerror}", file=file, remedy="give another --to") from error
    print(f"{count} figures of earlier builds wait" if count else "no figures of earlier builds wait")
    return code


def _say(line: str) -> None:
    print(f"undelivered: {line}", file=sys.stderr, flush=True)
