"""What goes wrong with a workflow before or beside its steps."""

from __future__ import annotations


class WorkflowError(Exception):
    """GitHub would refuse the workflow (or this runner cannot do what it asks for); no step was run."""


class ExpressionError(Exception):
    """An expression cannot be parsed or evaluated."""


class ActionFailed(Exception):
    """An action ended with an error; the text is what it says."""
