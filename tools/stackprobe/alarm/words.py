"""What issues and their comments say. What a cloud said stands there as plain text: no markup, no mention."""

from __future__ import annotations

from stackprobe.alarm.marker import Marker
from stackprobe.alarm.plan import Close, Open, Update
from stackprobe.history.model import PastRun
from stackprobe.metricname import part
from stackprobe.outputs.clean import one_line
from stackprobe.outputs.markdown import text
from stackprobe.state import wording
from stackprobe.state.model import CloudState, Incident, ServiceState

LONGEST_TITLE = 200
LONGEST_REASON = 1000


def title(action: Open | Update) -> str:
    """``compute of demo / one is down``."""
    return one_line(f"{action.service.service} of {action.state.name} is {action.incident.level.word}", LONGEST_TITLE)


def body(action: Open | Update) -> str:
    """The whole body, its marker first."""
    incident, state = action.incident, action.state
    lines = [
        str(action.marker),
        f"**{text(action.service.service)}** of **{text(state.name)}** is **{incident.level.word}** since "
        f"{wording.minute(incident.from_t)} UTC.",
        "",
        f"- Told by: {text(', '.join(incident.causes), LONGEST_REASON)}",
        f"- Why: {text(action.service.health.reason, LONGEST_REASON)}",
    ]
    if run := _run(incident, state, action.service):
        lines.append(f"- Run of {wording.minute(run.t)} UTC: {_address(run.build_url)}")
    lines += [
        "",
        "stackprobe writes here when something changes, and closes this issue when the service is up again. Closed by "
        "hand it stays closed until the next incident.",
    ]
    return "\n".join(lines)


def changed(action: Update) -> str:
    """The comment on a change."""
    before, now = action.issue.marker, action.marker
    new = [cause for cause in now.causes if cause not in before.causes]
    said = []
    if before.level != now.level:
        said.append(f"It is **{now.level}** now, and was {before.level} before.")
    if new:
        said.append(f"Now told by {text(', '.join(new), LONGEST_REASON)}, too.")
    said.append(f"Why: {text(action.service.health.reason, LONGEST_REASON)}")
    return "\n\n".join([change_mark(now), *said])


def change_mark(marker: Marker) -> str:
    """What tells the comment on one change from that on another."""
    causes = ",".join(part(cause) for cause in marker.causes)
    return f"<!-- stackprobe-change {marker.level} {causes} -->"


def closing(action: Close) -> str:
    """The comment on the end of an incident."""
    marker = action.issue.marker
    if action.until_t is None:
        return f"{END_MARK}\n\nIt is up again."
    lasted = wording.span(action.until_t - marker.from_t)
    return f"{END_MARK}\n\nIt is up again since {wording.minute(action.until_t)} UTC, after {lasted}."


END_MARK = "<!-- stackprobe-change up -->"


def duplicate(number: int) -> str:
    """The comment on an issue that is one too many."""
    return f"{END_MARK}\n\nTwo runs opened an issue at once; #{number} is the one that stays."


def _run(incident: Incident, state: CloudState, service: ServiceState) -> PastRun | None:
    """The first run of the incident that has a build."""
    names = {part(one) for one in service.scenarios}
    for run in state.runs:
        own = not run.bad or any(part(bad.scenario) in names for bad in run.bad)
        if own and run.t >= incident.from_t and _address(run.build_url):
            return run
    return None


def _address(url: str | None) -> str:
    """An address as a link, where it is one."""
    whole = one_line(url or "", 2000)
    return f"<{whole}>" if whole.startswith(("https://", "http://")) and not set("<> ") & set(whole) else ""
