"""A resource's name tells which run made it, and names of other people never do."""

from __future__ import annotations

import random
import re
import string

import pytest
from stackprobe.naming import is_prefix, new_run_id, owner_of, parse_run_id

NOW = 1_790_000_000.75


def test_a_run_id_says_when_its_run_started_and_when_it_is_over_at_the_latest() -> None:
    run = parse_run_id(new_run_id(NOW, 3600))
    assert run is not None
    assert (run.started, run.deadline_s, run.ends) == (1_790_000_000, 3600, 1_790_003_600)


def test_a_run_id_is_short_and_of_lower_case_letters_and_digits() -> None:
    assert re.fullmatch("[0-9a-z]{16}", new_run_id(NOW, 604800))


def test_runs_that_start_in_the_same_second_get_different_ids() -> None:
    assert len({new_run_id(NOW, 3600) for _ in range(100)}) == 100


@pytest.mark.parametrize("deadline_s", [0, -1, 604801])
def test_a_deadline_that_an_id_cannot_hold_is_refused(deadline_s: int) -> None:
    with pytest.raises(ValueError, match="deadline"):
        new_run_id(NOW, deadline_s)


def test_a_clock_that_was_never_set_is_refused() -> None:
    with pytest.raises(ValueError, match="clock"):
        new_run_id(12.0, 60)


def test_the_owner_of_a_resource_is_read_from_its_name() -> None:
    run_id = new_run_id(NOW, 60)
    owner = owner_of(f"stackprobe-{run_id}-server-az1", "stackprobe")
    assert owner == parse_run_id(run_id)


def test_names_of_other_people_that_look_alike_have_no_owner() -> None:
    run_id = new_run_id(NOW, 60)
    changed = run_id[:13] + ("a" if run_id[13] != "a" else "b") + run_id[14:]
    for name in (
        None,
        "",
        "stackprobe",
        "stackprobe-",
        f"stackprobe-{run_id}",
        f"stackprobe-{run_id}-",
        f"stackprobe-{run_id}-net work",
        f"stackprobe-{run_id}-net\n",
        f"stackprobe-{changed}-net",
        f"stackprobe-{run_id.upper()}-net",
        f"stackprobe_{run_id}_net",
        f"stackprobe-{run_id}x-net",
        f"stackprobes-{run_id}-net",
        f"Stackprobe-{run_id}-net",
        f" stackprobe-{run_id}-net",
        f"my-stackprobe-{run_id}-net",
        f"copy of stackprobe-{run_id}-net",
        f"other-{run_id}-net",
        "stackprobe-dashboard-db",
        "stackprobe-0123456789abcdef-net",
        "stackprobe-production-grafana",
    ):
        assert owner_of(name, "stackprobe") is None, name


def test_random_text_is_hardly_ever_taken_for_a_run_id() -> None:
    dice = random.Random(2)
    texts = ("".join(dice.choices(string.digits + string.ascii_lowercase, k=16)) for _ in range(20000))
    assert sum(parse_run_id(text) is not None for text in texts) < 40


@pytest.mark.parametrize("what", ["", "a b", "-a", "a-", "ä", "a" * 64])
def test_a_name_that_no_run_gives_is_nobodys(what: str) -> None:
    assert owner_of(f"stackprobe-{new_run_id(NOW, 60)}-{what}", "stackprobe") is None


@pytest.mark.parametrize("prefix", ["", "x", "1probe", "my-probe", "My", "a" * 21])
def test_a_prefix_that_would_make_names_ambiguous_is_none(prefix: str) -> None:
    assert not is_prefix(prefix)
