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
from lianban.terminal import Console, HelpText, Outcome, aligned, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from optimizer.redesign import Redesign
    from optimizer.redesign_search import Found
    from optimizer.sensitivity import Sensitivity
    from optimizer.staffing import Staffing
    from optimizer.staffing_search import Staffed
    from scenarios import Scenario
    from simulator import Interval

_MEASURES = (
    "paper_days", "steps", "visits", "documents", "people", "money", "effort", "levers",
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
    from optimizer.redesign_derive import derived_offers

    if options.derive and options.offers:
        raise UsageError(_("--offers and --derive: choose one"))
    measures = _measures(options.least)
    limits = _limits(options.limit)
    scenario, seed = _loaded(options, console)
    must_be_one_type([scenario])
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
    _answer(found.to_json(), _redesign_text(found, console.language), started, options, console)
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
    _answer(document, _staffing_text(found, console.language), started, options, console)
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
    _answer(document, _sensitivity_text(found, console.language), started, options, console)
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


def _redesign_text(found: Redesign, language: str) -> str:
    """Return the best redesign, its proof, why none is shorter, and what comes near."""
    lines = [found.scenario.name.in_language(language), ""]
    best = found.found.design
    if best is None:
        if found.found.status == "unknown":
            lines.append(_("nothing lawful was found within the effort; not proved impossible"))
        else:
            lines.append(_("no lawful redesign keeps these limits together:"))
            lines += [f"  {limit}" for limit in found.conflict]
        return "\n".join(lines)
    procedure = best.procedure
    proof = {"optimal": _("proved best"), "feasible": _("not proved best")}[found.found.status]
    lines += [
        aligned(
            [
                [_("steps"), str(procedure.n_steps)],
                [_("paper days"), _days(found.book.paper_days(best))],
                [_("visits"), str(procedure.visits)],
                [_("documents"), str(procedure.documents)],
                [_("status"), proof],
                [_("proven least"), _days(found.found.bound)],
            ]
        ),
        "",
        _("levers:"),
        *(
            f"  {found.book[key].name.in_language(language)}"
            for key in found.book.in_order(best.choice)
        ),
        "",
        _("nothing on offer makes it shorter; this chain holds it:")
        if found.found.status == "optimal"
        else _("this chain holds it:"),
        *paragraphs([f"  {each.sentence(language)}" for each in found.holding]).splitlines(),
        "",
        _("today's steps with every custom dropped: %s days, held by statute and data:")
        % _days(found.floor_days),
        *paragraphs([f"  {each.sentence(language)}" for each in found.floor]).splitlines(),
    ]
    if found.sizes:
        lines += ["", _sizes_table(found, found.sizes, language)]
    if found.rungs:
        lines += ["", _rungs_table(found, language)]
    if found.trial is not None:
        lines += ["", _trial_table(found, language)]
    return "\n".join(lines)


def _sizes_table(found: Redesign, sizes: Sequence[Found], language: str) -> str:
    rows = [[_("levers at most"), _("least"), _("status"), _("taken")]]
    for size, each in enumerate(sizes):
        taken = [] if each.design is None else found.book.in_order(each.design.choice)
        rows.append([str(size), _days(each.value), _status(each.status), ", ".join(taken)])
    del language
    return _left(rows)


def _rungs_table(found: Redesign, language: str) -> str:
    steps = found.rungs[0].design.procedure.n_steps
    rows = [[_("with %d steps: days") % steps, _("added"), _("customs dropped")]]
    rows += [
        [
            _days(found.book.paper_days(rung.design)),
            ", ".join(rung.added) or "-",
            ", ".join(rung.customs) or "-",
        ]
        for rung in found.rungs
    ]
    del language
    return _left(rows)


def _trial_table(found: Redesign, language: str) -> str:
    trial = found.trial
    assert trial is not None
    rows = [["#", _("mean (wd)"), "P90", _("taken")]]
    for number, each in enumerate(trial.tried):
        mark = "*" if number == trial.chosen.best else ""
        offers = ", ".join(found.book.in_order(each.design.choice))
        rows.append([f"{number + 1}{mark}", _interval(each.mean), _interval(each.p90), offers])
    return f"{_left(rows)}\n{paragraphs([trial.chosen.sentence(language)])}"


def _staffing_text(found: Staffing, language: str) -> str:
    rows = [["", _("cost"), _("kept"), _("surely above"), _("people")]]
    named: list[tuple[str, Staffed | None]] = [
        (_("today"), found.today),
        (_("best"), found.best),
        (_("runner-up"), found.runner_up),
        (_("one point more"), found.one_point_more),
    ]
    for label, each in named:
        if each is not None:
            changed = [
                f"{pool} {people}"
                for pool, people in each.people.items()
                if each is found.today or people != found.today.people[pool]
            ]
            people = _("as today") if not changed else ", ".join(changed)
            if each is found.today:
                people = _("%d people") % sum(each.people.values())
            rows.append(
                [
                    label, f"{each.cost:g}", f"{100 * each.kept.estimate:.1f} %",
                    f"{100 * each.lower:.1f} %", people,
                ]
            )  # fmt: skip
    lines = [
        _("promise: %(share)g %% of cases within %(days)g working days, confidence %(sure)g %%")
        % {
            "share": 100 * found.promise.share,
            "days": found.promise.days,
            "sure": 100 * found.promise.confidence,
        },
        "",
        _left(rows),
        "",
    ]
    if found.best is None:
        lines += [each.in_language(language) for each in found.reasons]
    if found.price_of_a_point is not None:
        lines.append(
            _("one percentage point more costs %g more") % round(found.price_of_a_point, 6)
        )
    lines.append(
        _("%(tried)d of %(possible)d staffings tried, %(runs)d replications, seed %(seed)d")
        % {
            "tried": found.staffings,
            "possible": found.possible,
            "runs": found.replications,
            "seed": found.seed,
        }
    )
    lines.append(
        _("proved cheapest on these replications")
        if found.status == "optimal"
        else _("no staffing can cost less than %g (bound)") % found.bound
    )
    return "\n".join(lines)


def _sensitivity_text(found: Sensitivity, language: str) -> str:
    rows = [[_("change"), _("saves (mean wd)"), _("saves (P90)"), _("critical")]]
    rows += [
        [
            each.what.in_language(language),
            _interval(each.mean),
            _interval(each.p90),
            f"{100 * each.criticality:.0f} %",
        ]
        for each in found.savings
    ]
    notes = [
        _("%(n)d replications of each change, paired; ± is the 95 %% interval; seed %(seed)d")
        % {"n": found.replications, "seed": found.seed},
        _("%d further changes were not simulated: no chain runs through them, or others come first")
        % found.screened,
    ]
    return f"{aligned(rows)}\n\n{paragraphs(notes)}"


def _left(rows: Sequence[Sequence[str]]) -> str:
    return aligned(rows, left=max(len(row) for row in rows))


def _status(status: str) -> str:
    words = {
        "optimal": _("proved best"),
        "feasible": _("not proved best"),
        "infeasible": _("impossible"),
        "unknown": _("unknown"),
    }
    return words[status]


def _interval(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return f"{interval.estimate:.1f}"
    half = max(interval.high - interval.estimate, interval.estimate - interval.low)
    return f"{interval.estimate:.1f} ±{half:.1f}"


def _days(value: Fraction | None) -> str:
    if value is None:
        return "-"
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"
