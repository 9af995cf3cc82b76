"""Badges as SVG: what, and how it is."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from stackprobe.outputs.clean import one_line
from stackprobe.state.model import Status

#: White text on each of them has a contrast of 4.5 at least.
COLOURS = {
    Status.UP: "#1d7a4d",
    Status.DEGRADED: "#8a5300",
    Status.DOWN: "#b81d35",
    Status.UNKNOWN: "#5a6475",
    Status.MAINTENANCE: "#1f5fbf",
}
_NARROW, _WIDE = set("iljtf.,:;'|!I /-()[]"), set("mwMW@%")
_HEIGHT, _PADDING = 20, 7
LONGEST = 60


def badge(label: str, status: Status) -> str:
    """One badge; the same for the same arguments."""
    label = one_line(label, LONGEST)
    left, right = _width(label) + 2 * _PADDING, _width(status) + 2 * _PADDING
    title = f"{label}: {status}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title>"
        f'<rect width="{left + right}" height="{_HEIGHT}" rx="3" fill="#3c4350"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z" fill="{COLOURS[status]}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(label, left / 2, left - 2 * _PADDING)}"
        f"{_text(status, left + right / 2, right - 2 * _PADDING)}</g></svg>\n"
    )


def _text(text: str, middle: float, width: int) -> str:
    """Text that fills its place whatever font there is."""
    return f'<text x="{middle:g}" y="14" textLength="{width}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'


def _width(text: str) -> int:
    """About how wide the text is in Verdana at 11 pixels."""
    return round(sum(4.2 if one in _NARROW else 10.3 if one in _WIDE else 6.9 for one in text))
