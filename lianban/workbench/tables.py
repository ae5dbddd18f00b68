"""The planner's own tables: shown cell by cell, checked with edits, saved whole with a backup."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.workbench.problems import spoken
from lianban.workbench.workspace import Unknown
from rules.csv_tables import is_formula, protected, unprotected
from rules.files import write_whole

if TYPE_CHECKING:
    from rules.catalogue import Catalogue
    from rules.catalogue_diff import CatalogueDiff
    from scenarios import Scenario

TABLES = ("items.csv", "prerequisites.csv", "offices.csv")
"""Tables that the page edits."""

MOST_EDITS = 5000
LONGEST_CELL = 4000
_BESIDE = (".csv", ".toml", ".xlsx")

Edit = tuple[int, int, str]
"""Row and column from 0, the head's row being 0, and the new text."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A table as the file has it.

    Attributes
    ----------
    rows : tuple of tuple of str
        The head first.
    stamp : str
        Changes when the file does.
    """

    rows: tuple[tuple[str, ...], ...]
    stamp: str

    def edited(self, edits: Sequence[Edit]) -> Cells:
        """Return the table with some cells changed; one row more may be begun.

        Raises
        ------
        Unknown
            If a cell does not exist, or a text is too long.
        """
        rows = [list(row) for row in self.rows]
        width = len(rows[0])
        for row, column, text in edits:
            if row == len(rows):
                rows.append([""] * width)
            if not (1 <= row < len(rows) and 0 <= column < width):
                raise Unknown(f"there is no cell in row {row}, column {column}")
            if len(text) > LONGEST_CELL:
                raise Unknown(f"a cell holds at most {LONGEST_CELL} characters")
            line = rows[row]
            line += [""] * (width - len(line))
            line[column] = text
        kept = [row for number, row in enumerate(rows) if not number or any(row)]
        return Cells(tuple(map(tuple, kept)), self.stamp)

    def without(self, heading: str) -> Cells:
        """Return the table without a column; itself where there is none."""
        if heading not in self.rows[0]:
            return self
        at = self.rows[0].index(heading)
        return Cells(tuple(row[:at] + row[at + 1 :] for row in self.rows), self.stamp)

    def data(self) -> bytes:
        """Return the file: UTF-8 with BOM for Excel, formulas defused."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows([protected(cell) for cell in row] for row in self.rows)
        return text.getvalue().encode("utf-8-sig")


def read_cells(path: Path) -> Cells:
    """Return a table's cells.

    Raises
    ------
    Unknown
        If it is no table that can be edited here.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise Unknown(f"{path.name}: there is no such table here") from None
    return cells_of(data)


def cells_of(data: bytes) -> Cells:
    """Return the cells of a CSV file's bytes; see :func:`read_cells`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise Unknown("the table is neither UTF-8 nor GB18030") from None
    try:
        rows = [tuple(map(unprotected, row)) for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise Unknown(f"the table cannot be read: {error}") from None
    rows = [row for row in rows if row]
    if not rows:
        raise Unknown("the table is empty")
    return Cells(tuple(rows), hashlib.sha256(data).hexdigest())


def edits_of(found: object) -> tuple[Edit, ...]:
    """Return the edits that a page sent.

    Raises
    ------
    Unknown
        If they are not edits.
    """
    if not isinstance(found, list) or len(found) > MOST_EDITS:
        raise Unknown("edits are a list of [row, column, text]")
    edits = []
    for each in found:
        match each:
            case [int(row), int(column), str(text)] if not isinstance(row, bool):
                edits.append((row, column, text))
            case _:
                raise Unknown("edits are a list of [row, column, text]")
    return tuple(edits)


@dataclass(frozen=True, slots=True)
class Checked:
    """What edits would do.

    Attributes
    ----------
    problems : tuple of (str, int, str)
        File, line and message of everything that keeps the folder from being read.
    findings : tuple of (str, int, str, str)
        File, line, severity and message of what is doubtful.
    diff : CatalogueDiff or None
        What differs, for a planner; None where it cannot be read.
    effects : tuple of (str, str, str)
        Key of a design, its numbers before and after.
    """

    problems: tuple[tuple[str, int, str], ...]
    findings: tuple[tuple[str, int, str, str], ...]
    diff: CatalogueDiff | None
    effects: tuple[tuple[str, str, str], ...]

    @property
    def sound(self) -> bool:
        """Whether the folder can be read."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Known:
    """What has been worked out of a folder as it stands.

    Attributes
    ----------
    catalogue : Catalogue
        Its items.
    numbers : dict of str to str
        Steps and paper days by redesign; grows as they are asked for. Empty: unreadable.
    """

    catalogue: Catalogue
    numbers: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> Known:
        """Read a folder's items."""
        from rules.catalogue import load_catalogue

        return cls(load_catalogue(folder), {})

    def before(self, folder: Path, redesign: str) -> str:
        """Return a design's numbers."""
        from rules import InputError
        from scenarios.reader import read_scenario

        if redesign not in self.numbers:
            try:
                self.numbers[redesign] = _numbers(read_scenario(folder, redesign))
            except InputError:
                self.numbers[redesign] = ""
        return self.numbers[redesign]


MANY = 300
"""Items of a catalogue from which only the designs that are looked at are worked out anew while
somebody types; saving works out all."""


def checked(
    folder: Path,
    table: str,
    data: bytes,
    language: str,
    looked_at: Sequence[str] | None = None,
    known: Callable[[], Known] | None = None,
) -> Checked:
    """Return what another table in the folder would do; the folder is left as it is.

    Parameters
    ----------
    looked_at : sequence of str, optional
        Redesigns to try where there are many items; None: all of them.
    known : callable, optional
        Gives what is known of the folder as it stands.
    """
    from rules import InputError
    from rules.catalogue import load_catalogue
    from rules.catalogue_diff import diff_catalogues
    from scenarios.reader import redesigns_of

    with _copied(folder) as copy:
        (copy / table).write_bytes(data)
        problems: list[tuple[str, int, str]] = []
        diff: CatalogueDiff | None = None
        findings: tuple[tuple[str, int, str, str], ...] = ()
        effects: list[tuple[str, str, str]] = []
        new: Catalogue | None = None
        try:
            new = load_catalogue(copy)
        except InputError as error:
            problems += [_plain(each, copy, language) for each in error.problems]
        redesigns = redesigns_of(copy)
        if looked_at is not None and (new is None or len(new.items) > MANY):
            redesigns = tuple(each for each in redesigns if each in looked_at)
        after = _designs(copy, ("", *redesigns), problems, language)
        try:
            old = known() if known else Known.of(folder)
            if new is not None:
                diff = diff_catalogues(old.catalogue, new)
            for key, design in after.items():
                was, now = old.before(folder, key), _numbers(design)
                if was and was != now:
                    effects.append((folder.name + (f"/{key}" if key else ""), was, now))
        except InputError as error:
            problems += [_plain(each, folder, language) for each in error.problems]
        if not problems:
            findings = _findings(copy, after[""], language)
    return Checked(tuple(dict.fromkeys(problems)), findings, diff, tuple(effects))


def readable(folder: Path, table: str, data: bytes) -> bool:
    """Whether every design of the folder can be read with another table in it."""
    from scenarios.reader import redesigns_of

    with _copied(folder) as copy:
        (copy / table).write_bytes(data)
        problems: list[tuple[str, int, str]] = []
        _designs(copy, ("", *redesigns_of(copy)), problems, "en")
    return not problems


def save(folder: Path, table: str, data: bytes, stamp: str, now: datetime) -> str:
    """Write a table whole, its former text beside it as a backup; return the backup's name.

    Raises
    ------
    Unknown
        If the file has changed since it was shown.
    """
    path = folder / table
    old = path.read_bytes()
    if hashlib.sha256(old).hexdigest() != stamp:
        raise Unknown(f"{table} has changed on disk since it was shown here: load it again")
    name = f"{table}.{now:%Y%m%d-%H%M%S}.bak"
    write_whole(folder / name, old)
    write_whole(path, data)
    return name


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """Give a copy of a scenario's own files, under the folder's name."""
    with tempfile.TemporaryDirectory(prefix="lianban-") as beside:
        copy = Path(beside) / folder.name
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            own = path.suffix.lower() in _BESIDE and name.parts[0] != "runs"
            if own and path.is_file() and not path.is_symlink():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy / name)
        yield copy


def _designs(
    folder: Path,
    redesigns: Sequence[str],
    problems: list[tuple[str, int, str]],
    language: str,
) -> dict[str, Scenario]:
    """Return redesigns of a folder, "" being today; what cannot be read goes to the problems."""
    from rules import InputError
    from scenarios.reader import read_scenario

    found = {}
    for redesign in redesigns:
        try:
            found[redesign] = read_scenario(folder, redesign)
        except InputError as error:
            problems += [_plain(each, folder, language) for each in error.problems]
    return found


def _plain(problem: Any, folder: Path, language: str) -> tuple[str, int, str]:
    """Return a problem's file without the copy's place."""
    file = problem.place.file.removeprefix(str(folder)).lstrip("/\\") or folder.name
    message = spoken(problem.message, language).replace(str(folder), folder.name)
    return file, problem.place.line or 0, message


def _findings(
    folder: Path, today: Scenario, language: str
) -> tuple[tuple[str, int, str, str], ...]:
    from lianban.commands.catalogues import findings_of
    from rules.checks import ServicePoint

    offices = [ServicePoint(office.key, windows=office.windows or 1) for office in today.offices]
    _catalogue, found = findings_of(folder, today.first_day, offices)
    return tuple(
        (
            each.place.file.removeprefix(str(folder)).lstrip("/\\"),
            each.place.line or 0,
            each.severity.value,
            f"{each.id}: {each.sentence(language)}",
        )
        for each in found
        if each.id != "M37"  # a step table is no published service guide
    )


def _numbers(design: Scenario) -> str:
    procedure = design.procedure
    days = f"{float(procedure.paper_days):g}" if procedure.days_known else "-"
    return f"{procedure.n_steps} / {days}"


def has_formula(cells: Cells) -> bool:
    """Whether some cell begins like a formula and is defused when it is written."""
    return any(is_formula(cell) for row in cells.rows for cell in row)
