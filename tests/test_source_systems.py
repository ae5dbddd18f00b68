"""The systems of the source documents, simulated: each shows the effect that its source reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rules import Procedure
from rules.levers import Refused
from rules.levers.times import ControlTotalTime
from rules.steps import Duration, Kind
from scenarios import compile_plan, load
from scenarios.library import shipped_folder
from simulator import Run, simulate

LIBRARY = shipped_folder()
KINDS = ("private", "water", "transport", "municipal", "social")


def design(where: str, **values: float):
    """Return a shipped design, with other numbers where some are given (``a__b`` for ``a.b``)."""
    return load(LIBRARY / where, values={key.replace("__", "."): at for key, at in values.items()})


def ran(where: str, replications: int = 5, **values: float) -> Run:
    """Return a run of a shipped design."""
    return simulate(compile_plan(design(where, **values)), replications, seed=1, engine="auto")


def mean_days(run: Run) -> float:
    """Return the mean elapsed working days of all cases."""
    counting = run.plan.calendars[0]
    ticks = [counting.worked_many(each.arrival, each.finish) for each in run.replications]
    return float(np.concatenate(ticks).mean()) / counting.day_ticks


def longer(flow: Procedure, key: str) -> Procedure:
    """Return a flow whose step takes a day more."""
    steps = tuple(
        replace(step, duration=Duration(int(step.days) + 1)) if step.key == key else step
        for step in flow.steps
    )
    return replace(flow, steps=steps)


# --- Jiaxing --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_flow_chart_holds_all_and_controls_the_total(kind: str):
    """A chart has offices, notices and firms; a day more on the critical path is refused."""
    chart = design(f"jiaxing-chart-{kind}/chart").procedure
    assert {Kind.APPROVAL, Kind.NOTICE, Kind.INTERMEDIARY} <= {step.kind for step in chart.steps}
    assert chart.budget is not None
    assert chart.paper_days == chart.budget.paper_days
    critical = chart.critical_path().keys
    with pytest.raises(Refused, match="over the budget"):
        ControlTotalTime(chart.budget).apply(longer(chart, critical[-1]))
    slack = next(key for key in chart.keys if key not in critical)
    kept, _ = ControlTotalTime(chart.budget).apply(longer(chart, slack))
    assert kept.paper_days == chart.paper_days
    late = design(f"jiaxing-chart-{kind}/over-budget").changes[-1]
    assert any("working days" in note.en for note in late.notes)


def test_the_five_charts_differ():
    """Waterworks need the river plan, roads a permit, schools their ministry's word."""
    own = {kind: set(design(f"jiaxing-chart-{kind}").procedure.keys) for kind in KINDS}
    shared = set.intersection(*own.values())
    assert {"W01", "W02"} <= own["water"] - shared
    assert {"T01", "T02"} <= own["transport"] - shared
    assert {"M01", "M02"} <= own["municipal"] - shared
    assert "C01" in own["social"] - shared
    assert {"P01", "L02"} <= own["private"] - shared


def test_an_agent_saves_nearly_forty_per_cent():
    """With the fitted 8.5 owner's days a step an agent saves 38 to 41 % and twelve visits."""
    without, with_agent = ran("jiaxing-agency/reform", 10), ran("jiaxing-agency/reform-agency", 10)
    gain = 1 - mean_days(with_agent) / mean_days(without)
    assert 0.38 <= gain <= 0.41
    flows = [design(f"jiaxing-agency/{key}").procedure for key in ("reform", "reform-agency")]
    assert [flow.visits for flow in flows] == [14, 2]
    assert flows[0].paper_days == flows[1].paper_days == 109


def test_two_months_and_forty_per_cent_cannot_both_hold():
    """Five owner's days a step give the two months, and then not 40 but 27 per cent."""
    without = mean_days(ran("jiaxing-agency/reform", applicants__gap__mean=5.1))
    with_agent = mean_days(ran("jiaxing-agency/reform-agency", applicants__gap__mean=5.1))
    assert 39 <= without - with_agent <= 46
    assert 0.25 <= 1 - with_agent / without <= 0.30


def test_too_few_agents_are_queued_for(tmp_path: Path):
    """Two agents with two projects each make owners wait for one; the decisions do not."""
    from scenarios import copy_to

    mine = tmp_path / "mine"
    copy_to("jiaxing-agency", mine)
    path = mine / "scenario.toml"
    path.write_text(path.read_text("utf-8") + "\n[agents]\nnumber = 4\ncaseload = 10\n", "utf-8")
    few = simulate(compile_plan(load(mine / "reform-agency")), 3, seed=1, engine="auto")
    assert mean_days(few) > mean_days(ran("jiaxing-agency/reform-agency", 3)) + 5
