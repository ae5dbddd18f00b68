"""The best lawful redesign within budgets, what it is traded against, and why none is shorter."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lianban.workbench.drawing import charted
from lianban.workbench.forms import number_field, whole_number, work_form
from lianban.workbench.markup import Html, folded, join, table, tag
from lianban.workbench.workspace import Unknown
from results.numbers import days_text

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene
    from lianban.workbench.speech import Say
    from optimizer.redesign import Redesign
    from optimizer.redesign_search import Found
    from scenarios import Scenario

_RESOURCES = ("levers", "people", "money", "effort")
_MOST_RUNS = 30


def content(scene: Scene) -> list[Html]:
    """Return the screen; the search is long work."""
    from optimizer.redesign import offers_of

    _ = scene.say
    today = _today(scene)
    head = tag("h1", _("The best lawful redesign of %s") % today.name.in_language(scene.language))
    if today.procedure.mixed:
        told = _("%s is a mix of case types: no case takes all its steps") % today.key
        return [head, tag("p", told)]
    offers = offers_of(today)
    words = _words(_)
    budgets = [
        _slider(words[resource], resource, most)
        for resource in _RESOURCES
        if (most := sum(offer.cost(resource) for offer in offers))
    ]
    choice = tag(
        "label",
        tag("span", _("make least")),
        tag(
            "select",
            [tag("option", words[each], value=each) for each in _MEASURES],
            name="least",
        ),
    )
    rows = [[_("lever on offer"), *(words[each] for each in _RESOURCES[1:])]]
    rows += [
        [each.name.in_language(scene.language), *(str(each.cost(r)) for r in _RESOURCES[1:])]
        for each in offers
    ]
    return [
        head,
        tag(
            "p",
            _("Searches every lawful combination of the levers on offer and proves the best."),
            class_="dim",
        ),
        work_form(
            scene,
            "optimize",
            _("search"),
            [
                choice,
                number_field(
                    _("at most so many steps"), "steps", today.procedure.n_steps, 1, 9999, "1"
                ),
                *budgets,
                tag("label", tag("input", type="checkbox", name="simulate", value="1"), " ",
                    _("simulate the shortlist"), class_="tick"),
            ],
            _("searching ..."),
        ),
        folded(_("levers on offer"), table(rows, "numbers")),
    ]  # fmt: skip


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the best redesign with its proof, the trade-offs and the shortlist."""
    from optimizer.redesign import redesign

    _ = scene.say
    least = str(more.get("least", "paper_days"))
    if least not in _MEASURES:
        raise Unknown(f"least: '{least[:40]}' is none of {', '.join(_MEASURES)}")
    limits = {"steps": Fraction(whole_number(more, "steps", 1, 9999))}
    limits |= {
        each: Fraction(whole_number(more, each, 0, 10**9)) for each in _RESOURCES if each in more
    }
    today = _today(scene)
    found = redesign(
        today,
        measures=(least, "steps") if least != "steps" else ("steps", "paper_days"),
        limits=limits,
        sizes=8,
        front="paper_days" if least == "steps" else "steps",
        shortlist=4,
        most_runs=_MOST_RUNS if more.get("simulate") else 0,
        seed=today.seed,
    )
    return {"html": _told(scene, found, least)}


_MEASURES = ("paper_days", "steps", "visits", "documents")


def _words(_: Say) -> dict[str, str]:
    return {
        "paper_days": _("paper days"),
        "steps": _("steps"),
        "visits": _("visits"),
        "documents": _("documents"),
        "levers": _("levers at most"),
        "people": _("people"),
        "money": _("money"),
        "effort": _("effort"),
    }


def _today(scene: Scene) -> Scenario:
    """Return the procedure that is redesigned: A, which brings its own levers along."""
    return scene.first


def _slider(label: str, name: str, most: int) -> Html:
    """Return a budget's slider, with all of it at first."""
    return tag(
        "label",
        tag("span", label, " ", tag("output", str(most), for_=f"budget-{name}")),
        tag("input", type="range", name=name, min="0", max=str(most), step="1", value=str(most),
            id=f"budget-{name}"),
        for_=f"budget-{name}",
    )  # fmt: skip


def _told(scene: Scene, found: Redesign, least: str) -> Html:
    _ = scene.say
    best = found.found.design
    if best is None:
        if found.found.status == "unknown":
            told = _("nothing lawful was found within the effort; not proved impossible")
            return tag("p", told, class_="warn")
        why = [tag("li", str(limit)) for limit in found.conflict]
        told = _("no lawful redesign keeps these limits together:")
        return tag("div", tag("p", told), tag("ul", why), class_="warn")
    language = scene.language
    proof = _("proved best") if found.found.status == "optimal" else _("not proved best")
    holding = [tag("li", each.sentence(language)) for each in found.holding]
    floor = [tag("li", each.sentence(language)) for each in found.floor]
    return join(
        (
            tag("h2", _("Shortlist"), " ", tag("small", proof)),
            _shortlist(scene, found),
            tag("div", _fronts(scene, found, least), class_="pictures"),
            tag("h2", _("Why none is shorter: this chain holds it")),
            tag("ol", holding),
            folded(
                _("today's steps with every custom dropped: %s days, held by statute and data:")
                % days_text(found.floor_days),
                tag("ol", floor),
            ),
        )
    )


def _shortlist(scene: Scene, found: Redesign) -> Html:
    """Return the best and the next best, and what each takes."""
    _ = scene.say
    every = (*found.shortlist, found.found)
    listed = [each.design for each in every if each.design is not None]
    listed = listed[: max(1, len(found.shortlist))]
    heads: list[object] = [
        "#",
        _("paper days"),
        _("steps"),
        _("visits"),
        _("documents"),
        _("levers"),
    ]
    rows: list[list[object]] = [heads]
    tried = found.trial.tried if found.trial else ()
    if tried:
        heads[5:5] = [_("mean (wd)"), "P90"]
    base = listed[0].choice
    for number, design in enumerate(listed):
        names = [
            found.book[key].name.in_language(scene.language)
            for key in found.book.in_order(design.choice)
        ]
        row: list[object] = [
            str(number + 1),
            days_text(found.book.paper_days(design)),
            str(design.procedure.n_steps),
            str(design.procedure.visits),
            str(design.procedure.documents),
        ]
        if tried:
            row += [f"{tried[number].mean.estimate:.1f}", f"{tried[number].p90.estimate:.1f}"]
        if number:
            names = [
                f"{sign} {found.book[key].name.in_language(scene.language)}"
                for sign, keys in (("+", design.choice - base), ("-", base - design.choice))
                for key in found.book.in_order(keys)
            ]
        rows.append([*row, ("、" if scene.language == "zh" else ", ").join(names) or "-"])
    told = tag("p", found.trial.chosen.sentence(scene.language)) if found.trial else None
    return join((table(rows, "shortlist"), told))


def _fronts(scene: Scene, found: Redesign, least: str) -> list[Html]:
    """Return what the first measure costs in levers, and in the second measure."""
    from results.charts import plot_pareto, svg
    from results.words import word

    _ = scene.say
    words = _words(_)
    points = [(str(n), float(n), _value(each)) for n, each in enumerate(found.sizes) if each.design]
    charts = []
    second = "paper_days" if least == "steps" else "steps"
    front = [
        ("", float(_measure(found, each, second)), _value(each))
        for each in found.front
        if each.design is not None
    ]
    for number, (designs, across) in enumerate(((points, "levers"), (front, second))):
        if designs:
            axes = plot_pareto(designs, x=words[across], y=words[least], language=scene.language)
            title = word("what cannot be had both", scene.language)
            drawing = charted(svg(axes), f"front{number}-", title)
            rows = [[words[across], words[least]], *([f"{x:g}", f"{y:g}"] for _n, x, y in designs)]
            data = folded(_("the numbers as a table"), table(rows, "numbers"))
            charts.append(tag("div", tag("div", drawing, class_="drawing"), data))
    return charts


def _value(found: Found) -> float:
    return float(found.value or 0)


def _measure(found: Redesign, each: Found, measure: str) -> Fraction | int:
    assert each.design is not None
    if measure == "paper_days":
        return found.book.paper_days(each.design)
    return each.design.procedure.n_steps
