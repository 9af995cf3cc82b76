"""Removing what the tier of a cloud has outside its directory, whatever ended the cloud."""

from __future__ import annotations

import shutil

from pocketcloud.guests import loop, namespaces
from pocketcloud.guests.names import Names
from pocketcloud.layout import Layout


def exist(layout: Layout) -> bool:
    """Whether there is anything of such a tier."""
    names = Names(layout.root)
    return names.run.exists() or bool(namespaces.beginning_with(names.prefix) or loop.below(layout.root))


def clear(layout: Layout) -> int:
    """Kill what lives in the namespaces of the cloud in this directory and remove them; returns how many were killed.

    To be called when no service runs any more, which could start something new. Devices, bridges, rules and the
    mounts of guests live in namespaces and go with them; loop devices are known by their files. Does nothing where
    there is no such tier.
    """
    names = Names(layout.root)
    killed = 0
    while found := namespaces.beginning_with(names.prefix):
        killed += namespaces.end_processes(found)
        for name in found:
            namespaces.remove(name)
    loop.free_below(layout.root)
    shutil.rmtree(names.run, ignore_errors=True)
    return killed
