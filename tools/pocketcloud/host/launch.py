"""Entry point inside the services' venv: launch.py COMMAND DIR.

Started by its path, so it first makes the package `pocketcloud` importable alone: the directory that holds the package
is often somebody else's site-packages, whose other modules must not shadow those of the services.
"""

import importlib.util
import os
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _import_package() -> None:
    spec = importlib.util.spec_from_file_location(
        "pocketcloud", os.path.join(PACKAGE, "__init__.py"), submodule_search_locations=[PACKAGE]
    )
    if spec is None or spec.loader is None:
        raise ImportError(PACKAGE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["pocketcloud"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    # its own directory would offer `drivers` and friends as top-level modules
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != os.path.join(PACKAGE, "host")]
    _import_package()
    from pocketcloud.host import commands

    sys.exit(commands.main(sys.argv[1:]))
