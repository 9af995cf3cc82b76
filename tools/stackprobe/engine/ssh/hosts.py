"""Is it the host that it should be? Host keys that are given, named by the console log, or pinned on first use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from stackprobe.engine import console
from stackprobe.engine.classify import StepFailure
from stackprobe.engine.ssh import keys
from stackprobe.engine.ssh.login import Login
from stackprobe.engine.steps.base import StepContext

ANY = "any"
_REMEDY = "somebody else answers there, or the guest was made anew (then say `host_key: any`)"


@dataclass
class Wanted:
    """Which host keys are good.

    :param keys: good keys, in SSH's own form, by their type; empty: all.
    :param source: how the report calls it.
    :param changing: the guest was made anew, and an older console log may still be there.
    """

    source: str
    keys: dict[str, bytes] = field(default_factory=dict)
    changing: bool = False

    @staticmethod
    def of(given: object, pinned: bytes | None) -> Wanted:
        """What an argument ``host_key`` and an earlier login of the same name want.

        :raises StepError: the argument is no public key.
        """
        if given not in (None, "") and str(given).lower() != ANY:
            return Wanted("given", keys.public_key(given))
        if pinned is not None and given in (None, ""):
            return Wanted("earlier login", {keys.type_of(pinned): pinned})
        return Wanted("first use", changing=given not in (None, ""))

    @property
    def types(self) -> Iterable[str]:
        """Types of keys that the host is asked for first."""
        return self.keys

    def check(self, _kind: str, host_key: bytes) -> None:
        """
        :raises StepFailure: the host has another key.
        """
        if self.keys and host_key not in self.keys.values():
            expected = " or ".join(keys.fingerprint(one) for one in self.keys.values())
            raise StepFailure(
                f"the host key is {keys.fingerprint(host_key)}, not {expected} ({self.source}): {_REMEDY}"
            )


def prove(login: Login, wanted: Wanted, context: StepContext, server: str) -> str:
    """How it is known that this is the guest: ``given``, ``console``, ``earlier login`` or ``first use``.

    :param server: its id, or empty where nobody can ask for its console log.
    :raises StepFailure: its console log names other keys.
    """
    if wanted.keys or not server:
        return wanted.source
    context.activity.doing = "reading the console log"
    named = console.host_key(context.connection, server, context.activity, login.host_key)
    if named == login.host_key:
        return "console"
    if named is not None and not wanted.changing:
        raise StepFailure(
            f"the host key is {keys.fingerprint(login.host_key)}, not {keys.fingerprint(named)} of the guest's console"
            " log: somebody else answers there"
        )
    return wanted.source
