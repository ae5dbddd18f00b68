"""``lianban optimize``: the best lawful redesign, the people it needs, what a change would save."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.optimize_text import redesign_text, sensitivity_text, staffing_text
from lianban.commands.options import (
    UsageError,
    add_engine,
    add_scenario,
    add_seed,
    add_timing,
    everywhere,
    must_be_one_type,
    must_have_days,
    new_command,
    note_fallback,
    whole,
)
from lianban.terminal import Console, HelpText, Outcome

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from scenarios import Scenario

_MEASURES = (
    "paper_days", "steps", "visits", "documents", "fees", "people", "money", "effort", "levers",
)  # fmt: skip
_LIMIT = re.compile(r"([a-z_]+)\s*(?:<=|=)\s*(\d{1,9}(?:\.\d{1,6})?)$")


def add_to(commands: Commands) -> None:
    """Add the command and its three questions."""
    help_ = _("find the best lawful redesign, the fewest people, or what a change would save")
    parser = commands.add_parser(
        "optimize", help=help_, description=help_, parents=[everywhere()],
        formatter_class=HelpText, allow_abbrev=False,
    )  # fmt: skip
    questions = parser.add_subparsers(title=_("questions"), metavar="QUESTION", required=True)
    _add_redesign(questions)
    _add_staffing(questions)
    _add_sensitivity(questions)


def _add_redesign(questions: Commands) -> None:
    help_ = _("search all combinations of the levers on offer, with proof")
    parser = new_command(questions, "redesign", help_, redesign)
    add_scenario(parser)
    parser.add_argument(
        "--least",
        metavar="M[,M…]",
        default="paper_days,steps",
        help=_("what to make least, in order (default %(default)s)"),
    )
    parser.add_argument(
        "--limit",
        metavar="M=N",
        action="append",
        default=[],
        help=_("the most of a measure or resource, such as steps=14 or money=80; repeatable"),
    )
    parser.add_argument(
        "--offers", metavar="FILE.toml", help=_("levers on offer (default: the scenario's)")
    )
    parser.add_argument(
        "--derive",
        action="store_true",
        help=_("offer what the catalogue itself allows, instead of a list"),
    )
    parser.add_argument(
        "--sizes",
        type=whole(0),
        default=8,
        metavar="N",
        help=_("prove the best for each number of levers up to N (default %(default)s)"),
    )
    parser.add_argument(
        "--shortlist",
        type=whole(1),
        default=4,
        metavar="N",
        help=_("best redesigns to compare (default %(default)s)"),
    )
    parser.add_argument(
        "--replications",
        type=whole(0),
        default=0,
        metavar="N",
        help=_("simulate the shortlist, at most N times each (default: on paper only)"),
    )
    parser.add_argument(
        "--by",
        choices=("p90", "mean"),
        default="p90",
        help=_("simulated days by which the shortlist is ranked (default %(default)s)"),
    )
    parser.add_argument(
        "--rounds",
        type=whole(1),
        default=300,
        metavar="N",
        help=_("redesigns applied before a proof is given up (default %(default)s)"),
    )
    add_seed(parser)
    add_engine(parser)
    add_timing(parser)


def _add_staffing(questions: Commands) -> None:
    help_ = _("find the fewest or cheapest people that keep a promise")
    parser = new_command(questions, "staffing", help_, staffing)
    add_scenario(parser)
    parser.add_argument(
        "--days", type=_number, required=True, metavar="N", help=_("promised working days")
    )
    parser.add_argument(
        "--share",
        type=_number,
        default=90.0,
        metavar="P",
        help=_("per cent of cases that must keep them (default %(default)g)"),
    )
    parser.add_argument(
        "--confidence",
        type=_number,
        default=95.0,
        metavar="P",
        help=_("per cent confidence (default %(default)g)"),
    )
    parser.add_argument(
        "--pool",
        action="append",
        metavar="OFFICE.ROLE",
        help=_("choose only these people, such as planning.reviewer; repeatable"),
    )
    parser.add_argument(
        "--cost",
        action="append",
        default=[],
        metavar="OFFICE.ROLE=N",
        help=_("cost of one person there (default 1); repeatable"),
    )
    parser.add_argument(
        "--replications",
        type=whole(5),
        default=10,
        metavar="N",
        help=_("simulations of each staffing (default %(default)s)"),
    )
    parser.add_argument(
        "--proof",
        type=whole(0),
        default=0,
        metavar="N",
        help=_("staffings tried at most to prove that none is cheaper (default %(default)s)"),
    )
    add_seed(parser)
    add_engine(parser)
    add_timing(parser)


def _add_sensitivity(questions: Commands) -> None:
    help_ = _("rank what one more person, one custom less or one day less would save")
    parser = new_command(questions, "sensitivity", help_, sensitivity)
    add_scenario(parser)
    parser.add_argument(
        "--replications",
        type=whole(5),
        default=10,
        metavar="N",
        help=_("simulations of each change (default %(default)s)"),
    )
    parser.add_argument(
        "--changes",
        type=whole(1),
        default=20,
        metavar="N",
        help=_("changes to simulate, the most critical first (default %(default)s)"),
    )
    add_seed(parser)
    add_engine(parser)
    add_timing(parser)


def redesign(options: argparse.Namespace, console: Console) -> Outcome:
    """Find the best lawful redesign."""
    from optimizer.lever_offers import read_offers
    from optimizer.redesign import redesign as best_redesign
    from optimizer.redesign import untold_fees
    from optimizer.redesign_derive import derived_offers

    if options.derive and options.offers:
        raise UsageError(_("--offers and --derive: choose one"))
    measures = _measures(options.least)
    limits = _limits(options.limit)
    scenario, seed = _loaded(options, console)
    must_be_one_type([scenario])
    if "fees" in (*measures, *limits) and scenario.procedure.fees is None:
        raise UsageError(untold_fees(scenario.procedure))
    offers = None
    if options.offers:
        offers = read_offers(Path(options.offers))
    elif options.derive:
        offers = derived_offers(scenario.procedure)
    started = time.perf_counter()
    found = best_redesign(
        scenario,
        offers,
        measures=measures,
        limits=limits,
        sizes=options.sizes,
        front="steps" if measures[0] != "steps" else "paper_days",
        shortlist=options.shortlist,
        trial=options.by,
        most_runs=options.replications,
        seed=seed,
        rounds=options.rounds,
        engine=options.engine,
    )
    _answer(found.to_json(), redesign_text(found, console.language), started, options, console)
    if found.interrupted:
        return Outcome.INTERRUPTED
    return Outcome.INFEASIBLE if found.found.design is None else Outcome.GOOD


def staffing(options: argparse.Namespace, console: Console) -> Outcome:
    """Find the fewest people that keep a promise."""
    from optimizer.staffing import staffing as fewest
    from optimizer.staffing_search import KeepPromise
    from scenarios import compile_plan

    if not (0 < options.share < 100 and 50 <= options.confidence < 100):
        raise UsageError(_("--share lies between 0 and 100, --confidence between 50 and 100"))
    scenario, seed = _loaded(options, console)
    started = time.perf_counter()
    promise = KeepPromise(options.days, options.share / 100, options.confidence / 100)
    try:
        found = fewest(
            compile_plan(scenario),
            promise,
            costs=_costs(options.cost),
            pools=options.pool,
            replications=options.replications,
            seed=seed,
            proof=options.proof,
            engine=options.engine,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    document = {"scenario": scenario.key, **found.to_json()}
    _answer(document, staffing_text(found, console.language), started, options, console)
    if found.status == "interrupted":
        return Outcome.INTERRUPTED
    return Outcome.INFEASIBLE if found.best is None else Outcome.GOOD


def sensitivity(options: argparse.Namespace, console: Console) -> Outcome:
    """Rank what small changes would save."""
    from optimizer.sensitivity import sensitivity as ranked

    scenario, seed = _loaded(options, console)
    started = time.perf_counter()
    found = ranked(
        scenario,
        replications=options.replications,
        seed=seed,
        most=options.changes,
        engine=options.engine,
    )
    document = {"scenario": scenario.key, **found.to_json()}
    _answer(document, sensitivity_text(found, console.language), started, options, console)
    return Outcome.INTERRUPTED if found.interrupted else Outcome.GOOD


def _loaded(options: argparse.Namespace, console: Console) -> tuple[Scenario, int]:
    """Load the scenario and say where the engine that is due cannot simulate it."""
    from scenarios import compile_plan, load

    scenario = load(options.scenario)
    must_have_days([scenario])
    if options.replications:
        from simulator.engines import engine_for

        engine = engine_for(compile_plan(scenario), options.replications, options.engine)
        note_fallback(console, scenario.key, engine.why if engine.fell_back else "")
    return scenario, scenario.seed if options.seed is None else options.seed


def _answer(
    document: Mapping[str, object],
    text: str,
    started: float,
    options: argparse.Namespace,
    console: Console,
) -> None:
    seconds = time.perf_counter() - started
    console.note(_("searched for %.1f s") % seconds)
    timed = {"wall_seconds": round(seconds, 3)} if options.timing else {}
    console.answer({**document, **timed}, text)


def _measures(text: str) -> tuple[str, ...]:
    measures = tuple(part.strip() for part in text.split(",") if part.strip())
    for measure in measures:
        _known(measure)
    if not measures or len(set(measures)) < len(measures):
        raise UsageError(_("--least: name each measure once"))
    return measures


def _limits(texts: Sequence[str]) -> dict[str, Fraction]:
    limits: dict[str, Fraction] = {}
    for text in texts:
        match = _LIMIT.match(text.strip())
        if match is None:
            raise UsageError(_("--limit: '%s' is not of the form steps=14") % text)
        _known(match[1])
        limits[match[1]] = Fraction(match[2])
    return limits


def _known(measure: str) -> None:
    if measure not in _MEASURES:
        from rules import did_you_mean

        raise UsageError(
            _("no measure is called '%(name)s'%(hint)s")
            % {"name": measure, "hint": did_you_mean(measure, _MEASURES)}
        )


def _costs(texts: Sequence[str]) -> dict[str, float]:
    costs = {}
    for text in texts:
        pool, sign, number = text.partition("=")
        try:
            costs[pool] = _number(number)
        except argparse.ArgumentTypeError:
            sign = ""
        if not sign:
            raise UsageError(_("--cost: '%s' is not of the form planning.reviewer=2") % text)
    return costs


def _number(text: str) -> float:
    """Return a plain positive number."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) or not float(text):
        raise argparse.ArgumentTypeError(_("'%s' is not a number above 0") % text)
    return float(text)
