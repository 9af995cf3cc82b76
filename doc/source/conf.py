"""How the documentation is built."""

from collections.abc import Iterator

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

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


def setup(app: Sphinx) -> None:
    """Make everything a warning that Zuul's jobs, templates and roles have and no page shows."""
    app.connect("env-check-consistency", _warn_of_absent)


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
