"""Two sides, each one or several runs, compared step by step and call by call.

`compare` makes the rows, `rule` says which difference is worth a look; `terminal`, `page` and `facts` show them.
"""

from __future__ import annotations

from stackprobe.comparison.compare import compare
from stackprobe.comparison.model import Comparison, Measured, Row, Side, Verdict

__all__ = ["Comparison", "Measured", "Row", "Side", "Verdict", "compare"]
