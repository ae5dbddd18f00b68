"""The first screen: two designs side by side, on paper at once and simulated when asked."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lianban.workbench.drawing import charted, drawn
from lianban.workbench.markup import Html, folded, join, table, tag
from lianban.workbench.page import long_work, switched, zoomed
from results.numbers import change_of, change_text, days_text, interval_text
from results.report.gallery import step_rows
from results.summary import LEVEL, Paper, Summary
from results.views import timeline_of

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene
    from lianban.workbench.speech import Say

Days = Fraction | None


def content(scene: Scene) -> list[Html]:
    """Return the screen on paper."""
    _ = scene.say
    language = scene.language
    first, last = Paper.of(scene.first.procedure), Paper.of(scene.last.procedure)
    titles = f"{scene.first.name.in_language(language)} → {scene.name}"
    cards = [
        _card(label, getattr(first, key), getattr(last, key), key, language)
        for key, label in _measures(_).items()
    ]
    picture = timeline_of([scene.first, scene.last], language)
    designs = [scene.first, scene.last]
    parts = [
        tag("h1", titles),
        tag("div", cards, class_="cards", aria_live="polite"),
        _refused(scene),
        _simulated(scene),
        tag("h2", _("On one working-day axis")),
        zoomed(scene, titles, drawn(picture)),
        folded(
            _("the numbers as a table"),
            table(step_rows(scene.last, designs, language), "numbers", _("steps of B")),
            table(step_rows(scene.first, designs, language), "numbers", _("steps of A")),
        ),
    ]
    # shares of days that nobody knows, or that differ by type of case, cannot be told
    if scene.switches and None not in (first.paper_days, last.paper_days):
        parts += [
            tag("h2", _("Where the days went")),
            tag(
                "p",
                _(
                    "What each lever is worth on average over all orders in which they could "
                    "come; the shares add up to the whole change."
                ),
                class_="dim",
            ),
            long_work(scene, "compare", _("sharing out the days ..."), what="worth"),
        ]
    return [part for part in parts if part is not None]


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return simulated days, or what each lever is worth."""
    if more.get("what") == "worth":
        return {"html": _worth(scene)}
    return {"html": _times(scene, lab)}


def _measures(_: Say) -> dict[str, str]:
    return {
        "steps": _("steps"),
        "paper_days": _("paper days"),
        "visits": _("visits"),
        "documents": _("documents"),
    }


def _card(label: str, was: Days, now: Days, key: str, language: str) -> Html:
    change = change_of(was, now)
    share = f" ({100 * float(change / was):+.0f} %)" if was and change else ""
    sign = "+" if change and change > 0 else ""
    told = f"{sign}{days_text(change)}{share}" if change else "?" if change is None else "="
    return tag(
        "div",
        tag("b", label),
        tag("span", days_text(was, language), class_="was", data_was=key),
        tag("span", "→", class_="to", aria_hidden="true"),
        tag("span", days_text(now, language), class_="now", data_measure=key),
        tag(
            "i",
            told,
            class_="more" if sign else "less" if change else None,
        ),
        class_="card",
    )


def _refused(scene: Scene) -> Html | None:
    if not scene.refusals:
        return None
    _ = scene.say
    told = [tag("li", each.in_language(scene.language)) for each in scene.refusals]
    return tag(
        "div",
        tag("b", _("Left out, since the law or the other levers do not allow it:")),
        tag("ul", told),
        class_="warn",
        role="status",
    )


def _simulated(scene: Scene) -> Html:
    _ = scene.say
    if not scene.state.simulate:
        link = switched(_("simulate, too"), scene.state, "/", simulate=True)
        told = _("Numbers so far are those on paper. Queues and luck:")
        return tag("p", told, " ", link, class_="dim", data_key="simulate")
    stop = switched(_("paper only"), scene.state, "/", simulate=False)
    return join(
        (
            tag("h2", _("Simulated"), " ", tag("small", stop)),
            long_work(scene, "compare", _("simulating both designs ..."), what="times"),
        )
    )


def _times(scene: Scene, lab: Lab) -> Html:
    """Return a table of the simulated days, differences paired."""
    from results.comparison import Comparison, difference_of
    from results.sentences import reasons

    _ = scene.say
    first, last = lab.tried(scene.first), lab.tried(scene.last)
    difference = difference_of(first.summary, last.summary)
    assert difference is not None  # both were simulated
    rows = [[_("elapsed working days"), "A", "B", _("change, paired")]]
    for key, label in (("mean", _("mean")), ("p50", "P50"), ("p90", "P90")):
        both = [_interval(each.summary, key) for each in (first, last)]
        rows.append([label, *both, change_text(getattr(difference, key))])
    rows.append(
        [
            _("closed within its own paper days, %"),
            _interval(first.summary, "on_time"),
            _interval(last.summary, "on_time"),
            "",
        ]
    )
    told = [
        tag("p", each.in_language(scene.language), class_="warn")
        for each in reasons(Comparison((first.summary, last.summary), (difference,)))
    ]
    note = _(
        "± is the 95 %% interval over %(n)d replications of %(k)d cases; engine: %(engine)s."
    ) % {
        "n": first.summary.replications,
        "k": first.summary.cases,
        "engine": first.summary.engine,
    }
    return join((table(rows, "numbers times"), told, tag("p", note, class_="dim")))


def _interval(summary: Summary, key: str) -> str:
    from simulator import mean_interval

    assert summary.times is not None
    values = getattr(summary.times, key)
    scale = 100 if key == "on_time" else 1
    return interval_text(mean_interval((scale * values).tolist(), LEVEL))


def _worth(scene: Scene) -> Html:
    """Return the waterfall of the levers that are on."""
    from results.attribution import attribute
    from results.charts import plot_waterfall, svg
    from results.words import word

    _ = scene.say
    language = scene.language
    if scene.last.procedure.steps != scene.full.procedure.steps:
        return tag(
            "p",
            _("Shown with all levers on: what one is worth depends on the others."),
            " ",
            switched(_("switch all on"), scene.state, "/", off=()),
            class_="dim",
        )
    shared = attribute(scene.first, scene.full, replications=0, seed=scene.first.seed)
    parts = [
        (group.name.in_language(language), float(share.value))
        for group, share in zip(shared.groups, shared.shares["paper_days"], strict=True)
    ]
    axes = plot_waterfall(
        float(shared.start["paper_days"]),
        parts,
        unit=word("working days on paper", language),
        language=language,
    )
    title = word("what each lever is worth", language)
    return join(
        (
            tag("div", charted(svg(axes), "fall-", title), class_="drawing"),
            folded(_("the numbers as a table"), table(shared.table(language), "numbers", title)),
            tag("ul", [tag("li", each) for each in shared.notes(language)], class_="dim"),
        )
    )
