"""The process of the outside's servers."""

from __future__ import annotations

import logging
import sys
import threading

from pocketcloud.faults.book import RuleBook
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import OUTSIDE, Names
from pocketcloud.layout import Layout
from pocketcloud.outside import dns, web
from pocketcloud.outside.rules import Rules


def run(layout: Layout) -> None:
    """In a child of the supervisor, for as long as it lives: answer at the address of the outside."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    namespaces.enter(Names(layout.root).outside)
    rules = Rules(RuleBook(layout.faults))
    for one in dns.servers(OUTSIDE, rules):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    web.server(OUTSIDE, rules).serve_forever()
