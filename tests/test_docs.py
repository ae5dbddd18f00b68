"""Pages of docs/ that show Python show what it prints."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from test_house import ROOT

PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (ROOT / "docs").rglob("*.md")
    if ">>> " in page.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_shows_what_python_prints(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Every example of the page runs and gives what stands below it."""
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(
        str(ROOT / page), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS
    )
    assert result.attempted
    assert not result.failed
