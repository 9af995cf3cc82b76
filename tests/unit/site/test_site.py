"""The status page: complete, self-contained, accessible, and the same for the same history."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from stackprobe import cli
from stackprobe.history.model import BadStep, PastRun, Sample
from stackprobe.results.outcome import Outcome
from stackprobe.site import writing
from stackprobe.site.badge import COLOURS, badge
from stackprobe.site.pages import render
from stackprobe.state.assess import assess
from stackprobe.state.looking import Look
from stackprobe.state.model import Status

from tests.support.memory_history import MemoryHistory
from tests.unit.site.reading import Page, read
from tests.unit.state import archive
from tests.unit.state.worlds import NOW_T, SCENARIOS, history, target

LETTERS = {
    "compute": "p" * 200 + "fffpp" + "p" * 90 + "ff",
    "server_groups": "p" * 297,
    "volume": "p" * 297,
    "http_watch": "e" * 297,
}


def look(past: MemoryHistory, cloud: str = "demo", region: str | None = "one") -> Look:
    of = replace(target(), cloud=cloud, region=region)
    return Look(of, past, assess(past, of, SCENARIOS, NOW_T))


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return render([look(history(LETTERS)), look(MemoryHistory(), "away", None)], "Clouds <of> us")


@pytest.fixture(scope="module")
def pages(files: dict[str, str]) -> dict[str, Page]:
    return {name: read(text) for name, text in files.items() if name.endswith(".html")}


def test_there_is_a_page_of_all_one_a_cloud_and_a_badge_of_each_and_of_each_service(files: dict[str, str]) -> None:
    services = ("block-storage", "compute", "http-watch")
    assert set(files) == {
        "index.html", "demo.one.html", "away.html", "badges/demo.one.svg", "badges/away.svg",
        *(f"badges/demo.one-{one}.svg" for one in services), *(f"badges/away-{one}.svg" for one in services),
    }  # fmt: skip


def test_clouds_whose_names_become_the_same_have_pages_of_their_own() -> None:
    past = history({"compute": "pp"})
    found = render([look(past, "a.b", None), look(past, "a b", None), look(past, "A_B", None)], "x")
    names = {name for name in found if name.endswith(".html")}
    assert names == {"index.html", "a_b.html", "a_b_2.html", "A_B_3.html"}, "some file systems do not tell a from A"


def test_the_first_page_tells_the_state_of_each_cloud_and_leads_to_it(pages: dict[str, Page]) -> None:
    page = pages["index.html"]
    assert page.title == "1 of 2 clouds is down – Clouds <of> us"
    assert [one for one in page.links if one.endswith(".html")] == ["demo.one.html", "away.html"]
    assert [text for _, text in page.headings] == ["1 of 2 clouds is down", "Clouds", "demo / one", "away"]
    assert "Compute is down. Last run 2023-11-15 07:55 UTC." in page.text
    assert "There is no run of the last 90 days." in page.text


def test_the_page_of_a_cloud_has_services_by_days(pages: dict[str, Page]) -> None:
    page = pages["demo.one.html"]
    rows = [[" ".join(cell.split()) for cell in row] for row in page.tables[0]]
    assert rows[0] == ["Service", "State", "Last 90 days"]
    assert [row[:2] for row in rows[1:]] == [
        ["block-storage", "✓ up"],
        ["compute", "✕ down"],
        ["http-watch", "? unknown"],
    ]
    assert "compute failed in 2 of the last 3 runs (Work: 503 Service Unavailable)" in rows[2][2]
    bars = [one for one in page.pictures if "90 days" in one.get("aria-label", "")]
    assert bars[1]["aria-label"] == "compute, 90 days: 2 down, 2 up, 86 without data"


def test_every_day_has_its_bar_and_its_words(files: dict[str, str]) -> None:
    svgs = re.findall(r'<svg class="bars".*?</svg>', files["demo.one.html"], re.DOTALL)
    assert len(svgs) == 3
    root = ET.fromstring(svgs[1])
    titles = [title.text or "" for title in root.iter("title")]
    assert len(titles) == 90
    assert titles[-1].startswith("2023-11-15: down, 9")
    assert titles[0] == "2023-08-18: no data"
    marked = [one for one in root if len(one.findall("rect")) == 2]
    assert [one.get("class") for one in marked] == ["down", "down"], "what is bad has a mark beside its colour"


def test_availability_is_told_with_how_much_is_known(pages: dict[str, Page]) -> None:
    rows = [[" ".join(cell.split()) for cell in row] for row in pages["demo.one.html"].tables[2]]
    assert rows[0][-1] == "Error budget of 30 days"
    assert rows[1][0] == "block-storage"
    assert rows[1][1] == "100 %known for 100 %"
    assert rows[1][4] == "100 %known for 3 %"
    assert rows[3][1] == "–known for 0 %"


def test_incidents_have_times_causes_and_the_builds(files: dict[str, str], pages: dict[str, Page]) -> None:
    text = " ".join(pages["demo.one.html"].text.split())
    assert "compute is down Since 2023-11-15 07:40 UTC (20 min). Told by compute." in text
    assert "compute was down 2023-11-14 07:55 to 08:40 UTC (45 min). Told by compute." in text
    assert "First bad run, 2023-11-15 07:40 UTC: CI build of 2023-11-15 07:40 UTC compute › Work: 503" in text
    assert "https://ci.example.org/295" in pages["demo.one.html"].links
    assert "http_watch › " not in text


def test_durations_are_drawn_with_a_gap_where_there_is_no_run() -> None:
    past = history({"compute": "p" * 100})
    kept = [one for one in past._series["compute.duration_ms"] if not NOW_T - 60000 < one.t < NOW_T - 30000]
    past._series["compute.duration_ms"] = kept
    html = render([look(past)], "x")["demo.one.html"]
    (line,) = re.findall(r'class="line" d="([^"]+)"', html)
    assert line.count("M") == 2
    assert re.search(r"median 1.03 s, 95 % in 1.06 s, last 1.0. s", html)


@pytest.mark.parametrize("name", ["index.html", "demo.one.html", "away.html"])
def test_a_page_needs_nothing_from_elsewhere_and_no_script(
    files: dict[str, str], pages: dict[str, Page], name: str
) -> None:
    page = pages[name]
    assert all(one.startswith("data:") for one in page.loaded)
    assert "script" not in page.tags and "iframe" not in page.tags and "img" not in page.tags
    assert page.handlers == []
    style = files[name].split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in files[name]


@pytest.mark.parametrize("name", ["index.html", "demo.one.html", "away.html"])
def test_a_page_is_sound_and_can_be_read_aloud(pages: dict[str, Page], name: str) -> None:
    page = pages[name]
    assert page.unclosed == []
    assert page.lang == "en"
    assert len(page.ids) == len(set(page.ids))
    assert set(page.described) <= set(page.ids)
    assert {one[1:] for one in page.links if one.startswith("#")} <= set(page.ids)
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(scope in ("col", "row") for table in page.headers for scope, _ in table)
    assert all(len(row) == len(table[0]) for table in page.tables for row in table)
    assert all(one.get("role") == "img" and one.get("aria-label") for one in page.pictures)


def test_nothing_is_wider_than_a_phone_and_both_colour_schemes_have_contrast(files: dict[str, str]) -> None:
    style = files["index.html"].split("<style>")[1].split("</style>")[0]
    assert "overflow-x" not in style and not re.search(r"min-width:\s*[4-9]\d\d", style)
    assert not re.search(r"[{;]\s*width:\s*\d{3,}px", style)
    for scheme in (
        style.split("@media (prefers-color-scheme: dark)")[0],
        style.split("@media (prefers-color-scheme: dark)")[1],
    ):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", scheme))
        pairs = [
            ("text", "page"),
            ("text", "card"),
            ("dim", "page"),
            ("dim", "card"),
            ("link", "card"),
            ("link", "page"),
        ]
        pairs += [(one, f"{one}-soft") for one in ("up", "down", "degraded", "unknown", "maintenance")]
        low = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
        assert {pair: value for pair, value in low.items() if value < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("status", list(Status))
def test_a_badge_is_an_image_with_its_words(status: Status) -> None:
    root = ET.fromstring(badge('<a & "b">', status))
    assert root.get("aria-label") == f'<a & "b">: {status}'
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ['<a & "b">', status]
    assert contrast(COLOURS[status], "#ffffff") >= 4.5


def test_what_a_cloud_says_is_text_never_markup_and_no_link_leads_into_a_script() -> None:
    past = history({"compute": "ppff"}, message="<script>alert(1)</script>\x1b[31m")
    runs = [replace(run, build_url="javascript:alert(1)") for run in past.runs(0, NOW_T)]
    past = MemoryHistory(runs, past._series)
    html = render([look(past)], "<b>")["demo.one.html"]
    page = read(html)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    assert not any(one.startswith("javascript") for one in page.links)
    assert "\x1b" not in html


def test_from_a_history_that_knows_no_steps_the_bad_runs_are_told(files: dict[str, str]) -> None:
    past = history({"compute": "ppff"})
    bare = MemoryHistory([PastRun(one.t, one.outcome) for one in past.runs(0, NOW_T)], past._series)
    assert [one.outcome for one in bare.runs(0, NOW_T)][-1] is Outcome.FAILED
    text = " ".join(read(render([look(bare)], "x")["demo.one.html"]).text.split())
    assert "First bad run, 2023-11-15 07:40 UTC Last bad run, 2023-11-15 07:55 UTC" in text


AT = ["--cloud", "demo", "--region", "one", "--at", "2023-11-15T08:00:00Z"]


def test_the_command_writes_it_and_the_same_history_gives_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archive.write(Path("past"), history({"compute": "ppff"}))
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "CNAME").write_text("status.example.org")
    assert cli.main(["site", "pages", "--history", "past", *AT]) == 0
    assert capsys.readouterr().out == "pages: 1 cloud, 4 of 4 files changed\n"
    first = {file: (file.read_bytes(), file.stat().st_ino) for file in sorted(Path("pages").rglob("*.*"))}
    assert cli.main(["site", "pages", "--history", "past", *AT]) == 0
    assert capsys.readouterr().out == "pages: 1 cloud, 0 of 4 files changed\n"
    assert first == {file: (file.read_bytes(), file.stat().st_ino) for file in sorted(Path("pages").rglob("*.*"))}
    assert (tmp_path / "pages" / "CNAME").read_text() == "status.example.org"


def test_a_site_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive.write(tmp_path / "past", history({"compute": "pp"}))
    (tmp_path / "pages").write_text("a file")
    assert cli.main(["site", str(tmp_path / "pages"), "--history", str(tmp_path / "past"), *AT]) == 2
    assert "the site cannot be written" in capsys.readouterr().err


def test_the_page_of_all_clouds_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(writing, "write_atomically", lambda path, data: order.append(path.name))
    writing.write(tmp_path, {"index.html": "x", "z.html": "x", "badges/a.svg": "x"})
    assert order == ["a.svg", "z.html", "index.html"]


def test_an_incident_of_the_run_itself_has_its_builds() -> None:
    times = [int(NOW_T) - 1200, int(NOW_T) - 300]
    bad = (BadStep("run", "Authenticate", Outcome.FAILED, "HTTP 503"),)
    runs = [PastRun(t, Outcome.FAILED, str(t), f"https://ci.example.org/{t}", bad) for t in times]
    values = {"run.failed": 1.0, "run.passed": 0.0, "run.scenarios_failed": 0.0, "compute.skipped": 1.0}
    past = MemoryHistory(runs, {name: [Sample(t, value) for t in times] for name, value in values.items()})
    page = read(render([look(past)], "x")["demo.one.html"])
    assert "Told by the run itself" in page.text
    for run in runs:
        assert page.links.count(str(run.build_url)) == 2, "in the incident, and in the list of runs"
