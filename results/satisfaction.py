"""How many applicants would be dissatisfied: the shape of a survey, not a measurement (S4c, M62).

A survey of unknown place and date (120 valid forms) found 48 % dissatisfied with efficiency, 45 %
who call procedures complex and 30 % who call them too long. It gives no case data, its 48 % of
120 is not a whole number of people, and its reasons add up to 75 and 80 % of an unstated base. So
the model below is a *shape*: the chance that an applicant is dissatisfied rises with his visits,
with elapsed over promised time, and jumps when the promise is broken. Its weights are
assumptions; they are set so that a flow as long as those of the time lies inside the survey's
interval. It ranks designs, it forecasts no survey.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rules import Name
from scenarios import Scenario
from simulator import Interval, Run, mean_interval
from simulator.precision import taken_of

SURVEY = (0.393, 0.48, 0.569)
"""Dissatisfied with efficiency: 95 % Wilson interval of 48 % of 120 forms, and the share."""

CAVEATS = (
    Name(
        "来源为匿名调查（有效问卷 120 份，地点、时间不详），没有办件数据",
        "the source is an anonymous survey of 120 forms, place and date unknown, without case data",
    ),
    Name(
        "48% × 120 不是整数，原因合计 75% 和 80%、基数不明：只取形状",
        "48 % of 120 is no whole number and the reasons add up to 75 and 80 % of an unknown base:"
        " only the shape is used",
    ),
    Name(
        "权重为假设，可用于方案排序，不能预测任何一次调查",
        "the weights are assumptions: they rank designs and forecast no survey",
    ),
)
"""What must be read with every figure of this module."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the chance to be dissatisfied, on the logistic scale; all are assumptions.

    Attributes
    ----------
    base : float
        Of an applicant who comes not at all and gets his result at once.
    visit : float
        For each visit.
    wait : float
        For elapsed over promised time.
    overdue : float
        For a broken promise.
    """

    base: float = -2.25
    visit: float = 0.02
    wait: float = 0.5
    overdue: float = 0.4


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What the model says of a design.

    Attributes
    ----------
    dissatisfied : Interval
        Mean chance over cases that are finished or in process for longer than was promised,
        with its interval over replications.
    visits : int
        The applicant's visits on paper.
    promised : Fraction
        Working days that elapsed time was compared with.
    """

    dissatisfied: Interval
    visits: int
    promised: Fraction

    @property
    def as_surveyed(self) -> bool:
        """Whether the estimate lies inside the survey's interval."""
        return SURVEY[0] <= self.dissatisfied.estimate <= SURVEY[2]


def satisfaction(
    scenario: Scenario, run: Run, promised: Fraction | None = None, weights: Weights | None = None
) -> Satisfaction:
    """Return how many applicants of a design would be dissatisfied, as a shape.

    Parameters
    ----------
    scenario : Scenario
        The design.
    run : Run
        Its run.
    promised : Fraction, optional
        Working days promised for a case; the design's days on paper by default.
    weights : Weights, optional
        Other assumptions.

    Raises
    ------
    ValueError
        If nothing is promised: the design has no days on paper.
    """
    known = scenario.procedure.paper_days if promised is None else promised
    if not known:
        raise ValueError("nothing is promised: the design has no days on paper")
    given = weights or Weights()
    day = run.plan.day_ticks
    shares = []
    for trace in run.replications:
        taken = taken_of(run.plan, trace)
        # those in process are asked once they have waited for longer than was promised
        late = taken.in_process & (taken.ticks / day > float(known))
        took = taken.ticks[taken.finished | late] / day
        if took.size:
            chance = chance_of(took / float(known), scenario.procedure.visits, given)
            shares.append(float(chance.mean()))
    return Satisfaction(mean_interval(shares), scenario.procedure.visits, Fraction(known))


def chance_of(over: NDArray[np.float64], visits: int, weights: Weights) -> NDArray[np.float64]:
    """Return the chance of each case, by elapsed over promised time."""
    weighed = weights.base + weights.visit * visits + weights.wait * over
    weighed = weighed + weights.overdue * (over > 1)
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-weighed))
    return chance
