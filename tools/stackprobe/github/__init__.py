"""GitHub Actions: what a command tells the runner that it is a step of.

Outside of a job of GitHub Actions :func:`runner` is None and nothing of this is used.
"""

from stackprobe.github.annotation import Annotation
from stackprobe.github.runner import Runner, group, runner

__all__ = ["Annotation", "Runner", "group", "runner"]
