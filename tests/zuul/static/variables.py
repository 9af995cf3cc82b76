"""The variables of jobs and roles: what is read, what is documented, and whether the two agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import jinja2.nodes
import yaml

from tests.zuul.static import zuul_yaml

#: Read by playbooks and shared tasks, and set by no job: by whatever runs them in Zuul's place, or by the step engine.
NOT_FROM_JOBS = {
    "probe_config": "a file that `stackprobe run` names; jobs have probe_settings",
    "probe_name": "how the names of a scenario's resources begin; the step engine says it to each scenario",
    "probe_output": "a directory that `stackprobe run` names; jobs publish with their logs",
    "probe_scenario": "the scenario's name; the step engine says it to each",
}
#: Keys of tasks whose text is an expression without braces.
EXPRESSIONS = frozenset(("when", "failed_when", "changed_when", "until", "that"))
SET_FACT, ADD_HOST = ("set_fact", "ansible.builtin.set_fact"), ("add_host", "ansible.builtin.add_host")
DIRECTIVE = re.compile(r"^\.\. zuul:(?:jobvar|rolevar):: (?P<name>\S+)\n(?P<options>(?:   :\w+:.*\n?)*)", re.MULTILINE)
#: What a default may be said to be when there is none.
NOTHING: tuple[Any, ...] = (None, "", [], {})
_JINJA = jinja2.Environment(autoescape=True)


@dataclass
class Use:
    """What YAML and Python do with variables."""

    read: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    #: The constants that stand in ``name | default(constant)``.
    fallbacks: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Documented:
    """A variable in a description or README. `default` is its text as it stands there."""

    where: str
    name: str
    default: str | None


def undocumented(checkout: Path) -> list[str]:
    """Variables that playbooks and roles take from the job, or that jobs set, without a word in a job's description."""
    said = job_variables(checkout)
    parents = {job["name"]: job.get("parent") for job in zuul_yaml.of_kind(checkout, "job")}
    known = {one.name for one in said}
    defaults = {name for role in _plain_roles(checkout) for name in role_defaults(role)}
    use = usage(checkout)
    taken = {name for name in use.read - use.assigned - defaults if name.startswith(_prefixes(checkout))}
    found = [f"{name}: read from the job, in no description" for name in sorted(taken - known - set(NOT_FROM_JOBS))]
    found += [f"{name}: is no longer read; remove it from NOT_FROM_JOBS" for name in NOT_FROM_JOBS if name not in taken]
    for job in zuul_yaml.of_kind(checkout, "job"):
        own = {one.name for one in said if one.where in _lineage(parents, job["name"])}
        found += [
            f"{name}: set by job {job['name']}, described neither there nor in a parent"
            for name in sorted(set(job.get("vars", {})) - own)
        ]
    return found


def unused(checkout: Path) -> list[str]:
    """Variables in the descriptions of jobs that nothing reads."""
    read = usage(checkout).read | {name for role in _plain_roles(checkout) for name in role_defaults(role)}
    return [f"{one.where}: {one.name}: nothing reads it" for one in job_variables(checkout) if one.name not in read]


def wrong_defaults(checkout: Path) -> list[str]:
    """Variables whose default in a job's description is another than where they are read or set."""
    jobs = {job["name"]: job for job in zuul_yaml.of_kind(checkout, "job")}
    use, found = usage(checkout), []
    for one in job_variables(checkout):
        really = [*use.fallbacks.get(one.name, ())]
        really += [role_defaults(role)[one.name] for role in _plain_roles(checkout) if one.name in role_defaults(role)]
        # what the job itself sets goes before all others
        own = jobs[one.where].get("vars", {})
        really = [own[one.name]] if one.name in own else [value for value in really if value not in NOTHING]
        found += [
            f"{one.where}: {one.name}: the default is said to be {one.default}, and it is {value!r}"
            for value in really
            if one.default is None or not _agree(one.default, value)
        ]
    return found


def role_faults(checkout: Path) -> list[str]:
    """Roles that are no scenarios, and what is wrong with their READMEs."""
    found = []
    for role in _plain_roles(checkout):
        if (role / "README.md").exists():
            continue  # the step engine's own one has tables
        readme = role / "README.rst"
        if not readme.exists():
            found.append(f"role {role.name}: no README.rst")
            continue
        said = {one.name: one for one in documented(role.name, readme.read_text())}
        defaults = role_defaults(role)
        found += [f"role {role.name}: {name}: not documented" for name in sorted(defaults.keys() - said.keys())]
        use = usage_of_role(role)
        for name, one in said.items():
            if name not in defaults and name not in use.read:
                found.append(f"role {role.name}: {name}: nothing reads it")
            elif name in defaults and not _agree(one.default or "none", defaults[name]):
                found.append(
                    f"role {role.name}: {name}: the default is said to be {one.default}, and it is {defaults[name]!r}"
                )
    return found


def job_variables(checkout: Path) -> list[Documented]:
    """All variables that descriptions of jobs document."""
    return [
        one
        for job in zuul_yaml.of_kind(checkout, "job")
        for one in documented(job["name"], str(job.get("description", "")))
    ]


def documented(where: str, text: str) -> list[Documented]:
    """The variables that a text documents; attributes of a variable, which are indented, are not among them."""
    found = []
    for match in DIRECTIVE.finditer(text):
        options = dict(re.findall(r"^   :(\w+):\s*(.*?)\s*$", match["options"], re.MULTILINE))
        found.append(Documented(where, match["name"], options.get("default")))
    return found


def _lineage(parents: Mapping[str, str | None], job: str) -> list[str]:
    """A job and its parents in this repository."""
    found: list[str] = []
    name: str | None = job
    while name is not None and name in parents and name not in found:
        found.append(name)
        name = parents[name]
    return found


def role_defaults(role: Path) -> dict[str, Any]:
    """The defaults of a role."""
    path = role / "defaults" / "main.yaml"
    loaded = yaml.safe_load(path.read_text()) if path.exists() else None
    return dict(loaded or {})


def usage(checkout: Path) -> Use:
    """What the playbooks of jobs, and all roles that are no scenarios, do with variables."""
    use = Use()
    for path in sorted((checkout / "playbooks").rglob("*.yaml")):
        _visit(yaml.safe_load(path.read_text()), use)
    for role in _plain_roles(checkout):
        _add_role(role, use)
    return use


def usage_of_role(role: Path) -> Use:
    """What one role does with variables."""
    use = Use()
    _add_role(role, use)
    return use


def _add_role(role: Path, use: Use) -> None:
    for folder in ("tasks", "handlers", "defaults", "vars"):
        for path in sorted((role / folder).rglob("*.yaml")):
            _visit(yaml.safe_load(path.read_text()), use)
    for path in sorted((role / "vars").rglob("*.yaml")):
        use.assigned |= set(yaml.safe_load(path.read_text()) or {})
    trees = [ast.parse(path.read_text()) for path in sorted(role.rglob("*.py"))]
    constants = {name: value for tree in trees for name, value in _constants(tree)}
    for tree in trees:
        use.read |= set(_variables_of_python(tree, constants))


def _plain_roles(checkout: Path) -> list[Path]:
    return [
        role
        for role in sorted((checkout / "roles").iterdir())
        if role.is_dir() and not (role / "scenario.yaml").exists()
    ]


def _prefixes(checkout: Path) -> tuple[str, ...]:
    return ("probe_", "watchdog_", *(f"{role.name}_" for role in _plain_roles(checkout)))


def _visit(value: Any, use: Use, key: str = "") -> None:
    """Note what a piece of a playbook reads and assigns."""
    if isinstance(value, dict):
        for name, content in value.items():
            if name in ("register", "loop_var"):
                use.assigned.add(str(content))
            elif name in ("vars", *SET_FACT, *ADD_HOST) and isinstance(content, dict):
                use.assigned |= set(map(str, content))
            _visit(content, use, str(name))
    elif isinstance(value, list):
        for one in value:
            _visit(one, use, key)
    elif isinstance(value, str):
        text = f"{{{{ {value} }}}}" if key in EXPRESSIONS and "{{" not in value else value
        if "{{" in text or "{%" in text:
            _read_template(text, use)


def _read_template(text: str, use: Use) -> None:
    tree = _JINJA.parse(text)
    names = list(tree.find_all(jinja2.nodes.Name))
    use.read |= {name.name for name in names if name.ctx == "load"} - {
        name.name for name in names if name.ctx != "load"
    }
    for one in tree.find_all(jinja2.nodes.Filter):
        if one.name in ("default", "d") and isinstance(one.node, jinja2.nodes.Name) and one.args:
            try:
                constant = one.args[0].as_const()
            except jinja2.nodes.Impossible:
                continue
            use.fallbacks.setdefault(one.node.name, []).append(constant)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names of a module that stand for a text."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _variables_of_python(tree: ast.Module, constants: Mapping[str, str]) -> Iterator[str]:
    """The variables that a plugin reads: ``variables.get("name")``, ``task_vars["name"]``."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            holder, name = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript):
            holder, name = node.value, node.slice
        else:
            continue
        if "variables" in ast.unparse(holder) or "task_vars" in ast.unparse(holder):
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value
            elif isinstance(name, ast.Name) and name.id in constants:
                yield constants[name.id]


def _agree(text: str, value: Any) -> bool:
    said = text.strip("`")
    if value in NOTHING:
        return said == "none" or yaml.safe_load(said) in NOTHING
    if isinstance(value, str) and "{{" in value and "{{" not in said:
        return True  # an expression, in words
    return said == str(value) or (not isinstance(value, str) and yaml.safe_load(said) == value)
