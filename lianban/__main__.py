"""``python -m lianban``: the command line, where no ``lianban`` stands on the path."""

from __future__ import annotations

import sys

from lianban.cli import main

sys.exit(main())
