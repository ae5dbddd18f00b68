"""Microsoft Project XML (MSPDI): tasks, finish-to-start links with lags, and China's working days.

One working day on paper is 8 hours (08:00-12:00, 13:00-17:00), whatever hours the offices
keep; 7 natural days count as 5 working days, as in every table of paper days. Project
therefore arrives at the same last day and the same critical steps as the paper view.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import floor

from results.cards import office_name
from results.exports.dates import PaperDates
from results.exports.markup import DECLARATION, element
from results.exports.network import Network, network_of
from results.exports.text import name_of, one_line
from results.lexicon import Language, checked, kind_word, lines, origin
from rules import Name, Procedure, Step
from rules.calendars import WorkingDays

SPACE = "http://schemas.microsoft.com/project"
_HALVES = (("08:00:00", "12:00:00"), ("13:00:00", "17:00:00"))


def to_mspdi(
    procedure: Procedure,
    *,
    first_day: date,
    days: WorkingDays,
    language: str = "both",
    offices: Mapping[str, Name] | None = None,
) -> str:
    """Return a procedure as a Microsoft Project XML document.

    Parameters
    ----------
    procedure : Procedure
        What is written; a task for each step, in handling order.
    first_day : date
        On which it begins, or the next working day.
    days : WorkingDays
        Which dates are worked; the file's calendar holds its holidays and shifted days
        from the first day to a month after the last.
    language : str
        ``en``, ``zh`` or ``both``: language of the names.
    offices : mapping of str to Name, optional
        Names of departments, written as the task's contact.

    Raises
    ------
    ValueError
        If the language is unknown, there is no step, or steps wait in a circle.
    rules.calendars.BeyondCalendar
        If it ends after the days that the calendar knows.
    """
    speech = checked(language)
    network = network_of(procedure, junctions=False)
    dates = PaperDates.of(procedure, first_day, days)
    begins = datetime.combine(dates.first, time(8))
    title = name_of(procedure.name, speech)
    tasks = [
        _task(number, step, network, dates, language=speech, offices=offices or {})
        for number, step in enumerate(procedure.steps, 1)
    ]
    project = [
        _leaf("SaveVersion", "14"),
        _leaf("Name", title),
        _leaf("Title", title),
        _leaf("ScheduleFromStart", "1"),
        _leaf("StartDate", begins.isoformat()),
        _leaf("FinishDate", dates.moment(dates.end).isoformat()),
        _leaf("CalendarUID", "1"),
        _leaf("DefaultStartTime", _HALVES[0][0]),
        _leaf("DefaultFinishTime", _HALVES[-1][1]),
        _leaf("MinutesPerDay", "480"),
        _leaf("MinutesPerWeek", "2400"),
        _leaf("DaysPerMonth", "20"),
        _leaf("NewTasksAreManual", "0"),
        element("Calendars", inside=[_calendar(dates)]),
        element("Tasks", inside=tasks),
    ]
    return DECLARATION + element("Project", {"xmlns": SPACE}, project) + "\n"


def _task(
    number: int,
    step: Step,
    network: Network,
    dates: PaperDates,
    *,
    language: Language,
    offices: Mapping[str, Name],
) -> str:
    length = _duration(step.days)
    notes = [f"{kind_word(step.kind, language)}, {step.duration}"]
    if len(step.origin) > 1:
        notes += [f"{part.key} {name_of(part.name, language)}" for part in step.origin]
    notes += [
        text
        for name in (step.basis.cited, origin(step.provenance))
        if name.en
        for text in lines(name, language)
    ]
    inside = [
        _leaf("UID", str(number)),
        _leaf("ID", str(number)),
        _leaf("Name", name_of(step.name, language)),
        _leaf("Type", "1"),
        _leaf("IsNull", "0"),
        *(
            [_leaf("Contact", one_line(office_name(step.department, offices, language)))]
            if step.department
            else []
        ),
        _leaf("WBS", one_line(step.key)),
        _leaf("OutlineNumber", str(number)),
        _leaf("OutlineLevel", "1"),
        _leaf("Start", dates.begins(step.key).isoformat()),
        _leaf("Finish", dates.ends(step.key).isoformat()),
        _leaf("Duration", length),
        _leaf("DurationFormat", "7"),
        _leaf("EffortDriven", "0"),
        _leaf("Estimated", "0"),
        _leaf("Milestone", str(int(not step.days))),
        _leaf("Summary", "0"),
        _leaf("Critical", str(int(step.key in dates.critical))),
        _leaf("TotalSlack", str(_tenths(dates.slack[step.key]))),
        _leaf("PercentComplete", "0"),
        _leaf("ActualDuration", "PT0H0M0S"),
        _leaf("RemainingDuration", length),
        _leaf("ConstraintType", "0"),
        _leaf("CalendarUID", "-1"),
        _leaf("Notes", "\n".join(notes)),
        *_links(step, network),
    ]
    return element("Task", inside=inside)


def _links(step: Step, network: Network) -> list[str]:
    """Return what a step waits for; a lag's own node becomes the link's lag."""
    number = {each.key: index for index, each in enumerate(network.steps, 1)}
    found = []
    for key in network.before(step.key):
        lag = network.lags.get(key)
        before = network.before(key)[0] if lag else key
        found.append((number[before], _tenths(lag.days) if lag else 0))
    return [
        element(
            "PredecessorLink",
            inside=[
                _leaf("PredecessorUID", str(uid)),
                _leaf("Type", "1"),
                _leaf("CrossProject", "0"),
                _leaf("LinkLag", str(lag)),
                _leaf("LagFormat", "7"),
            ],
        )
        for uid, lag in found
    ]


def _calendar(dates: PaperDates) -> str:
    hours = element("WorkingTimes", inside=[_working(*half) for half in _HALVES])
    week = []
    for day in range(1, 8):  # 1 is Sunday
        works = 2 <= day <= 6
        inside = [_leaf("DayType", str(day)), _leaf("DayWorking", str(int(works)))]
        week.append(element("WeekDay", inside=[*inside, *([hours] if works else [])]))
    exceptions = []
    for first, last, works in _runs(dates.exceptions()):
        period = [
            _leaf("FromDate", f"{first}T00:00:00"),
            _leaf("ToDate", f"{last}T23:59:00"),
        ]
        inside = [
            _leaf("EnteredByOccurrences", "0"),
            element("TimePeriod", inside=period),
            _leaf("Occurrences", str((last - first).days + 1)),
            _leaf("Name", f"{'调休上班 worked' if works else '放假 off'} {first}"),
            _leaf("Type", "1"),
            _leaf("DayWorking", str(int(works))),
            *([hours] if works else []),
        ]
        exceptions.append(element("Exception", inside=inside))
    return element(
        "Calendar",
        inside=[
            _leaf("UID", "1"),
            _leaf("Name", "China working days"),
            _leaf("IsBaseCalendar", "1"),
            _leaf("BaseCalendarUID", "-1"),
            element("WeekDays", inside=week),
            *([element("Exceptions", inside=exceptions)] if exceptions else []),
        ],
    )


def _runs(days: tuple[tuple[date, bool], ...]) -> list[tuple[date, date, bool]]:
    """Return runs of dates that follow each other and are alike."""
    runs: list[tuple[date, date, bool]] = []
    for day, works in days:
        if runs and runs[-1][1] + timedelta(1) == day and runs[-1][2] == works:
            runs[-1] = (runs[-1][0], day, works)
        else:
            runs.append((day, day, works))
    return runs


def _working(start: str, end: str) -> str:
    return element("WorkingTime", inside=[_leaf("FromTime", start), _leaf("ToTime", end)])


def _leaf(name: str, text: str) -> str:
    return element(name, text=text)


def _duration(days: Fraction) -> str:
    """Return working days as hours, minutes and seconds, 8 hours a day, rounded down.

    Examples
    --------
    >>> _duration(Fraction(3)), _duration(Fraction(100, 7))
    ('PT24H0M0S', 'PT114H17M8S')
    """
    seconds = floor(days * 8 * 3600)
    return f"PT{seconds // 3600}H{seconds // 60 % 60}M{seconds % 60}S"


def _tenths(days: Fraction) -> int:
    """Return working days as Project's tenths of a minute."""
    return floor(days * 4800)
