"""What `lianban optimize` tells on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.terminal import aligned, paragraphs

if TYPE_CHECKING:
    from optimizer.redesign import Redesign
    from optimizer.redesign_search import Found
    from optimizer.sensitivity import Sensitivity
    from optimizer.staffing import Staffing
    from optimizer.staffing_search import Staffed
    from simulator import Interval


def redesign_text(found: Redesign, language: str) -> str:
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
                *([] if procedure.fees is None else [[_("fees (yuan)"), str(procedure.fees)]]),
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
        lines += ["", _sizes_table(found, found.sizes)]
    if found.rungs:
        lines += ["", _rungs_table(found)]
    if found.trial is not None:
        lines += ["", _trial_table(found, language)]
    return "\n".join(lines)


def _sizes_table(found: Redesign, sizes: Sequence[Found]) -> str:
    rows = [[_("levers at most"), _("least"), _("status"), _("taken")]]
    for size, each in enumerate(sizes):
        taken = [] if each.design is None else found.book.in_order(each.design.choice)
        rows.append([str(size), _days(each.value), _status(each.status), ", ".join(taken)])
    return _left(rows)


def _rungs_table(found: Redesign) -> str:
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


def staffing_text(found: Staffing, language: str) -> str:
    """Return the staffings side by side, what a point more costs, and what is proved."""
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
        _("proved cheapest on these replications of all that keep up with their load")
        if found.status == "optimal"
        else _("no staffing that keeps up with its load costs less than %g (bound)") % found.bound
    )
    return "\n".join(lines)


def sensitivity_text(found: Sensitivity, language: str) -> str:
    """Return what each small change saves, and how many changes were looked at."""
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
    if any(each.fees is not None for each in found.savings):
        rows[0].append(_("saves (yuan)"))
        for row, each in zip(rows[1:], found.savings, strict=True):
            row.append("-" if each.fees is None else str(each.fees))
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
