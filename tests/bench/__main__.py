"""``python -m tests.bench [NAME[:PART,PART…] …]``: run benchmarks, all by default; of some, parts alone."""

import importlib
import pkgutil
import sys

from tests import bench

orders = sys.argv[1:] or sorted(
    module.name.removesuffix("_bench")
    for module in pkgutil.iter_modules(bench.__path__)
    if module.name.endswith("_bench")
)
for order in orders:
    name, _, parts = order.partition(":")
    sys.argv[1:] = parts.split(",") if parts else []
    print(f"== {name}", flush=True)
    importlib.import_module(f"tests.bench.{name}_bench").main()
