"""From sorts of cases to case types: one type for every procedure that facts lead to."""

from __future__ import annotations

from dataclasses import replace

from scenarios.case_sorts import CaseSort
from scenarios.plan import Fact, Sorting
from scenarios.scenario import Scenario
from scenarios.streams import stream_of


def sorted_out(
    scenario: Scenario,
) -> tuple[tuple[Scenario, ...], tuple[Sorting, ...], tuple[Fact, ...]]:
    """Return a scenario of each case type, how cases find theirs, and the facts that decide.

    Parameters
    ----------
    scenario : Scenario
        With sorts; its procedure is that of all cases, levers applied.
    """
    variants: list[Scenario] = []
    sortings: list[Sorting] = []
    facts: list[Fact] = []
    for sort in scenario.sorts:
        first = len(variants)
        variants += [_variant(scenario, sort, place) for place in range(len(sort.profiles))]
        numbers = tuple(range(len(facts), len(facts) + len(sort.facts)))
        facts += _facts(sort)
        types = tuple(first + place for place in sort.table)
        sortings.append(Sorting(sort.key, sort.number, sort.salt, numbers, types))
    return tuple(variants), tuple(sortings), tuple(facts)


def _variant(scenario: Scenario, sort: CaseSort, place: int) -> Scenario:
    """Return the scenario as the cases of one profile see it."""
    life = scenario.life
    procedure = sort.procedure(scenario.procedure, scenario.today.keys, sort.profiles[place])
    # whoever moves from office to office does so once, however many types there are
    alone = sort is scenario.sorts[0] and place == 0
    return replace(
        scenario,
        key=sort.key,
        name=sort.name,
        procedure=procedure if alone else replace(procedure, staffing=()),
        cases=replace(scenario.cases, number=sort.number, per_year=sort.per_year),
        life=replace(
            life,
            priority=sort.priority,
            promise_days=sort.promise_days,
            arrivals=sort.arrivals or life.arrivals,
        ),
        sorts=(),
    )


def _facts(sort: CaseSort) -> list[Fact]:
    return [
        Fact(
            f"{sort.key}.{fact.key}",
            tuple(str(value) for value in fact.values),
            fact.weights,
            stream_of(f"fact:{sort.key}:{fact.key}"),
            fact.numbers,
            fact.points,
            fact.whole,
        )
        for fact in sort.facts
    ]
