"""The errors a user can do something about."""


class PocketgraphiteError(Exception):
    """What went wrong, and what to do next. The command prints both on one line and exits with 2."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy
