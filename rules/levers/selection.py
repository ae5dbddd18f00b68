"""Which steps a lever takes, and steps changed without touching the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rules.dealing import Dealing, Online
from rules.duration_rules import RuleSyntaxError, parse_rule
from rules.levers.change import Refused
from rules.levers.contraction import require
from rules.procedure import Procedure
from rules.steps import Duration, Kind, Name, Step, Unit

UNATTENDED = (Kind.NOTICE, Kind.WAIT, Kind.CONVERSION)
"""Steps that are no file of their own: an applicant hands nothing in for them."""

Objection = Callable[[Step], Refused | None]
"""Says why a lever may not take a step; None when it may."""


def chosen(
    lever: str, procedure: Procedure, keys: Sequence[str], objection: Objection
) -> tuple[Step, ...]:
    """Return the named steps; without names every step to which nothing stands against.

    Raises
    ------
    Refused
        If a named step is unknown or there is an objection to it, or no step is left.
    """
    require(lever, procedure, keys)
    if not keys:
        fit = tuple(step for step in procedure.steps if objection(step) is None)
        if not fit:
            raise Refused(lever, Name("没有可适用的环节", "no step here can take it"))
        return fit
    for key in keys:
        if refused := objection(procedure[key]):
            raise refused
    return tuple(step for step in procedure.steps if step.key in keys)


def unattended(lever: str, step: Step) -> Refused | None:
    """Return the objection to a notice, a wait or a conversion, or None."""
    if step.kind not in UNATTENDED:
        return None
    return Refused(
        lever,
        Name(
            f"{step.key} {step.name.zh} 为公示、等待或转正式，没有可办理的申请件",
            f"{called(step)} is a notice, a wait or a conversion: there is no file to deal with",
        ),
    )


def unofficial(lever: str, step: Step) -> Refused | None:
    """Return the objection to what is no office's file: firms' services too, or None."""
    if step.kind is not Kind.INTERMEDIARY:
        return unattended(lever, step)
    return Refused(
        lever,
        Name(
            f"{step.key} {step.name.zh} 为中介服务，不是向部门提交的申请",
            f"{called(step)} is a firm's service, not a file at an office",
        ),
    )


def called(step: Step) -> str:
    """Return a step's key and English name, as sentences say them."""
    return f"{step.key} {step.name.in_language('en')}".strip()


def listed(steps: Iterable[Step]) -> Name:
    """Return the keys of steps, listed in both languages."""
    keys = [step.key for step in steps]
    return Name("、".join(keys), ", ".join(keys))


def revised(lever: str, procedure: Procedure, steps: Iterable[Step]) -> Procedure:
    """Return the procedure with steps in place of those with the same keys.

    Raises
    ------
    Refused
        If nothing would be any different: a lever without effect is a mistake.
    """
    new = {step.key: step for step in steps}
    changed = tuple(new.get(step.key, step) for step in procedure.steps)
    if changed == procedure.steps:
        raise Refused(
            lever, Name("没有变化：各环节已是如此", "would change nothing: it is so already")
        )
    return replace(procedure, steps=changed)


def dealt(step: Step, dealing: Dealing, **more: object) -> Step:
    """Return the step dealt with otherwise."""
    return replace(step, dealing=dealing, **more)  # type: ignore[arg-type]  # fields of Step


def lasting(lever: str, step: Step, duration: Duration) -> Step:
    """Return the step with other days on paper, in the simulation too.

    A renumbered step's days are its single member's. A joint step's follow from its
    members by a rule, which is then cut off at the new days.

    Raises
    ------
    Refused
        If a joint step's days are not given in working days, as its rule is.
    """
    if step.rule is not None:
        if duration.unit is not Unit.WORKING_DAY:
            raise Refused(
                lever,
                Name(
                    f"{step.key} 为联合环节，时限应以工作日（wd）表示",
                    f"{step.key} is a joint step: give its days in working days (wd)",
                ),
            )
        try:
            rule = parse_rule(f"min({step.rule}, {duration.amount})")
        except RuleSyntaxError as error:
            raise Refused(lever, Name(str(error), str(error))) from error
        return replace(step, duration=duration, rule=rule)
    if len(step.members) == 1:
        member = lasting(lever, step.members[0], duration)
        return replace(step, duration=duration, members=(member,))
    return replace(step, duration=duration)


def handed_over(step: Step, offices: dict[str, str]) -> Step:
    """Return the step, members included, with departments replaced by those that take over."""
    return replace(
        step,
        department=offices.get(step.department, step.department),
        members=tuple(handed_over(member, offices) for member in step.members),
        dealing=replace(
            step.dealing,
            accepted_by=offices.get(step.dealing.accepted_by, step.dealing.accepted_by),
            supervised_by=offices.get(step.dealing.supervised_by, step.dealing.supervised_by),
        ),
    )


def shorter(first: Duration, second: Duration) -> Duration:
    """Return the shorter of two durations on paper, the first of equals."""
    return second if second.paper_days < first.paper_days else first


def fewer_visits(step: Step, visits: int) -> int:
    """Return a step's visits lowered to a number; who must be present still comes once."""
    least = 1 if step.dealing.in_person else 0
    return min(step.visits, max(visits, least))


def without_collecting(procedure: Procedure, step: Step) -> int:
    """Return a step's visits when nobody has to come for the result.

    The visit that hands the file in stays: the first of a step, or of a package that one
    window takes in; none where files go in online. Who must be present comes once.
    """
    window = step.dealing.accepted_by
    package = [s.key for s in procedure.steps if s.visits and s.dealing.accepted_by == window]
    handed_in = step.dealing.online is Online.NONE and (not window or package[:1] == [step.key])
    return fewer_visits(step, max(step.visits - 1, int(handed_in)))
