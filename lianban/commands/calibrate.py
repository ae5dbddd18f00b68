"""``lianban calibrate``: fit the numbers that nobody has published to those that somebody has."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.commands.options import add_chance, add_scenario, chance, new_command
from lianban.terminal import Console, Outcome, aligned, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results.calibration import Fit


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("fit the free parameters of calibration.toml to its published targets")
    parser = new_command(commands, "calibrate", help_, calibrate)
    add_scenario(parser)
    add_chance(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        help=_("exit with 3 when the targets leave a parameter open"),
    )


def calibrate(options: argparse.Namespace, console: Console) -> Outcome:
    """Fit a scenario's parameters."""
    from dataclasses import replace

    from results import calibration

    task = calibration.read_calibration(options.scenario)
    _unused, seed = chance(options, task.scenario)
    if options.replications:
        task = replace(task, replications=options.replications)
    console.note(
        _("fitting %(parameters)d parameters to %(targets)d targets ...")
        % {"parameters": len(task.parameters), "targets": len(task.targets)}
    )
    fit = calibration.calibrate(task, seed)
    console.answer(to_json(fit), _text(fit, console.language))
    if not fit.met:
        return Outcome.FINDING
    if options.strict and not fit.identified:
        return Outcome.UNSURE
    return Outcome.GOOD


def to_json(fit: Fit) -> dict[str, object]:
    """Return the document of ``calibrate --json``."""
    from results.numbers import json_interval, json_number

    return {
        "scenario": fit.task.scenario.key,
        "seed": fit.seed,
        "replications": fit.task.replications,
        "evaluations": fit.evaluations,
        "met": fit.met,
        "identified": fit.identified,
        "directions": fit.directions,
        "parameters": [
            {
                "id": each.parameter.id,
                "at": each.parameter.at,
                "value": json_number(each.value),
                "interval": [json_number(each.low), json_number(each.high)],
                "range": [json_number(each.parameter.low), json_number(each.parameter.high)],
                "identified": each.identified,
            }
            for each in fit.fitted
        ],
        "targets": [
            {
                "id": each.target.id,
                "measure": each.target.measure,
                "published": json_number(each.target.value),
                "tolerance": json_number(each.target.tolerance),
                "provenance": each.target.provenance,
                "fitted": json_number(each.fitted),
                "measured": json_interval(each.measured),
                "residual": json_number(each.residual),
                "met": each.met,
            }
            for each in fit.targets
        ],
    }


def _text(fit: Fit, language: str) -> str:
    parameters = [
        [_("parameter"), _("place"), _("value"), _("95 % interval"), _("known")],
        *(
            [
                each.parameter.name.in_language(language) or each.parameter.id,
                each.parameter.at or _("in the measure"),
                f"{each.value:.4g}",
                f"{each.low:.4g} – {each.high:.4g}",
                _("yes") if each.identified else _("no"),
            ]
            for each in fit.fitted
        ),
    ]
    targets = [[_("target"), _("published"), _("simulated"), _("residual"), _("met")]]
    for met in fit.targets:
        low, high = met.measured.low, met.measured.high
        ends = "" if low is None or high is None else f" ({low:.4g} – {high:.4g})"
        targets.append(
            [
                met.target.basis.in_language(language) or met.target.id,
                f"{met.target.value:.4g} ± {met.target.tolerance:.2g}",
                f"{met.measured.estimate:.4g}{ends}",
                f"{met.residual:+.2g}",
                _("yes") if met.met else _("NO"),
            ]
        )
    notes = [
        _(
            "fitted in %(evaluations)d evaluations of %(replications)d replications, seed %(seed)d;"
            " the targets are measured again with luck that the fit has not seen"
        )
        % {
            "evaluations": fit.evaluations,
            "replications": fit.task.replications,
            "seed": fit.seed,
        }
    ]
    if not fit.identified:
        notes.append(
            _(
                "NOT KNOWN: the targets pin down %(directions)d of %(parameters)d directions; a"
                " parameter marked 'no' may have any value of its range together with others"
            )
            % {"directions": fit.directions, "parameters": len(fit.fitted)}
        )
    notes.append(
        _("a fitted value is an assumption that agrees with the source, not a fact of the city")
    )
    return "\n\n".join(
        [
            fit.task.scenario.name.in_language(language),
            aligned(parameters, left=2),
            aligned(targets),
            paragraphs(notes),
        ]
    )
