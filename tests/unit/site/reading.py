"""Reads a page as a browser and a screen reader would, as far as its structure goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "rect", "path"}


@dataclass
class Page:
    """What a page holds.

    :ivar headings: level and text, in order; ``tables``: rows of cells' texts; ``links``: addresses led to;
        ``loaded``: addresses that a browser would load.
    """

    lang: str = ""
    title: str = ""
    text: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    headers: list[list[tuple[str, str]]] = field(default_factory=list)
    pictures: list[dict[str, str]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    handlers: list[str] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.open = Page(), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        page = self.page
        page.tags.add(tag)
        page.text += " " if tag == "br" else ""
        page.handlers += [name for name in given if name.startswith("on")]
        page.ids += [given["id"]] if "id" in given else []
        page.described += given.get("aria-labelledby", "").split()
        page.loaded += [given[name] for name in ("src", "srcset", "data", "poster", "xlink:href") if name in given]
        if tag == "link":
            page.loaded.append(given["href"])
        if tag == "a":
            page.links.append(given["href"])
        if tag == "html":
            page.lang = given.get("lang", "")
        if tag == "svg":
            page.pictures.append(given)
        if tag == "table":
            page.tables.append([])
            page.headers.append([])
        if tag == "tr":
            page.tables[-1].append([])
        if tag in ("td", "th"):
            page.tables[-1][-1].append("")
            if tag == "th":
                page.headers[-1].append((given.get("scope", ""), ""))
        if tag[:1] == "h" and tag[1:].isdigit():
            page.headings.append((int(tag[1:]), ""))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.page.unclosed.append(tag)
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        page = self.page
        if "style" in self.open:
            return
        if "title" in self.open:
            page.title += "" if "svg" in self.open else data
            return
        page.text += data
        if (self.open and self.open[-1][:1] == "h" and self.open[-1][1:].isdigit()) or "h3" in self.open:
            level, text = page.headings[-1]
            page.headings[-1] = (level, text + data)
        if page.tables and {"td", "th"} & set(self.open):
            page.tables[-1][-1][-1] += data


def read(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.unclosed += reader.open
    return reader.page
