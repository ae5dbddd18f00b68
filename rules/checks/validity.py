"""C7: holes and overlaps of versions, and rows that outlive the law they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

from rules.catalogue import Catalogue
from rules.checks.finding import Finding, error, warning
from rules.items import Item, Material, Prerequisite, Validity
from rules.law import Law
from rules.problems import Place

Row = TypeVar("Row", Item, Prerequisite, Material)


def validity(catalogue: Catalogue, law: Law) -> Iterator[Finding]:
    """Return what is wrong with the dates of all versions, whatever the day."""
    yield from _versions(catalogue, "item", catalogue.items, lambda i: (i.key,))
    yield from _versions(catalogue, "prerequisite", catalogue.prerequisites, lambda p: p.edge.ends)
    yield from _versions(catalogue, "material", catalogue.materials or (), lambda m: (m.code,))
    spans: dict[str, list[Validity]] = {}
    for item in catalogue.items:
        spans.setdefault(item.key, []).append(item.validity)
        yield from _outside_law(catalogue, item, law)
    for prerequisite in catalogue.prerequisites:
        for key in prerequisite.edge.ends:
            own = spans.get(key, [])
            if own and not any(span.meets(prerequisite.validity) for span in own):
                yield error(
                    "C7", "prerequisite-outside-item", catalogue.place(prerequisite),
                    prerequisite.edge.ends,
                    f"前置{prerequisite.edge}（{prerequisite.validity}）与事项{key}的有效期没有交集",
                    f"the prerequisite {prerequisite.edge} holds {prerequisite.validity}, "
                    f"when {key} does not exist",
                    (str(prerequisite.validity), *map(str, own)),
                )  # fmt: skip
    for sentence in law.holes():
        yield error(
            "C7", "hole-in-the-law", Place("law"), (), f"时限条款的有效期：{sentence}", sentence
        )


def _versions(
    catalogue: Catalogue, what: str, rows: Iterable[Row], keys: Callable[[Row], tuple[str, ...]]
) -> Iterator[Finding]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(keys(row), []).append(row)
        if row.validity.begin > row.validity.end:
            yield error(
                "C7", "ends-before-it-begins", catalogue.place(row), keys(row),
                f"{'、'.join(keys(row))}的有效期{row.validity}止早于起",
                f"{what} {' -> '.join(keys(row))} ends before it begins: {row.validity}",
                (str(row.validity),),
            )  # fmt: skip
    for key, same in groups.items():
        yield from _gaps(catalogue, what, key, sorted(same, key=lambda r: r.validity.begin))


def _gaps(
    catalogue: Catalogue,
    what: str,
    key: tuple[str, ...],
    rows: Sequence[Row],
) -> Iterator[Finding]:
    name = " -> ".join(key)
    for early, late in pairwise(rows):
        a, b = early.validity, late.validity
        if b.begin <= a.end:
            yield error(
                "C7", "versions-overlap", catalogue.place(late), key,
                f"{name}的两个版本在{b.begin}同时有效（{a}与{b}）",
                f"two versions of the {what} {name} hold on {b.begin}: {a} and {b}",
                (str(b.begin),),
            )  # fmt: skip
        elif b.begin > a.end + timedelta(1):
            first, last = a.end + timedelta(1), b.begin - timedelta(1)
            yield warning(
                "C7", "versions-leave-a-hole", catalogue.place(late), key,
                f"{name}在{first}至{last}没有有效版本",
                f"no version of the {what} {name} holds from {first} to {last}",
                (str(first), str(last)),
            )  # fmt: skip


def _outside_law(catalogue: Catalogue, item: Item, law: Law) -> Iterator[Finding]:
    zh = item.name.in_language("zh")
    basis = item.basis_validity
    too_early = item.validity.first is not None and item.validity.first < basis.begin
    if too_early or item.validity.end > basis.end:
        yield error(
            "C7", "outside-its-law", catalogue.place(item), (item.key,),
            f"{zh}的有效期{item.validity}超出其依据{item.basis.cited.zh}的有效期"
            f"{item.basis_validity}",
            f"{item.key} holds {item.validity}, its basis {item.basis.citation} only "
            f"{item.basis_validity}",
            (str(item.validity), str(item.basis_validity)),
        )  # fmt: skip
    rules = [rule for rule in law.limits if rule.key == item.law_limit]
    if rules and not item.validity.always:
        first = min(rule.valid_from for rule in rules)
        last = max(rule.valid_to for rule in rules)
        if (item.validity.first and item.validity.first < first) or item.validity.end > last:
            yield error(
                "C7", "outside-its-law", catalogue.place(item), (item.key,),
                f"{zh}的有效期{item.validity}超出时限条款{item.law_limit}（{first}起）",
                f"{item.key} holds {item.validity}, the provision {item.law_limit} only from "
                f"{first}",
                (str(item.validity), str(first)),
            )  # fmt: skip
