"""``python -m tests.bench [NAME …]``: run benchmarks, all by default."""

import importlib
import pkgutil
import sys

from tests import bench

names = sys.argv[1:] or sorted(
    module.name.removesuffix("_bench")
    for module in pkgutil.iter_modules(bench.__path__)
    if module.name.endswith("_bench")
)
for name in names:
    sys.argv[1:] = []
    print(f"== {name}", flush=True)
    importlib.import_module(f"tests.bench.{name}_bench").main()
