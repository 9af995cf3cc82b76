"""Looks at a cloud without changing anything: what there is, what the user may do, which scenarios can run.

``login`` gets a token and reads the catalog, ``questions`` asks all services side by side, ``fitting`` chooses flavor,
image and external network, ``problems`` says what is wrong before anything is created, ``suitability`` which scenarios
this cloud can run.
"""

from __future__ import annotations

from stackprobe.survey.login import Asker, log_in
from stackprobe.survey.model import Cloud, Problem, Survey
from stackprobe.survey.questions import ask

__all__ = ["Cloud", "Problem", "Survey", "look"]


def look(cloud: str, region: str | None, timeout_s: float) -> Survey:
    """Log in to a cloud of clouds.yaml and ask all its services.

    :param timeout_s: how long one question may take (s).
    :raises UsageError: clouds.yaml, credentials or region are at fault.
    :raises CloudFault: Keystone is.
    """
    asker = Asker(cloud, region, timeout_s)
    return ask(asker, log_in(asker), timeout_s)
