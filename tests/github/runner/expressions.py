"""Expressions, evaluated by GitHub's own library in a node process, and where which context may be used."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.github.runner.errors import ExpressionError

EVALUATE = Path(__file__).with_name("evaluate.mjs")
Contexts = Mapping[str, Any]

#: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
_CALLER = ("github", "needs", "vars", "inputs")
_JOB = (*_CALLER, "strategy", "matrix")
_STEP = (*_JOB, "job", "runner", "env", "secrets", "steps")
_COMPOSITE = ("github", "inputs", "strategy", "matrix", "steps", "job", "runner", "env")
AVAILABLE: Mapping[str, tuple[str, ...]] = {
    "concurrency": ("github", "inputs", "vars"),
    "env": ("github", "secrets", "inputs", "vars"),
    "inputs.default": ("github", "inputs", "vars"),
    "workflow.outputs": ("github", "jobs", "vars", "inputs"),
    "job.if": _CALLER,
    "job.strategy": _CALLER,
    "job": _JOB,
    "job.env": (*_JOB, "secrets"),
    "job.secrets": (*_JOB, "secrets"),
    "job.defaults": (*_JOB, "env"),
    "job.outputs": _STEP,
    "step": _STEP,
    "step.if": tuple(name for name in _STEP if name != "secrets"),
    "composite": _COMPOSITE,
    "composite.if": _COMPOSITE,
    "composite.inputs": ("github", "strategy", "matrix", "job", "runner"),
}


class Expressions:
    """The node process. One serves many runs, one at a time; `close` ends it.

    :param node_modules: holds @actions/expressions.
    """

    def __init__(self, node_modules: Path) -> None:
        self._process = subprocess.Popen(
            ["node", str(EVALUATE), str(node_modules)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def ask(
        self,
        expression: str,
        contexts: Contexts,
        status: Mapping[str, bool] | None = None,
        workspace: Path | None = None,
        condition: bool = False,
    ) -> dict[str, Any]:
        """The expression's `value`, its `text` and whether it is true (`truth`).

        :param contexts: the values of the contexts that may be used; others are errors.
        :param status: what success() and so on say; None where they may not be used.
        :param workspace: what hashFiles() looks into; None where it may not be used.
        :param condition: add `success() &&` when no status function is asked, as `if` does.
        """
        assert self._process.stdin and self._process.stdout
        request = {"expression": expression, "contexts": dict(contexts), "status": status, "condition": condition}
        request["workspace"] = str(workspace) if workspace else None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"node, which evaluates expressions, ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ExpressionError(f"{answer['error']} (in: {expression})")
        return answer

    def condition(
        self, text: Any, contexts: Contexts, status: Mapping[str, bool], workspace: Path | None = None
    ) -> bool:
        """Whether an `if` holds."""
        if isinstance(text, bool):
            text = "true" if text else "false"
        parts = list(_parts(str(text)))
        if len(parts) == 1:
            return bool(self.ask(parts[0][0], contexts, status, workspace, condition=True)["truth"])
        # Text beside expressions makes a string of the whole, as GitHub has it too.
        plain = [piece.replace("'", "''").replace("{", "{{").replace("}", "}}") for piece, code in parts if not code]
        codes = [piece for piece, code in parts if code]
        pieces, numbers = iter(plain), iter(range(len(codes)))
        template = "".join(f"{{{next(numbers)}}}" if code else next(pieces) for _, code in parts)
        whole = f"format('{template}', {', '.join(codes)})"
        return bool(self.ask(whole, contexts, status, workspace, condition=True)["truth"])

    def value(self, node: Any, contexts: Contexts, workspace: Path | None = None) -> Any:
        """A value of YAML with its expressions evaluated; one that is an expression as a whole keeps its type."""
        if isinstance(node, dict):
            return {self.text(key, contexts): self.value(value, contexts, workspace) for key, value in node.items()}
        if isinstance(node, list):
            return [self.value(value, contexts, workspace) for value in node]
        if not isinstance(node, str):
            return node
        parts = list(_parts(node))
        if len(parts) == 1 and parts[0][1]:
            return self.ask(parts[0][0], contexts, None, workspace)["value"]
        return self._joined(parts, contexts, workspace)

    def text(self, node: Any, contexts: Contexts, workspace: Path | None = None) -> str:
        """A scalar of YAML as a string, its expressions evaluated."""
        return self._joined(_parts(as_text(node)), contexts, workspace)

    def _joined(self, parts: Iterable[tuple[str, bool]], contexts: Contexts, workspace: Path | None) -> str:
        return "".join(self.ask(text, contexts, None, workspace)["text"] if code else text for text, code in parts)


def is_mixed(text: Any) -> bool:
    """Whether an `if` has text beside its expression: such a condition is always true, which nobody means."""
    parts = list(_parts(text)) if isinstance(text, str) else []
    return len(parts) > 1 and any(code for _, code in parts)


def as_text(value: Any) -> str:
    """A scalar as GitHub writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def only(contexts: Contexts, key: str) -> dict[str, Any]:
    """The contexts that may be used at `key`, a key of AVAILABLE."""
    return {name: contexts.get(name) for name in AVAILABLE[key]}


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """`text` cut into plain pieces (False) and the inner texts of `${{ }}` (True)."""
    at = 0
    while (start := text.find("${{", at)) >= 0:
        if start > at:
            yield text[at:start], False
        end, quoted = start + 3, False
        while quoted or not text.startswith("}}", end):
            if end >= len(text):
                raise ExpressionError(f"no }}}} ends the expression in: {text}")
            quoted ^= text[end] == "'"
            end += 1
        yield text[start + 3 : end].strip(), True
        at = end + 2
    if at < len(text) or not text:
        yield text[at:], False
