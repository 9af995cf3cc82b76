"""The series of OpenStack's releases, as https://releases.openstack.org names them."""

from __future__ import annotations

import re

NAMED = (
    "austin", "bexar", "cactus", "diablo", "essex", "folsom", "grizzly", "havana", "icehouse", "juno", "kilo",
    "liberty", "mitaka", "newton", "ocata", "pike", "queens", "rocky", "stein", "train", "ussuri", "victoria",
    "wallaby", "xena", "yoga", "zed",
)  # fmt: skip
"""The series up to 2022, the oldest first; since then a year's are called <year>.1 and <year>.2."""

_FIRST_YEAR = 2023
_DATED = re.compile(r"(20[0-9]{2})\.([12])")


def is_series(text: str) -> bool:
    """Whether a release series can be called so; of years to come, too."""
    dated = _DATED.fullmatch(text)
    return text in NAMED or (dated is not None and int(dated[1]) >= _FIRST_YEAR)
