"""Files and folders appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianban.files import whole_folder
from rules.files import whole_file, write_whole


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


def test_a_file_that_cannot_be_written_is_named_as_it_was_asked_for(tmp_path: Path):
    """The message speaks of the planner's file, not of the draft beside it."""
    wanted = tmp_path / "nowhere" / "flow.svg"
    with pytest.raises(FileNotFoundError) as told:
        write_whole(wanted, b"x")
    assert told.value.filename == str(wanted)


def test_an_older_file_stands_until_the_new_one_is_whole(tmp_path: Path):
    """While a file is being filled, and after filling it failed, the older text is read."""
    path = tmp_path / "items.csv"
    write_whole(path, "old")

    def fill() -> None:
        with whole_file(path) as file:
            file.write(b"ne")
            assert path.read_text() == "old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill()
    assert names(tmp_path) == ["items.csv"]
    assert path.read_text() == "old"
