"""Guests whose programs are not what a customer expects: user data that covers one, and what must be seen then."""

from __future__ import annotations

from dataclasses import dataclass

from stackprobe.results import Outcome

from tests.guests.scenarios.season import of_driver
from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import Fault


def without(scenario: str, *programs: str, more: str = "") -> list[dict[str, object]]:
    """A rule of faults.json: the guests of a scenario lack these programs.

    :param more: what else their user data does.
    """
    hidden = "\n".join(f"mount --bind /dev/null /usr/bin/{one}" for one in programs)
    return of_driver(scenario, "guest_user_data", answer=f"#!/bin/sh\n{hidden}\n{more}\n")


def replaced(scenario: str, program: str, script: str) -> list[dict[str, object]]:
    """A rule of faults.json: in the guests of a scenario a script is in the place of a program, which is $real."""
    return of_driver(scenario, "guest_user_data", answer=f"#!/bin/sh\n{in_place_of(program, script)}\n")


def in_place_of(program: str, script: str) -> str:
    """What user data does to put a script in the place of a program."""
    return f"""
mkdir -p /run/{program}
cp /usr/bin/{program} /run/{program}/real
cat > /run/{program}/stand-in <<'END'
#!/bin/sh
real=/run/{program}/real
{script}
END
chmod 755 /run/{program}/stand-in
mount --bind /run/{program}/stand-in /usr/bin/{program}"""


@dataclass(frozen=True)
class Skipped(Fault):
    """What cannot be measured is skipped with the reason ``says``, and the rest of the scenario passes."""

    outcome: Outcome = Outcome.SKIPPED

    def was_seen(self, run: Probed, scenario: str) -> None:
        assert (run.scenario(scenario).outcome, run.bad_steps(scenario)) == (Outcome.PASSED, []), run.said
        step = run.step(scenario, self.step, self.zone)
        assert step.outcome is Outcome.SKIPPED, run.said
        assert self.says in (step.message or ""), step.message


@dataclass(frozen=True)
class Remedied(Fault):
    """What is missing is brought, and the step passes."""

    outcome: Outcome = Outcome.PASSED

    def was_seen(self, run: Probed, scenario: str) -> None:
        assert (run.scenario(scenario).outcome, run.bad_steps(scenario)) == (Outcome.PASSED, []), run.said
        assert run.step(scenario, self.step, self.zone).outcome is Outcome.PASSED, run.said
