"""Clean-up of a catalogue (清理, M08, M16, M18, M58, M59): a verdict for every item, with reason.

A city may cancel what rests on a normative document or on custom only. What rests on
law, regulation, State Council decision, local regulation or government rule stays, though
it may be delegated with a written act, or merged with its twin; where filing or
supervision after the fact would do, it may still be no prerequisite of another item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rules.catalogue import Catalogue
from rules.cells import WORDS
from rules.dealing import HandlingClass
from rules.items import Item, ItemKind, Suffices
from rules.steps import Kind, Name


class Verdict(StrEnum):
    """What becomes of an item (M59)."""

    KEEP = "keep"
    CANCEL = "cancel"
    DELEGATE = "delegate"
    FILING = "convert_to_filing"
    MARKET = "hand_to_market"
    MERGE = "merge"


class KeptClass(StrEnum):
    """The three classes of kept licences (保留、受委托、审核上报, M58)."""

    OWN = "kept"
    ENTRUSTED = "entrusted"
    REPORT_UP = "report_up"


VERDICT_WORDS: dict[Verdict, Name] = {
    Verdict.KEEP: Name("保留", "keep"),
    Verdict.CANCEL: Name("取消", "cancel"),
    Verdict.DELEGATE: Name("下放", "delegate"),
    Verdict.FILING: Name("改为备案", "convert to filing"),
    Verdict.MARKET: Name("转由市场机制", "hand to the market"),
    Verdict.MERGE: Name("合并", "merge"),
}
"""What the verdicts are called."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """What becomes of one item, and why.

    Attributes
    ----------
    item : Item
        The item as it is.
    verdict : Verdict
        What becomes of it.
    reason : Name
        Why, naming the basis.
    article : str
        The article or mechanism that the verdict rests on.
    into : str
        Key of the item it merges into.
    not_prerequisite : bool
        Whether it may hold up no other item (一律不作前置审批).
    kept_class : KeptClass or None
        For an item that stays: decided here, for another authority, or passed up.
    """

    item: Item
    verdict: Verdict
    reason: Name
    article: str
    into: str = ""
    not_prerequisite: bool = False
    kept_class: KeptClass | None = None

    def sentence(self, language: str) -> str:
        """Return verdict and reason in ``"zh"`` or ``"en"``."""
        word = VERDICT_WORDS[self.verdict].in_language(language)
        name = self.item.name.in_language(language)
        reason = self.reason.in_language(language)
        return f"{name}：{word}。{reason}" if language == "zh" else f"{name}: {word}; {reason}"


def clean_up(catalogue: Catalogue, keys: Iterable[str] | None = None) -> tuple[Disposition, ...]:
    """Return a disposition for every item, or for those reviewed in one round.

    Examples
    --------
    >>> from rules.steps import Basis, BasisType
    >>> law = Item("a", Name(en="A"), basis=Basis(BasisType.LAW, "某法 art. 1"))
    >>> red = Item("b", Name(en="B"), basis=Basis(BasisType.NORMATIVE, "某发〔2001〕1号"))
    >>> [one.verdict.value for one in clean_up(Catalogue((law, red)))]
    ['keep', 'cancel']
    """
    wanted = None if keys is None else set(keys)
    by_key = {item.key: item for item in catalogue.items}
    return tuple(
        _dispose(item, by_key) for item in catalogue.items if wanted is None or item.key in wanted
    )


def _dispose(item: Item, by_key: Mapping[str, Item]) -> Disposition:
    basis, review = item.basis, item.review
    rank = WORDS[basis.type]
    cited = basis.cited if basis.citation else Name("—", "—")
    no_gate = review.suffices is not None
    twin = by_key.get(review.same_as)
    if twin is not None and _merges_into(item, twin, by_key):
        reason = Name(
            f"与{twin.name.in_language('zh')}同类，能合不分；依据{cited.zh}继续有效",
            f"does the same as {twin.key}; its basis {cited.en} goes on in the merged item",
        )
        return Disposition(item, Verdict.MERGE, reason, "能合不分 (M10)", twin.key, no_gate)
    if basis.type.cancellable:
        return _without_law(item, rank, cited)
    if _delegable(item):
        to = review.delegable_to
        assert to is not None
        reason = Name(
            f"依据{cited.zh}（{rank.zh}）须保留，但{WORDS[to].zh}即可决定，以书面委托下放",
            f"its basis {cited.en} ({rank.en}) must stay, but {to} level can decide it by a "
            "written act of delegation",
        )
        return Disposition(item, Verdict.DELEGATE, reason, "行政许可法 arts. 23-24", "", no_gate)
    reason = Name(
        f"依据{cited.zh}（{rank.zh}），本级无权取消"
        + ("；但不得作为前置审批" if no_gate else "")
        + (f"；不下放：{review.reserved}" if review.reserved else ""),
        f"rests on {cited.en} ({rank.en}), which this level may not cancel"
        + ("; but it may be no prerequisite of another item" if no_gate else "")
        + (f"; not delegated: {review.reserved}" if review.reserved else ""),
    )
    return Disposition(item, Verdict.KEEP, reason, cited.en, "", no_gate, kept_class(item))


def _without_law(item: Item, rank: Name, cited: Name) -> Disposition:
    ways = {
        Suffices.FILING: (
            Verdict.FILING, Name("备案即可", "filing is enough"), "行政许可法 art. 13"
        ),
        Suffices.MARKET: (
            Verdict.MARKET,
            Name("市场竞争、行业自律能够规范", "market, self-discipline or certification can do"),
            "行政许可法 art. 13(2), (3)",
        ),
        Suffices.EX_POST: (
            Verdict.CANCEL,
            Name("事后监管即可", "supervision after the fact is enough"),
            "行政许可法 art. 13(4)",
        ),
    }  # fmt: skip
    verdict, why, article = ways.get(
        item.review.suffices,  # type: ignore[arg-type]  # None is no key and falls through
        (
            Verdict.CANCEL,
            Name("规范性文件不得设定审批", "such a document may set no approval"),
            "行政许可法 art. 17",
        ),
    )
    reason = Name(
        f"仅以{cited.zh}（{rank.zh}）为依据，{why.zh}",
        f"rests only on {cited.en} ({rank.en}); {why.en}",
    )
    return Disposition(item, verdict, reason, article, "", not_prerequisite=True)


def _merges_into(item: Item, twin: Item, by_key: Mapping[str, Item]) -> bool:
    """Whether an item may go into its twin: one that rests on law, and does not go into it."""
    if twin.basis.type.cancellable:
        return False
    circle = [item.key]
    at: Item | None = twin
    while at is not None and at.key not in circle:
        circle.append(at.key)
        at = by_key.get(at.review.same_as)
    names_each_other = at is not None and at.key == item.key
    return item.key != (min(circle) if names_each_other else "")


def _delegable(item: Item) -> bool:
    to = item.review.delegable_to
    return (
        to is not None
        and to.rank < item.dealing.decide_level.rank
        and not item.review.reserved
        and item.dealing.delegable
        and not item.dealing.vertical
    )


def kept_class(item: Item) -> KeptClass:
    """Return in which of the three classes a kept item stands (M58)."""
    return {
        HandlingClass.ENTRUSTED: KeptClass.ENTRUSTED,
        HandlingClass.REPORT_UP: KeptClass.REPORT_UP,
    }.get(item.dealing.handling, KeptClass.OWN)


def count(dispositions: Iterable[Disposition]) -> dict[Verdict, int]:
    """Return how many items get each verdict, all verdicts listed."""
    counted = Counter(one.verdict for one in dispositions)
    return {verdict: counted[verdict] for verdict in Verdict}


def cleaned(catalogue: Catalogue, dispositions: Iterable[Disposition]) -> Catalogue:
    """Return the catalogue of approvals after clean-up.

    Kept items stay; those converted to filing stay as filings only if their catalogue
    lists filings, so they leave the approvals too; custom prerequisites on items that may hold up
    nothing fall. Items without a disposition are untouched.
    """
    by_key = {one.item.key: one for one in dispositions}
    stays = {
        item.key
        for item in catalogue.items
        if item.key not in by_key or by_key[item.key].verdict is Verdict.KEEP
    }
    idle = {key for key, one in by_key.items() if one.not_prerequisite}
    prerequisites = tuple(
        p
        for p in catalogue.prerequisites
        if stays.issuperset(p.edge.ends)
        and not (p.edge.before in idle and p.edge.strength.droppable)
    )
    items = tuple(item for item in catalogue.items if item.key in stays)
    return replace(catalogue, items=items, prerequisites=prerequisites)


def filings(dispositions: Iterable[Disposition]) -> tuple[Item, ...]:
    """Return the items that live on as filings, as the list of filings holds them."""
    return tuple(
        replace(one.item, kind=ItemKind.FILING, handled_as=Kind.FILING)
        for one in dispositions
        if one.verdict is Verdict.FILING
    )
