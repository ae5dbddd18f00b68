"""One simulated case, replayed along the flow: an example, never the average."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lianban.workbench.drawing import drawn
from lianban.workbench.markup import Html, folded, join, table, tag
from lianban.workbench.page import long_work, switched, zoomed
from results.views import flow_of

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene
    from simulator import Run


def content(scene: Scene) -> list[Html]:
    """Return the screen; the case itself is long work."""
    _ = scene.say
    state = scene.state
    number = min(max(1, state.case), scene.last.cases.number)
    others = [
        switched(label, state, "/replay", case=case)
        for label, case in ((_("previous case"), number - 1), (_("next case"), number + 1))
        if 1 <= case <= scene.last.cases.number
    ]
    return [
        tag("h1", _("Case %(n)d of %(design)s") % {"n": number, "design": scene.name}),
        tag("p", _("One case of one run, not the average."), " ",
            [[link, " "] for link in others], class_="banner"),
        long_work(scene, "replay", _("simulating ..."), case=number),
    ]  # fmt: skip


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flow, a slider, and when each step was reached, begun and done."""
    _ = scene.say
    run = lab.tried(scene.last).run
    cases = run.plan.cases
    case = min(max(1, int(more.get("case", 1))), cases) - 1
    steps = case_steps(run, case)
    end = math.ceil(10 * max((each[3] for each in steps), default=0.0)) / 10
    rows = [[_("step"), _("reached"), _("begun"), _("done"), _("waited")]]
    names = {step.key: step.name for step in scene.last.procedure.steps}
    for key, ready, start, done in steps:
        name = names[key].in_language(scene.language) if key in names else ""
        numbers = [f"{each:.1f}" for each in (ready, start, done, start - ready)]
        rows.append([f"{key} {name}", *numbers])
    events = json.dumps([[key, *map(_short, times)] for key, *times in steps])
    words = json.dumps([_("play"), _("pause")])
    controls = tag(
        "div",
        tag("button", _("play"), type="button", data_play=True),
        tag(
            "label",
            tag("span", _("working days since it came in")),
            tag("input", type="range", min="0", max=f"{end:.1f}", step="0.1", value="0",
                data_clock=True),
        ),
        tag("output", "0", data_shown=True),
        tag("span", _("waits"), class_="key waits"),
        tag("span", _("in work"), class_="key works"),
        tag("span", _("done"), class_="key over"),
        class_="player",
    )  # fmt: skip
    picture = drawn(flow_of(scene.last, None, scene.language))
    return {
        "html": join(
            (
                tag(
                    "div",
                    controls,
                    zoomed(scene, scene.name, picture),
                    class_="replay",
                    data_replay=True,
                    data_events=events,
                    data_words=words,
                ),
                folded(_("the numbers as a table"), table(rows, "numbers"), open_=True),
            )
        )
    }


def case_steps(run: Run, case: int) -> list[tuple[str, float, float, float]]:
    """Return the steps of one case of the first replication, by start.

    Each with when it was reached, begun and done, in working days since the case came in.
    """
    trace, counting = run.replications[0], run.plan.calendars[0]
    arrival = trace.arrival[case : case + 1]
    kind = trace.types_of()[case]
    found = []
    for step in run.plan.steps:
        if step.of != kind:
            continue
        instants = (trace.step_ready(step), trace.step_start(step), trace.step_end(step))
        times = [
            float(counting.worked_many(arrival, each[case : case + 1])[0]) / counting.day_ticks
            for each in instants
        ]
        found.append((step.key, times[0], times[1], times[2]))
    return sorted(found, key=lambda each: each[1:])


def _short(value: float) -> float:
    return round(value, 2)
