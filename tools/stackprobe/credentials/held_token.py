"""A token that stands in clouds.yaml, used as it is.

The usual plugin (``v3token``) exchanges the token for another one in each process. Keystone refuses that for tokens of
application credentials, and of others where ``allow_rescope_scoped_token`` is off; and what was exchanged may outlive
the revocation of the first. So a token that ``stackprobe login`` issued is asked about instead, and sent itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import keystoneauth1.exceptions
import openstack.connection
from keystoneauth1 import access
from keystoneauth1.identity.base import BaseIdentityPlugin

MARKER = "stackprobe"
"""The key of a cloud's entry that only stackprobe reads: ``ssh_keys``, ``login``, ``token_of``, ``expires``."""
_ACCESS_RULES = {"OpenStack-Identity-Access-Rules": "1.0"}
"""Without it, Keystone does not know tokens of application credentials that have access rules."""
_CLOCK_S = 2.0
"""How far two readings of clocks with whole seconds may be apart."""


class HeldToken(BaseIdentityPlugin):
    """Authenticates with ``token`` itself, which can be neither renewed nor exchanged.

    :param auth_url: Keystone's address, with or without ``/v3``.
    """

    def __init__(self, auth_url: str, token: str) -> None:
        super().__init__(auth_url=auth_url, reauthenticate=False)
        self._token = token

    def get_auth_ref(self, session: Any) -> Any:
        """What Keystone says about the token, with the catalog.

        :raises keystoneauth1.exceptions.ClientException: it does not know the token, or does not answer well.
        """
        response = about_itself(session, str(self.auth_url), self._token, "GET")
        try:
            body = response.json()
        except ValueError:
            raise keystoneauth1.exceptions.InvalidResponse(response=response) from None
        if not isinstance(body, dict) or not isinstance(body.get("token"), dict):
            raise keystoneauth1.exceptions.InvalidResponse(response=response)
        return access.AccessInfoV3(auth_token=self._token, body=body)

    def invalidate(self) -> bool:
        """There is no other token to try."""
        return False


def about_itself(session: Any, auth_url: str, token: str, method: str, **settings: Any) -> Any:
    """Ask Keystone about a token (``GET``) or revoke it (``DELETE``), with the token itself."""
    return session.request(
        f"{v3_url(auth_url)}/auth/tokens",
        method,
        authenticated=False,
        log=False,
        headers={"X-Auth-Token": token, "X-Subject-Token": token, "Accept": "application/json", **_ACCESS_RULES},
        **settings,
    )


def v3_url(auth_url: str) -> str:
    """The address of Keystone's version 3."""
    url = auth_url.rstrip("/")
    return url if url.endswith("/v3") else f"{url}/v3"


def use_held_token(cloud_region: Any) -> None:
    """Make a cloud of openstacksdk use the token that ``stackprobe login`` put into its entry, if it did."""
    if token_of(cloud_region.config):
        auth = cloud_region.config["auth"]
        cloud_region._auth = HeldToken(str(auth["auth_url"]), str(auth["token"]))


def token_of(entry: Any) -> str | None:
    """By which method the token that ``stackprobe login`` put into a cloud's entry was got (``password``,
    ``application_credential``); None: it did not."""
    marker = (entry or {}).get(MARKER)
    return (str(marker["token_of"]) if marker.get("token_of") else None) if isinstance(marker, dict) else None


@dataclass(frozen=True)
class Lease:
    """The rest of the life of a token that cannot be renewed.

    :param expires: its end by the cloud's clock.
    :param ends: its end on the monotonic clock of this machine (s), by the cloud's clock too.
    """

    expires: datetime
    ends: float

    @property
    def over(self) -> bool:
        """Whether the token has expired, or may just have."""
        return time.monotonic() >= self.ends - _CLOCK_S

    def remaining_s(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.ends - time.monotonic())

    @property
    def text(self) -> str:
        """The end of its life, for people and programs (ISO 8601)."""
        return f"{self.expires:%Y-%m-%dT%H:%M:%SZ}"


def lease_of(connection: openstack.connection.Connection) -> Lease | None:
    """How long the token of a cloud of which only a token is known lives; None where a new one can be got.

    Nothing is sent: the connection has authenticated just before.
    """
    if not str(connection.config.config.get("auth_type")).endswith("token"):
        return None
    session: Any = connection.session
    try:
        expires = session.auth.get_access(session).expires.astimezone(UTC)
        now = _cloud_time(session)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return Lease(expires, time.monotonic() + (expires - now).total_seconds())


def _cloud_time(session: Any) -> datetime:
    """The time by the cloud's last answer; this machine's where none said."""
    date = getattr(session.session, "date_header", None)
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else datetime.now(UTC)
    except ValueError:
        return datetime.now(UTC)
