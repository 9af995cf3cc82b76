"""The little of GitHub's issues that alarms need, through PyGithub."""

from __future__ import annotations

from datetime import UTC, datetime

import github
from github.GithubObject import NotSet
from github.Issue import Issue

from stackprobe.alarm import marker
from stackprobe.alarm.calls import PERMISSIONS, Caller, GithubUnavailable, Uncertain
from stackprobe.alarm.plan import Known
from stackprobe.errors import UsageError

TIMEOUT_S = 15


class Tracker:
    """The issues of a repository with a label.

    :param repository: OWNER/NAME.
    :param url: the base address of the API.
    :param label: all alarms have it; GitHub makes it when the first issue gets it.
    """

    def __init__(self, repository: str, token: str, url: str, label: str, caller: Caller) -> None:
        self._label, self._caller = label, caller
        client = github.Github(
            base_url=url.rstrip("/"),
            auth=github.Auth.Token(token),
            timeout=TIMEOUT_S,
            per_page=100,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent="stackprobe",
            lazy=True,
        )
        self._repository = client.get_repo(repository)
        self._issues: dict[int, Issue] = {}

    def known(self, closed_since_t: float | None) -> list[Known]:
        """The alarms there are: all open ones, and those closed that something happened to since a moment.

        By the list of issues, not by the search, which lags behind by minutes.
        """
        found = self._list("open", None)
        if closed_since_t is not None:
            found += self._list("closed", datetime.fromtimestamp(closed_since_t, UTC))
        return found

    def open(self, title: str, body: str) -> int:
        """Open an issue; where GitHub leaves it open whether it did, look whether there is one.

        :returns: its number.
        """
        wanted = marker.read(body)
        for _ in range(2):
            try:
                issue = self._caller.write(
                    "open an issue",
                    lambda: self._repository.create_issue(title=title, body=body, labels=[self._label]),
                )
            except Uncertain:
                there = [one.number for one in self._list("open", None) if one.marker == wanted]
                if there:
                    return min(there)
                continue
            self._issues[issue.number] = issue
            self._keep_label(issue)
            return issue.number
        raise self._uncertain("open an issue")

    def edit(self, number: int, title: str, body: str) -> None:
        """Replace title and body."""
        issue = self._issues[number]
        self._caller.write("edit an issue", lambda: issue.edit(title=title, body=body), repeatable=True)

    def close(self, number: int, reason: str) -> None:
        """Close an issue as ``completed`` or ``not_planned``, and note in it that it was the alarm that did."""
        issue = self._issues[number]
        body = marker.ending(issue.body)
        self._caller.write(
            "close an issue",
            lambda: issue.edit(state="closed", state_reason=reason, body=body),
            repeatable=True,
        )

    def comment(self, number: int, text: str, since_t: float) -> None:
        """Comment, unless the last comment of ours since a moment says the same already.

        What comes before the first empty line tells what is the same.
        """
        issue, mark = self._issues[number], text.partition("\n")[0]
        since = datetime.fromtimestamp(since_t, UTC)

        def said() -> bool:
            bodies = [one.body or "" for one in issue.get_comments(since=since)]
            ours = [one for one in bodies if one.startswith("<!-- stackprobe-change ")]
            return bool(ours) and ours[-1].startswith(mark)

        for _ in range(2):
            if self._caller.read("list the comments", said):
                return
            try:
                self._caller.write("comment on an issue", lambda: issue.create_comment(text))
            except Uncertain:
                continue
            return
        raise self._uncertain("comment on an issue")

    def _list(self, state: str, since: datetime | None) -> list[Known]:
        def ask() -> list[Issue]:
            return list(self._repository.get_issues(state=state, labels=[self._label], since=since or NotSet))

        found = []
        for issue in self._caller.read("list the issues", ask):
            read = marker.read(issue.body)
            # not `pull_request`: an issue has no such field, and PyGithub would ask for each one anew to find it
            if read is not None and "/pull/" not in (issue.html_url or ""):
                self._issues[issue.number] = issue
                found.append(Known(issue.number, issue.state == "open", read))
        return found

    def _keep_label(self, issue: Issue) -> None:
        """A token that may not set labels has its issue made without: it would never be found again."""
        if self._label in {label.name for label in issue.labels}:
            return
        try:
            self._caller.write("label an issue", lambda: issue.add_to_labels(self._label), repeatable=True)
        except UsageError:
            self.close(issue.number, "not_planned")
            raise UsageError(
                f"GitHub does not let it label the issue #{issue.number}, which would not be found again and is closed",
                remedy=PERMISSIONS,
            ) from None

    def _uncertain(self, what: str) -> GithubUnavailable:
        return GithubUnavailable(f"cannot {what}: GitHub fails in the midst of it; the next run does it")
