"""Who is busy, who waits, and what one more person would save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lianban.workbench.drawing import charted
from lianban.workbench.forms import decimal, number_field, whole_number, work_form
from lianban.workbench.markup import Html, folded, join, table, tag
from lianban.workbench.page import long_work

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab, Tried
    from lianban.workbench.scene import Scene

_BUSIEST = 4
_MOST_TRIALS = 40


def content(scene: Scene) -> list[Html]:
    """Return the screen; its charts are long work."""
    _ = scene.say
    flow = scene.last.procedure
    # the flow of a mix of types is nobody's: ask for a week until the planner says otherwise
    days = 5.0 if flow.mixed else float(flow.paper_days)
    return [
        tag("h1", _("Queues and staff: %s") % scene.name),
        long_work(scene, "queues", _("simulating ..."), what="pools"),
        tag("h2", _("What would one more person save?")),
        tag(
            "p",
            _(
                "Simulates one more person at each busy desk, one custom less, one day less of a "
                "limit, and ranks them by the days they save."
            ),
            class_="dim",
        ),
        work_form(scene, "queues", _("rank them"), [], _("trying changes ..."), what="changes"),
        tag("h2", _("How many people keep a promise?")),
        work_form(
            scene,
            "queues",
            _("search"),
            [
                number_field(_("promised working days"), "days", days, low=1, high=5000),
                number_field(_("% of cases within them"), "share", 90, low=1, high=99),
            ],
            _("searching staffings ..."),
            what="staffing",
        ),
    ]


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return charts of the people, a ranking of changes, or the fewest people."""
    match more.get("what"):
        case "changes":
            return {"html": _changes(scene)}
        case "staffing":
            return {"html": _staffing(scene, more)}
    return {"html": _pools(scene, lab.tried(scene.last), lab.tried(scene.first))}


def _pools(scene: Scene, tried: Tried, before: Tried) -> Html:
    from results.charts import plot_queue, plot_utilisation, svg
    from results.measures import watched_words
    from results.series import queue_length
    from results.words import word

    _ = scene.say
    language = scene.language
    pools = tried.summary.pools
    if not pools:
        return tag("p", _("Nobody works on this flow: it has no queues."), class_="dim")
    longest = sorted(pools, key=lambda pool: (-pool.wait.estimate, pool.key))[:_BUSIEST]
    lengths = [queue_length(tried.run, pool.key) for pool in longest]
    queue = charted(
        svg(plot_queue(lengths, language=language)), "queue-", word("work waiting", language)
    )
    use = charted(
        svg(plot_utilisation(pools, language=language)), "use-",
        word("how busy people are", language),
    )  # fmt: skip
    drawings = [tag("div", chart, class_="drawing") for chart in (queue, use)]
    return join(
        (
            tag("div", drawings, class_="pictures"),
            tag("p", _("Bands hold the middle 80 % of replications; whiskers are 95 % intervals."),
                class_="dim"),
            table(
                tried.summary.pool_table(language), "numbers", _("people of B, longest wait first")
            ),
            *(
                tag("p", said.in_language(language), class_="dim")
                for said in watched_words(tried.summary.pools)
            ),
            folded(_("people of A"), table(before.summary.pool_table(language), "numbers", "A")),
        )
    )  # fmt: skip


def _changes(scene: Scene) -> Html:
    from optimizer.sensitivity import sensitivity
    from results.numbers import interval_text

    _ = scene.say
    found = sensitivity(scene.last, replications=10, seed=scene.last.seed, most=20)
    rows = [[_("change"), _("saves (mean wd)"), _("saves (P90)"), _("critical")]]
    rows += [
        [
            each.what.in_language(scene.language),
            interval_text(each.mean),
            interval_text(each.p90),
            f"{100 * each.criticality:.0f} %",
        ]
        for each in found.savings
    ]
    note = _(
        "%(n)d replications of each change, paired; ± is the 95 %% interval; seed %(seed)d"
    ) % {"n": found.replications, "seed": found.seed}
    return join((table(rows, "numbers"), tag("p", note, class_="dim")))


def _staffing(scene: Scene, more: Mapping[str, Any]) -> Html:
    from optimizer.staffing import staffing
    from optimizer.staffing_search import KeepPromise
    from scenarios import compile_plan

    _ = scene.say
    days = decimal(more, "days", 1, 5000)
    share = whole_number(more, "share", 1, 99)
    found = staffing(
        compile_plan(scene.last),
        KeepPromise(days, share / 100, 0.95),
        replications=10,
        seed=scene.last.seed,
        proof=_MOST_TRIALS,
    )
    if found.best is None:
        why = [tag("li", each.in_language(scene.language)) for each in found.reasons]
        told = _("No staffing keeps this promise.")
        return tag("div", tag("p", told), tag("ul", why), class_="warn")
    today, best = found.today, found.best
    rows = [[_("people"), _("today"), _("needed"), _("change")]]
    for pool, people in best.people.items():
        was = today.people[pool]
        rows.append([pool, str(was), str(people), f"{people - was:+d}" if people != was else ""])
    rows.append([_("all"), str(sum(today.people.values())), str(sum(best.people.values())), ""])
    kept = _("kept: today %(was).1f %%, then %(now).1f %% of cases (surely above %(low).1f %%)") % {
        "was": 100 * today.kept.estimate,
        "now": 100 * best.kept.estimate,
        "low": 100 * best.lower,
    }
    proof = (
        _("proved cheapest on these replications of all that keep up with their load")
        if found.status == "optimal"
        else _("no staffing that keeps up with its load costs less than %g (bound)") % found.bound
    )
    return join((tag("p", kept), table(rows, "numbers"), tag("p", proof, class_="dim")))
