"""Find the values of free parameters with which the simulation gives published figures.

Simulated least squares: every evaluation simulates the same cases with the same luck, so the
measures move smoothly with the parameters and a gradient method finds the best point
(scipy's ``least_squares``, trust region with bounds; started from the two best points of a
Sobol sequence). Residuals count in tolerances of their targets. At the best point the slopes
tell which parameters the targets pin down: where the targets hardly move, a value is not known,
however exact it looks, and is reported as such. The targets are then measured once more with
luck that the fit has not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from results.calibration.files import Parameter, Target, Task, settings_of
from results.promises.measures import values_of
from scenarios import compile_plan, load
from simulator import Interval, Run, mean_interval, simulate

FloatArray = NDArray[np.float64]
Progress = Callable[[int, float], None]
"""Is told how many evaluations are done and the best sum of squares so far."""

LEVEL = 0.95
"""Confidence of every interval."""
_Z = 1.959964
_STARTS = {1: 8, 2: 8, 3: 16}
_SLOPE, _LAST_SLOPE = 0.01, 0.04
"""Steps of the slopes, as parts of a parameter's range: on the way, and at the end."""
_MOST_STEPS = 15
_GRID, _ROUNDS = 33, 2
"""Values looked at of a parameter that asks for no new simulation, and how often finer."""
_CROSSES = 2.0
"""Tolerances that a target must move over the whole range, from one end of its band to the other,
for its parameter to be known at all."""
_IN_THE_DARK = 0.1
"""Part of a direction that moves nothing which makes a parameter unknown."""
_GOOD_ENOUGH = 1e-4
"""Sum of squares at which nothing better is looked for: a hundredth of a tolerance."""
_FRESH = 1_000_003
"""Added to the seed where the fit is checked with new luck (a prime, so far from other seeds)."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A parameter's value.

    Attributes
    ----------
    parameter : Parameter
        What it is.
    value : float
        The best value.
    low, high : float
        Values with which the targets still come out within tolerance and chance, to first
        order; the whole range where the targets do not pin the parameter down.
    identified : bool
        Whether they do.
    """

    parameter: Parameter
    value: float
    low: float
    high: float
    identified: bool


@dataclass(frozen=True, slots=True)
class Met:
    """What a target's measure is at the best point, with luck that the fit has not seen.

    Attributes
    ----------
    target : Target
        The published figure.
    fitted : float
        Its measure with the luck of the fit.
    measured : Interval
        Its measure with new luck.
    """

    target: Target
    fitted: float
    measured: Interval

    @property
    def residual(self) -> float:
        """Measured less published."""
        return self.measured.estimate - self.target.value

    @property
    def met(self) -> bool:
        """Whether the measure's interval reaches into the target's tolerance."""
        low, high = self.measured.low, self.measured.high
        if low is None or high is None:
            return False
        near, far = self.target.value - self.target.tolerance, self.target.value
        return low <= far + self.target.tolerance and high >= near


@dataclass(frozen=True, slots=True)
class Fit:
    """What came of a calibration.

    Attributes
    ----------
    task : Task
        What was asked.
    seed : int
        Luck of the fit.
    fitted : tuple of Fitted
        By parameter.
    targets : tuple of Met
        By target.
    evaluations : int
        How often the targets were measured.
    directions : int
        How many combinations of parameters the targets pin down.
    """

    task: Task
    seed: int
    fitted: tuple[Fitted, ...]
    targets: tuple[Met, ...]
    evaluations: int
    directions: int

    @property
    def met(self) -> bool:
        """Whether all targets are met."""
        return all(each.met for each in self.targets)

    @property
    def identified(self) -> bool:
        """Whether the targets pin down every parameter."""
        return all(each.identified for each in self.fitted)


class _Found(Exception):  # noqa: N818 - no error: the search is over
    """A point that is good enough."""


@dataclass(slots=True)
class _Measured:
    """Measures the targets at points of the unit cube, remembering what it has seen."""

    task: Task
    seed: int
    progress: Progress
    known: dict[tuple[float, ...], FloatArray] = field(default_factory=dict)
    last: tuple[dict[str, float], Run] | None = None
    best: tuple[float, tuple[float, ...]] = (np.inf, ())
    eager: bool = False

    def values(self, point: FloatArray) -> dict[str, float]:
        """Return the parameters' values at a point."""
        inside = np.clip(point, 0.0, 1.0)
        return {
            each.id: float(each.low + (each.high - each.low) * at)
            for each, at in zip(self.task.parameters, inside, strict=True)
        }

    def measures(self, point: FloatArray) -> FloatArray:
        """Return each target's measure in each replication, (replications, targets)."""
        key = tuple(round(float(each), 9) for each in point)
        if key not in self.known:
            self.known[key] = self._simulated(self.values(point))
            worth = float((self._off(self.known[key]).mean(axis=0) ** 2).sum())
            self.best = min(self.best, (worth, key))
            self.progress(len(self.known), self.best[0])
            if self.eager and self.best[0] < _GOOD_ENOUGH:
                raise _Found
        return self.known[key]

    def off(self, point: FloatArray) -> FloatArray:
        """Return how far each target is missed, in tolerances."""
        mean: FloatArray = self._off(self.measures(point)).mean(axis=0)
        return mean

    def slopes(self, point: FloatArray, step: float, *, both: bool = False) -> FloatArray:
        """Return how each target moves with each parameter, (replications, targets, parameters).

        ``both`` looks to both sides, else only inwards.
        """
        columns = []
        for place in range(len(point)):
            up, down = point.copy(), point.copy()
            if both or point[place] < 0.5:
                up[place] = min(1.0, point[place] + step)
            if both or point[place] >= 0.5:
                down[place] = max(0.0, point[place] - step)
            rise = self._off(self.measures(up)) - self._off(self.measures(down))
            columns.append(rise / (up[place] - down[place]))
        return np.stack(columns, axis=2)

    def _off(self, measures: FloatArray) -> FloatArray:
        wanted = np.array([each.value for each in self.task.targets])
        band = np.array([each.tolerance for each in self.task.targets])
        found: FloatArray = (measures - wanted) / band
        return found

    def _simulated(self, values: dict[str, float]) -> FloatArray:
        settings = settings_of(self.task.parameters, values)
        if self.last is None or self.last[0] != settings:
            plan = compile_plan(load(self.task.where, values=settings))
            self.last = settings, simulate(
                plan, self.task.replications, self.seed, engine="auto"
            )  # fmt: skip
        run = self.last[1]
        return np.array([values_of(each.metric(values), run) for each in self.task.targets]).T


def calibrate(task: Task, seed: int, progress: Progress = lambda done, best: None) -> Fit:
    """Fit a task's parameters to its targets.

    Parameters
    ----------
    task : Task
        Parameters, targets and the design.
    seed : int
        The same seed gives the same fit.
    progress : callable
        Is told after each evaluation.
    """
    measured = _Measured(task, seed, progress)
    try:
        measured.eager = True
        for start in _starts(measured, seed):
            _descend(measured, _scanned(measured, start))
        _descend(measured, _scanned(measured, np.array(measured.best[1])))
    except _Found:
        pass
    measured.eager = False
    point = np.array(measured.best[1])
    slopes = measured.slopes(point, _LAST_SLOPE, both=True)
    fitted, directions = _pinned_down(measured, point, slopes)
    values = measured.values(point)
    fresh = _Measured(task, seed + _FRESH, progress=lambda done, best: None)
    again, here = fresh.measures(point), measured.measures(point).mean(axis=0)
    targets = tuple(
        Met(each, float(here[at]), mean_interval(again[:, at].tolist(), LEVEL))
        for at, each in enumerate(task.targets)
    )
    return Fit(
        task, seed,
        tuple(
            Fitted(each, values[each.id], *interval)
            for each, interval in zip(task.parameters, fitted, strict=True)
        ),
        targets, len(measured.known) + 1, directions,
    )  # fmt: skip


def _starts(measured: _Measured, seed: int) -> list[FloatArray]:
    """Return the two best points of the middle and a Sobol sequence."""
    from scipy.stats import qmc

    number = len(measured.task.parameters)
    spread = qmc.Sobol(number, seed=seed % 2**32).random(_STARTS.get(number, 32))
    points = [np.full(number, 0.5), *spread]
    worth = [float((measured.off(point) ** 2).sum()) for point in points]
    return [points[at] for at in np.argsort(worth, kind="stable")[:2]]


def _scanned(measured: _Measured, point: FloatArray) -> FloatArray:
    """Return a point with the best values of those parameters that stand in measures only.

    They ask for no new simulation, so their whole range is looked through: a share on time
    is flat over most of it, and a slope would lead nowhere.
    """
    best = point
    for place, each in enumerate(measured.task.parameters):
        if each.at:
            continue
        low, high = 0.0, 1.0
        for _finer in range(_ROUNDS):
            tried = [
                np.where(np.arange(len(best)) == place, at, best)
                for at in np.linspace(low, high, _GRID)
            ]
            worth = [float((measured.off(each) ** 2).sum()) for each in tried]
            # of equally good values the middle one: none is better known than another
            good = np.flatnonzero(np.array(worth) <= min(worth) + 1e-12)
            best = tried[int(good[len(good) // 2])]
            step = (high - low) / (_GRID - 1)
            low, high = max(0.0, best[place] - step), min(1.0, best[place] + step)
    return best


def _descend(measured: _Measured, start: FloatArray) -> None:
    from scipy.optimize import least_squares

    inside = np.clip(start, 1e-6, 1 - 1e-6)  # the method asks for a point off the walls
    least_squares(
        measured.off,
        inside,
        jac=lambda point: measured.slopes(point, _SLOPE).mean(axis=0),
        bounds=(0.0, 1.0),
        max_nfev=_MOST_STEPS,
        xtol=1e-3,
        ftol=1e-3,
        gtol=1e-6,
    )


def _pinned_down(
    measured: _Measured, point: FloatArray, slopes: FloatArray
) -> tuple[list[tuple[float, float, bool]], int]:
    """Return each parameter's interval and whether it is known, and the known directions."""
    parameters = measured.task.parameters
    runs = len(slopes)
    mean = slopes.mean(axis=0)
    left, strength, right = np.linalg.svd(mean, full_matrices=True)
    shaky = [
        float((left[:, at] @ slopes @ right[at]).std(ddof=1)) / np.sqrt(runs)
        for at in range(len(strength))
    ]
    known = [at for at, each in enumerate(strength) if each > max(_CROSSES, 2 * shaky[at])]
    dark = [at for at in range(len(parameters)) if at not in known]
    back = sum(
        (np.outer(right[at], left[:, at]) / strength[at] for at in known),
        np.zeros((len(parameters), len(mean))),
    )
    off = measured._off(measured.measures(point))
    chance = np.atleast_2d(np.cov(off, rowvar=False)) / runs
    spread = back @ (chance + np.eye(len(mean)) / _Z**2) @ back.T
    reach = _Z * np.sqrt(np.diag(spread))
    values = measured.values(point)
    found = []
    for at, each in enumerate(parameters):
        unknown = any(abs(right[direction, at]) > _IN_THE_DARK for direction in dark)
        half = float(reach[at]) * (each.high - each.low)
        value = values[each.id]
        low, high = max(each.low, value - half), min(each.high, value + half)
        found.append((each.low, each.high, False) if unknown else (low, high, True))
    return found, len(known)


__all__ = ["Fit", "Fitted", "Met", "Parameter", "Target", "calibrate"]
