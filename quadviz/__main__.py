"""``python -m quadviz`` is the ``quadviz`` command."""

import sys

from quadviz.cli import main

sys.exit(main())
