"""``lianban import``: run a process that was drawn and timed for another simulator."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, add_seed, new_command, whole
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from scenarios.flow_plan import Imported
    from simulator.flow_measures import FlowMeasures
    from simulator.statistics import Interval


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("simulate a process of another simulator (Prosimos, BPSim)")
    parser = new_command(commands, "import", help_, run_foreign)
    parser.add_argument("drawing", metavar="FILE.bpmn", help=_("BPMN 2.0, BPSim inside or not"))
    parser.add_argument(
        "--parameters", metavar="FILE.json", help=_("parameters of Prosimos that go with it")
    )
    parser.add_argument("--scenario", default="", metavar="ID", help=_("BPSim scenario"))
    parser.add_argument(
        "--flow",
        metavar="ID=CHANCE",
        action="append",
        default=[],
        help=_("chance of a flow whose condition cannot be read; repeatable"),
    )
    parser.add_argument(
        "--cases", type=whole(1), metavar="N", help=_("cases that come (Prosimos: default 1000)")
    )
    parser.add_argument(
        "--replications", type=whole(1), default=10, metavar="N", help=_("runs (default 10)")
    )
    add_seed(parser)


def run_foreign(options: argparse.Namespace, console: Console) -> Outcome:
    """Read the process, say what was decided on the way, and simulate it."""
    from simulator.engines import engine_for
    from simulator.flow_measures import flow_measures
    from simulator.statistics import mean_interval

    if options.drawing.lower().endswith((".csv", ".xes", ".xes.gz")):
        raise UsageError(
            _("%(file)s is an event log: lianban discover %(file)s") % {"file": options.drawing}
        )
    imported = _read(options)
    for note in imported.notes:
        console.note(note)
    plan = imported.plan
    seed = 1 if options.seed is None else options.seed
    engine = engine_for(plan, options.replications)
    measures = [
        flow_measures(plan, engine.replication(plan, seed, number))
        for number in range(options.replications)
    ]
    elapsed, work = (
        mean_interval([getattr(each, name) / 60 for each in measures if each.finished])
        for name in ("elapsed", "work")
    )
    names = sorted({name for each in measures for name in each.visits})
    visits = {name: fmean(each.visits.get(name, 0) for each in measures) for name in names}
    console.answer(
        {
            "process": plan.key,
            "seed": seed,
            "replications": len(measures),
            "arrived": [each.arrived for each in measures],
            "finished": [each.finished for each in measures],
            "elapsed_minutes": _said(elapsed),
            "work_minutes": _said(work),
            "visits": visits,
            "notes": list(imported.notes),
        },
        _text(measures, elapsed, work, visits),
    )
    return Outcome.GOOD


def _read(options: argparse.Namespace) -> Imported:
    drawing = Path(options.drawing)
    if options.parameters:
        from scenarios.prosimos_import import read_prosimos

        if options.flow or options.scenario:
            raise UsageError(_("--flow and --scenario are for BPSim; --parameters for Prosimos"))
        return read_prosimos(drawing, Path(options.parameters), options.cases or 1000)
    from scenarios.bpsim_import import read_bpsim

    chances = {}
    for text in options.flow:
        id_, equals, number = text.rpartition("=")
        try:
            chance = float(number)
        except ValueError:
            chance = -1.0
        if not equals or not 0 <= chance <= 1:
            raise UsageError(_("--flow %s: ID=CHANCE, a chance from 0 to 1, was expected") % text)
        chances[id_] = chance
    return read_bpsim(drawing, options.scenario, chances, options.cases or 0)


def _said(interval: Interval) -> dict[str, float | None]:
    known = interval.n > 0
    return {
        "mean": interval.estimate if known else None,
        "low": interval.low,
        "high": interval.high,
    }


def _text(
    measures: list[FlowMeasures], elapsed: Interval, work: Interval, visits: dict[str, float]
) -> str:
    rows = [["", _("mean"), "95 %"]]
    rows.append([_("cases that came"), _number(fmean(each.arrived for each in measures)), ""])
    rows.append([_("cases done"), _number(fmean(each.finished for each in measures)), ""])
    for name, each in (
        (_("minutes from arrival to end"), elapsed),
        (_("minutes of work"), work),
    ):
        between = "" if each.low is None else f"{_number(each.low)}..{_number(each.high)}"
        rows.append([name, _number(each.estimate), between])
    rows += [[name, _number(number), ""] for name, number in visits.items()]
    return aligned(rows, left=1)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
