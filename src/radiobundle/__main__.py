"""`python -m radiobundle`, the same as the `radiobundle` command."""

import sys

from radiobundle.cli import main

sys.exit(main())
