"""Levers as planners speak of them: joint surveys, joint review, parallel approval.

A redesign is an ordered list of levers, many of which only prepare another: a custom
dropped so that two steps may be joined, a renumbering. Groups bring together what is
decided together; they are the players of an attribution.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from rules import InputError, Name, Procedure
from rules.catalogue import Reading
from rules.levers import AddPrerequisite, DropPrerequisite, Lever, Renumber
from scenarios import Scenario
from scenarios.lever_files import read_lever
from scenarios.reader import REDESIGNS
from scenarios.toml_files import Settings, read_toml

_DEEPEST_BASE = 50
_OWN_NAMES = {
    "share_in_zone": Name("区域联用", "shared zone preconditions"),
    "cancel": Name("取消事项", "cancelled steps"),
    "parallel": Name("并联审批", "parallel approval"),
    "staged": Name("分阶段并联", "parallel by stage"),
    "serial": Name("串联办理", "serial handling"),
    "drop_practice": Name("取消惯例前置", "dropped customs"),
    "drop_prerequisite": Name("取消惯例前置", "dropped customs"),
    "add_prerequisite": Name("增设前置", "added prerequisites"),
    "external_wait": Name("外部等待", "external wait"),
    "simulated_approval": Name("模拟审批", "simulated approval"),
    "renumber": Name("重新编号", "renumbering"),
    "agency": Name("代办帮办", "agents"),
    "online": Name("网上办理", "online handling"),
    "one_off_notice": Name("一次性告知", "one-off notice"),
    "send_results": Name("结果寄送", "results by post"),
    "one_review": Name("一审一核", "one review, one approval"),
    "decide_at_centre": Name("中心办结", "decisions at the centre"),
    "accept_locally": Name("就近受理", "local acceptance"),
    "delegate": Name("下放权限", "delegation"),
    "concentrate": Name("集中审批", "concentration in a bureau"),
    "convert_to_filing": Name("审批改备案", "filing instead of approval"),
    "supervise_after": Name("事后监管", "supervision afterwards"),
    "joint_meeting": Name("联席会议", "joint meetings"),
    "commission_review": Name("委托评审", "commissioned review"),
    "choose_intermediary": Name("中介限时", "time-limited intermediaries"),
    "staff": Name("人员调整", "staffing"),
    "take_in": Name("清单调整", "list of items adjusted"),
    "leave_out": Name("清单调整", "list of items adjusted"),
    "shorten": Name("压缩时限", "shorter limits"),
    "total_time": Name("批时总控", "total-time control"),
    "circulate": Name("同步征求意见", "circulation"),
    "commitment": Name("告知承诺", "notification and commitment"),
    "tolerance": Name("容缺受理", "tolerance acceptance"),
    "deemed_consent": Name("默认同意", "deemed consent"),
    "one_window": Name("一窗受理", "one window"),
    "lead_department": Name("牵头部门", "lead department"),
    "material_set": Name("一套材料", "one material set"),
    "unified_issue": Name("统一发证", "unified issue"),
}
_JOINT_KINDS = (
    (re.compile(r"踏勘|测绘|勘察|勘验|\bsurvey", re.IGNORECASE),
     "joint_survey", Name("联合踏勘与测绘", "joint surveys")),
    (re.compile(r"评审|审图|审查|\breview", re.IGNORECASE),
     "joint_review", Name("联合评审与审图", "joint review")),
    (re.compile(r"办证|\bcertificate", re.IGNORECASE),
     "joint_certificates", Name("联合办证", "joint certificates")),
    (re.compile(r"验收|\bacceptance", re.IGNORECASE),
     "joint_acceptance", Name("联合验收", "joint acceptance")),
)  # fmt: skip
_JOINT = ("joint", Name("联合办理", "joint handling"))


@dataclass(frozen=True, slots=True)
class PlacedLever:
    """A lever of a redesign, where it stands, and the group its table names.

    Attributes
    ----------
    lever : Lever
        The lever.
    file : Path
        The redesign's file.
    line : int
        Line of its ``[[lever]]``.
    group : Name
        What ``group = ...`` says; empty names where the table says nothing.
    """

    lever: Lever
    file: Path
    line: int
    group: Name = Name()  # noqa: RUF009 - frozen, so one default serves all


@dataclass(frozen=True, slots=True)
class LeverGroup:
    """Levers that are decided together.

    Attributes
    ----------
    key : str
        For instance ``joint_review``.
    name : Name
        Chinese and English name.
    levers : tuple of int
        Positions in the redesign's list.
    """

    key: str
    name: Name
    levers: tuple[int, ...]


def levers_of(scenario: Scenario) -> tuple[PlacedLever, ...]:
    """Return the levers of a redesign in order, those of its bases first; none for today.

    Raises
    ------
    InputError
        If the files do not hold the levers that the scenario was made with.
    """
    redesign = scenario.key.partition("+")[0].partition("/")[2]
    reading = Reading()
    chain: list[tuple[Path, Settings]] = []
    while redesign and len(chain) < _DEEPEST_BASE:
        file = scenario.folder / REDESIGNS / f"{redesign}.toml"
        settings = read_toml(file, reading)
        chain.append((file, settings))
        redesign = settings.text("base", "")
    placed: list[PlacedLever] = []
    for file, settings in reversed(chain):
        placed += [
            PlacedLever(lever, file, table.line(), table.name("group", Name()))
            for table in settings.tables("lever")
            if (lever := read_lever(table)) is not None
        ]
    if reading.problems:
        raise InputError(reading.problems)
    placed += [
        PlacedLever(lever, Path("with_levers"), number, Name())
        for number, lever in enumerate(scenario.added, 1)
    ]
    if len(placed) != len(scenario.changes):
        raise InputError.at(
            scenario.key, 0, "its redesign file has changed since it was read; read it again"
        )
    return tuple(placed)


def grouped(levers: Sequence[PlacedLever], first: int = 0) -> tuple[LeverGroup, ...]:
    """Return the groups of levers, in the order in which each first stands.

    A lever belongs to the group its table names with ``group``. Where the table says
    nothing, joint steps are grouped by what is done jointly (surveys, review,
    certificates, acceptance, by their name), and other levers by kind. A prerequisite dropped
    or added for a joint step of the same file goes with that joint step, and a
    renumbering with what uses the new keys, else with the lever before it.

    Parameters
    ----------
    levers : sequence of PlacedLever
        All levers of the redesign.
    first : int
        Position of the first lever to be grouped; earlier ones are taken as given.
    """
    found: dict[str, tuple[Name, list[int]]] = {}
    keys: dict[int, str] = {}
    for at in range(first, len(levers)):
        key, name = _group_of(levers, at, first)
        keys[at] = key
        found.setdefault(key, (name, []))[1].append(at)
    return tuple(LeverGroup(key, name, tuple(places)) for key, (name, places) in found.items())


def on_members(lever: Lever, procedure: Procedure, members: Mapping[str, tuple[str, ...]]) -> Lever:
    """Return the lever naming members where it names a joint step that the procedure lacks.

    Where it names a list of steps all members take the joint step's place; where it names
    the step that something waits for, the last member, and where the one that waits, the first.

    Parameters
    ----------
    lever : Lever
        As the redesign has it.
    procedure : Procedure
        Without some of the redesign's joint steps.
    members : mapping of str to tuple of str
        Of each joint or renumbered step the keys it stands for.
    """

    def parts(key: str) -> tuple[str, ...]:
        if key in procedure or key not in members:
            return (key,)
        inner = (part for member in members[key] if member != key for part in parts(member))
        return tuple(inner) or (key,)

    changed: dict[str, object] = {}
    for field in fields(lever):
        value = getattr(lever, field.name)
        if isinstance(value, str) and field.name not in ("into", "key"):
            changed[field.name] = parts(value)[0 if field.name == "after" else -1]
        elif isinstance(value, tuple) and all(isinstance(each, str) for each in value):
            changed[field.name] = tuple(part for each in value for part in parts(each))
    return replace(lever, **changed)  # type: ignore[arg-type]  # fields keep their types


def _group_of(levers: Sequence[PlacedLever], at: int, first: int) -> tuple[str, Name]:
    placed = levers[at]
    if placed.group.zh or placed.group.en:
        return placed.group.en or placed.group.zh, placed.group
    if _joins(placed.lever):
        return _joint_kind(placed.lever)
    master = _served(levers, at, first)
    if master is not None:
        return _group_of(levers, master, first)
    word = placed.lever.word
    return word, _OWN_NAMES.get(word, Name(word.replace("_", " "), word.replace("_", " ")))


def _served(levers: Sequence[PlacedLever], at: int, first: int) -> int | None:
    """Return the lever that a small one only serves, if there is one in the same file."""
    lever = levers[at].lever
    beside = [n for n in range(first, len(levers)) if levers[n].file == levers[at].file and n != at]
    if isinstance(lever, DropPrerequisite | AddPrerequisite):
        ends = {lever.before, lever.after}
        for other in sorted(beside, key=lambda n: abs(n - at)):
            join = levers[other].lever
            if _joins(join) and ends & {*getattr(join, "steps", ()), getattr(join, "into", "")}:
                return other
    if isinstance(lever, Renumber):
        new = {after for _, after in lever.keys}
        for other in beside:
            user = levers[other].lever
            if not isinstance(user, DropPrerequisite | AddPrerequisite):
                continue
            if new & {user.before, user.after}:
                return other
        return max((n for n in beside if n < at), default=None)
    return None


def _joins(lever: Lever) -> bool:
    """Whether a lever makes a joint step of several."""
    return hasattr(lever, "into") and hasattr(lever, "steps")


def _joint_kind(lever: Lever) -> tuple[str, Name]:
    """Tell what is done jointly: from the lever's kind, else from the first such word in its name.

    Surveying goes with surveys, and drawing review with review.
    """
    for _, key, name in _JOINT_KINDS:
        if lever.word.startswith(key) or (
            lever.word == "joint_drawing_review" and key == "joint_review"
        ):
            return key, name
    called = getattr(lever, "name", Name())
    text = called.zh or called.en
    matches = [
        (found.start(), key, name)
        for pattern, key, name in _JOINT_KINDS
        if (found := pattern.search(text))
    ]
    return min(matches, key=lambda match: match[:2])[1:] if matches else _JOINT
