"""Writes docs/mechanisms.md from the tests of the mechanisms and docs/numbers.csv."""

from __future__ import annotations

import ast
import csv
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "mechanisms.md"
FILES = ("test_mechanisms_county.py", "test_mechanisms_bureau.py", "test_mechanisms_project.py")

HEAD = """# Mechanisms

The reform documents behind lianban describe 62 mechanisms, M01-M62. For each there is a test
that runs the product and shows its effect; none is skipped. This page is written from those
tests and from `numbers.csv` (`python tests/mechanisms_page.py`); a test fails when it is not
current.

| id | mechanism | what its test observes | test |
|---|---|---|---|
"""

NUMBERS_HEAD = """
## Numbers of the documents

Every number marked as an input (IN), a calibration target (CAL) or an output to reproduce (OUT):
where it is used, or why it is not. "Damaged" means that digits are missing in the print; the
reading is named with its alternatives and never shown as a plain fact. Steps, days, staff and
volumes that no document gives are a reconstruction.

| number | use | kind | where, or why not |
|---|---|---|---|
"""

NUMBERS = ROOT / "docs" / "numbers.csv"


@dataclass(frozen=True, slots=True)
class Shown:
    """A mechanism as its test tells it."""

    number: int
    mechanism: str
    observed: str
    test: str
    file: str


def mechanisms() -> list[Shown]:
    """Return all mechanisms that tests show, by number."""
    found = []
    for name in FILES:
        tree = ast.parse((ROOT / "tests" / name).read_text(encoding="utf-8"))
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            number = re.match(r"test_m(\d\d)_", node.name)
            if number is None:
                continue
            first, _, rest = (ast.get_docstring(node) or "").partition("\n\n")
            found.append(Shown(int(number[1]), _line(first), _line(rest), node.name, name))
    return sorted(found, key=lambda each: each.number)


def numbers() -> list[list[str]]:
    """Return the numbers of the documents: number, use, kind, where."""
    with NUMBERS.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def page() -> str:
    """Return the page."""
    rows = [
        f"| M{each.number:02d} | {each.mechanism} | {each.observed} | {each.test} ({each.file}) |"
        for each in mechanisms()
    ]
    told = [f"| {' | '.join(row)} |" for row in numbers()]
    return HEAD + "\n".join(rows) + "\n" + NUMBERS_HEAD + "\n".join(told) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
