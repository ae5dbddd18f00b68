"""The flow diagram: before, after or both, and what is to know about the chosen step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from lianban.workbench.drawing import drawn
from lianban.workbench.markup import Html, folded, table, tag
from lianban.workbench.page import long_work, switched, zoomed
from results.lexicon import days_text as duration_text
from results.lexicon import kind_word, limit_text, origin
from results.mixes import IN_ORDER, as_drawn
from results.numbers import days_text
from results.step_status import step_statuses
from results.views import flow_of, offices_of
from rules import Name, Step
from rules.levers.change import STRENGTH_WORDS

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene
    from lianban.workbench.speech import Say
    from scenarios import Scenario

_STEP = re.compile(r'<g class="(step|ghost-step)" data-id="([^"]*)">')


def content(scene: Scene) -> list[Html]:
    """Return the screen."""
    _ = scene.say
    state = scene.state
    views = {
        "before": _("before (A)"),
        "after": _("after (B)"),
        "overlay": _("what changes"),
        "changes": _("changes only"),
    }
    tabs = [
        tag(
            "a", name, href=f"/flow?{state.query(view=view)}", data_go=True,
            aria_current="page" if view == state.view else None, data_key=f"view-{view}",
        )
        for view, name in views.items()
    ]  # fmt: skip
    shown = scene.first if state.view == "before" else scene.last
    before = scene.first if state.view in ("overlay", "changes") else None
    which = "changes" if state.view == "changes" else "all"
    try:
        picture = _with_steps(scene, drawn(flow_of(shown, before, scene.language, shown=which)))
    except ValueError:
        # a flow that is read can be drawn; changes alone may be none
        picture = tag("p", _("Every step is as it was: there is no change to draw."), class_="dim")
    title = scene.first.name.in_language(scene.language) if shown is scene.first else scene.name
    return [
        tag("h1", title),
        tag("div", tabs, class_="tabs"),
        tag("p", _("Choose a step for its days, its law and what it waits for."), class_="dim"),
        zoomed(scene, title, picture, "flow"),
        _details(scene),
        folded(_("the steps as a table"), _table(scene, shown)),
    ]


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a step fares when it is simulated."""
    from results.series import days_of_step
    from simulator import criticality

    _ = scene.say
    key = str(more.get("step", ""))
    design = scene.first if more.get("design") == "a" else scene.last
    tried = lab.tried(design)
    found = days_of_step(tried.run, key)
    if found is None:
        return {"html": ""}
    share = criticality(tried.run.plan, tried.run.replications).get(key, 0.0)
    rows = [[_("simulated, mean of a case"), _("working days")]]
    rows += [
        [_("somebody works on it"), f"{found.touch:.2f}"],
        [_("it waits for people or opening hours"), f"{found.queue:.2f}"],
        [_("it lies with a person"), f"{found.dwell:.2f}"],
        [_("a notice or an outside wait runs"), f"{found.notice:.2f}"],
        [_("share of cases whose end it decides"), f"{100 * share:.0f} %"],
    ]
    return {"html": table(rows, "numbers")}


def _with_steps(scene: Scene, svg: Html) -> Html:
    """Return the picture with steps that can be reached and chosen by keyboard."""
    state = scene.state

    def chosen(found: re.Match[str]) -> str:
        key = unescape(found[2])
        look = f"{found[1]} chosen" if key == state.step else found[1]
        address = escape(f"/flow?{state.query(step=key)}", quote=True)
        return (
            f'<g class="{look}" data-id="{found[2]}" role="button" tabindex="0" '
            f'data-step="{address}" data-key="step-{found[2]}">'
        )

    return Html(_STEP.sub(chosen, svg))


def _details(scene: Scene) -> Html:
    """Return what is to know about the chosen step; nothing where none is chosen."""
    _ = scene.say
    key = scene.state.step
    design, which = scene.last, "b"
    if key not in design.procedure or (
        scene.state.view == "before" and key in scene.first.procedure
    ):
        design, which = scene.first, "a"
    if not key or key not in design.procedure:
        return tag("div", class_="details", hidden=True)
    step = design.procedure[key]
    language = scene.language
    name = f"{key} {step.name.in_language(language)}"
    return tag(
        "section",
        tag("h2", name, " ", tag("small", switched(_("close"), scene.state, "/flow", step=""))),
        tag("div", _facts(scene, design, step)),
        tag("div", _waits_for(scene, design, step)),
        tag(
            "div",
            long_work(scene, "flow", _("simulating ..."), step=key, design=which),
        ),
        class_="details",
        aria_label=name,
    )


def _facts(scene: Scene, design: Scenario, step: Step) -> Html:
    _ = scene.say
    language = scene.language
    offices = offices_of([scene.first, scene.last])
    path, mixed = as_drawn(design).critical_path(), design.procedure.mixed
    comma = "、" if language == "zh" else ", "
    lead, *others = [
        offices.get(each, Name(each)).in_language(language) for each in step.departments
    ] or ["-"]
    facts = [
        (_("kind"), kind_word(step.kind, language)),
        (_("lead"), lead),
        (_("taking part"), comma.join(others)),
        (_("days on paper"), duration_text(step.duration, language)),
        (_("limit by law"), limit_text(step.limit, language) if step.limit else ""),
        (_("basis"), step.basis.cited.in_language(language)),
        (_("earliest start"), days_text(path.starts[step.key], language)),
        (_("slack"), "" if mixed else days_text(path.slack[step.key], language)),
        (_("visits"), str(step.visits)),
        (_("documents"), str(step.documents)),
        (_("joins"), comma.join(f"{s.key} {s.name.in_language(language)}" for s in step.members)),
        (_("data"), origin(step.provenance).in_language(language)),
        (_("what becomes of it"), _status(scene, step.key)),
    ]
    return tag("dl", [[tag("dt", term), tag("dd", fact)] for term, fact in facts if fact])


def _status(scene: Scene, key: str) -> str:
    language = scene.language
    statuses = step_statuses(as_drawn(scene.first), as_drawn(scene.last))
    return statuses[key].sentence(language) if key in statuses else ""


def _waits_for(scene: Scene, design: Scenario, step: Step) -> Html:
    """Return what the step waits for, with how strongly and why."""
    _ = scene.say
    procedure = as_drawn(design)  # in a mix of case types only a type's own order is waited for
    order = [
        edge for edge in procedure.edges if edge.after == step.key and edge.basis == IN_ORDER.en
    ]
    stated = [
        edge for edge in procedure.edges if edge.after == step.key and edge.basis != IN_ORDER.en
    ]
    known = {edge.before for edge in stated}
    order += [
        edge for edge in procedure.flow.edges(procedure)
        if edge.after == step.key and edge.before not in known
    ]  # fmt: skip
    rows = [[_("waits for"), _("strength"), _("why"), _("lag")]]
    for edge in stated:
        strength = STRENGTH_WORDS[edge.strength].in_language(scene.language)
        if edge.formal_at:
            strength += " " + _("(only for %s)") % edge.formal_at
        rows.append(
            [
                _called(scene, design, edge.before),
                strength,
                edge.reason.in_language(scene.language),
                str(edge.lag) if edge.lag.amount else "",
            ]
        )
    rows += [
        [_called(scene, design, edge.before), _("order of handling"), "", ""] for edge in order
    ]
    if len(rows) == 1:
        return tag("p", _("It waits for no other step."), class_="dim")
    return table(rows, "", "")


def _called(scene: Scene, design: Scenario, key: str) -> str:
    if key not in design.procedure:
        return key
    return f"{key} {design.procedure[key].name.in_language(scene.language)}"


def _table(scene: Scene, shown: Scenario) -> Html:
    """Return the diagram's steps as rows; each leads to its details."""
    _ = scene.say
    offices = offices_of([scene.first, scene.last])
    statuses = step_statuses(as_drawn(scene.first), as_drawn(scene.last))
    rows: list[list[object]] = [_heads(_)]
    for step in shown.procedure.steps:
        name = f"{step.key} {step.name.in_language(scene.language)}"
        status = statuses.get(step.key)
        waits = [edge.before for edge in shown.procedure.edges if edge.after == step.key]
        rows.append(
            [
                switched(name, scene.state, "/flow", step=step.key),
                offices.get(step.department, Name(step.department)).in_language(scene.language),
                kind_word(step.kind, scene.language),
                days_text(step.days, scene.language),
                ", ".join(waits),
                status.sign if status and shown is scene.last else "",
            ]
        )
    return table(rows, "", _("steps"))


def _heads(_: Say) -> list[object]:
    return [_("step"), _("office"), _("kind"), _("days"), _("waits for"), _("change")]
