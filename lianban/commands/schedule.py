"""``lianban schedule``: a good schedule of projects that share the offices, with its bound."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import (
    UsageError,
    add_seed,
    add_timing,
    must_be_one_type,
    new_command,
    whole,
)
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from optimizer import PortfolioSchedule, Schedule, Trial
    from optimizer.effort import Progress
    from simulator import Interval

_GOALS = ("makespan", "flow_time", "weighted_tardiness", "p90")
_FILES = (".json", ".sm", ".mm", ".sch")


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("schedule projects over the departments' staff, with proven bounds")
    parser = new_command(commands, "schedule", help_, schedule)
    parser.add_argument(
        "file",
        metavar="FILE",
        help=_("a portfolio (.json), a PSPLIB file (.sm .mm .sch), or a scenario's name or folder"),
    )
    parser.add_argument(
        "--objective",
        action="append",
        choices=_GOALS,
        metavar="GOAL",
        help=_("what to keep small: %s; several times, the most important first")
        % ", ".join(_GOALS),
    )
    parser.add_argument(
        "--projects",
        type=whole(1),
        metavar="N",
        help=_("projects of a scenario that start together (default 1)"),
    )
    parser.add_argument(
        "--capacity",
        type=whole(1),
        metavar="N",
        help=_("people at every desk, instead of the scenario's own staff"),
    )
    parser.add_argument(
        "--seconds",
        type=whole(0),
        default=30,
        metavar="N",
        help=_("time to search; for a scenario, repeatable work (default %(default)s)"),
    )
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help=_("count work instead of time for files, too: the same answer on every run"),
    )
    parser.add_argument(
        "--workers",
        type=whole(1),
        default=2,
        metavar="N",
        help=_("search threads; another number may find another schedule (default %(default)s)"),
    )
    parser.add_argument(
        "--try",
        dest="trials",
        type=whole(1),
        metavar="N",
        help=_("simulate a scenario's schedule so often with durations drawn by chance"),
    )
    add_seed(parser)
    add_timing(parser)


def schedule(options: argparse.Namespace, console: Console) -> Outcome:
    """Schedule projects."""
    path = Path(options.file)
    if path.suffix.lower() in _FILES and not path.is_dir():
        for name in ("projects", "capacity"):
            if getattr(options, name) is not None:
                raise UsageError(_("--%s is for scenarios; a file says it itself") % name)
        if options.trials is not None:
            raise UsageError(_("--try is for scenarios: a file does not say what chance does"))
        return _of_file(path, options, console)
    if options.objective not in (None, ["makespan"]):
        raise UsageError(_("a scenario's projects are scheduled for the shortest makespan"))
    return _of_scenario(options, console)


def _of_file(path: Path, options: argparse.Namespace, console: Console) -> Outcome:
    """Schedule a portfolio or a PSPLIB file."""
    import optimizer

    goals: tuple[optimizer.Goal, ...]
    if path.suffix.lower() == ".json":
        read = optimizer.read_portfolio(path)
        portfolio, goals = read.portfolio, read.goals
    else:
        portfolio, goals = optimizer.read_psplib(path), (optimizer.Goal.MAKESPAN,)
    if options.objective:
        goals = tuple(optimizer.Goal(name) for name in options.objective)
    started = time.perf_counter()
    try:
        found = optimizer.schedule_portfolio(
            portfolio,
            goals,
            options.seconds,
            seed=1 if options.seed is None else options.seed,
            workers=options.workers,
            deterministic=options.deterministic,
            tell=_teller(console),
        )
    except optimizer.ScheduleError as error:
        raise UsageError(str(error)) from error
    seconds = time.perf_counter() - started
    document = found.to_json()
    if options.timing:
        document["wall_seconds"] = round(seconds, 3)
    console.note(_("searched for %.1f s") % seconds)
    console.answer(document, _text_of_file(found))
    if found.interrupted:
        return Outcome.INTERRUPTED
    return _outcome(found.status)


def _of_scenario(options: argparse.Namespace, console: Console) -> Outcome:
    """Schedule projects that all go through a scenario's plan."""
    import optimizer
    from scenarios import compile_plan, load

    scenario = load(options.file)
    must_be_one_type([scenario])
    if options.capacity is not None:
        scenario = scenario.with_staff(options.capacity)
    plan = compile_plan(scenario)
    started = time.perf_counter()
    try:
        found = optimizer.schedule(
            plan,
            options.projects or 1,
            options.seconds,
            seed=scenario.seed if options.seed is None else options.seed,
            workers=options.workers,
            deterministic=True,
            tell=_teller(console),
        )
    except optimizer.ScheduleError as error:
        raise UsageError(str(error)) from error
    seconds = time.perf_counter() - started
    console.note(_("searched for %.1f s") % seconds)
    document = found.to_json()
    text = _text_of_scenario(found, document)
    if options.trials is not None:
        trial = optimizer.try_schedule(plan, found, options.trials, found.seed)
        document["tried"] = trial.to_json()
        text = f"{text}\n\n{_text_of_trial(trial, console.language)}"
    if options.timing:
        document["wall_seconds"] = round(seconds, 3)
    console.answer(document, text)
    if found.interrupted:
        return Outcome.INTERRUPTED
    return _outcome(found.status)


def _outcome(status: str) -> Outcome:
    """Return the exit code of a status; not having found one proves nothing."""
    if status == "infeasible":
        return Outcome.INFEASIBLE
    return Outcome.UNSURE if status == "unknown" else Outcome.GOOD


def _teller(console: Console) -> Callable[[Progress], None]:
    """Return a listener that says at most once a second how far the search is."""
    said = [-1.0]

    def tell(progress: Progress) -> None:
        if progress.value is None or progress.seconds - said[0] < 1:
            return
        said[0] = progress.seconds
        console.note(
            _("%(seconds).0f s: %(value)d, proven least %(bound)d, gap %(gap).1f %%")
            % {
                "seconds": progress.seconds,
                "value": progress.value,
                "bound": progress.bound,
                "gap": 100 * (progress.gap or 0),
            }
        )

    return tell


def _text_of_file(found: PortfolioSchedule) -> str:
    """Return the schedule's quality, and when each project starts and ends."""
    names = {
        "makespan": _("length (wd)"),
        "flow_time": _("days from release to end, all projects (cd)"),
        "weighted_tardiness": _("weighted days late (cd)"),
        "p90": _("days that nine of ten keep (cd)"),
    }
    rows = [[_("projects"), str(found.projects)], [_("status"), found.status]]
    if found.times is None:
        return "\n".join([aligned(rows), *filter(None, [found.reason])])
    for goal, value, bound in zip(found.goals, found.values, found.bounds, strict=True):
        rows.append([names[goal], str(value)])
        rows.append([_("proven least"), str(bound)])
    if "makespan" not in found.goals:
        rows.append([names["makespan"], str(found.makespan)])
    return "\n".join([aligned(rows), "", aligned(_project_rows(found), left=2)])


def _project_rows(found: PortfolioSchedule) -> list[list[str]]:
    """Return for each project its first start and last end, or for one project each step's."""
    portfolio, times = found.portfolio, found.times
    assert times is not None
    axis = portfolio.axis

    def shown(slot: int) -> str:
        if axis.first_day is None or slot >= axis.slots:
            return str(slot)
        return str(axis.date_of(axis.dates[slot]))

    rows = [[_("project"), _("step"), _("starts"), _("ends")]]
    for number, (project, members) in enumerate(
        zip(portfolio.projects, portfolio.members, strict=True)
    ):
        if found.projects == 1:
            groups = [(portfolio.activities[a].key, [a]) for a in members]
        else:
            groups = [("", list(members))]
        if number >= _MOST_ROWS:
            rows.append([_("more projects: see --json")])
            break
        for key, group in groups:
            first = min((times.starts[a] for a in group), default=0)
            last = max((times.ends[a] for a in group), default=0)
            end = last - 1 if axis.first_day is not None and last > first else last
            rows.append([project.key, key, shown(first), shown(end)])
    return rows


def _text_of_scenario(found: Schedule, document: Mapping[str, object]) -> str:
    """Return the schedule's quality, and the working day on which each step starts."""
    shown = min(found.projects, _MOST_COLUMNS)
    starts = [[_("starts on working day"), *(f"#{number + 1}" for number in range(shown))]]
    for step, key in enumerate(found.step_keys):
        days = [found.start_days[project][step] for project in range(shown)]
        starts.append([key, *(f"{float(day):.1f}" for day in days)])
    lines = [
        aligned(
            [
                [_("projects"), str(found.projects)],
                [_("status"), found.status],
                [_("length (wd)"), str(document["makespan"])],
                [_("proven least (wd)"), str(document["bound"])],
            ]
        ),
        "",
        aligned(starts),
    ]
    if found.projects > shown:
        lines.append(_("more projects: see --json"))
    return "\n".join(lines)


def _text_of_trial(trial: Trial, language: str) -> str:
    """Return what became of the schedule by chance, for each way of using it."""
    from results.numbers import days_text, interval_text

    names = {
        "sequence": _("its sequence is kept: people wait for whose turn it is"),
        "list": _("its list is kept: first of those who are there"),
        "first_come": _("nobody looks at it: first come, first served"),
    }
    rows = [[_("working days until all are done"), _("mean"), "P90", _("as planned")]]
    rows.append([_("planned"), days_text(trial.planned, language), "", ""])
    rows += [
        [
            names[each.way],
            interval_text(each.mean),
            _between(each.p90),
            f"{100 * each.kept / trial.replications:.0f} %",
        ]
        for each in trial.tried
    ]
    note = _("%(number)d replications, seed %(seed)d; intervals hold with 95 %%") % {
        "number": trial.replications,
        "seed": trial.seed,
    }
    return f"{aligned(rows)}\n\n{note}"


def _between(interval: Interval) -> str:
    """Return an estimate and the ends of its interval, as far as they are known."""
    ends = ["?" if end is None else f"{end:.1f}" for end in (interval.low, interval.high)]
    return f"{interval.estimate:.1f} ({ends[0]}..{ends[1]})"


_MOST_COLUMNS = 7
"""Projects that fit on a screen of 80 columns."""

_MOST_ROWS = 60
"""Projects that a screen or two can show."""
