"""What an item costs the applicant (收费, M35): the published field as a sum of yuan.

The field is free text (M37): a guide may say "none", a sum, or how the sum is found. Only the
first two can be added up; a rule such as "0.3 % of the price" is no sum until a project is
known, so it stays untold rather than being taken for nothing.
"""

from __future__ import annotations

import re

_FREE = frozenset({"none", "free", "no fee", "无", "免费", "不收费", "零收费"})
_SUM = re.compile(
    r"(?:[¥￥]\s*|rmb\s*|cny\s*)?(\d{1,3}(?:[,，]\d{3})+|\d{1,12})\s*(?:元|yuan|rmb|cny)?"
)


def yuan(text: str) -> int | None:
    """Return the whole yuan that a published fee says; None where it says no such sum.

    Examples
    --------
    >>> yuan("200 元"), yuan("¥1,200"), yuan("none"), yuan("不收费")
    (200, 1200, 0, 0)
    >>> yuan(""), yuan("按工程造价 0.3 %"), yuan("12.50 元")
    (None, None, None)
    """
    said = text.strip().lower()
    if said in _FREE:
        return 0
    found = _SUM.fullmatch(said)
    return int(re.sub("[,，]", "", found[1])) if found else None
