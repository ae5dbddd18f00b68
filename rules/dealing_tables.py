"""The columns of an item that tell how its file is dealt with (:class:`rules.dealing.Dealing`)."""

from __future__ import annotations

from rules.cells import (
    Complain,
    flag_cell,
    list_cell,
    read_duration,
    read_flag,
    read_list,
    read_optional_word,
    read_whole,
    read_word,
)
from rules.csv_tables import Column, Row
from rules.dealing import (
    AS_USUAL,
    Concern,
    Dealing,
    HandlingClass,
    Level,
    Online,
    Sitting,
    Special,
)
from rules.steps import Duration

DEALING_COLUMNS = (
    Column("accept_level", ("受理层级",)),
    Column("decide_level", ("决定层级",)),
    Column("handling", ("件类", "办件类型")),
    Column("lower_review", ("下级审查时限",)),
    Column("decided_at_centre", ("中心办结",)),
    Column("accepted_by", ("受理窗口",)),
    Column("desks", ("岗位数",)),
    Column("in_person", ("须到场",)),
    Column("online", ("网办深度",)),
    Column("agent", ("可代办",)),
    Column("commitment", ("告知承诺",)),
    Column("concerns", ("不适用承诺情形",)),
    Column("tolerance", ("容缺受理",)),
    Column("supplement", ("补件时限",)),
    Column("expert_review", ("专家评审",)),
    Column("special", ("特别程序",)),
    Column("deemed_consent", ("默认同意",)),
    Column("correction_share", ("补正千分比",)),
    Column("paperless", ("无纸化",)),
    Column("result_delivery", ("结果送达",)),
    Column("supervised_after", ("事后监管",)),
    Column("supervised_by", ("监管部门",)),
    Column("sitting_interval", ("会议间隔",)),
    Column("sitting_slots", ("会议容量",)),
    Column("sitting_weekday", ("会议星期",)),
    Column("sitting_quorum", ("会议法定部门数",)),
    Column("sitting_offices", ("会议部门",)),
    Column("delegable", ("可下放",)),
    Column("vertical", ("垂直管理",)),
)
"""Columns of items.csv about dealing; each may be left out and then says as usual."""


def read_dealing(row: Row, wrong: Complain) -> Dealing:
    """Return how a row's files are dealt with; an item is accepted where it is decided."""
    usual = AS_USUAL
    decide = read_word(Level, row["decide_level"], usual.decide_level, "decide_level", wrong)
    desks = read_whole(row["desks"] or str(usual.desks), "desks", wrong, most=100)
    if not desks:
        wrong("desks: a file passes at least 1 desk")
    share = read_whole(row["correction_share"] or "0", "correction_share", wrong, most=1000)
    return Dealing(
        handling=read_word(HandlingClass, row["handling"], usual.handling, "handling", wrong),
        accept_level=read_word(Level, row["accept_level"], decide, "accept_level", wrong),
        decide_level=decide,
        decided_at_centre=read_flag(row["decided_at_centre"] or "yes", "decided_at_centre", wrong),
        desks=desks,
        in_person=read_flag(row["in_person"], "in_person", wrong),
        online=read_word(Online, row["online"], usual.online, "online", wrong),
        agent=read_flag(row["agent"], "agent", wrong),
        commitment=read_flag(row["commitment"], "commitment", wrong),
        tolerance=read_flag(row["tolerance"], "tolerance", wrong),
        expert_review=read_flag(row["expert_review"], "expert_review", wrong),
        deemed_consent=read_flag(row["deemed_consent"], "deemed_consent", wrong),
        correction_share=share,
        supervised_after=read_flag(row["supervised_after"], "supervised_after", wrong),
        supervised_by=row["supervised_by"],
        accepted_by=row["accepted_by"],
        paperless=read_flag(row["paperless"], "paperless", wrong),
        delivery=read_duration(row["result_delivery"], "result_delivery", wrong),
        lower_review=read_duration(row["lower_review"], "lower_review", wrong),
        supplement=read_duration(row["supplement"], "supplement", wrong),
        sitting=_sitting(row, wrong),
        special=tuple(
            word
            for cell in read_list(row["special"])
            if (word := read_optional_word(Special, cell, "special", wrong))
        ),
        concerns=tuple(
            concern
            for cell in read_list(row["concerns"])
            if (concern := read_optional_word(Concern, cell, "concerns", wrong))
        ),
        delegable=read_flag(row["delegable"] or "yes", "delegable", wrong),
        vertical=read_flag(row["vertical"], "vertical", wrong),
    )


def dealing_cells(dealing: Dealing) -> dict[str, str]:
    """Return the cells of :data:`DEALING_COLUMNS`, by column key."""
    sitting = dealing.sitting
    return {
        "accept_level": dealing.accept_level,
        "decide_level": dealing.decide_level,
        "handling": dealing.handling,
        "lower_review": _days(dealing.lower_review),
        "decided_at_centre": flag_cell(dealing.decided_at_centre),
        "accepted_by": dealing.accepted_by,
        "desks": str(dealing.desks),
        "in_person": flag_cell(dealing.in_person),
        "online": dealing.online,
        "agent": flag_cell(dealing.agent),
        "commitment": flag_cell(dealing.commitment),
        "concerns": list_cell(tuple(concern.value for concern in dealing.concerns)),
        "tolerance": flag_cell(dealing.tolerance),
        "supplement": _days(dealing.supplement),
        "expert_review": flag_cell(dealing.expert_review),
        "special": list_cell(tuple(special.value for special in dealing.special)),
        "deemed_consent": flag_cell(dealing.deemed_consent),
        "correction_share": str(dealing.correction_share),
        "paperless": flag_cell(dealing.paperless),
        "result_delivery": _days(dealing.delivery),
        "supervised_after": flag_cell(dealing.supervised_after),
        "supervised_by": dealing.supervised_by,
        "sitting_interval": _days(sitting.interval if sitting else None),
        "sitting_slots": str(sitting.slots) if sitting else "",
        "sitting_weekday": str(sitting.weekday) if sitting else "",
        "sitting_quorum": str(sitting.quorum) if sitting else "",
        "sitting_offices": list_cell(sitting.offices) if sitting else "",
        "delegable": flag_cell(dealing.delegable),
        "vertical": flag_cell(dealing.vertical),
    }


def _sitting(row: Row, wrong: Complain) -> Sitting | None:
    interval = read_duration(row["sitting_interval"], "sitting_interval", wrong)
    if interval is None:
        for column in ("sitting_slots", "sitting_weekday", "sitting_quorum", "sitting_offices"):
            if row[column]:
                wrong(f"{column}: is said, but sitting_interval is empty")
        return None
    slots = read_whole(row["sitting_slots"] or "1", "sitting_slots", wrong, most=100_000)
    if not slots or not interval.amount:
        wrong("sitting_slots: a panel takes at least 1 project, at an interval above 0")
    return Sitting(
        interval,
        slots,
        read_whole(row["sitting_weekday"] or "0", "sitting_weekday", wrong, most=7),
        read_whole(row["sitting_quorum"] or "0", "sitting_quorum", wrong, most=1000),
        read_list(row["sitting_offices"]),
    )


def _days(duration: Duration | None) -> str:
    return "" if duration is None else str(duration)
