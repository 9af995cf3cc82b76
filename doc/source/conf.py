"""How the documentation is built."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from stackprobe import reference  # from the folder of the line before

project = "stackprobe"
author = "the stackprobe authors"
copyright = author
extensions = ["myst_parser", "zuul_sphinx"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "stackprobe"
exclude_patterns: list[str] = []
# Scenarios have a README.md instead; that the other roles have theirs is tested.
zuul_autoroles_warn_missing = False

_README = re.compile(r"\.\./probe_(\w+)/README\.md")


def setup(app: Sphinx) -> None:
    """Write what the programs know; warn of what Zuul's jobs, templates and roles have and no page shows."""
    app.connect("source-read", _write_reference)
    app.connect("doctree-read", _lead_to_pages)
    app.connect("build-finished", _publish_schema)
    app.connect("env-check-consistency", _warn_of_absent)


def _write_reference(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put what is generated in the place of the comment that asks for it."""
    for mark, text in (("% every key", reference.configuration), ("% every scenario", reference.scenarios)):
        if mark in source[0].splitlines():
            source[0] = source[0].replace(mark, text())


def _lead_to_pages(_app: Sphinx, tree: nodes.document) -> None:
    """Have links from one scenario's README.md to another's lead to its page."""
    for link in tree.findall(addnodes.pending_xref):
        if found := _README.fullmatch(link["reftarget"]):
            link.attributes.update(refdomain="std", reftype="doc", reftarget=f"/scenarios/{found[1]}")


def _publish_schema(app: Sphinx, problem: Exception | None) -> None:
    if problem is None and app.builder.format == "html":
        (Path(app.outdir) / "probes.schema.json").write_text(reference.published_schema(), encoding="utf-8")


def _warn_of_absent(_app: Sphinx, env: BuildEnvironment) -> None:
    shown = env.domaindata["zuul"]["objects"]
    for kind, name in _what_is_there(env):
        if f"{kind}-{name}" not in shown:
            page = "zuul-roles" if kind == "role" else "zuul-jobs"
            logging.getLogger(__name__).warning("no page shows the %s %s: add it to %s.md", kind, name, page)


def _what_is_there(env: BuildEnvironment) -> Iterator[tuple[str, str]]:
    """Kind and name of what zuul_sphinx has read."""
    found = env.domaindata["zuul"]
    yield from (("job", job["name"]) for job in found["layout"].jobs)
    yield from (("project_template", template.name) for template in found["layout"].project_templates)
    yield from (("role", name) for name in found["role_paths"] or ())
