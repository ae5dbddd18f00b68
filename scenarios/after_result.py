"""What follows the last decision: delivery, spot checks, inspections by the supervising office."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rules import Duration, Kind, Name, Unit, did_you_mean
from rules.problems import InputError
from rules.steps import NO_TIME
from scenarios.desk_chain import scaled
from scenarios.distributions import Fixed
from scenarios.plan import Desk, Finding, Link, OwnWork, Part, PlanStep, When
from scenarios.streams import stream_of

if TYPE_CHECKING:
    from scenarios.compile import Compiler

_DAY = 86_400


def single(
    plan: Compiler, key: str, name: Name, of: int, desk: Desk, *, when: tuple[When, ...] = (),
    after_issue: bool = False,
) -> int:  # fmt: skip
    """Add a step with one desk that no catalogue knows."""
    step = len(plan.steps)
    plan.steps.append(
        PlanStep(
            key,
            name,
            Kind.CONVERSION,
            "",
            OwnWork(stream_of(key), 0, Fixed(1.0)),
            (len(plan.desks),),
            of=of,
            when=when,
            after_issue=after_issue,
        )
    )
    plan.desks.append(replace(desk, step=step, stream=stream_of(key)))
    return step


def _delivered(plan: Compiler, number: int, last: int) -> int:
    """Return the step that ends a branch: its result is under way to the applicant (M28)."""
    step = plan.steps[last]
    known = plan.scenarios[number].procedure
    time = known[step.key].dealing.delivery if step.key in known else None
    if time is None or time == NO_TIME:
        return last
    lag = plan.lag(time)
    desk = Desk(0, "delivery", (), lag.calendar, own=Fixed(lag.ticks), part=Part.DWELL)
    sent = single(plan, f"delivery-{step.key}", Name("送达", "Delivery"), number, desk)
    plan.links.append(Link(last, sent))
    return sent


def _inspections(plan: Compiler, number: int, index: dict[str, int]) -> None:
    """Add the inspection of every decision that is supervised afterwards (M30, M55)."""
    supervised = plan.life.ways.supervised
    if supervised is None:
        return
    finding = None
    if supervised.finding:
        holds = supervised.hold_days * _DAY
        finding = Finding(supervised.finding, holds, not supervised.blocks)
    lag = plan.lag(Duration(supervised.after_days, Unit.NATURAL_DAY))
    for step in plan.scenarios[number].procedure.steps:
        if not step.dealing.supervised_after:
            continue
        office = step.dealing.supervised_by or step.department
        pool = plan.pool_index.get(f"{office}.reviewer")
        if pool is None:
            hint = did_you_mean(office, plan.offices)
            raise InputError.at(
                plan.key, 0, f"{step.key}: no office '{office}' supervises it{hint}"
            )
        desk = Desk(
            0, "inspection", (pool,), plan.pools[pool].calendar,
            own=scaled(supervised.minutes, 60), finding=finding,
        )  # fmt: skip
        name = Name(f"{step.name.zh}事后监管", f"Inspection after {step.name.en or step.key}")
        added = single(plan, f"{step.key}/inspection", name, number, desk, after_issue=True)
        plan.links.append(Link(index[step.key], added, lag))


def after_result(
    plan: Compiler, number: int, last: list[int], department: str, index: dict[str, int]
) -> None:
    """Add delivery, and what follows the result without keeping the case."""
    life = plan.life
    if not plan.on_paper and not life.delivery_days:
        last = [_delivered(plan, number, each) for each in last]
    if life.delivery_days:
        days = life.delivery_days * plan.calendars[0].day_ticks
        desk = Desk(0, "delivery", (), 0, own=Fixed(days), part=Part.DWELL)
        step = single(plan, "delivery", Name("送达", "Delivery"), number, desk)
        plan.links += [Link(before, step) for before in last]
        last = [step]
    _inspections(plan, number, index)
    pool = plan.pool_index.get(f"{department}.reviewer")
    checked = plan.fact("checked")
    if checked >= 0 and pool is not None:
        desk = Desk(0, "spot-check", (pool,), 0, own=Fixed(3600))
        step = single(
            plan, "spot-check", Name("抽查", "Spot check"), number, desk,
            when=(When(checked, (1,)),), after_issue=True,
        )  # fmt: skip
        plan.links += [Link(before, step) for before in last]
