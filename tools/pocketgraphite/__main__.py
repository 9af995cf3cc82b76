"""``python -m pocketgraphite``."""

import sys

from pocketgraphite.cli import main

if __name__ == "__main__":
    sys.exit(main())
