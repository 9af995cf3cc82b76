"""Make the empty databases, all in children forked from one preloaded process."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import importlib.util
import os
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pocketcloud import configs
from pocketcloud.host import applications, supervisor
from pocketcloud.layout import Layout, Settings

Task = tuple[str, Callable[[], None]]


def manage(module: str, argv0: str, config: str, *arguments: str) -> Callable[[], None]:
    """A management command of a service, as its console script would run it."""

    def run() -> None:
        sys.argv = [argv0, "--config-file", config, *arguments]
        code = importlib.import_module(module).main()
        if code:
            raise SystemExit(code)

    return run


def _neutron(layout: Layout) -> None:
    """From neutron's models: its migrations do not run on SQLite. What a migration would add is added by hand."""
    import neutron.db.migration.alembic_migrations as migrations
    import sqlalchemy
    from neutron.db.migration.models import head

    engine = sqlalchemy.create_engine(f"sqlite:///{layout.db}/neutron.sqlite")
    head.get_metadata().create_all(engine)
    # without these rows a new security group has no egress rules
    path = os.path.join(
        os.path.dirname(migrations.__file__), "versions/2023.2/expand/c33da356b165_security_group_default_rules.py"
    )
    spec: Any = importlib.util.spec_from_file_location("default_rules", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tables = sqlalchemy.MetaData()
    tables.reflect(engine, only=["standardattributes", module.table_name])
    with engine.begin() as connection:
        for rule in module.default_template_rules:
            attributes = {
                "description": rule.pop("description"),
                "resource_type": module.table_name,
                "revision_number": 0,
            }
            row = connection.execute(tables.tables["standardattributes"].insert().values(attributes))
            values = {"used_in_default_sg": False, "used_in_non_default_sg": True, **rule}
            values["standard_attr_id"] = row.inserted_primary_key[0]
            connection.execute(tables.tables[module.table_name].insert().values(values))


def _tasks(layout: Layout, settings: Settings) -> list[list[Task]]:
    """What to do, in chains: the tasks of a chain one after the other, the chains side by side."""
    etc = {service.name: str(configs.path(layout, service.name)) for service in settings.services}
    urls = [
        argument
        for interface in ("public", "internal", "admin")
        for argument in (f"--bootstrap-{interface}-url", settings.ports.internal_url("keystone", path=True))
    ]

    def bootstrap() -> None:
        os.environ["OS_BOOTSTRAP_PASSWORD"] = settings.passwords["admin"]  # not on a command line
        names = ["--bootstrap-region-id", "RegionOne", "--bootstrap-service-name", "keystone"]
        manage("keystone.cmd.manage", "keystone-manage", etc["keystone"], "bootstrap", *urls, *names)()

    def catalog() -> None:
        from pocketcloud.host import contents

        sys.argv = ["keystone"]  # keystone reads the command line of its process
        contents.create_users_and_catalog(layout, settings)

    def nova(*arguments: str) -> Callable[[], None]:
        return manage("nova.cmd.manage", "nova-manage", etc["nova"], *arguments)

    cell0 = f"sqlite:///{layout.db}/nova_cell0.sqlite?timeout=60"
    return [
        [
            ("nova api", nova("api_db", "sync")),
            ("nova cell0", nova("cell_v2", "map_cell0", "--database_connection", cell0)),
            ("nova cell1", nova("cell_v2", "create_cell", "--name", "cell1")),
            ("nova", nova("db", "sync")),
        ],
        [
            ("keystone", manage("keystone.cmd.manage", "keystone-manage", etc["keystone"], "db_sync")),
            ("bootstrap", bootstrap),
            ("catalog", catalog),
        ],
        [("cinder", manage("cinder.cmd.manage", "cinder-manage", etc["cinder"], "db", "sync"))],
        [("glance", manage("glance.cmd.manage", "glance-manage", etc["glance"], "db_sync"))],
        [("placement", manage("placement.cmd.manage", "placement-manage", etc["placement"], "db", "sync"))],
        [("neutron", lambda: _neutron(layout))],
        *([_optional(service.name, layout, settings)] for service in settings.optional),
    ]


def _optional(name: str, layout: Layout, settings: Settings) -> Task:
    return name, lambda: applications.optional(name).make_database(layout, settings)


def create(layout: Layout, settings: Settings) -> None:
    """Run all tasks, as many at once as there are processors. Raises SystemExit naming those that failed."""
    supervisor.preload(settings.series)
    chains = _tasks(layout, settings)
    running: dict[int, tuple[str, list[Task]]] = {}
    failed: list[str] = []
    while chains or running:
        while chains and len(running) < max(2, os.cpu_count() or 2):
            name, task = chains[0][0]
            pid = os.fork()
            if not pid:
                _child(task, layout.log / f"schema-{name.replace(' ', '-')}.out")
            running[pid] = (name, chains.pop(0)[1:])
        pid, status = os.wait()
        name, rest = running.pop(pid)
        if status:
            failed.append(name)
        elif rest:
            chains.insert(0, rest)
    if failed:
        name = failed[0].replace(" ", "-")
        raise SystemExit(f"{(layout.log / f'schema-{name}.out').read_text()}\ndatabases not made: {', '.join(failed)}")
    for path in layout.db.glob("*.sqlite"):
        with sqlite3.connect(path) as database:
            database.execute("pragma journal_mode=wal")
        database.close()


def _child(task: Callable[[], None], log: Path) -> None:
    code = 1
    try:
        supervisor.end_with_parent()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        task()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0) if isinstance(end.code, int | None) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
