"""One blip never alarms, an outage does within two runs, recovery likewise, and flapping is called by its name."""

from __future__ import annotations

import itertools
import random

import pytest
from stackprobe.history.model import Sample
from stackprobe.service_levels.damping import Damping, damped, verdicts

LENGTHS = range(1, 9)
HISTORIES = [list(one) for length in LENGTHS for one in itertools.product([True, False], repeat=length)]


def states(judged: list[bool], damping: Damping = Damping()) -> list[bool]:  # noqa: B008  # frozen
    return [damped(damping, judged[:end], judged[end]).alarm for end in range(len(judged))]


def test_one_blip_never_alarms_wherever_it_comes() -> None:
    for length in range(1, 30):
        for place in range(length):
            judged = [True] * length
            judged[place] = False
            assert not any(states(judged)), (length, place)


def test_blips_that_are_far_enough_apart_never_alarm() -> None:
    assert not any(states([True, True, False] * 10))


@pytest.mark.parametrize("quiet", [0, 1, 2, 3, 10, 50])
def test_an_outage_alarms_with_its_second_run_and_recovery_with_its_second_too(quiet: int) -> None:
    judged = [True] * quiet + [False] * 5 + [True] * 4
    assert states(judged) == [False] * quiet + [False, True, True, True, True] + [True, False, False, False]


def test_every_history_keeps_the_promises_of_n_of_m() -> None:
    """All 510 histories of up to 8 runs: an alarm begins with a bad run that is the second of three, and only so; it
    ends with a good run that is, and only so."""
    for judged in HISTORIES:
        found = states(judged)
        for end, (alarm, good) in enumerate(zip(found, judged, strict=True)):
            last = judged[max(end - 2, 0) : end + 1]
            was = end > 0 and found[end - 1]
            if not was:
                assert alarm == (not good and last.count(False) >= 2), judged[: end + 1]
            elif not alarm:
                assert good and last.count(True) >= 2, judged[: end + 1]


def test_random_long_histories_recover_once_all_is_well_for_long_enough() -> None:
    dice = random.Random(5)
    for _ in range(200):
        judged = [dice.random() < 0.5 for _ in range(dice.randrange(60))]
        state = damped(Damping(), [*judged, *[True] * 10], True)
        assert not state.alarm and not state.flapping
        assert damped(Damping(), [*judged, False], False).alarm


@pytest.mark.parametrize(("bad", "of"), [(1, 1), (1, 3), (2, 2), (3, 3), (3, 5), (5, 9)])
def test_n_and_m_are_what_the_rule_says(bad: int, of: int) -> None:
    damping = Damping(bad, of)
    found = states([True] * 20 + [False] * 12 + [True] * 12, damping)
    assert found.index(True) == 20 + bad - 1
    assert found[32:].index(False) == bad - 1


@pytest.mark.parametrize(("bad", "of"), [(2, 4), (2, 9), (3, 8)])
def test_what_was_good_before_an_outage_does_not_end_it(bad: int, of: int) -> None:
    found = states([True] * 9 + [False] * bad + [True] * 9, Damping(bad, of))
    assert found.index(True) == 9 + bad - 1
    assert found[9 + bad :].index(False) == bad - 1


def test_flapping_is_named_and_keeps_its_alarm_until_it_is_quiet() -> None:
    judged = [True] * 10 + [False, True] * 5
    state = damped(Damping(), judged[:-1], judged[-1])
    assert state.flapping and state.alarm
    assert state.text.startswith("flapping, alarm: bad in")
    calm = damped(Damping(), [*judged, *[True] * 8], True)
    assert not calm.flapping and not calm.alarm


def test_an_outage_is_no_flapping() -> None:
    judged = [True] * 9 + [False] * 9 + [True] * 9
    assert not any(damped(Damping(), judged[:end], judged[end]).flapping for end in range(len(judged)))


def test_a_run_that_was_not_judged_changes_nothing() -> None:
    assert damped(Damping(), [False, False], None).alarm
    assert not damped(Damping(), [True, False], None).alarm
    assert not damped(Damping(), [], None).alarm


def test_where_no_earlier_run_is_known_a_bad_run_is_an_alarm_and_says_that_it_is_not_damped() -> None:
    state = damped(Damping(), [], False, known=False)
    assert state.alarm and "undamped" in state.text
    assert not damped(Damping(), [], True, known=False).alarm
    assert not damped(Damping(), [], None, known=False).alarm


def test_verdicts_are_read_from_two_series_in_the_order_of_time() -> None:
    good = [Sample(30, 1.0), Sample(10, 1.0), Sample(20, 0.0), Sample(40, 0.0)]
    bad = [Sample(20, 1.0), Sample(10, 0.0), Sample(40, 0.0), Sample(50, 1.0)]
    assert verdicts(good, bad) == [True, False, True, False]


def test_where_graphite_put_runs_together_the_more_frequent_verdict_counts_and_bad_of_equals() -> None:
    assert verdicts([Sample(1, 0.8), Sample(2, 0.5)], [Sample(1, 0.2), Sample(2, 0.5)]) == [True, False]
