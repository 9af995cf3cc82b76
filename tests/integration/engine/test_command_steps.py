"""``probe_command`` in a genuine SSH server: what a command says is bounded, harmless and judged."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import psutil
import pytest
from stackprobe.engine.classify import StepError
from stackprobe.engine.ssh import bringing, transport
from stackprobe.engine.steps.command import check_root, command_line

from tests.integration.engine.driver import Probe, Record
from tests.integration.engine.guests import Later, log_in
from tests.support.ssh_server import SshServer, relay, ssh_server

Run = Callable[..., Record]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    place = tmp_path_factory.mktemp("sshd")
    (place / "home" / "bin").mkdir(parents=True)
    with ssh_server(place, f"SetEnv HOME={place}/home PATH={place}/home/bin:{os.environ['PATH']}") as one:
        yield one


@pytest.fixture
def run(probe: Probe, server: SshServer) -> Run:
    """Call it for a command in the guest."""
    answer = log_in(probe, server)
    assert answer["outcome"] == "passed", answer
    return lambda command, **arguments: probe.step("command", {"on": "guest", "run": command, **arguments})


def test_a_command_is_timed_and_its_outputs_are_kept_apart(run: Run, probe: Probe, server: SshServer) -> None:
    answer = run("echo hello; echo oops >&2; id -un; sleep 0.3")
    assert answer["outcome"] == "passed", answer
    result = answer["result"]
    assert (result["rc"], result["stdout"], result["stderr"]) == (0, f"hello\n{server.user}\n", "oops\n")
    assert (result["signal"], result["cut"], result["json"], result["lines"]) == (None, 0, None, [])
    assert 300 <= answer["duration_ms"] < 15_000 and answer["duration_ms"] == pytest.approx(
        result["duration_ms"], abs=1
    )


def test_words_are_not_read_by_a_shell(run: Run) -> None:
    answer = run(["printf", "%s|", "a  b", "$HOME", "'\";`id`", 7], parse="lines")
    assert answer["result"]["lines"] == ["a  b|$HOME|'\";`id`|7|"], answer


def test_a_line_is_read_by_sh_whatever_the_users_shell_is(run: Run) -> None:
    answer = run('for one in 1 2; do echo "it\'s $one"; done\ncase $0 in *sh) echo good;; esac', parse="lines")
    assert answer["result"]["lines"] == ["it's 1", "it's 2", "good"], answer


def test_input_reaches_the_command(run: Run) -> None:
    answer = run(
        "md5sum; echo end", stdin={"$bytes": 5_000_000}, expect={"stdout": {"matches": "^[0-9a-f]{32} +-\nend"}}
    )
    assert answer["outcome"] == "passed", answer
    assert run("wc -c", stdin="häuser")["result"]["stdout"].strip() == "7"
    assert run("cat; echo nothing")["result"]["stdout"] == "nothing\n", "without input it is at its end"
    assert run("exit 0", stdin={"$bytes": 5_000_000})["outcome"] == "passed", "nobody has to read it"


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        ("echo because >&2; exit 3", {}, "ended with 3, expected 0: because"),
        ("echo why; exit 3", {"rc": [0, 4]}, "ended with 3, expected 0 or 4: why"),
        ("true", {"rc": 1}, "ended with 0, expected 1"),
        ("kill -9 $$", {}, "ended by the signal KILL, expected 0"),
        ("frobnicate", {}, "frobnicate: not found"),
        ("echo '{\"a\": 1'", {"parse": "json"}, "the output is no JSON"),
        ("true", {"parse": "json"}, "it is empty"),
        ("echo NaN", {"parse": "json"}, "NaN is no number of JSON"),
        ("echo '{}'", {"parse": "json", "figures": {"rate_mbps": "json.rate"}}, "no number for rate_mbps at json.rate"),
        ("echo '{\"rate\": true}'", {"parse": "json", "figures": {"rate_mbps": "json.rate"}}, "no number for"),
        ("echo 1e999", {"figures": {"rate_mbps": "stdout"}}, "no number for rate_mbps at stdout, but '1e999'"),
        ("echo '{}'; yes | head -c 9000", {"parse": "json", "max_bytes": 1000}, "longer than 1000 bytes, 8003 were"),
        ("head -c 100000 /dev/zero | tr '\\0' '['", {"parse": "json"}, "JSON of more than"),
        ("printf '%0100d' 0 | sed 's/0/[/g; s/$/1/'; printf '%0100d' 0 | sed 's/0/]/g'", {"parse": "json"}, "levels"),
        ("echo '[1'; yes ,1 | head -n 110000; echo ']'", {"parse": "json", "max_bytes": 10**6}, "100000 values"),
        ("echo x", {"expect": {"stdout": "y"}}, "expected that stdout is 'y'"),
        ("sleep 30", {"deadline": 0.8}, "the command did not end in time"),
        ("echo half; exec sleep 30", {"deadline": 0.8}, "did not end in time; its stdout ends with 'half'"),
    ],
)
def test_what_is_not_as_expected_fails(run: Run, command: str, arguments: dict[str, Any], says: str) -> None:
    answer = run(command, **arguments)
    assert answer["outcome"] == "failed" and says in answer["message"], answer
    assert answer["duration_ms"] < 10_000


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        ("", {}, "`run` must be a shell command line"),
        ({"a": 1}, {}, "`run` must be a shell command line"),
        (["a", ["b"]], {}, "`run` must be a shell command line"),
        ("true", {"on": "nobody"}, "there is no connection `nobody`, probe_ssh opens them; open: `guest`"),
        ("true", {"rc": "good"}, "`rc` must be an exit status"),
        ("true", {"rc": 256}, "`rc` must be an exit status"),
        ("true", {"parse": "xml"}, "`parse` knows text, json, lines"),
        ("true", {"max_bytes": 0}, "`max_bytes` must be a number"),
        ("true", {"stdin": {"a": 1}}, "`stdin` must be a text"),
        ("true", {"figures": ["a"]}, "`figures` must be a mapping"),
        ("true", {"figures": {"Rate": "json.a"}}, "which no figure can be called"),
        ("true", {"figures": {"duration_ms": "json.a"}}, "which no figure can be called"),
        ("true", {"figures": {"rate": {"way": "json.a"}}}, "needs a path"),
        ("true", {"figures": {"rate": {"path": "json.a", "unit": "s"}}}, "knows path, factor and digits"),
        ("true", {"needs": ["a;b"]}, "is no name of one"),
        ("true", {"needs": ["frobnicate"], "bring": ["frobnicate"]}, "`bring` must be a mapping"),
        ("true", {"needs": ["frobnicate"], "bring": {"frobnicate": "yes"}}, "must be {packages: true}"),
        ("true", {"needs": ["frobnicate"], "bring": {"frobnicate": {"file": "/nonexistent"}}}, "cannot be read"),
        ("true", {"sudo": "perhaps"}, "`sudo` must be true or false"),
        ("true", {"sudo": True, "lines": True}, "does not know `lines`"),
    ],
)
def test_wrong_arguments_are_an_error(run: Run, command: Any, arguments: dict[str, Any], says: str) -> None:
    answer = run(command, **arguments)
    assert answer["outcome"] == "error" and says in answer["message"], answer


def test_what_a_guest_says_is_made_harmless(run: Run, probe: Probe) -> None:
    answer = run(r"printf 'a\033[31mred\033[0m\000\007\302\377\r\nb\033]0;title\007c\tt\n'")
    assert answer["result"]["stdout"] == "ared\ufffd\ufffd\nbc\tt\n", answer
    found = run(r"""printf '{"k\\u001b[1m": ["v\\u0000", 1e400, 3, -0.5, null]}'""", parse="json")["result"]
    assert found["json"] == {"k": ["v", None, 3, -0.5, None]}, found
    answer = run(r"printf '\033[2Jno\000 \377' >&2; exit 1")
    assert answer["message"].endswith(": no \ufffd"), answer
    assert run("printf '%s' '{{ 7 * 7 }}'")["result"]["stdout"] == "{{ 7 * 7 }}"
    huge = run("printf '9%.0s' $(seq 1 6000)", parse="json")
    assert huge["outcome"] == "failed" and "no JSON" in huge["message"], huge


def test_output_without_end_is_cut_and_does_not_fill_the_memory(run: Run) -> None:
    answer = run("head -c 100000000 /dev/zero | tr '\\0' x; echo end >&2", max_bytes=1000)
    assert answer["outcome"] == "passed", answer
    result = answer["result"]
    assert (result["stdout"], result["stderr"], result["cut"]) == ("x" * 1000, "end\n", 100_000_000 - 1000)


def test_both_outputs_may_be_full_at_once(run: Run) -> None:
    answer = run("head -c 5000000 /dev/zero >&2; head -c 5000000 /dev/zero; echo x", max_bytes=10)
    assert answer["outcome"] == "passed" and answer["result"]["cut"] == 10_000_002 - 20, answer


def test_figures_become_metrics(run: Run, probe: Probe) -> None:
    said = json.dumps({"end": {"streams": [{"bits_per_second": 9_412_345_678.9}], "retransmits": 3}})
    figures = {
        "bandwidth_mbps": {"path": "json.end.streams.0.bits_per_second", "factor": 1e-6, "digits": 1},
        "retransmits": "json.end.retransmits",
    }
    answer = run("cat", stdin=said, parse="json", figures=figures)
    assert answer["outcome"] == "passed", answer
    assert probe.one("step", kind="command")["figures"] == {"bandwidth_mbps": 9412.3, "retransmits": 3}


def test_a_figure_may_be_a_sum_and_be_expected(run: Run) -> None:
    said, places = json.dumps({"slow": {"20": 1.5, ">=2000": 0.25}}), ["json.slow.20", "json.slow.>=2000"]

    def most(percent: float) -> Record:
        figures, expected = {"slow_percent": {"path": places}}, {"figures.slow_percent": {"max": percent}}
        return run("cat", stdin=said, parse="json", figures=figures, expect=expected)

    assert most(1.75)["outcome"] == "passed"
    answer = most(1)
    assert answer["outcome"] == "failed", answer
    assert answer["message"] == "expected that figures.slow_percent is at most 1, but it is 1.75"
    places.append("json.slow.50")
    assert "no number for slow_percent at json.slow.50" in most(1)["message"]


def test_any_exit_status_may_be_good(run: Run) -> None:
    assert run("exit 7", rc="any")["result"]["rc"] == 7
    assert run("exit 7", rc=["7", 0])["outcome"] == "passed"
    result = run("kill -TERM $$", rc="any")["result"]
    assert (result["rc"], result["signal"]) == (143, "TERM")


def test_what_a_command_leaves_running_is_not_waited_for(run: Run) -> None:
    began = time.monotonic()
    answer = run("sleep 20 & echo started")
    assert answer["outcome"] == "passed" and answer["result"]["stdout"] == "started\n", answer
    assert time.monotonic() - began < 18 and answer["duration_ms"] < 15_000


def test_a_command_that_ran_out_of_time_is_ended_and_the_connection_goes_on(run: Run, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    answer = run(f"echo $$ > {mark}; while echo on; do sleep 0.2; done", deadline=1)
    assert answer["outcome"] == "failed" and "its stdout ends with 'on" in answer["message"], answer
    ends = time.monotonic() + 10
    while psutil.pid_exists(int(mark.read_text())):
        assert time.monotonic() < ends, "it goes on in the guest"
        time.sleep(0.05)
    assert run("echo on")["result"]["stdout"] == "on\n"


def test_several_commands_share_a_connection(run: Run, probe: Probe, server: SshServer) -> None:
    before = server.log.count("Accepted publickey")
    began = time.monotonic()
    for number in range(8):
        run("sleep 1", background=True, zone=f"z{number}")
    assert probe.step("join")["outcome"] == "passed"
    assert time.monotonic() - began < 7.5
    assert server.log.count("Accepted publickey") == before


def test_a_connection_that_is_cut_within_a_command_is_told(probe: Probe, server: SshServer, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with relay(server.port) as cable:
        log_in(probe, server, port=cable.port)
        Later(mark.exists, cable.cut)
        answer = probe.step("command", on="guest", run=f"echo begun; sleep 0.5; touch {mark}; sleep 30", deadline=20)
    assert answer["outcome"] == "failed", answer
    assert "breaks before the command ended; its stdout ends with 'begun'" in answer["message"]
    answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "failed" and "the connection to guest (127.0.0.1) is broken" in answer["message"]


def test_a_connection_that_falls_silent_ends_the_step_in_time(probe: Probe, server: SshServer) -> None:
    with relay(server.port) as cable:
        log_in(probe, server, port=cable.port)
        cable.hold()
        began = time.monotonic()
        answer = probe.step("command", on="guest", run="true", deadline=1)
        assert answer["outcome"] == "failed" and "guest (127.0.0.1) is silent" in answer["message"], answer
        again = probe.step("connect", on="guest", host="127.0.0.1", port=server.port, deadline=1)
        assert again["outcome"] == "failed" and "is silent" in again["message"], again
        assert time.monotonic() - began < 8
        cable.go_on()
        assert probe.step("command", on="guest", run="true")["outcome"] == "passed"


def test_a_guest_that_is_silent_like_the_control_target_is_an_error(
    probing: Callable[..., Probe], server: SshServer
) -> None:
    probe = probing(control_target="127.0.0.1:9").prepare()
    with relay(server.port) as cable:
        log_in(probe, server, port=cable.port)
        cable.hold()
        answer = probe.step("command", on="guest", run="true", deadline=1)
        assert answer["outcome"] == "error" and "control target" in answer["message"], answer
        probe.close()


def test_a_server_without_commands_is_told(probe: Probe, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "sshd", "MaxSessions 0") as closed:
        log_in(probe, closed)
        answer = probe.step("command", on="guest", run="true")
    assert answer["outcome"] == "failed" and "opens no session" in answer["message"], answer


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
    assert (server.place / "home" / bringing.PLACE / "frobnicate").stat().st_mode & 0o777 == 0o700
    tool.unlink()
    assert run("frobnicate | head -c 5", needs=["frobnicate"], bring=bring)["outcome"] == "passed", "brought once"


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


def in_home(server: SshServer, program: str, text: str) -> None:
    """Put a program where the user finds it."""
    place = server.place / "home" / "bin" / program
    place.write_text(text)
    place.chmod(0o755)


def test_a_package_manager_brings_what_is_absent(run: Run, server: SshServer) -> None:
    in_home(server, "apt-get", APT_GET)
    in_home(server, "sudo", SUDO)
    answer = run("packed", needs=["packed"], bring={"packed": {"packages": True}})
    assert answer["outcome"] == "passed" and answer["result"]["stdout"] == "packed\n", answer
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


def test_the_guest_gets_nothing_of_the_runners_secrets(run: Run, probe: Probe) -> None:
    secret = probe.session.engine.values.secret("of one", "one")
    answer = run(["echo", {"$secret": "of one"}], expect={"stdout": {"contains": {"$secret": "of one"}}})
    assert answer["outcome"] == "passed" and answer["result"]["stdout"] == "***\n", answer
    assert secret not in (probe.output / "journal.jsonl").read_text()


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


def test_half_a_secret_is_not_told(run: Run, probe: Probe) -> None:
    secret = probe.session.engine.values.secret("long", "one")
    for behind in range(270, 299, 7):
        answer = run(f"echo {'x' * 400} {secret} {'y' * behind} >&2; exit 1")
        assert answer["outcome"] == "failed" and answer["message"].endswith("y"), answer
        assert not any(secret[at : at + 6] in answer["message"] for at in range(len(secret) - 6)), answer


def test_names_of_signals_are_harmless() -> None:
    heard = paramiko.Message()
    heard.add_string("exit-signal")
    heard.add_boolean(False)
    heard.add_string(b"\x1b[31mKILL\n")
    heard.rewind()
    channel = SimpleNamespace(_handle_request=lambda _: None)
    transport._note_signal(channel, heard)
    assert channel.ended_by == "31mKILL"


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
