"""Clean-up: verdicts with reasons, 1,404 items to 349, and never against the law."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhongshan import zhongshan

from rules.catalogue import Catalogue
from rules.cleanup import KeptClass, Verdict, clean_up, cleaned, count, filings
from rules.dealing import Dealing, HandlingClass, Level
from rules.items import Item, ItemKind, Prerequisite, Review, Suffices
from rules.steps import Basis, BasisType, Edge, Kind, Name, Strength


def item(key: str, basis: BasisType, review: Review | None = None, **more: object) -> Item:
    made = Item(key, Name(f"事项{key}", f"Item {key}"), basis=Basis(basis, f"{basis.value} art. 1"),
                review=review or Review())  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # fields of Item by name


def verdict(one: Item, *others: Item) -> Verdict:
    return clean_up(Catalogue((one, *others)))[0].verdict


@pytest.mark.parametrize(
    ("basis", "review", "expected"),
    [
        (BasisType.LAW, Review(), Verdict.KEEP),
        (BasisType.STATE_COUNCIL, Review(Suffices.FILING), Verdict.KEEP),
        (BasisType.RULE, Review(Suffices.MARKET), Verdict.KEEP),
        (BasisType.LAW, Review(delegable_to=Level.TOWNSHIP), Verdict.DELEGATE),
        (BasisType.LAW, Review(None, Level.TOWNSHIP, "须全市统筹"), Verdict.KEEP),
        (BasisType.NORMATIVE, Review(), Verdict.CANCEL),
        (BasisType.PRACTICE, Review(), Verdict.CANCEL),
        (BasisType.NORMATIVE, Review(Suffices.FILING), Verdict.FILING),
        (BasisType.NORMATIVE, Review(Suffices.EX_POST), Verdict.CANCEL),
        (BasisType.NORMATIVE, Review(Suffices.MARKET), Verdict.MARKET),
        (BasisType.NORMATIVE, Review(delegable_to=Level.TOWNSHIP), Verdict.CANCEL),
    ],
)
def test_the_basis_decides(basis: BasisType, review: Review, expected: Verdict):
    """A red-header document falls, a law stays, a power that towns can hold goes down."""
    (one,) = clean_up(Catalogue((item("a", basis, review),)))
    assert one.verdict is expected
    assert one.article
    assert basis.value in one.reason.en
    assert "第1条" in one.reason.zh
    assert "art. 1" in one.reason.en


def test_a_forbidden_delegation_is_not_made():
    """What nation or province forbid, or a vertical department decides, stays in the city."""
    review = Review(delegable_to=Level.TOWNSHIP)
    town = Dealing(decide_level=Level.TOWNSHIP)
    for dealing in (Dealing(delegable=False), Dealing(vertical=True), town):
        assert verdict(item("a", BasisType.LAW, review, dealing=dealing)) is Verdict.KEEP


def test_twins_merge_into_the_one_that_rests_on_law():
    """Of two that name each other one stays; nothing lawful goes into what may be cancelled."""
    a, b = (
        item("a", BasisType.LAW, Review(same_as="b")),
        item("b", BasisType.LAW, Review(same_as="a")),
    )
    assert [d.verdict for d in clean_up(Catalogue((a, b)))] == [Verdict.KEEP, Verdict.MERGE]
    red = item("b", BasisType.NORMATIVE)
    assert verdict(a, red) is Verdict.KEEP
    assert verdict(item("r", BasisType.NORMATIVE, Review(same_as="b")), b) is Verdict.MERGE
    assert verdict(item("r", BasisType.NORMATIVE, Review(same_as="b")), red) is Verdict.CANCEL


def test_five_rounds_leave_349_of_1404_items():
    """Zhongshan's fall of 75.14 %, on a reconstructed mix: every removal has its reason."""
    catalogue, rounds = zhongshan()
    assert len(catalogue) == 1404
    left = [1404]
    for keys in rounds:
        catalogue = cleaned(catalogue, clean_up(catalogue, keys))
        left.append(len(catalogue))
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 6
    assert left[-1] == 349
    assert round(100 * (1404 - 349) / 1404, 2) == 75.14


def test_every_removal_of_the_1404_has_a_reason():
    """Verdicts at one go: the same 349, each other item with article and sentence."""
    catalogue, _ = zhongshan()
    dispositions = clean_up(catalogue)
    counted = count(dispositions)
    assert counted[Verdict.KEEP] == 349
    assert sum(counted.values()) == 1404
    assert all(number > 0 for number in counted.values())
    assert all(one.article and one.sentence("zh") and one.sentence("en") for one in dispositions)
    assert all("reconstruction" in one.item.provenance for one in dispositions)
    assert not any(
        one.verdict is Verdict.CANCEL and not one.item.basis.type.cancellable
        for one in dispositions
    )
    assert len(filings(dispositions)) == counted[Verdict.FILING]
    assert {filing.kind for filing in filings(dispositions)} == {ItemKind.FILING}
    assert {filing.handled_as for filing in filings(dispositions)} == {Kind.FILING}


def test_jiaxings_551_licences_fall_into_three_classes():
    """380 kept, 117 entrusted, 54 reported upward (M58)."""
    classes = (
        (HandlingClass.PROMISED, 380),
        (HandlingClass.ENTRUSTED, 117),
        (HandlingClass.REPORT_UP, 54),
    )
    items = tuple(
        item(f"{handling}{n}", BasisType.LAW, dealing=Dealing(handling=handling))
        for handling, number in classes
        for n in range(number)
    )
    kept = [one.kept_class for one in clean_up(Catalogue(items))]
    assert len(kept) == 551
    assert [kept.count(c) for c in KeptClass] == [380, 117, 54]


def test_what_needs_no_prior_approval_holds_nothing_up():
    """A lawful filing stays, but its custom prerequisite falls; the statutory one stays."""
    items = (
        item("f", BasisType.LAW, Review(Suffices.FILING)),
        item("x", BasisType.LAW),
        item("y", BasisType.LAW),
    )
    edges = (
        Prerequisite(Edge("f", "x", Strength.PRACTICE, "custom")),
        Prerequisite(Edge("f", "y", Strength.STATUTE, "某法")),
    )
    catalogue = Catalogue(items, edges)
    after = cleaned(catalogue, clean_up(catalogue))
    assert [str(p.edge) for p in after.prerequisites] == ["f->y"]


reviews = st.builds(
    Review,
    st.none() | st.sampled_from(Suffices),
    st.none() | st.sampled_from(Level),
    st.sampled_from(("", "须全市统筹")),
    st.sampled_from(("", "k0", "k1", "k2", "k3")),
)
bases = st.sampled_from(BasisType)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(bases, reviews), min_size=1, max_size=6))
def test_what_rests_on_law_is_never_cancelled(drawn: list[tuple[BasisType, Review]]):
    """Whatever the review says, an item on law is kept, delegated or merged into one on law."""
    items = tuple(item(f"k{n}", basis, review) for n, (basis, review) in enumerate(drawn))
    catalogue = Catalogue(items)
    dispositions = {one.item.key: one for one in clean_up(catalogue)}
    for one in dispositions.values():
        if one.item.basis.type.cancellable:
            assert one.verdict is not Verdict.KEEP
            continue
        assert one.verdict in (Verdict.KEEP, Verdict.DELEGATE, Verdict.MERGE)
        at, seen = one, set()
        while at.verdict is Verdict.MERGE:  # the chain of mergers ends at an item that lives
            assert at.item.key not in seen
            seen.add(at.item.key)
            at = dispositions[at.into]
        assert at.verdict in (Verdict.KEEP, Verdict.DELEGATE)
