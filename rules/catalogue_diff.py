"""What differs between two catalogues, for a planner: items, fields, limits, prerequisites, tables.

Tables are compared by what they conclude, region by region; a mix of projects is counted
by what each of them would need before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from rules.applicability import apply_tables
from rules.catalogue import Catalogue
from rules.cells import WORDS
from rules.dealing import Dealing
from rules.items import Delegation, Item, Prerequisite, Publication, Review, Validity
from rules.problems import InputError
from rules.steps import Basis, Name
from rules.tables.chain import TableSet
from rules.tables.diff import TableDiff, diff_tables

FIELD_WORDS: dict[str, Name] = {
    "name": Name("名称", "name"),
    "code": Name("编码", "code"),
    "kind": Name("事项类型", "kind"),
    "handled_as": Name("环节类别", "handled as"),
    "basis": Name("依据", "basis"),
    "basis_validity": Name("依据有效期", "validity of the basis"),
    "decider": Name("决定机关", "decider"),
    "department": Name("部门", "department"),
    "consulted": Name("会同部门", "departments consulted"),
    "levels": Name("行使层级", "levels"),
    "delegation": Name("委托", "delegation"),
    "jurisdiction": Name("适用地区", "jurisdiction"),
    "statutory": Name("法定时限", "statutory limit"),
    "law_limit": Name("时限条款", "provision of the limit"),
    "promised": Name("承诺时限", "promised limit"),
    "extension": Name("延长时限", "extension"),
    "clock_stops": Name("不计入时限", "clock stops"),
    "delivery": Name("送达时限", "delivery limit"),
    "materials": Name("申请材料", "materials"),
    "certificates": Name("证照", "certificates"),
    "surveys": Name("踏勘事项", "surveys"),
    "intermediaries": Name("中介服务", "intermediary services"),
    "stage": Name("阶段", "stage"),
    "visits": Name("跑动次数", "visits"),
    "documents": Name("材料数", "documents"),
    "validity": Name("有效期", "validity"),
    "provenance": Name("来源", "provenance"),
    "dealing.decide_level": Name("决定层级", "deciding level"),
    "dealing.accept_level": Name("受理层级", "accepting level"),
    "dealing.handling": Name("件类", "handling class"),
    "dealing.lower_review": Name("下级审查时限", "limit of the lower review"),
    "public.fee": Name("收费", "fee"),
    "public.flow": Name("办理流程", "flow"),
    "public.result": Name("办理结果", "result"),
    "public.unit": Name("办理单位", "unit"),
    "public.person": Name("责任人", "person"),
    "public.contact": Name("联系方式", "contact"),
}
"""What fields are called; others go by their own name."""


class Change(StrEnum):
    """What happened to something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes
    ----------
    what : str
        ``item``, ``field``, ``limit``, ``prerequisite``, ``material`` or ``table``.
    change : Change
        Added, removed or changed.
    key : str
        Item, prerequisite (``a->b``), material or table.
    field : str
        Field that changed; empty for the whole.
    old, new : object
        Values before and after; None where there is none.
    said : Name
        The difference in a sentence.
    """

    what: str
    change: Change
    key: str
    field: str
    old: object
    new: object
    said: Name

    def sentence(self, language: str) -> str:
        """Return the sentence in ``"zh"`` or ``"en"``."""
        return self.said.in_language(language)


@dataclass(frozen=True, slots=True)
class Affected:
    """How many projects of a mix gain or lose an item.

    Attributes
    ----------
    projects, changed : int
        Projects in the mix; of these, how many get another set of items.
    gains, losses : mapping of str to int
        By item, how many projects get it newly or no longer.
    undecided : int
        Projects of which one side cannot decide (or refuses the facts).
    which : tuple of int
        Numbers, from 0, of the projects that get another set of items.
    """

    projects: int
    changed: int
    gains: Mapping[str, int]
    losses: Mapping[str, int]
    undecided: int = 0
    which: tuple[int, ...] = ()

    def sentence(self, language: str) -> str:
        """Return the count in ``"zh"`` or ``"en"``."""
        parts = {
            "zh": [f"{n}个项目新增{k}" for k, n in self.gains.items()]
            + [f"{n}个项目不再需要{k}" for k, n in self.losses.items()],
            "en": [f"{n} gain {k}" for k, n in self.gains.items()]
            + [f"{n} lose {k}" for k, n in self.losses.items()],
        }[language]
        if language == "zh":
            return f"{self.projects}个项目中{self.changed}个受影响：{'，'.join(parts) or '无'}"
        return f"{self.changed} of {self.projects} projects affected: {', '.join(parts) or 'none'}"


@dataclass(frozen=True, slots=True)
class CatalogueDiff:
    """Everything that differs between two catalogues.

    Attributes
    ----------
    differences : tuple of Difference
        Items first, then prerequisites, materials and tables.
    regions : mapping of str to TableDiff
        By table, the regions of projects whose conclusion changes.
    sides : tuple
        Both catalogues with their tables, for :meth:`affected`.
    """

    differences: tuple[Difference, ...]
    regions: Mapping[str, TableDiff]
    sides: tuple[tuple[Catalogue, TableSet | None], tuple[Catalogue, TableSet | None]]

    def sentences(self, language: str) -> tuple[str, ...]:
        """Return a line for each difference and each changed region."""
        lines = [difference.sentence(language) for difference in self.differences]
        for key, found in self.regions.items():
            colon = "：" if language == "zh" else ": "
            lines += [f"{key}{colon}{region.in_language(language)}" for region in found.regions]
        return tuple(lines)

    def of(self, what: str, change: Change | None = None) -> tuple[Difference, ...]:
        """Return the differences of one sort."""
        return tuple(d for d in self.differences if d.what == what and change in (None, d.change))

    def affected(self, mix: Iterable[Mapping[str, object]], on: date) -> Affected:
        """Count how many projects of a mix gain or lose an item.

        Parameters
        ----------
        mix : iterable of mapping
            Each project's facts.
        on : date
            The day on which both sides are asked.

        Raises
        ------
        ValueError
            If one side has no tables to decide with.
        """
        (old, old_tables), (new, new_tables) = self.sides
        if old_tables is None or new_tables is None:
            raise ValueError("both catalogues need decision tables to say who is affected")
        gains: dict[str, int] = {}
        losses: dict[str, int] = {}
        which: list[int] = []
        projects = undecided = 0
        for number, facts in enumerate(mix):
            projects += 1
            before = _items(old, old_tables, facts, on)
            after = _items(new, new_tables, facts, on)
            if before is None or after is None:
                undecided += 1
                continue
            if before != after:
                which.append(number)
            for key in sorted(after - before):
                gains[key] = gains.get(key, 0) + 1
            for key in sorted(before - after):
                losses[key] = losses.get(key, 0) + 1
        return Affected(projects, len(which), gains, losses, undecided, tuple(which))


def diff_catalogues(
    old: Catalogue,
    new: Catalogue,
    old_tables: TableSet | None = None,
    new_tables: TableSet | None = None,
    mix: Iterable[Mapping[str, object]] = (),
    on: date | None = None,
) -> CatalogueDiff:
    """Return what differs between two catalogues.

    Parameters
    ----------
    old, new : Catalogue
        Two states of a catalogue.
    old_tables, new_tables : TableSet, optional
        Their decision tables; compared where both sides have them.
    mix : iterable of mapping
        Projects counted in the tables' changed regions.
    on : date, optional
        Compare what holds on this day; None: all versions.

    Examples
    --------
    >>> from rules.steps import Duration
    >>> from dataclasses import replace
    >>> permit = Item("p", Name("许可", "Permit"), promised=Duration(20))
    >>> quick = replace(permit, promised=Duration(7))
    >>> print(*diff_catalogues(Catalogue((permit,)), Catalogue((quick,))).sentences("en"))
    Permit (p): promised limit 20 wd -> 7 wd
    """
    if on is not None:
        old, new = old.as_of(on), new.as_of(on)
    differences = [*_items_differ(old, new), *_edges_differ(old, new), *_materials(old, new)]
    regions: dict[str, TableDiff] = {}
    if old_tables is not None and new_tables is not None:
        mix = tuple(mix)
        found = dict(_tables(old_tables, new_tables, mix, on, differences))
        regions |= {key: one for key, one in found.items() if one.regions}
    return CatalogueDiff(tuple(differences), regions, ((old, old_tables), (new, new_tables)))


def _items_differ(old: Catalogue, new: Catalogue) -> Iterator[Difference]:
    before = {(item.key, item.validity): item for item in old.items}
    after = {(item.key, item.validity): item for item in new.items}
    _pair_versions(before, after)
    for one, item in before.items():
        if one not in after:
            yield _whole("item", Change.REMOVED, item.key, item, None, _title(item, item))
    for one, item in after.items():
        if one not in before:
            yield _whole("item", Change.ADDED, item.key, None, item, _title(item, item))
    for one, item in before.items():
        if one in after and item != after[one]:
            yield from _fields(item, after[one])


def _pair_versions(
    before: dict[tuple[str, Validity], Item], after: dict[tuple[str, Validity], Item]
) -> None:
    """Let an item whose only version got other dates count as changed, not as another."""
    for key in {k for k, _ in before} & {k for k, _ in after}:
        a = [one for one in before if one[0] == key and one not in after]
        b = [one for one in after if one[0] == key and one not in before]
        if len(a) == len(b) == 1:
            after[a[0]] = after.pop(b[0])


def _fields(old: Item, new: Item) -> Iterator[Difference]:
    title = _title(old, new)
    for name, before, after in _parts(old, new):
        limit = name in (
            "statutory", "promised", "extension", "delivery", "law_limit", "dealing.lower_review",
        )  # fmt: skip
        word = FIELD_WORDS.get(name, Name(name, name.rpartition(".")[2].replace("_", " ")))
        shown = {lang: (_shown(before, lang), _shown(after, lang)) for lang in ("zh", "en")}
        cite_zh = cite_en = ""
        if limit and (new.basis.citation or old.basis.citation):
            cited = new.basis.cited if new.basis.citation else old.basis.cited
            cite_zh, cite_en = f"（{cited.zh}）", f" ({cited.en})"
        said = Name(
            f"{title.zh}：{word.zh} {shown['zh'][0]} → {shown['zh'][1]}{cite_zh}",
            f"{title.en}: {word.en} {shown['en'][0]} -> {shown['en'][1]}{cite_en}",
        )
        what = "limit" if limit else "field"
        yield Difference(what, Change.CHANGED, old.key, name, before, after, said)


def _parts(old: object, new: object, prefix: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield every field that differs, those of nested values by their path."""
    for field in fields(old):  # type: ignore[arg-type]  # only dataclasses come here
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        if isinstance(before, Dealing | Publication | Review) and type(before) is type(after):
            yield from _parts(before, after, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", before, after


def _edges_differ(old: Catalogue, new: Catalogue) -> Iterator[Difference]:
    before = {(p.edge.ends, p.validity): p for p in old.prerequisites}
    after = {(p.edge.ends, p.validity): p for p in new.prerequisites}
    for one in (*before, *(key for key in after if key not in before)):
        a, b = before.get(one), after.get(one)
        if a == b:
            continue
        change = Change.CHANGED if a and b else Change.REMOVED if a else Change.ADDED
        key = str((a or b).edge)  # type: ignore[union-attr]  # one of the two is there
        if a and b:
            said = Name(
                f"前置 {key}：{_edge(a, 'zh')} → {_edge(b, 'zh')}",
                f"prerequisite {key}: {_edge(a, 'en')} -> {_edge(b, 'en')}",
            )
        else:
            only = a or b
            assert only is not None
            said = Name(
                f"{'取消' if a else '新增'}前置 {key}（{_edge(only, 'zh')}）",
                f"prerequisite {key} {change.value} ({_edge(only, 'en')})",
            )
        yield Difference("prerequisite", change, key, "", a, b, said)


def _edge(prerequisite: Prerequisite, language: str) -> str:
    edge = prerequisite.edge
    parts = [WORDS[edge.strength].in_language(language), edge.reason.in_language(language)]
    if edge.lag.amount:
        parts.append(f"+{edge.lag}")
    if edge.preworkable:
        parts.append("可先行" if language == "zh" else "may begin early")
    return ", ".join(part for part in parts if part)


def _materials(old: Catalogue, new: Catalogue) -> Iterator[Difference]:
    before = {(m.code, m.validity): m for m in old.materials or ()}
    after = {(m.code, m.validity): m for m in new.materials or ()}
    for one in (*before, *(key for key in after if key not in before)):
        a, b = before.get(one), after.get(one)
        if a == b:
            continue
        named = b or a
        assert named is not None
        title = Name(named.name.zh or named.code, named.name.in_language("en") or named.code)
        if a is None or b is None:
            change = Change.ADDED if a is None else Change.REMOVED
            yield _whole("material", change, named.code, a, b, title)
            continue
        for name, x, y in _parts(a, b):
            said = Name(
                f"材料{title.zh}：{name} {_shown(x, 'zh')} → {_shown(y, 'zh')}",
                f"material {title.en}: {name} {_shown(x, 'en')} -> {_shown(y, 'en')}",
            )
            yield Difference("material", Change.CHANGED, named.code, name, x, y, said)


def _tables(
    old: TableSet,
    new: TableSet,
    mix: tuple[Mapping[str, object], ...],
    on: date | None,
    differences: list[Difference],
) -> Iterator[tuple[str, TableDiff]]:
    before = {(t.id, None if on else t.valid_from): t for t in old.in_force(on)}
    after = {(t.id, None if on else t.valid_from): t for t in new.in_force(on)}
    for one in (*before, *(key for key in after if key not in before)):
        a, b = before.get(one), after.get(one)
        if a is not None and b is not None:
            yield one[0], diff_tables(a, b, mix)
            continue
        table = a or b
        assert table is not None
        title = Name(table.name.zh or table.id, table.name.in_language("en") or table.id)
        change = Change.ADDED if a is None else Change.REMOVED
        differences.append(_whole("table", change, table.id, a, b, title))


_WHOLE = {"item": "事项", "material": "材料", "table": "决策表"}


def _whole(
    what: str, change: Change, key: str, old: object, new: object, title: Name
) -> Difference:
    word = "新增" if change is Change.ADDED else "取消"
    said = Name(f"{word}{_WHOLE[what]}：{title.zh}", f"{what} {change.value}: {title.en}")
    return Difference(what, change, key, "", old, new, said)


def _title(old: Item, new: Item) -> Name:
    zh = new.name.in_language("zh") or old.key
    en = new.name.in_language("en") or old.key
    same = en == old.key
    return Name(zh if zh == old.key else f"{zh}（{old.key}）", en if same else f"{en} ({old.key})")


def _shown(value: object, language: str) -> str:
    chinese = language == "zh"
    if value in (None, (), ""):
        return "无" if chinese else "none"
    if isinstance(value, bool):
        return ("是" if value else "否") if chinese else ("yes" if value else "no")
    if isinstance(value, Name):
        return value.in_language(language) or ("无" if chinese else "none")
    if isinstance(value, Basis):
        cited = value.cited.in_language(language) or "—"
        return f"{cited} [{WORDS[value.type].in_language(language)}]"
    if isinstance(value, StrEnum):
        word = WORDS.get(value)
        return word.in_language(language) if word else value.value
    if isinstance(value, tuple):
        return ("、" if chinese else ", ").join(_shown(part, language) for part in value)
    if isinstance(value, Delegation):
        return f"{_shown(value.to, language)} ({value.act})"
    return str(value)


def _items(
    catalogue: Catalogue, tables: TableSet, facts: Mapping[str, object], on: date
) -> set[str] | None:
    try:
        application = apply_tables(catalogue, tables, facts, on)
    except InputError:
        return None
    return set(application.members) if application.decided else None
