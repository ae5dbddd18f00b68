"""``lianban schedule``: the shortest schedule of several projects that share the offices."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.commands.options import (
    UsageError,
    add_scenario,
    add_seed,
    add_timing,
    new_command,
    whole,
)
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from optimizer import Schedule


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("schedule projects over the departments' staff, with proven bounds")
    parser = new_command(commands, "schedule", help_, schedule)
    add_scenario(parser)
    parser.add_argument(
        "--projects",
        type=whole(1),
        default=1,
        metavar="N",
        help=_("projects that start together (default %(default)s)"),
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
        help=_("search effort, in the solver's own repeatable seconds (default %(default)s)"),
    )
    parser.add_argument(
        "--workers",
        type=whole(1),
        default=2,
        metavar="N",
        help=_("search threads; another number may find another schedule (default %(default)s)"),
    )
    add_seed(parser)
    add_timing(parser)


def schedule(options: argparse.Namespace, console: Console) -> Outcome:
    """Schedule projects."""
    import optimizer
    from scenarios import compile_plan, load

    scenario = load(options.scenario)
    if options.capacity is not None:
        scenario = scenario.with_staff(options.capacity)
    plan = compile_plan(scenario)
    started = time.perf_counter()
    try:
        found = optimizer.schedule(
            plan,
            options.projects,
            options.seconds,
            seed=scenario.seed if options.seed is None else options.seed,
            workers=options.workers,
            deterministic=True,
        )
    except optimizer.ScheduleError as error:
        raise UsageError(str(error)) from error
    seconds = time.perf_counter() - started
    console.note(_("searched for %.1f s") % seconds)
    document = found.to_json()
    if options.timing:
        document["wall_seconds"] = round(seconds, 3)
    console.answer(document, _text(found, document))
    return Outcome.GOOD if found.status in ("optimal", "feasible") else Outcome.INFEASIBLE


def _text(found: Schedule, document: Mapping[str, object]) -> str:
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


_MOST_COLUMNS = 7
"""Projects that fit on a screen of 80 columns."""
