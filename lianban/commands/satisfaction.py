"""``lianban satisfaction``: which design would leave fewer applicants dissatisfied."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.commands.options import (
    add_chance,
    add_scenarios,
    chance,
    must_be_one_type,
    must_have_days,
    new_command,
)
from lianban.terminal import Console, Outcome, aligned, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("rank designs by dissatisfied applicants: a survey's shape, no forecast")
    parser = new_command(commands, "satisfaction", help_, rank)
    add_scenarios(parser)
    parser.add_argument(
        "--offices",
        action="store_true",
        help=_("score each office: files in time, complaints, joint steps it leads"),
    )
    add_chance(parser)


def rank(options: argparse.Namespace, console: Console) -> Outcome:
    """Rank designs."""
    from results.numbers import json_interval, json_number
    from results.satisfaction import CAVEATS, SURVEY, satisfaction
    from results.window_scores import score_rows, scores
    from scenarios import compile_plan, load
    from simulator import simulate

    designs = [load(where) for where in options.scenarios]
    must_have_days(designs)
    must_be_one_type(designs)
    rows = [[_("scenario"), _("visits"), _("promised wd"), _("dissatisfied")]]
    documents = []
    tables: list[str] = []
    for design in designs:
        replications, seed = chance(options, design)
        run = simulate(compile_plan(design), replications, seed)
        found = satisfaction(design, run)
        rated = scores(design, run) if options.offices else ()
        if rated:
            head = [
                _("office"), _("files"), _("in time"), _("complaints per 100"), _("leads"),
                _("score"),
            ]  # fmt: skip
            table = aligned([head, *score_rows(rated, console.language)])
            tables.append(f"{design.name.in_language(console.language)}\n{table}")
        at = found.dissatisfied
        ends = (
            ""
            if at.low is None or at.high is None
            else f" ({100 * at.low:.1f}-{100 * at.high:.1f})"
        )
        rows.append(
            [design.key, str(found.visits), f"{float(found.promised):g}",
             f"{100 * at.estimate:.1f} %{ends}"]
        )  # fmt: skip
        documents.append(
            {
                "key": design.key,
                "visits": found.visits,
                "promised_wd": json_number(found.promised),
                "dissatisfied": json_interval(at),
                "inside_the_survey": found.as_surveyed,
                **({"offices": [each.to_json() for each in rated]} if options.offices else {}),
            }
        )
    band = _(
        "survey: 48 %% dissatisfied with efficiency, 95 %% interval %(low).1f to %(high).1f %%"
    ) % {
        "low": 100 * SURVEY[0],
        "high": 100 * SURVEY[2],
    }
    caveats = [each.in_language(console.language) for each in CAVEATS]
    console.answer(
        {
            "survey": {"share": SURVEY[1], "low": SURVEY[0], "high": SURVEY[2]},
            "designs": documents,
            "caveats": [{"zh": each.zh, "en": each.en} for each in CAVEATS],
        },
        "\n\n".join([aligned(rows), *tables, paragraphs([band, *caveats])]),
    )
    return Outcome.GOOD
