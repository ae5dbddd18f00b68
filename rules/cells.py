"""What single cells of planners' tables say: words, whole numbers, days, limits, dates, lists.

Every reader takes the cell, the column's key and a function to complain to; it answers
with a sound value in any case, so that a file's other mistakes are found too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from rules.dealing import HandlingClass, Level, Online
from rules.items import ItemKind, Suffices
from rules.problems import did_you_mean
from rules.steps import NO_TIME, BasisType, Duration, Kind, Limit, Name, Strength, Unit

Word = TypeVar("Word", bound=StrEnum)
Complain = Callable[[str], None]

MOST_DAYS = 10_000
"""No step lasts longer; a larger number is a slip of the keyboard."""

WORDS: dict[StrEnum, Name] = {
    ItemKind.LICENCE: Name("行政许可", "administrative licence"),
    ItemKind.NON_LICENCE: Name("非行政许可", "non-licensing approval"),
    ItemKind.FILING: Name("备案", "filing"),
    ItemKind.PUBLIC_SERVICE: Name("公共服务", "public service"),
    ItemKind.CONFIRMATION: Name("行政确认", "confirmation"),
    ItemKind.PAYMENT: Name("行政给付", "payment"),
    ItemKind.REWARD: Name("行政奖励", "reward"),
    ItemKind.RULING: Name("行政裁决", "ruling"),
    ItemKind.OTHER: Name("其他行政权力", "other power"),
    Kind.APPROVAL: Name("政府审批", "government approval"),
    Kind.FILING: Name("政府备案", "government filing"),
    Kind.NOTICE: Name("公示", "public notice"),
    Kind.INTERMEDIARY: Name("中介服务", "intermediary service"),
    Kind.SURVEY: Name("踏勘", "survey"),
    Kind.MEETING: Name("会议", "meeting"),
    Kind.JOINT: Name("联合环节", "joint step"),
    Kind.CONVERSION: Name("转正式", "conversion"),
    Kind.WAIT: Name("外部等待", "external wait"),
    BasisType.LAW: Name("法律", "law"),
    BasisType.REGULATION: Name("行政法规", "administrative regulation"),
    BasisType.STATE_COUNCIL: Name("国务院决定", "State Council decision"),
    BasisType.LOCAL_REGULATION: Name("地方性法规", "local regulation"),
    BasisType.RULE: Name("规章", "government rule"),
    BasisType.NORMATIVE: Name("规范性文件", "normative document"),
    BasisType.PRACTICE: Name("惯例", "practice"),
    Level.VILLAGE: Name("村级", "village"),
    Level.TOWNSHIP: Name("镇级", "township"),
    Level.COUNTY: Name("县级", "county"),
    Level.CITY: Name("市级", "city"),
    Level.PROVINCE: Name("省级", "province"),
    Level.NATION: Name("国家级", "nation"),
    Online.NONE: Name("不可网办", "not online"),
    Online.PRECHECK: Name("网上预审", "pre-check online"),
    Online.FULL: Name("全程网办", "fully online"),
    HandlingClass.IMMEDIATE: Name("即办件", "immediate case"),
    HandlingClass.PROMISED: Name("承诺件", "promised case"),
    HandlingClass.LINKED: Name("联办件", "linked case"),
    HandlingClass.ENTRUSTED: Name("受委托件", "entrusted case"),
    HandlingClass.REPORT_UP: Name("上报件", "case reported upward"),
    Suffices.FILING: Name("备案", "filing"),
    Suffices.EX_POST: Name("事后监管", "supervision after the fact"),
    Suffices.MARKET: Name("市场机制", "the market"),
    Strength.STATUTE: Name("法定", "statute"),
    Strength.DATA: Name("数据", "data"),
    Strength.PRACTICE: Name("惯例", "practice"),
}
"""What the words of the tables are called; the Chinese ones may be written in cells."""

_YES = {"yes", "y", "true", "1", "是"}
_NO = {"", "no", "n", "false", "0", "否"}
_DURATION = re.compile(r"(?P<amount>\d+)\s*(?P<unit>[a-z]+|个?工作日|自然日|日|小时|分钟)?$")
_UNIT_WORDS = {
    **{unit.value: unit for unit in Unit},
    "工作日": Unit.WORKING_DAY,
    "个工作日": Unit.WORKING_DAY,
    "自然日": Unit.NATURAL_DAY,
    "小时": Unit.HOUR,
    "分钟": Unit.MINUTE,
}
_UNIT_NAMES = {
    Unit.WORKING_DAY: "working days",
    Unit.NATURAL_DAY: "natural days",
    Unit.HOUR: "hours",
    Unit.MINUTE: "minutes",
}
_SEPARATOR = re.compile(r"[;；、\n]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")


def read_word(kind: type[Word], cell: str, default: Word, column: str, wrong: Complain) -> Word:
    """Read one of an enumeration's words; empty is the default."""
    return read_optional_word(kind, cell, column, wrong) or default


def read_optional_word(kind: type[Word], cell: str, column: str, wrong: Complain) -> Word | None:
    """Read one of an enumeration's words, English or Chinese; empty is None.

    Examples
    --------
    >>> read_optional_word(Kind, "公示", "kind", print)
    <Kind.NOTICE: 'public_notice'>
    >>> read_optional_word(Level, "couny", "decide_level", print)
    decide_level: 'couny' is not one of village, township, county, city, province, \
nation (did you mean 'county'?)
    """
    if not cell:
        return None
    for member in kind:
        if cell == member.value or (member in WORDS and cell == WORDS[member].zh):
            return member
    known = [member.value for member in kind]
    hint = did_you_mean(cell, known)
    wrong(f"{column}: '{cell[:60]}' is not one of {', '.join(known)}{hint}")
    return None


def read_whole(
    cell: str, column: str, wrong: Complain, unit: Unit | None = None, most: int = 1_000_000
) -> int:
    """Read a whole number from 0 to ``most``."""
    of = f" of {_UNIT_NAMES[unit]}" if unit else ""
    if not (cell.isascii() and cell.isdecimal()) or len(cell) > 18:
        wrong(f"{column}: '{cell[:40]}' is not a whole number{of}")
        return 0
    if int(cell) > most:
        wrong(f"{column}: {cell} is more than {most}")
        return 0
    return int(cell)


def read_flag(cell: str, column: str, wrong: Complain) -> bool:
    """Read yes or no; empty is no."""
    word = cell.casefold()
    if word not in _YES | _NO:
        wrong(f"{column}: '{cell[:40]}' is neither yes nor no")
    return word in _YES


def parse_duration(cell: str, column: str, wrong: Complain) -> Duration:
    """Read ``20 wd``, ``20 cd``, ``3 h`` or ``20 个工作日``; complain if it is none of these.

    Examples
    --------
    >>> parse_duration("20 cd", "lag", print)
    Duration(amount=20, unit=<Unit.NATURAL_DAY: 'cd'>)
    >>> parse_duration("20", "lag", print)
    lag: '20' is not a whole number with its unit (wd, cd, h or min)
    Duration(amount=0, unit=<Unit.WORKING_DAY: 'wd'>)
    """
    found = _DURATION.match(cell.strip())
    unit = _UNIT_WORDS.get(found["unit"] or "") if found else None
    if found is None or unit is None or len(found["amount"]) > 6 or not cell.isprintable():
        wrong(f"{column}: '{cell[:40]}' is not a whole number with its unit (wd, cd, h or min)")
        return NO_TIME
    return Duration(int(found["amount"]), unit)


def read_duration(cell: str, column: str, wrong: Complain) -> Duration | None:
    """Read a duration with its unit; empty is None."""
    return parse_duration(cell, column, wrong) if cell else None


def read_limit(cell: str, wrong: Complain, column: str = "statutory_limit") -> Limit | None:
    """Read a limit: ``20 wd`` at most, ``>= 20 cd`` at least; empty or ``none`` is None."""
    if cell.casefold() in ("", "none", "-", "无"):
        return None
    floor = cell.startswith((">=", "≥", "不少于"))
    bare = re.sub(r"^(>=|≥|不少于)\s*", "", cell)
    return Limit(parse_duration(bare, column, wrong), floor)


def read_unit(cell: str, wrong: Complain, column: str = "unit") -> Unit:
    """Read a unit of time; empty is working days."""
    known = _UNIT_WORDS.get(cell)
    return known or read_word(Unit, cell, Unit.WORKING_DAY, column, wrong)


def read_day(cell: str, column: str, wrong: Complain) -> date | None:
    """Read a date; empty is None.

    Examples
    --------
    >>> read_day("2016年9月1日", "valid_from", print)
    datetime.date(2016, 9, 1)
    >>> read_day("2016-13-01", "valid_from", print)
    valid_from: '2016-13-01' is not a date such as 2019-04-23
    """
    if not cell:
        return None
    found = _DATE.match(cell)
    try:
        if found and found.group().isascii():
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found:
            return date(*(int(part) for part in re.findall(r"[0-9]+", cell)))
    except (ValueError, TypeError):
        pass
    wrong(f"{column}: '{cell[:40]}' is not a date such as 2019-04-23")
    return None


def read_list(cell: str) -> tuple[str, ...]:
    """Read a list whose members stand between ``;``, ``；`` or ``、``.

    Examples
    --------
    >>> read_list("m1; m2、m3")
    ('m1', 'm2', 'm3')
    """
    return tuple(part.strip() for part in _SEPARATOR.split(cell) if part.strip())


def list_cell(members: tuple[str, ...]) -> str:
    """Return a list as :func:`read_list` reads it.

    Raises
    ------
    ValueError
        If a member holds a separator or is empty, so that it could not be read back.
    """
    for member in members:
        if read_list(member) != (member,):
            raise ValueError(f"'{member}' cannot stand in a list")
    return "; ".join(members)


def flag_cell(flag: bool) -> str:
    """Return ``yes`` or ``no``."""
    return "yes" if flag else "no"
