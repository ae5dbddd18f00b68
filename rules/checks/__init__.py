"""Checks of a catalogue: everything that its keeper should know, with witness and sentence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from rules.catalogue import Catalogue
from rules.checks.codes import organ_codes
from rules.checks.finding import Finding, Severity
from rules.checks.limits import limits
from rules.checks.mutual import mutual_prerequisites
from rules.checks.offices import (
    PUBLISHED_FIELDS,
    ServicePoint,
    heads,
    levels,
    missing_fields,
    published,
    same_on_every_level,
)
from rules.checks.reach import applicability, documents, prerequisites_known
from rules.checks.validity import validity
from rules.law import Law, national_law

if TYPE_CHECKING:
    from rules.tables.chain import TableSet

__all__ = [
    "PUBLISHED_FIELDS",
    "Finding",
    "ServicePoint",
    "Severity",
    "lint",
    "missing_fields",
]


def lint(
    catalogue: Catalogue,
    tables: TableSet | None = None,
    offices: Iterable[ServicePoint] | None = None,
    law: Law | None = None,
    *,
    on: date,
) -> tuple[Finding, ...]:
    """Return everything that is wrong or doubtful about a catalogue on a day.

    Parameters
    ----------
    catalogue : Catalogue
        Items of all dates; dates are checked over all, the rest as of the day.
    tables : TableSet, optional
        Decision tables by which projects get their items.
    offices : iterable of ServicePoint, optional
        Offices and places that accept; None: not checked.
    law : Law, optional
        Provisions; the shipped national ones by default.
    on : date
        The day asked about.

    Returns
    -------
    tuple of Finding
        Errors first, then by check and place.

    Examples
    --------
    >>> from rules.items import Item, ItemKind, Prerequisite
    >>> from rules.steps import Duration, Edge, Name
    >>> slow = Item("p", Name("许可", "Permit"), kind=ItemKind.LICENCE, promised=Duration(25))
    >>> found = lint(Catalogue((slow,)), on=date(2025, 3, 3))
    >>> print(found[0].id, found[0].sentence("en"))
    C6 p promises more than 20 wd (行政许可法 art. 42(1)): 25 wd
    """
    law = law or national_law()
    now = catalogue.as_of(on)
    findings = [
        *prerequisites_known(catalogue),
        *mutual_prerequisites(now),
        *documents(now),
        *limits(now, law, on),
        *validity(catalogue, law),
        *levels(now, None if offices is None else tuple(offices)),
        *heads(now),
        *same_on_every_level(now),
        *organ_codes(now),
        *published(now),
    ]
    if tables is not None:
        from rules.checks.table_findings import table_findings

        findings += [*table_findings(tables, on), *applicability(now, tables, on)]
    rank = {severity: number for number, severity in enumerate(Severity)}
    return tuple(sorted(set(findings), key=lambda f: (rank[f.severity], f.id, f.place, f.kind,
                                                      f.keys, f.said.en)))  # fmt: skip
