"""A server's console log: what a guest that cannot be logged in to tells, and its host keys."""

from __future__ import annotations

import time
from typing import Any

from stackprobe.engine.activity import Activity, under_way
from stackprobe.engine.ssh.keys import public_keys, type_of
from stackprobe.outputs.clean import harmless, tail

_KEYS_S = 10.0
"""How long the console is asked for the host keys of a guest that lets log in: they may be printed a little later."""
_KEYS_BEGIN, _KEYS_END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
_PAUSE_S = 0.5
_MOST_CHARACTERS = 4 * 1024 * 1024
_LAST_LINES, _LAST_CHARACTERS = 5, 400


def read(connection: Any, server_id: str, activity: Activity, within_s: float) -> str | None:
    """The console log of a server as it stands; None where the cloud does not give it.

    Its requests count as the step's, but say nothing of its outcome.
    """
    aside = Activity(time.monotonic() + within_s, activity.scenario, activity.step, activity.seq)
    with under_way(aside):
        try:
            answer = connection.compute.get_server_console_output(server_id)
        except Exception:  # whatever it is, what the step was about is another thing
            return None
    output = answer.get("output") if isinstance(answer, dict) else None
    return output[-_MOST_CHARACTERS:] if isinstance(output, str) else None


def host_keys(connection: Any, server_id: str, activity: Activity, shown: bytes) -> dict[str, bytes]:
    """The host keys that a guest's console log names, by their type; none where it names none.

    Where they are not the one that it has shown, an older one is given time to be followed by the guest's present one.
    """
    ends, found = time.monotonic() + min(_KEYS_S, activity.remaining()), dict[str, bytes]()
    while (left_s := ends - time.monotonic()) > 0 and not activity.aborted:
        text = read(connection, server_id, activity, left_s)
        if text is None:
            break
        if (block := _last_keys(harmless(text))) is not None:
            found = public_keys(block)
            if found and found.get(type_of(shown), shown) == shown:
                break
        time.sleep(min(_PAUSE_S, left_s))
    return found


def _last_keys(text: str) -> str | None:
    """What stands in the last block of host keys that is complete."""
    before, end, _ = text.rpartition(_KEYS_END)
    _, begin, block = before.rpartition(_KEYS_BEGIN)
    return block if begin and end else None


def last_lines(text: str) -> str:
    """The end of a console log, for a message."""
    found = [" ".join(line.split()) for line in harmless(text).splitlines()]
    return tail(" | ".join([line for line in found if line][-_LAST_LINES:]), _LAST_CHARACTERS)
