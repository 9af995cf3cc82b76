"""What stackprobe asks of a Zuul's REST API: which builds of a job there are, when they were triggered, how they ended.

Written against zuul-web 14.3 (``zuul/web/__init__.py``, ``zuul/driver/sql``); every field that is read exists since
Zuul 4. A build is in the API as soon as its executor has started it. Times there are UTC without a zone.
"""

from __future__ import annotations

from stackprobe.zuul.api import Build, Zuul, ZuulUnusable
from stackprobe.zuul.place import Place, parse_place

__all__ = ["Build", "Place", "Zuul", "ZuulUnusable", "parse_place"]
