"""Writing a folder so that a reader never meets half of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill; it takes its real name, in place of an older one, on success.

    After a failure the older folder stands as it was and nothing else is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".lianban-", dir=path.parent) as beside:
        draft, old = Path(beside) / "new", Path(beside) / "old"
        draft.mkdir()
        yield draft
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(draft, path)
        except BaseException:
            if old.exists():
                shutil.move(old, path)
            raise
