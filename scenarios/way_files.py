"""Read what may happen to a case from the tables of scenario.toml; see :mod:`scenarios.ways`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from rules import did_you_mean
from rules.dealing import Special
from rules.law import national_law
from rules.steps import Duration, Unit
from scenarios.distributions import Distribution
from scenarios.life_files import read_time
from scenarios.toml_files import Settings
from scenarios.ways import (
    Clock,
    Linked,
    ReportUp,
    Returns,
    SpecialProcedure,
    SupervisedAfter,
    Ways,
    Withdrawals,
)

WAY_TABLES = (
    "clock", "special", "returns", "withdrawals", "immediate", "report_up", "linked", "supervision",
)  # fmt: skip
"""Top-level tables of scenario.toml that say what may happen to a case."""

REASONS = ("expert_review", *(word.value for word in Special))


def read_ways(
    settings: Settings, *, offices: Collection[str], steps: Collection[str], on: date
) -> Ways:
    """Return what a scenario says of its cases' ways; every mistake is noted with its line.

    Parameters
    ----------
    settings : Settings
        scenario.toml.
    offices, steps : collection of str
        Known keys.
    on : date
        As of which day the law is asked.
    """
    return Ways(
        clock=_clock(settings.table("clock")) if settings.has("clock") else None,
        specials=tuple(_special(table, offices) for table in settings.tables("special")),
        returns=_returns(settings.table("returns")) if settings.has("returns") else None,
        withdrawals=_withdrawals(settings.table("withdrawals"))
        if settings.has("withdrawals")
        else None,
        immediate=_immediate(settings.table("immediate")) if settings.has("immediate") else None,
        report_up=_report_up(settings.table("report_up"), offices)
        if settings.has("report_up")
        else None,
        linked=_several_linked(settings, offices, steps, on),
        supervised=_supervised(settings.table("supervision"), steps)
        if settings.has("supervision")
        else None,
    )


def _known(table: Settings, key: str, word: str, known: Collection[str], what: str) -> bool:
    if word in known:
        return True
    table.wrong(key, f"no {what} is called '{word}'{did_you_mean(word, known)}")
    return False


def _clock(table: Settings) -> Clock:
    table.only(("warning", "lights", "extended"))
    lights = table.text("lights", "promise")
    if lights not in ("promise", "statute"):
        table.wrong("lights", f"'{lights}' is neither 'promise' nor 'statute'")
        lights = "promise"
    warning = round(1000 * table.number("warning", 0.8, high=1.0))
    return Clock(warning, lights, table.number("extended", 0.0, high=1.0))


def _special(table: Settings, offices: Collection[str]) -> SpecialProcedure:
    table.only(("reason", "days", "chance", "office"))
    reason, office = table.text("reason"), table.text("office", "")
    if reason not in REASONS:
        hint = did_you_mean(reason, REASONS) or f" (there are: {', '.join(REASONS)})"
        table.wrong("reason", f"'{reason}' is no special procedure{hint}")
    if office:
        _known(table, "office", office, offices, "office")
    chance = table.number("chance", 1.0, high=1.0)
    return SpecialProcedure(reason, read_time(table, "days"), chance, office)


def _returns(table: Settings) -> Returns:
    table.only(("share", "delay", "again"))
    share, again = table.number("share", high=1.0), table.number("again", 1.0, high=1.0)
    if share * again >= 1:
        table.wrong("share", "every application would be returned for ever: share or again below 1")
        share = 0.0
    return Returns(share, read_time(table, "delay"), again)


def _withdrawals(table: Settings) -> Withdrawals:
    table.only(("chance", "patience"))
    patience = read_time(table, "patience") if table.has("patience") else None
    return Withdrawals(table.number("chance", 0.0, high=1.0), patience)


def _immediate(table: Settings) -> Distribution:
    table.only(("minutes",))
    return read_time(table, "minutes")


def _report_up(table: Settings, offices: Collection[str]) -> ReportUp:
    table.only(("days", "office", "minutes"))
    office = table.text("office", "")
    if office:
        _known(table, "office", office, offices, "office")
    if bool(office) != table.has("minutes"):
        table.wrong("minutes", "goes with office: the work of the office that decides there")
    minutes = read_time(table, "minutes") if table.has("minutes") else None
    return ReportUp(read_time(table, "days"), office, minutes)


def _several_linked(
    settings: Settings, offices: Collection[str], steps: Collection[str], on: date
) -> tuple[Linked, ...]:
    found: dict[str, Linked] = {}
    for table in settings.tables("linked"):
        linked = _linked(table, offices, steps, on)
        if linked.step in found:
            table.wrong("step", f"'{linked.step}' stands twice")
        found[linked.step] = linked
    return tuple(found.values())


def _linked(table: Settings, offices: Collection[str], steps: Collection[str], on: date) -> Linked:
    table.only(("step", "offices", "minutes", "days", "deemed_consent", "silence_days"))
    step = table.text("step")
    _known(table, "step", step, steps, "step")
    asked = tuple(
        each for each in table.texts("offices") if _known(table, "offices", each, offices, "office")
    )
    if len(set(asked)) < len(asked):
        table.wrong("offices", "an office stands twice")
    silence: Duration | None = None
    if table.flag("deemed_consent", False):
        silence = _silence(table, on)
    elif table.has("silence_days"):
        table.wrong("silence_days", "says nothing without deemed_consent = true")
    minutes, days = read_time(table, "minutes"), read_time(table, "days")
    return Linked(step, asked, minutes, days, silence)


def _silence(table: Settings, on: date) -> Duration:
    """Return the days after which silence is consent: as said, else as the rules of the day."""
    if table.has("silence_days"):
        return Duration(table.whole("silence_days", low=1, high=1000))
    try:
        return national_law().limit("deemed-consent", on=on).limit
    except LookupError as unknown:
        table.wrong("silence_days", f"is missing: {unknown}")
        return Duration(1, Unit.WORKING_DAY)


def _supervised(table: Settings, steps: Collection[str]) -> SupervisedAfter:
    table.only(("after_days", "minutes", "finding", "hold_days", "applicants", "blocks"))
    blocks = table.texts("blocks", required=False)
    for step in blocks:
        _known(table, "blocks", step, steps, "step")
    finding = table.number("finding", 0.0, high=1.0)
    applicants = table.whole("applicants", 0, high=10_000_000)
    if finding and not applicants:
        table.wrong("finding", "applicants is missing: how many the cases belong to")
    return SupervisedAfter(
        table.whole("after_days", 30, high=3650),
        read_time(table, "minutes"),
        finding,
        table.whole("hold_days", 90, high=3650),
        applicants,
        blocks,
    )
