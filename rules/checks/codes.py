"""M26: national item codes whose organ cannot exist, told by its check character.

An item's implementation code ends with region, part and the organ's code: a unified
social credit code of 18 characters (GB 32100-2015) or the older organisation code of 9
(GB 11714-1997), both with a check character, so a lost or mistyped digit shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.catalogue import Catalogue
from rules.checks.finding import Finding, warning
from rules.items import Item

_CODE = re.compile(r".+-\d{12}-\d{3}-(?P<organ>.+)-\d-\d{2}$")
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_OLD = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OLD_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def organ_problem(organ: str) -> str:
    """Return what is wrong with an organ's code, or nothing.

    Examples
    --------
    >>> organ_problem("115113010833722043")
    ''
    >>> organ_problem("115113010833722048")
    'its check character should be 3'
    >>> organ_problem("1151130108778239R")
    'has 17 characters, neither 18 nor 9'
    """
    bare = organ.replace("-", "")
    if len(bare) not in (18, 9):
        return f"has {len(bare)} characters, neither 18 nor 9"
    digits, weights = (_CREDIT, _CREDIT_WEIGHTS) if len(bare) == 18 else (_OLD, _OLD_WEIGHTS)
    strange = [letter for letter in bare if letter not in digits]
    if strange:
        return f"holds '{strange[0]}', which no such code does"
    total = sum(digits.index(x) * w for x, w in zip(bare, weights, strict=False))
    if len(bare) == 18:
        expected = digits[-total % 31]
    else:
        rest = 11 - total % 11
        expected = {10: "X", 11: "0"}.get(rest, str(rest))
    return "" if bare[-1] == expected else f"its check character should be {expected}"


def organ_codes(catalogue: Catalogue) -> Iterator[Finding]:
    """Return one finding for each organ code in items' codes that cannot be right."""
    organs: dict[str, list[Item]] = {}
    for item in catalogue.items:
        if found := _CODE.match(item.code):
            organs.setdefault(found["organ"], []).append(item)
    for organ, items in organs.items():
        problem = organ_problem(organ)
        if problem:
            departments = "、".join(dict.fromkeys(i.department for i in items if i.department))
            yield warning(
                "M26", "organ-code-wrong", catalogue.place(items[0]),
                tuple(item.key for item in items),
                f"{len(items)}个事项编码中的机构代码“{organ}”（{departments}）不合规则：{problem}",
                f"the organ's code '{organ}' in {len(items)} item codes ({departments}) "
                f"{problem if problem[0] == 'h' else 'is wrong: ' + problem}",
                (organ,),
            )  # fmt: skip
