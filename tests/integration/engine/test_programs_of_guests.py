"""Programs that ``probe_command`` needs in a guest: found, brought, absent, run as root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from stackprobe.engine.classify import StepError
from stackprobe.engine.ssh import bringing
from stackprobe.engine.steps.command import check_root, command_line

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import Run, in_home, log_in
from tests.support.ssh_server import SshServer


def test_a_program_that_is_absent_is_skipped_or_brought(
    run: Run, probe: Probe, server: SshServer, tmp_path: Path
) -> None:
    answer = run("frobnicate", needs=["sh", "frobnicate"])
    assert answer["outcome"] == "skipped" and answer["message"] == "the guest has no frobnicate", answer
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nexec echo frobnicated " + "x" * 100_000 + "\n")
    bring = {"frobnicate": {"file": str(tool)}}
    answer = run("frobnicate | head -c 11", needs="frobnicate", bring=bring)
    assert answer["outcome"] == "passed" and answer["result"]["stdout"] == "frobnicated", answer
    how = f"copied from {tool} of the runner to ~/{bringing.PLACE}"
    assert answer["result"]["brought"] == {"frobnicate": how}
    (told,) = (one for one in probe.records("check") if one["check"] == "brought into the guest")
    assert (told["expected"], told["actual"], told["outcome"]) == ("frobnicate", how, "passed")
    assert (server.place / "home" / bringing.PLACE / "frobnicate").stat().st_mode & 0o777 == 0o700
    tool.unlink()
    again = run("frobnicate | head -c 5", needs=["frobnicate"], bring=bring)
    assert (again["outcome"], again["result"]["brought"]) == ("passed", {}), "brought once"


APT_GET = """#!/bin/sh
case "$*" in
*hopeless*) echo no such package >&2; exit 100 ;;
*install*) printf '#!/bin/sh\\necho packed' > "$HOME/bin/packed"; chmod 755 "$HOME/bin/packed" ;;
esac
"""

SUDO = """#!/bin/sh
shift 2
exec "$@"
"""


def test_a_package_manager_brings_what_is_absent(run: Run, server: SshServer) -> None:
    in_home(server, "apt-get", APT_GET)
    in_home(server, "sudo", SUDO)
    answer = run("packed", needs=["packed"], bring={"packed": {"packages": True}})
    assert answer["outcome"] == "passed" and answer["result"]["stdout"] == "packed\n", answer
    assert answer["result"]["brought"] == {"packed": "installed from the package packed"}
    answer = run("hopeless", needs=["hopeless"], bring={"hopeless": {"packages": True}})
    assert answer["outcome"] == "skipped", answer
    assert answer["message"] == "the guest has no hopeless, and it cannot be brought: no such package"


def test_an_installation_without_end_is_given_up(run: Run, server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "INSTALL_S", 1)
    in_home(server, "sudo", SUDO)
    in_home(server, "apt-get", "#!/bin/sh\nexec sleep 600\n")
    answer = run("late", needs=["late"], bring={"late": {"packages": True}})
    assert answer["outcome"] == "skipped", answer
    assert (
        answer["message"] == "the guest has no late, and it cannot be brought: its installation takes longer than 1 s"
    )


def test_what_was_brought_is_found_by_root(tmp_path: Path) -> None:
    user = SimpleNamespace(user="debian")
    (tmp_path / "sudo").write_text(SUDO)
    (tmp_path / bringing.PLACE).mkdir(parents=True)
    (tmp_path / bringing.PLACE / "tool").write_text("#!/bin/sh\necho brought\n")
    for program in (tmp_path / "sudo", tmp_path / bringing.PLACE / "tool"):
        program.chmod(0o755)
    line = command_line(user, "tool", sudo=True, before=bringing.path(["tool"]))
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "brought\n", done.stderr


def test_programs_of_the_administrator_are_found(tmp_path: Path) -> None:
    (tmp_path / "sudo").write_text(SUDO)
    (tmp_path / "sudo").chmod(0o755)
    for sudo in (False, True):
        line = command_line(SimpleNamespace(user="cirros"), 'echo "$PATH"', sudo=sudo)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}  # what dropbear gives a user
        done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=False)
        assert done.stdout.strip().split(":")[-2:] == ["/usr/sbin", "/sbin"], done


@pytest.mark.parametrize(
    "said",
    [
        "sudo: a password is required\n",
        "sh: 1: exec: sudo: not found\n",
        "sh: line 1: exec: sudo: command not found\n",
    ],
)
def test_a_user_who_cannot_become_root_is_no_fault_of_the_cloud(said: str) -> None:
    with pytest.raises(StepError, match=r"cannot become root in the guest .* option `user`"):
        check_root(SimpleNamespace(user="ops"), said)
    check_root(SimpleNamespace(user="root"), said)
    check_root(SimpleNamespace(user="ops"), "mount: /dev/vdb: a password is required\n")


def test_root_is_not_asked_to_become_root(run: Run, server: SshServer) -> None:
    answer = run("id -u", sudo=True, rc="any")
    if server.user == "root":
        assert answer["result"]["stdout"] == "0\n", answer
    else:
        assert answer["result"]["stdout"] in ("0\n", ""), answer


def test_an_installation_leaves_the_step_the_time_to_say_so(run: Run, server: SshServer) -> None:
    in_home(server, "sudo", SUDO)
    in_home(server, "apt-get", "#!/bin/sh\nexec sleep 600\n")
    answer = run("slow", needs=["slow"], bring={"slow": {"packages": True}}, deadline=8)
    assert answer["outcome"] == "skipped" and "its installation takes longer than" in answer["message"], answer
    answer = run("slow", needs=["slow"], bring={"slow": {"packages": True}}, deadline=4)
    assert answer["outcome"] == "skipped" and "no time for its installation" in answer["message"], answer


def test_the_limit_of_an_installation_is_given_to_root(run: Run, server: SshServer, tmp_path: Path) -> None:
    in_home(server, "id", "#!/bin/sh\necho 1000\n")
    in_home(server, "sudo", f'#!/bin/sh\necho "$*" > {tmp_path}/asked\nshift 2\nexec "$@"\n')
    in_home(server, "apt-get", APT_GET)
    try:
        run("packed", needs=["hopeless"], bring={"hopeless": {"packages": True}}, deadline=60)
    finally:
        (server.place / "home" / "bin" / "id").unlink()
    assert (tmp_path / "asked").read_text().startswith("-n -- timeout ")


def test_a_program_that_a_guest_lost_is_a_fault(run: Run, probe: Probe, server: SshServer) -> None:
    in_home(server, "measure", "#!/bin/sh\n")
    assert run("measure", needs=["measure"])["outcome"] == "passed"
    (server.place / "home" / "bin" / "measure").unlink()
    assert log_in(probe, server)["outcome"] == "passed", "as after the guest was started anew"
    answer = run("measure", needs=["measure"])
    assert answer["outcome"] == "failed" and answer["message"] == "the guest has no measure any more", answer


@pytest.mark.parametrize(
    "said", ["sudo: a password is required", "guest is not in the sudoers file.", "sh: 1: sudo: not found"]
)
def test_an_image_whose_user_cannot_become_root_is_no_fault_of_the_cloud(
    run: Run, probe: Probe, server: SshServer, said: str
) -> None:
    in_home(server, "sudo", f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    probe.session.engine.connections.get("one", "guest").user = "guest"
    answer = run("id -u", sudo=True)
    assert answer["outcome"] == "error", answer
    assert f"cannot become root in the guest ({said.removeprefix('sh: 1: ')})" in answer["message"], answer
    assert run("id -u", sudo=True, rc="any")["outcome"] == "passed"
