"""What a guest is told by nova's metadata otherwise than ordered: key, host name, user data."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import copy
from typing import Any

from nova.api.metadata import base

from pocketcloud.faults.book import RuleBook


def install(book: RuleBook) -> None:
    """Called once by the service's process. Every question is answered anew, so a rule acts and ends at once."""
    genuine = base.InstanceMetadata.lookup

    def lookup(self: Any, path: str) -> Any:
        told = _told(self, book)
        data = genuine(told, path)
        self.set_mimetype(told.get_mimetype())
        return data

    base.InstanceMetadata.lookup = lookup


def _told(metadata: Any, book: RuleBook) -> Any:
    """The metadata, or a copy of it in which something else stands."""
    name = metadata.instance.display_name
    rules = {lie: book.driver_rule(lie, name) for lie in ("guest_key", "guest_hostname", "guest_user_data")}
    if not any(rules.values()):
        return metadata
    told = copy.copy(metadata)
    told.route_configuration = None  # it is bound to the genuine ones
    told.instance = metadata.instance.obj_clone()
    if rule := rules["guest_key"]:
        told.instance.key_data = rule.answer
        for keypair in told.instance.keypairs:
            keypair.public_key = rule.answer
    if rule := rules["guest_hostname"]:
        told.instance.hostname = rule.answer
    if rule := rules["guest_user_data"]:
        told.userdata_raw = (rule.answer or "").encode()
    return told
