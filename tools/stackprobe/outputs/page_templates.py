"""How templates of HTML pages are read."""

from __future__ import annotations

import jinja2


def page_environment(loader: jinja2.BaseLoader | None = None) -> jinja2.Environment:
    """An environment in which every value is escaped, and one that is missing is an error."""
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
