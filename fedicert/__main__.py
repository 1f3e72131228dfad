"""`python -m fedicert`: the same as the command `fedicert`."""

import sys

from fedicert.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
