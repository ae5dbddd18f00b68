"""Plans in which a lower organ would review longer than the law lets it (行政许可法 art. 43)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules import Step, Unit
from rules.catalogue import Catalogue
from rules.checks.finding import Finding, error
from rules.dealing import HandlingClass
from rules.law import LimitRule
from rules.problems import Place
from scenarios.legal_limits import LegalLimits
from scenarios.scenario import Scenario


def planned_reviews(scenarios: Iterable[Scenario], catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return an error for each step whose days at the lower organ are above the limit.

    A step that is reported upward spends its own days at the office that accepts it; those of
    the level above come on top (``[report_up]``). Where hands have times of their own
    (``[hands]``) its days say nothing, and only the run tells.

    Parameters
    ----------
    scenarios : iterable of Scenario
        Today's procedure and its redesigns.
    catalogue : Catalogue
        Tells where the step's item stands.
    """
    found: dict[str, Finding] = {}
    for scenario in scenarios:
        for step, rule in _reviewed(scenario):
            if step.duration.paper_days <= rule.limit.paper_days:
                continue
            place = next(
                (catalogue.place(item) for item in catalogue.items if item.key == step.key),
                Place(scenario.key),
            )
            found.setdefault(step.key, error(
                "C6", "lower-review-planned-too-long", place, (step.key,),
                f"{step.name.in_language('zh')}由{step.department}审查后报上级决定，审查{step.duration}，"
                f"超过{rule.article}的{rule.limit}（方案{scenario.key}）",
                f"{step.key} is reported upward after {step.duration} of review at "
                f"{step.department}, above {rule.limit} ({rule.article}), in {scenario.key}",
                (str(step.duration), str(rule.limit), scenario.key),
            ))  # fmt: skip
    return tuple(found.values())


def _reviewed(scenario: Scenario) -> Iterator[tuple[Step, LimitRule]]:
    """Yield the steps that lower organs review on paper days, with the law of the day."""
    life = scenario.life
    if life.ways.report_up is None:
        return
    law = LegalLimits(
        scenario.procedure.on, scenario.procedure.jurisdiction, watched=True,
        ticks=lambda duration, calendar: duration.amount, natural=lambda: 1,
    )  # fmt: skip
    for step in scenario.procedure.steps:
        hands = life.hands is not None and life.hands.at(step.department) is not None
        if step.dealing.handling is not HandlingClass.REPORT_UP or hands:
            continue
        rule = law.lower_review(step)
        if rule is not None and step.duration.unit is not Unit.NATURAL_DAY:
            yield step, rule
