"""A playbook is recorded alike under every supported release of Ansible; for which see test_ansible_versions."""

from __future__ import annotations

import pytest

from tests.integration.engine.test_ansible_versions import programs
from tests.integration.recording.conftest import Playbooks
from tests.integration.recording.test_every_task import check_all_kinds, write_all_kinds
from tests.support import ansible_versions
from tests.support.ansible_versions import Program


@pytest.mark.parametrize("wanted", programs())
def test_each_way_to_end_is_told_apart_by_every_release(playbooks: Playbooks, wanted: Program | str) -> None:
    program = wanted if isinstance(wanted, Program) else ansible_versions.make(wanted)
    run = playbooks.run(write_all_kinds(playbooks), program=program.path)
    check_all_kinds(run)
    for noise in ("stackprobe:", "Failure using method", "DEPRECATION"):
        assert noise not in run.said
