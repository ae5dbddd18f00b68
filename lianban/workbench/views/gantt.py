"""The Gantt chart: B on the calendar, with days off and slack, A beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lianban.workbench.drawing import drawn
from lianban.workbench.markup import Html, folded, table, tag
from lianban.workbench.page import zoomed
from results.calendar_gantt import calendar_gantt
from results.exports.dates import PaperDates
from results.numbers import days_text
from results.views import offices_of
from rules.calendars import WorkingDays

if TYPE_CHECKING:
    from lianban.workbench.scene import Scene


def content(scene: Scene) -> list[Html]:
    """Return the screen."""
    _ = scene.say
    last, first = scene.last, scene.first
    if not last.procedure.days_known:
        return [
            tag("h1", scene.name),
            tag("p", _("No step says how long it takes."), class_="warn"),
        ]
    days = WorkingDays.china(projection=last.projection)
    picture = calendar_gantt(
        last.procedure,
        last.first_day,
        days,
        baseline=first.procedure if first.procedure.days_known else None,
        language=scene.language,
        title=scene.name,
        offices=offices_of([first, last]),
    )
    return [
        tag("h1", scene.name),
        tag(
            "p",
            _(
                "A case that comes in on the first day, on paper: no queues, no luck. Days off are "
                "shaded, dotted lines are slack, thin bars beneath are where the steps lay in A."
            ),
            class_="dim",
        ),
        zoomed(scene, scene.name, drawn(picture)),
        folded(_("the numbers as a table"), _dates(scene, days)),
    ]


def _dates(scene: Scene, days: WorkingDays) -> Html:
    _ = scene.say
    plan = PaperDates.of(scene.last.procedure, scene.last.first_day, days)
    rows = [[_("step"), _("days"), _("first date"), _("last date"), _("slack"), _("critical")]]
    rows += [
        [
            f"{step.key} {step.name.in_language(scene.language)}",
            days_text(step.days),
            plan.first_date(step.key).isoformat(),
            plan.last_date(step.key).isoformat(),
            days_text(plan.slack[step.key]),
            _("yes") if step.key in plan.critical else _("no"),
        ]
        for step in scene.last.procedure.steps
    ]
    return table(rows, "numbers", _("dates of the steps of B"))
