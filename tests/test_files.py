"""Folders appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianban.files import whole_folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_new_folder_takes_the_place_of_the_old(tmp_path: Path):
    """What the older folder held is gone, and nothing is left beside the new one."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "old").touch()
    with whole_folder(tmp_path / "demo") as draft:
        (draft / "new").touch()
    assert names(tmp_path) == ["demo", "demo/new"]


def test_after_a_failure_everything_stands_as_before(tmp_path: Path):
    """A full disk leaves the old folder as it was, and no draft."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "old").touch()

    def fill_folder() -> None:
        with whole_folder(tmp_path / "demo") as draft:
            (draft / "new").touch()
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        fill_folder()
    assert names(tmp_path) == ["demo", "demo/old"]
