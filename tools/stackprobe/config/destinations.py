"""Where metrics go: every listener that ``graphite`` names, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackprobe.address import Address, parse_address
from stackprobe.errors import UsageError
from stackprobe.web import check_address
from stackprobe.yamlfile import Document


@dataclass(frozen=True)
class Tls:
    """How to trust a listener behind TLS.

    :param ca: a file with the certificates to trust; None: those of the system.
    :param verify: False: whoever answers is trusted.
    """

    ca: Path | None = None
    verify: bool = True


@dataclass(frozen=True)
class Destination:
    """One listener.

    :param naming: what metrics are called there, by names of namings; empty: as in metrics.txt.
    :param prefix: how their names begin there; None: as each naming has it.
    :param tls: None: plain TCP.
    """

    address: Address
    naming: tuple[str, ...] = ()
    prefix: str | None = None
    tls: Tls | None = None

    @property
    def takes_all(self) -> bool:
        """Whether it gets metrics.txt as it is."""
        return not self.naming and self.prefix is None

    @property
    def name(self) -> str:
        """What it is called in messages: no two of one configuration have the same name."""
        return " ".join([str(self.address), *filter(None, [",".join(self.naming), self.prefix])])


def names(value: str | list[str] | None) -> tuple[str, ...]:
    """The namings that ``naming`` gives; none where it is not given."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def destinations(graphite: Mapping[str, Any], base: Path) -> tuple[Destination, ...]:
    """Every destination of a valid ``graphite``.

    :param base: the folder of the configuration: files are relative to it.
    """
    simple = {key: graphite[key] for key in ("address", "tls", "ca") if key in graphite}
    own = [_destination(simple, base)] if "address" in simple else []
    further = [_destination(one, base) for one in graphite.get("destinations", ())]
    return (*own, *further)


def _destination(data: Mapping[str, Any], base: Path) -> Destination:
    tls = data.get("tls", "ca" in data)
    settings = tls if isinstance(tls, Mapping) else {}
    ca = settings.get("ca", data.get("ca"))
    trust = Tls(base / Path(ca).expanduser() if ca else None, settings.get("verify", True))
    return Destination(
        address=parse_address(data["address"]),
        naming=names(data.get("naming")),
        prefix=data.get("prefix"),
        tls=None if tls is False else trust,
    )


def problems_of(document: Document, graphite: Mapping[str, Any] | None) -> Iterator[UsageError]:
    """Every mistake in ``graphite`` that its schema has nothing against."""
    if graphite is None:
        return
    if "address" not in graphite and "destinations" not in graphite:
        yield document.error(("graphite",), "`graphite` lacks `address`", at_key=True)
    yield from _readable(document, graphite)
    seen: dict[Destination, int | None] = {}
    further = graphite.get("destinations", ())
    places = [("graphite",), *(("graphite", "destinations", index) for index in range(len(further)))]
    for path, data in zip(places, [graphite, *further], strict=True):
        if "address" not in data:
            continue
        try:
            address = parse_address(data["address"])
        except UsageError as error:
            yield document.error((*path, "address"), error.message, remedy=error.remedy)
            continue
        if data.get("tls") is False and "ca" in data:
            yield document.error((*path, "ca"), "`ca` has no effect with `tls: false`", remedy="remove one of them")
        own = data if data is not graphite else {}  # what stands above says what metrics.txt holds
        same = Destination(address, names(own.get("naming")), own.get("prefix"))
        if same in seen:
            yield document.error(
                (*path, "address"),
                f"`{data['address']}` gets the same metrics as in line {seen[same]}",
                remedy="remove one of them, or give it another `naming` or `prefix`",
            )
        seen.setdefault(same, document.position((*path, "address"))[0])


def _readable(document: Document, graphite: Mapping[str, Any]) -> Iterator[UsageError]:
    """Figures of earlier runs are read at ``url``, by their names in the naming ``stackprobe``."""
    if "url" not in graphite:
        return
    try:
        check_address(graphite["url"], "graphite-web", "https://graphite.example.org")
    except UsageError as error:
        yield document.error(("graphite", "url"), error.message, remedy=error.remedy)
    own = names(graphite.get("naming")) or ("stackprobe",)
    sent = {name for one in graphite.get("destinations", ()) for name in names(one.get("naming")) or own}
    if "stackprobe" not in (sent | set(own) if "address" in graphite else sent):
        yield document.error(
            ("graphite", "url"),
            "figures of earlier runs are read in the naming `stackprobe`, which nobody gets",
            remedy="add `stackprobe` to `naming`, or remove `url`",
        )
