"""C9, M09, M26, M37: levels and offices, several heads, one code per item, publication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.catalogue import Catalogue
from rules.cells import WORDS
from rules.checks.finding import Finding, error, warning
from rules.dealing import Level
from rules.items import Item, ItemKind
from rules.problems import did_you_mean
from rules.steps import Kind, Name

_NOBODY_WORKS = (Kind.NOTICE, Kind.WAIT)
_FEW = 3

PUBLISHED_FIELDS: dict[str, Name] = {
    "item": Name("事项名称", "item"),
    "basis": Name("依据", "basis"),
    "materials": Name("申请材料", "materials"),
    "flow": Name("办理流程", "flow"),
    "promised_limit": Name("承诺时限", "promised limit"),
    "fee": Name("收费", "fee"),
    "result": Name("办理结果", "result"),
    "unit": Name("办理单位", "unit"),
    "person": Name("责任人", "person"),
    "contact": Name("联系方式", "contact"),
}
"""The ten fields that every item publishes (M37)."""


@dataclass(frozen=True, slots=True)
class ServicePoint:
    """An office, or a place of the service network where items are accepted (M32).

    Attributes
    ----------
    key : str
        Key of the office.
    level : Level or None
        Level it stands on; None: it serves any.
    windows : int
        Windows that accept files.
    """

    key: str
    level: Level | None = None
    windows: int = 1


def levels(catalogue: Catalogue, offices: Iterable[ServicePoint] | None) -> Iterator[Finding]:
    """Return items on levels that cannot accept or may not decide them (C9)."""
    known = None if offices is None else {office.key: office for office in offices}
    for item in catalogue.items:
        yield from _may_decide(catalogue, item)
        if known is not None:
            yield from _has_office(catalogue, item, known)


def _has_office(
    catalogue: Catalogue, item: Item, known: dict[str, ServicePoint]
) -> Iterator[Finding]:
    if item.handled_as in _NOBODY_WORKS:
        return
    place, zh = catalogue.place(item), item.name.in_language("zh")
    for key in (item.department, *item.consulted):
        if key and key not in known:
            yield error(
                "C9", "no-office", place, (item.key, key),
                f"{zh}由{key}办理，但没有这个部门",
                f"{item.key} is handled by '{key}', which is no office{did_you_mean(key, known)}",
                (key,),
            )  # fmt: skip
    level = item.dealing.accept_level
    serving = [o for o in known.values() if o.level in (None, level)]
    own = known.get(item.department)
    if own is not None and own.level in (None, level):
        serving = [own]
    if not any(office.windows > 0 for office in serving):
        yield error(
            "C9", "level-without-window", place, (item.key,),
            f"{zh}在{WORDS[level].zh}受理，但该级没有受理窗口",
            f"{item.key} is accepted at {level} level, where no window is open",
            (level.value, *(office.key for office in serving)),
        )  # fmt: skip


def _may_decide(catalogue: Catalogue, item: Item) -> Iterator[Finding]:
    place, zh = catalogue.place(item), item.name.in_language("zh")
    decide, accept = item.dealing.decide_level, item.dealing.accept_level
    given = {decide} | ({item.delegation.to} if item.delegation else set())
    licence = item.kind in (ItemKind.LICENCE, ItemKind.NON_LICENCE)
    act = item.delegation.act if item.delegation else ""
    if licence and Level.VILLAGE in given:
        yield error(
            "C9", "village-may-not-decide", place, (item.key,),
            f"{zh}由村级决定，但村（居）不是行政机关（行政许可法第22-24条）",
            f"{item.key} is decided in a village, which is no administrative organ "
            "(行政许可法 arts. 22-24); a village may accept and carry it up",
            (item.key, Level.VILLAGE.value),
        )  # fmt: skip
    elif licence and Level.TOWNSHIP in given and not act:
        yield error(
            "C9", "township-without-delegation", place, (item.key,),
            f"{zh}由镇级决定，但没有书面委托（行政许可法第24条）",
            f"{item.key} is decided by a township without a written act of delegation "
            "(行政许可法 art. 24)",
            (item.key, Level.TOWNSHIP.value),
        )  # fmt: skip
    elif item.delegation is not None and not act:
        yield error(
            "C9", "delegated-without-act", place, (item.key,),
            f"{zh}下放至{WORDS[item.delegation.to].zh}，但没有书面委托",
            f"{item.key} is delegated to {item.delegation.to} level without a written act",
            (item.key, item.delegation.to.value),
        )  # fmt: skip
    if accept.rank > decide.rank:
        yield warning(
            "C9", "accepted-above-its-decider", place, (item.key,),
            f"{zh}在{WORDS[accept].zh}受理，却由{WORDS[decide].zh}决定",
            f"{item.key} is accepted at {accept} level but decided below it, at {decide} level",
            (accept.value, decide.value),
        )  # fmt: skip
    if item.dealing.in_person and item.dealing.agent:
        yield error(
            "C9", "agent-in-person", place, (item.key,),
            f"{zh}须本人到场，不能代办（行政许可法第29条）",
            f"{item.key} needs the applicant in person, so no agent may act "
            "(行政许可法 art. 29)",
            (item.key,),
        )  # fmt: skip


def heads(catalogue: Catalogue) -> Iterator[Finding]:
    """Return subjects that several organs decide (多头审批, M09)."""
    subjects: dict[tuple[str, object], list[Item]] = {}
    for item in catalogue.items:
        if item.consulted and not item.department:
            yield error(
                "M09", "no-lead", catalogue.place(item), (item.key,),
                f"{item.name.in_language('zh')}涉及{'、'.join(item.consulted)}，"
                "但没有牵头部门",
                f"{item.key} involves {', '.join(item.consulted)}, but none leads",
                item.consulted,
            )  # fmt: skip
        level = item.dealing.decide_level
        if item.subject:
            subjects.setdefault((item.subject, level), []).append(item)
        elif item.name.zh and item.organ:
            subjects.setdefault((item.name.zh, level), []).append(item)
    for (subject, _), items in subjects.items():
        deciders = {item.organ: item for item in items if item.organ}
        if len(deciders) > 1:
            yield warning(
                "M09", "several-heads", catalogue.place(items[-1]),
                tuple(dict.fromkeys(item.key for item in items)),
                f"“{subject}”由{'、'.join(deciders)}多头审批",
                f"'{subject}' is decided by {', '.join(deciders)}",
                tuple(deciders),
                Name("明确牵头部门，或合并为一个联合环节",
                     "name one lead, or handle it as one joint step"),
            )  # fmt: skip


def same_on_every_level(catalogue: Catalogue) -> Iterator[Finding]:
    """Return codes that stand for different things, and names with different codes (M26).

    On every level one item has one name, one code and one standard (三级四同); on one level, with
    one organ, a code stands once: a second row is a duplicate, and would be counted twice.
    """
    codes: dict[str, Item] = {}
    names: dict[tuple[str, str], Item] = {}
    rows: dict[tuple[str, str, Level, tuple[Level, ...]], Item] = {}
    elsewhere: dict[tuple[str, object], Item] = {}
    for item in catalogue.items:
        first = codes.setdefault(item.code, item)
        level = item.dealing.decide_level
        same = rows.setdefault((item.code, item.organ, level, item.levels), item)
        if item.code and same is not item:
            yield error(
                "M26", "code-twice", catalogue.place(item), (same.key, item.key),
                f"编码{item.code}在{WORDS[level].zh}由{item.organ or '同一机关'}列了两次："
                f"{same.key}与{item.key}",
                f"the code {item.code} stands twice at {level} level for one organ: "
                f"{same.key} and {item.key}",
                (same.key, item.key),
            )  # fmt: skip
        above = elsewhere.setdefault((item.name.zh or item.name.en, item.kind), item)
        if (
            item.code and above.code and above.code != item.code
            and above.organ != item.organ and above.dealing.decide_level != level
        ):  # fmt: skip
            yield warning(
                "M26", "name-with-two-codes", catalogue.place(item), (above.key, item.key),
                f"“{item.name.zh or item.name.en}”在{WORDS[above.dealing.decide_level].zh}与"
                f"{WORDS[level].zh}编码不同：{above.code}与{item.code}",
                f"'{item.name.in_language('en')}' has the code {above.code} at "
                f"{above.dealing.decide_level} level and {item.code} at {level} level",
                (above.code, item.code),
            )  # fmt: skip
        if item.code and first is not item and first.standard != item.standard:
            what = _difference(first, item)
            yield error(
                "M26", "code-not-the-same", catalogue.place(item), (first.key, item.key),
                f"编码{item.code}在各级不一致：{what.zh}",
                f"the code {item.code} is not the same on every level: {what.en}",
                (first.key, item.key),
            )  # fmt: skip
        twin = names.setdefault((item.name.zh or item.name.en, item.organ), item)
        if twin is not item and item.code and twin.code and twin.code != item.code:
            yield warning(
                "M26", "name-with-two-codes", catalogue.place(item), (twin.key, item.key),
                f"“{item.name.zh or item.name.en}”有两个编码：{twin.code}与{item.code}",
                f"'{item.name.in_language('en')}' of one organ has two codes: {twin.code} "
                f"and {item.code}",
                (twin.code, item.code),
            )  # fmt: skip


def _difference(a: Item, b: Item) -> Name:
    pairs = (
        ("名称", "name", a.name.zh or a.name.en, b.name.zh or b.name.en),
        ("英文名称", "English name", a.name.en, b.name.en),
        ("事项类型", "kind", str(a.kind), str(b.kind)),
        ("依据", "basis", a.basis.citation, b.basis.citation),
        ("依据类型", "rank of the basis", a.basis.type, b.basis.type),
        ("法定时限", "statutory limit", str(a.statutory), str(b.statutory)),
        ("申请材料", "materials", ", ".join(a.materials), ", ".join(b.materials)),
    )
    differ = [(zh, en, x, y) for zh, en, x, y in pairs if x != y]
    return Name(
        "；".join(f"{zh}“{x}”与“{y}”" for zh, _, x, y in differ),
        "; ".join(f"{en} '{x}' and '{y}'" for _, en, x, y in differ),
    )


def missing_fields(item: Item) -> tuple[str, ...]:
    """Return which of the ten published fields an item lacks (M37).

    A bare key is no name. Materials may be a list or a number; the unit is the handling
    unit, else the department.
    """
    public, name = item.public, item.name
    said = {
        "item": bool(name.zh or name.en) and name != Name(item.key, item.key),
        "basis": bool(item.basis.citation),
        "materials": bool(item.materials) or item.documents is not None,
        "flow": bool(public.flow),
        "promised_limit": item.promised is not None,
        "fee": bool(public.fee),
        "result": bool(public.result),
        "unit": bool(public.unit or item.department),
        "person": bool(public.person),
        "contact": bool(public.contact),
    }
    return tuple(field for field in PUBLISHED_FIELDS if not said[field])


def published(catalogue: Catalogue) -> Iterator[Finding]:
    """Return missing published fields (M37): by item, or once where no item has the field."""
    items = [item for item in catalogue.items if item.handled_as is not Kind.WAIT]
    missing = {id(item): missing_fields(item) for item in items}
    lacking = Counter(field for fields in missing.values() for field in fields)
    for field, name in PUBLISHED_FIELDS.items():
        if lacking[field] == len(items) > _FEW:
            yield warning(
                "M37", "field-published-for-none", catalogue.place(items[0]), (items[0].key,),
                f"全部{len(items)}个事项都没有公开“{name.zh}”，如{items[0].name.in_language('zh')}",
                f"none of the {len(items)} items publishes its {name.en}, "
                f"for instance {items[0].key}",
                (field,),
            )  # fmt: skip
            continue
        for item in items:
            if field in missing[id(item)]:
                yield warning(
                    "M37", "field-missing", catalogue.place(item), (item.key,),
                    f"{item.name.in_language('zh')}没有公开“{name.zh}”",
                    f"{item.key} does not publish its {name.en}",
                    (field,),
                )  # fmt: skip
