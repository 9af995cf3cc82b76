"""Thirty scenarios of the operator's own: five ask for what may hang, the others for what does not."""

from __future__ import annotations

from pathlib import Path

QUICK, HANGING, DEADLINE_S = 25, 5, 25
SCENARIO = """---
description: {description}
services: [image, network]
tags: [crowd]
creates: false
"""
QUICK_STEPS = """---
- name: Find the network
  probe_call:
    call: network.find_network
    args: [public]
    expect: {name: public}

- name: Find the image
  probe_call:
    call: image.find_image
    args: [cirros]
    expect: {name: cirros}
"""
HANGING_STEPS = f"""---
- name: Find the image
  probe_call:
    call: image.find_image
    args: [the-one-that-hangs]
    deadline: {DEADLINE_S}
"""


def prepare(destination: Path) -> None:
    """Write the folder `roles`; the hanging ones come first, so that they begin first."""
    for number in range(1, HANGING + 1):
        _write(destination / f"roles/probe_hanging_{number}", "It asks for an image that nobody gets.", HANGING_STEPS)
    for number in range(1, QUICK + 1):
        _write(destination / f"roles/probe_quick_{number:02}", "A network and an image are there.", QUICK_STEPS)


def _write(role: Path, description: str, steps: str) -> None:
    files = {
        "scenario.yaml": SCENARIO.format(description=description),
        "tasks/main.yaml": steps,
        "meta/main.yaml": "---\ndependencies: []\n",
    }
    for name, text in files.items():
        path = role / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
