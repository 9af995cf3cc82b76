"""Writes every generated file of this folder."""

from __future__ import annotations

from pathlib import Path

from dashboards.generator import alerts, grafana, graphite_web
from dashboards.generator.pages import OVERVIEW, PAGES

FOLDER = Path(__file__).resolve().parents[1]


def files() -> dict[Path, str]:
    """Every generated file, and what belongs in it."""
    made = {FOLDER / "grafana" / f"{page.uid.removeprefix('stackprobe-')}.json": grafana.render(page) for page in PAGES}
    made[FOLDER / "grafana" / "alerts.yaml"] = alerts.render()
    made[FOLDER / "graphite" / "overview.json"] = graphite_web.render(OVERVIEW)
    return made


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        print(path)
