"""The page of mechanisms and numbers is what the tests say, and hides nothing."""

from __future__ import annotations

import re

from mechanisms_page import PAGE, ROOT, mechanisms, numbers, page

from scenarios import shipped
from scenarios.library import shipped_folder


def test_the_page_is_current():
    """docs/mechanisms.md is what ``python tests/mechanisms_page.py`` writes."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_mechanism_has_its_test():
    """M01 to M62, each once, each with what its test observes; none is skipped."""
    shown = mechanisms()
    assert [each.number for each in shown] == list(range(1, 63))
    for each in shown:
        assert len(each.mechanism) > 20
        assert len(each.observed) > 20
    for name in {each.file for each in shown}:
        text = (ROOT / "tests" / name).read_text(encoding="utf-8")
        assert not re.search(r"pytest\.(skip|mark\.skip|mark\.xfail|importorskip)", text)


def test_numbers_lead_to_scenarios_that_are_there():
    """A scenario or test that the table of numbers names exists."""
    written = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    for number, _use, kind, where in numbers():
        assert kind, number
        for name in re.findall(r"`([a-z-]+)(?:/[a-z0-9.-]+)?`", where):
            assert name in shipped() or name.startswith("lianban"), (number, name)
        for test in re.findall(r"\btest_\w+", where):
            assert test in written, (number, test)


def test_what_must_not_be_used_is_not():
    """The Pinghu figures, which nobody can restore, stand in no scenario."""
    forbidden = re.compile(r"52\.56|Pinghu|平湖|\b312\b.*148|\b104\b.*\b44\b items")
    for path in shipped_folder().rglob("*"):
        if path.is_file() and path.suffix in (".json", ".md", ".toml", ".csv"):
            assert not forbidden.search(path.read_text(encoding="utf-8-sig")), path


def test_damaged_readings_are_named_as_such():
    """Wherever a scenario tells of a damaged number it says so, in both languages."""
    for name in ("", "-agency", "-licences", "-meetings", "-centre", "-measures"):
        text = (shipped_folder() / f"jiaxing{name}" / "README.md").read_text(encoding="utf-8")
        assert "damaged" in text, name
        assert "残损" in text or "读法" in text, name
