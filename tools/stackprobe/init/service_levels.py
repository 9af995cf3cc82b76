"""Rules to begin with, as comments: they say more with every run that is kept, so the operator switches them on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from stackprobe.init.text import comment

_RULES: tuple[tuple[str | None, tuple[str, ...]], ...] = (
    (None, ("run_succeeds:", "  run: true", "  success_ratio: 0.9", "  window: 24h", "  severity: down")),
    (None, ("nothing_is_left:", "  run: true", "  leftovers: 0")),
    (None, ("apis_answer:", '  calls: {service: "*"}', "  error_ratio: {5xx: 0.05, no_response: 0.01}")),
    (
        "compute",
        ("server_as_fast_as_ever:", "  step: compute/wait_until_the_server_is_active", "  baseline: {days: 7}"),
    ),
    (
        "identity",
        (
            "token_within_a_second:",
            "  step: identity/get_a_token_with_the_credentials",
            "  within_s: 1",
            "  statistic: p95",
            "  window: 24h",
        ),
    ),
)


def service_levels(scenarios: Collection[str]) -> Iterator[str]:
    """The lines.

    :param scenarios: those that are selected: others have no rules.
    """
    yield from comment(
        "What the cloud has to hold, over many runs: see the documentation's page on service levels. What needs"
        " earlier runs is unknown until a history is named: `url` of `graphite`, or `directory` of `history`."
    )
    yield "# service_levels:"
    for scenario, lines in _RULES:
        if scenario is None or scenario in scenarios:
            yield from (f"#   {line}" for line in lines)
