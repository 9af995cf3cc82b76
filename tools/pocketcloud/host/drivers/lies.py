"""What a guest is told by nova's metadata otherwise than ordered: key, host name, user data."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import copy
from typing import Any

import webob.exc
from nova.api.metadata import base
from oslo_utils import timeutils

from pocketcloud.faults.book import RuleBook
from pocketcloud.faults.driver_rules import GUEST_BOOT, DriverRule


def install(book: RuleBook, waiting: bool = False) -> None:
    """Called once by the service's process. Every question is answered anew, so a rule acts and ends at once.

    `waiting`: a guest that a rule wants to hang at its boot is told that its metadata are not there yet.
    """
    genuine = base.InstanceMetadata.lookup

    def lookup(self: Any, path: str) -> Any:
        if waiting and (rule := book.driver_rule(GUEST_BOOT, self.instance.display_name)) and _holds(rule, self):
            raise webob.exc.HTTPServiceUnavailable()
        told = _told(self, book)
        data = genuine(told, path)
        self.set_mimetype(told.get_mimetype())
        return data

    base.InstanceMetadata.lookup = lookup


def _holds(rule: DriverRule, metadata: Any) -> bool:
    """Whether a rule acts still: until it goes, or so long after the server's start as it says."""
    began = metadata.instance.launched_at or metadata.instance.created_at
    lasts = rule.delay[1] if rule.delay else 0.0
    return rule.stuck or began is None or (timeutils.utcnow(with_timezone=True) - began).total_seconds() < lasts


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
