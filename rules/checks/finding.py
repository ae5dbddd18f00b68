"""A finding: what is wrong with a catalogue, who is the witness, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rules.problems import Place
from rules.steps import Name


class Severity(StrEnum):
    """How bad it is: unlawful or impossible; doubtful; worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a catalogue or its tables that the keeper should know.

    Attributes
    ----------
    id : str
        ``C1`` mutual prerequisites, ``C2``-``C4`` decision tables, ``C5`` what nobody
        reaches or issues, ``C6`` limits, ``C7`` validity, ``C8`` clock stops and units,
        ``C9`` levels and offices, ``M09`` several heads, ``M26`` one code on several
        levels, ``M37`` published fields.
    kind : str
        Which finding of that check, for instance ``promise-above-statute``.
    severity : Severity
        How bad it is.
    place : Place
        File and line.
    keys : tuple of str
        Items, materials or rows concerned.
    said : Name
        The finding in a sentence, Chinese and English.
    witness : tuple of str
        A concrete case: the cycle, the days, the facts of a project.
    repair : Name
        What to do, where the law leaves a choice.
    """

    id: str
    kind: str
    severity: Severity
    place: Place
    keys: tuple[str, ...]
    said: Name
    witness: tuple[str, ...] = ()
    repair: Name = field(default_factory=Name)

    def sentence(self, language: str) -> str:
        """Return the finding, and what to do about it, in ``"zh"`` or ``"en"``."""
        said, repair = self.said.in_language(language), self.repair.in_language(language)
        if not repair:
            return said
        return f"{said}；{repair}" if language == "zh" else f"{said}; {repair}"

    def __str__(self) -> str:
        return f"{self.place}: {self.id} {self.kind}: {self.sentence('en')}"


def error(
    number: str, kind: str, place: Place, keys: tuple[str, ...], zh: str, en: str,
    witness: tuple[str, ...] = (), repair: Name | None = None,
) -> Finding:  # fmt: skip
    """Return a finding that is unlawful or impossible."""
    said = Name(zh, en)
    return Finding(number, kind, Severity.ERROR, place, keys, said, witness, repair or Name())


def warning(
    number: str, kind: str, place: Place, keys: tuple[str, ...], zh: str, en: str,
    witness: tuple[str, ...] = (), repair: Name | None = None,
) -> Finding:  # fmt: skip
    """Return a finding that is doubtful."""
    said = Name(zh, en)
    return Finding(number, kind, Severity.WARNING, place, keys, said, witness, repair or Name())
