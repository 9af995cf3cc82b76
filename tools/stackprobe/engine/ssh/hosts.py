"""Is it the host that it should be? Host keys that are given, named by the console log, or pinned on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


@dataclass(frozen=True)
class Proof:
    """How it is known that a host is the guest.

    :param source: ``given``, ``console``, ``earlier login`` or ``first use``.
    :param login: the one that shows it.
    :param doubt: why it is not known better, if there is something to say.
    """

    source: str
    login: Login
    doubt: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.doubt}" if self.doubt else self.source


def prove(
    login: Login, wanted: Wanted, context: StepContext, server: str, again: Callable[[Iterable[str]], Login | None]
) -> Proof:
    """Find out how it is known that this is the guest.

    :param server: its id, or empty where nobody can ask for its console log.
    :param again: logs in once more, given the types of host keys to ask for first.
    :raises StepFailure: its console log names other keys.
    """
    if wanted.keys or not server:
        return Proof(wanted.source, login)
    context.activity.doing = "reading the console log"
    named = console.host_keys(context.connection, server, context.activity, login.host_key)
    if not named:
        return Proof(wanted.source, login)
    if login.host_key_type not in named:  # a host has several, and shows the one that is asked for first
        other = again(named)
        if other is not None:
            login.transport.close()
            login = other
    if login.host_key == named.get(login.host_key_type):
        return Proof("console", login)
    if login.host_key_type not in named:
        doubt = f"the console log names {', '.join(named)} alone, and the host shows {login.host_key_type}"
        return Proof(wanted.source, login, doubt)
    if not wanted.changing:
        login.transport.close()
        raise StepFailure(
            f"the host key is {keys.fingerprint(login.host_key)}, not"
            f" {keys.fingerprint(named[login.host_key_type])} of the guest's console log: somebody else answers there"
        )
    return Proof(wanted.source, login, "the console log names another key")
