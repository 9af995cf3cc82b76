"""`python -m pocketcloud` is the console script `pocketcloud`."""

import sys

from pocketcloud.cli import main

if __name__ == "__main__":
    sys.exit(main())
