"""The kinds of steps: one module each, with one class that says what its arguments are and does the work."""

from __future__ import annotations

from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.steps.call import CallStep
from stackprobe.engine.steps.check import CheckStep
from stackprobe.engine.steps.command import CommandStep
from stackprobe.engine.steps.connect import ConnectStep
from stackprobe.engine.steps.delete import DeleteStep
from stackprobe.engine.steps.dns import DnsStep
from stackprobe.engine.steps.endpoint import EndpointStep
from stackprobe.engine.steps.http import HttpStep
from stackprobe.engine.steps.ping import PingStep
from stackprobe.engine.steps.quota import QuotaStep
from stackprobe.engine.steps.spread import SpreadStep
from stackprobe.engine.steps.ssh import SshStep
from stackprobe.engine.steps.temporary_url import TemporaryUrlStep
from stackprobe.engine.steps.token import TokenStep
from stackprobe.engine.steps.wait import WaitStep

KINDS: dict[str, type[StepKind]] = {
    kind.name: kind
    for kind in (
        CallStep,
        WaitStep,
        CheckStep,
        DeleteStep,
        TokenStep,
        EndpointStep,
        DnsStep,
        HttpStep,
        QuotaStep,
        TemporaryUrlStep,
        SshStep,
        CommandStep,
        PingStep,
        ConnectStep,
        SpreadStep,
    )
}

__all__ = ["KINDS", "Step", "StepContext", "StepKind"]
