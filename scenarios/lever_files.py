"""Levers as planners write them: ``[[lever]]`` tables with a ``kind`` and its parameters."""

from __future__ import annotations

from collections.abc import Callable

from rules import Kind, did_you_mean
from rules.duration_rules import DurationRule, RuleSyntaxError, parse_rule
from rules.levers import (
    AddPrerequisite,
    ApproveBySimulation,
    CancelSteps,
    DropAllPractice,
    DropPrerequisite,
    ExternalWait,
    HandleByStage,
    HandleInParallel,
    HandleInSeries,
    Join,
    Lever,
    Renumber,
    ShareInZone,
)
from rules.levers.removal import FUNCTION_ZONE
from rules.levers.simulated import CONVERSION_DAYS
from rules.steps import NO_TIME
from scenarios.toml_files import Settings


def _parallel(table: Settings) -> Lever:
    table.only(_COMMON)
    return HandleInParallel()


def _staged(table: Settings) -> Lever:
    table.only(_COMMON)
    return HandleByStage()


def _serial(table: Settings) -> Lever:
    table.only(_COMMON)
    return HandleInSeries()


def _drop_practice(table: Settings) -> Lever:
    table.only(_COMMON)
    return DropAllPractice()


def _drop_prerequisite(table: Settings) -> Lever:
    table.only((*_COMMON, "before", "after", "why"))
    return DropPrerequisite(table.text("before"), table.text("after"), table.text("why", ""))


def _add_prerequisite(table: Settings) -> Lever:
    table.only((*_COMMON, "before", "after", "why", "lag"))
    return AddPrerequisite(
        table.text("before"),
        table.text("after"),
        table.text("why", ""),
        table.duration("lag", NO_TIME),
    )


def _share_in_zone(table: Settings) -> Lever:
    table.only((*_COMMON, "steps", "zone", "bridge"))
    return ShareInZone(
        table.texts("steps"),
        table.name("zone", FUNCTION_ZONE),
        table.flag("bridge", True),
    )


def _cancel(table: Settings) -> Lever:
    table.only((*_COMMON, "steps", "bridge"))
    return CancelSteps(table.texts("steps"), table.flag("bridge", True))


def _join(table: Settings) -> Lever:
    table.only(
        (
            *_COMMON, "steps", "into", "name", "days", "on_the_spot", "department", "shown_as",
            "visits", "documents",
        )
    )  # fmt: skip
    word = table.text("shown_as", Kind.JOINT.value)
    if word not in {kind.value for kind in Kind}:
        known = [kind.value for kind in Kind]
        table.wrong("shown_as", f"'{word}' is not a kind of step{did_you_mean(word, known)}")
        word = Kind.JOINT.value
    return Join(
        steps=table.texts("steps"),
        into=table.text("into"),
        name=table.name("name"),
        days=_rule(table),
        on_the_spot=table.texts("on_the_spot", required=False),
        department=table.text("department", ""),
        kind=Kind(word),
        visits=table.whole("visits") if table.has("visits") else None,
        documents=table.whole("documents") if table.has("documents") else None,
    )


def _rule(table: Settings) -> DurationRule:
    text = table.text("days")
    try:
        return parse_rule(text)
    except RuleSyntaxError as error:
        if text:
            table.wrong("days", str(error))
        return parse_rule("0")


def _renumber(table: Settings) -> Lever:
    table.only((*_COMMON, "keys"))
    keys = table.table("keys")
    return Renumber(tuple((old, keys.text(old)) for old in keys.values))


def _external_wait(table: Settings) -> Lever:
    table.only((*_COMMON, "key", "name", "days", "before", "why"))
    return ExternalWait(
        table.text("key"),
        table.name("name"),
        table.duration("days"),
        table.text("before"),
        table.text("why", ""),
    )


def _simulated_approval(table: Settings) -> Lever:
    table.only((*_COMMON, "admitted_after", "pending", "formal_steps", "days", "edges", "key"))
    edges = []
    for text in table.texts("edges", required=False):
        before, arrow, after = text.partition("->")
        if not arrow:
            table.wrong("edges", f"'{text}' is not written as 'S16->S19'")
        edges.append((before.strip(), after.strip()))
    return ApproveBySimulation(
        admitted_after=table.text("admitted_after"),
        pending=table.texts("pending"),
        formal_steps=table.texts("formal_steps"),
        days=table.duration("days", CONVERSION_DAYS),
        edges=tuple(edges),
        key=table.text("key", "CV"),
    )


_COMMON = ("kind", "note")

LEVER_READERS: dict[str, Callable[[Settings], Lever]] = {
    HandleInParallel.word: _parallel,
    HandleByStage.word: _staged,
    HandleInSeries.word: _serial,
    DropPrerequisite.word: _drop_prerequisite,
    DropAllPractice.word: _drop_practice,
    AddPrerequisite.word: _add_prerequisite,
    ShareInZone.word: _share_in_zone,
    CancelSteps.word: _cancel,
    Join.word: _join,
    Renumber.word: _renumber,
    ExternalWait.word: _external_wait,
    ApproveBySimulation.word: _simulated_approval,
}
"""How to read each lever, by the word that planners write as its kind."""


def read_lever(table: Settings) -> Lever | None:
    """Return the lever of one ``[[lever]]`` table, or None when its kind is unknown."""
    word = table.text("kind")
    reader = LEVER_READERS.get(word)
    if reader is None:
        if word:
            hint = did_you_mean(word, LEVER_READERS)
            table.wrong("kind", f"no lever is called '{word}'{hint}")
        return None
    return reader(table)
