"""The errors a user can do something about."""


class PocketcloudError(Exception):
    """What went wrong, and what to do next. The command prints both on one line and exits with 2."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class ServiceDied(PocketcloudError):
    """A service ended while the cloud was starting. `log_tail` holds its last words."""

    def __init__(self, service: str, log: str, log_tail: str) -> None:
        super().__init__(f"{service} ended while it was starting", f"the end of {log} follows")
        self.service = service
        self.log = log
        self.log_tail = log_tail
