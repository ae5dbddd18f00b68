"""How fast a catalogue loads and is checked: 1,135 published items, and as many made up.

Run as ``python benchmarks/catalogue.py [items.csv]``. Without a file, 1,135 items with all
fields, prerequisites and documents are written to CSV and XLSX, read back and checked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sound_catalogue import sound

from rules.catalogue import NATIONAL_PLATFORM, Catalogue, load_catalogue, write_catalogue
from rules.catalogue_diff import diff_catalogues
from rules.checks import Finding, lint
from rules.steps import Duration, Name

Answer = TypeVar("Answer")
ON = date(2025, 4, 2)


def timed(what: str, work: Callable[[], Answer]) -> Answer:
    start = time.perf_counter()
    answer = work()
    print(f"{what:<42}{time.perf_counter() - start:8.3f} s")
    return answer


def told(findings: tuple[Finding, ...]) -> None:
    for (number, kind), count in sorted(Counter((f.id, f.kind) for f in findings).items()):
        print(f"  {number} {kind}: {count}")


def made_up(number: int) -> Catalogue:
    """Return a sound catalogue copied until it has so many items."""
    whole = sound().as_of(ON)
    items, edges, copy = [], [], 0
    while len(items) < number:
        named = {item.key: f"{item.key}{copy}" for item in whole.items}
        items += [
            replace(item, key=named[item.key], code=f"{item.code}{copy}",
                    name=Name(f"{item.name.zh}{copy}", f"{item.name.en} {copy}"),
                    department=f"d{copy % 34}",
                    certificates=tuple(f"{c}{copy}" for c in item.certificates),
                    materials=tuple(m if m in ("form", "drawings") else f"{m}{copy}"
                                    for m in item.materials),
                    consulted=(), subject=f"{item.key}{copy}")
            for item in whole.items
        ]  # fmt: skip
        edges += [
            replace(p, edge=replace(p.edge, before=named[p.edge.before], after=named[p.edge.after]))
            for p in whole.prerequisites
        ]
        copy += 1
    kept = {item.key for item in items[:number]}
    links = tuple(p for p in edges if kept.issuperset(p.edge.ends))
    return replace(whole, items=tuple(items[:number]), prerequisites=links)


def round_trip(catalogue: Catalogue, form: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed(f"write full items as {form}", lambda: write_catalogue(catalogue, folder, form))
        back = timed(f"read them from {form}", lambda: load_catalogue(folder))
    assert back.items == catalogue.items


def main() -> None:
    shared = Path(__file__).resolve().parents[2] / "shared" / "data" / "china_items"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "guangan_district_catalogue.csv"
    if path.is_file():
        start = time.perf_counter()
        published = timed(f"load {path.name}", lambda: load_catalogue(path, NATIONAL_PLATFORM))
        findings = timed("check it", lambda: lint(published, on=ON))
        print(f"{len(published)} items, {len(findings)} findings, "
              f"{time.perf_counter() - start:.3f} s in all (to reach: 2 s)")  # fmt: skip
        told(findings)
    catalogue = made_up(1135)
    for form in ("csv", "xlsx"):
        round_trip(catalogue, form)
    findings = timed("check them", lambda: lint(catalogue, on=ON))
    told(findings)
    edited = replace(
        catalogue,
        items=tuple(replace(i, promised=Duration(4)) if n % 100 == 3 else i
                    for n, i in enumerate(catalogue.items)),
    )  # fmt: skip
    found = timed("compare with an edited copy", lambda: diff_catalogues(catalogue, edited))
    print(f"  {len(found.differences)} differences")


if __name__ == "__main__":
    main()
