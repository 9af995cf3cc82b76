"""Writes every generated file of this folder."""

from __future__ import annotations

from pathlib import Path

from dashboards.generator import alerts, grafana, graphite_web
from dashboards.generator.guest_pages import GUEST_PAGES
from dashboards.generator.model import Dashboard
from dashboards.generator.pages import OVERVIEW, PAGES

FOLDER = Path(__file__).resolve().parents[1]


def file_of(page: Dashboard) -> str:
    """The name of the file of a page."""
    return f"{page.uid.removeprefix('stackprobe-')}.json"


def files() -> dict[Path, str]:
    """Every generated file, and what belongs in it."""
    made = {FOLDER / "grafana" / file_of(page): grafana.render(page) for page in (*PAGES, *GUEST_PAGES)}
    made[FOLDER / "grafana" / "alerts.yaml"] = alerts.render()
    made |= {FOLDER / "graphite" / file_of(page): graphite_web.render(page) for page in (OVERVIEW, *GUEST_PAGES)}
    return made


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        print(path)
