"""A catalogue of 1,404 items to Zhongshan's description [reconstruction, not the city's own list].

The source says only that five rounds since 1999 brought 1,404 items down to 349 (a fall of
75.14 %), that items resting on a red-header document alone were cancelled, that filing or
supervision after the fact replaces a prior approval where it is enough, that the market takes
what it can handle, and that powers go down to the towns unless the city needs them. How
many items fell for which reason is not said; the mix below is invented so that the
rules, applied to these bases, leave exactly the published number.
"""

from __future__ import annotations

from rules.catalogue import Catalogue
from rules.dealing import Dealing, HandlingClass, Level
from rules.items import Item, ItemKind, Review, Suffices
from rules.steps import Basis, BasisType, Duration, Limit, Name

PROVENANCE = "reconstruction: mix of bases invented to give the published 1,404 and 349"

KEPT = (
    (BasisType.LAW, 171),
    (BasisType.REGULATION, 94),
    (BasisType.STATE_COUNCIL, 38),
    (BasisType.LOCAL_REGULATION, 31),
    (BasisType.RULE, 15),
)
"""Items that rest on an act which the city may not touch: 349."""
DELEGATED, MERGED = 96, 41
"""Items on law that towns can decide; items on law that do what another does."""
FALLING = ((None, 598), (Suffices.FILING, 122), (Suffices.EX_POST, 104), (Suffices.MARKET, 94))
"""Items on red-header documents or on custom only, by what would do instead: 918."""
ROUNDS = 5
NOTHING = Review()


def zhongshan() -> tuple[Catalogue, tuple[tuple[str, ...], ...]]:
    """Return the catalogue, and the keys reviewed in each of the five rounds."""
    items: list[Item] = []

    def add(basis: BasisType, review: Review = NOTHING) -> None:
        number = len(items)
        handling = (
            HandlingClass.ENTRUSTED
            if number % 11 == 3
            else HandlingClass.REPORT_UP
            if number % 17 == 5
            else HandlingClass.PROMISED
        )
        items.append(
            Item(
                f"Z{number:04d}",
                Name(f"审批事项{number:04d}", f"Item {number:04d}"),
                kind=ItemKind.LICENCE if not basis.cancellable else ItemKind.NON_LICENCE,
                basis=Basis(basis, f"依据{number:04d}"),
                department=f"dept{number % 42:02d}",
                promised=Duration(10),
                statutory=Limit(Duration(20)),
                dealing=Dealing(handling=handling),
                review=review,
                provenance=PROVENANCE,
            )
        )

    for basis, number in KEPT:
        for place in range(number):
            reserved = "须全市统筹" if place % 5 == 0 else ""
            to = Level.TOWNSHIP if reserved else None
            add(basis, Review(None, to, reserved))
    for _ in range(DELEGATED):
        add(BasisType.LAW, Review(delegable_to=Level.TOWNSHIP))
    for place in range(MERGED):
        add(BasisType.REGULATION, Review(same_as=f"Z{place:04d}"))
    for suffices, number in FALLING:
        for place in range(number):
            basis = BasisType.PRACTICE if place % 6 == 0 else BasisType.NORMATIVE
            add(basis, Review(suffices))
    keys = [item.key for item in items]
    return (
        Catalogue(tuple(items), name=Name("示例（重构）", "zhongshan reconstruction")),
        tuple(tuple(keys[start::ROUNDS]) for start in range(ROUNDS)),
    )
