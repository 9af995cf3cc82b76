"""``probe_command`` in a genuine SSH server: what a command says is bounded, harmless and judged."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import psutil
import pytest
from stackprobe.engine.ssh import transport

from tests.integration.engine.driver import Probe, Record
from tests.integration.engine.guests import Run
from tests.support.ssh_server import SshServer


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


def test_the_guest_gets_nothing_of_the_runners_secrets(run: Run, probe: Probe) -> None:
    secret = probe.session.engine.values.secret("of one", "one")
    answer = run(["echo", {"$secret": "of one"}], expect={"stdout": {"contains": {"$secret": "of one"}}})
    assert answer["outcome"] == "passed" and answer["result"]["stdout"] == "***\n", answer
    assert secret not in (probe.output / "journal.jsonl").read_text()


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
