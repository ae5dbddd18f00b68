"""How long cases take in both designs, on one axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lianban.workbench.drawing import charted
from lianban.workbench.markup import Html, join, table, tag
from lianban.workbench.page import long_work

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene


def content(scene: Scene) -> list[Html]:
    """Return the screen; its charts are long work."""
    _ = scene.say
    return [
        tag("h1", _("How long cases take")),
        tag(
            "p",
            _(
                "Elapsed working days of simulated cases, the same luck in both designs. The red "
                "line is what B takes on paper."
            ),
            class_="dim",
        ),
        long_work(scene, "distribution", _("simulating both designs ...")),
    ]


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return histogram, cumulative curve and their numbers."""
    import numpy as np

    from results.charts import plot_cumulative, plot_distribution, svg
    from results.numbers import interval_text
    from results.series import elapsed
    from results.words import word

    _ = scene.say
    language = scene.language
    designs = [(scene.first, scene.first.name.in_language(language)), (scene.last, scene.name)]
    if scene.first.procedure.steps == scene.last.procedure.steps:
        designs = designs[1:]
    taken = [elapsed(lab.tried(design).run, name) for design, name in designs]
    limit = scene.last.procedure.paper_days
    promise = float(limit) if scene.last.procedure.days_known else None
    rows = [
        [
            _("design"),
            _("shortest"),
            "P50",
            "P90",
            _("longest"),
            _("%% within %s") % ("-" if promise is None else f"{promise:g}"),
        ]
    ]
    for each in taken:
        share = "-"
        if promise is not None:
            share = f"{100 * float(np.mean(each.days <= promise)):.1f}"
        rows.append(
            [
                each.name,
                f"{each.days.min():.1f}",
                interval_text(each.p50),
                interval_text(each.p90),
                f"{each.days.max():.1f}",
                share,
            ]
        )
    charts = [
        charted(svg(plot(taken, promise=promise, language=language)), prefix, word(title, language))
        for plot, prefix, title in (
            (plot_distribution, "dist-", "how long cases take"),
            (plot_cumulative, "cumu-", "share of cases closed"),
        )
    ]
    drawings = [tag("div", chart, class_="drawing") for chart in charts]
    return {"html": join((tag("div", drawings, class_="pictures"), table(rows, "numbers")))}
