"""Writing a file so that a reader never meets half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to fill; it takes its name, in place of an older one, on success.

    What was written is on the disk before the name is taken. After a failure an older
    file stands as it was and nothing else is left behind. Two processes may write the same
    file at once: the one that ends last is read.

    Raises
    ------
    OSError
        Naming the file that was asked for, not the draft beside it.
    """
    draft = path.with_name(f".{path.name}-{secrets.token_hex(6)}.part")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(draft):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file, text as UTF-8, so that it appears whole or not at all.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "days.txt", "109")
    ...     [(each.name, each.read_bytes()) for each in Path(folder).iterdir()]
    [('days.txt', b'109')]
    """
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
