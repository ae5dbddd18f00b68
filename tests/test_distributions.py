"""Distributions, arrivals and streams."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendars import Calendar, WorkingDays
from scenarios.arrivals import AtOnce, Poisson, Spaced
from scenarios.distributions import (
    DISTRIBUTIONS,
    Discrete,
    Empirical,
    Erlang,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Pert,
    Triangular,
    Uniform,
    Weibull,
    distribution_of,
    problems_of,
)
from scenarios.streams import stream_of

ONE_OF_EACH = [
    Fixed(2.5),
    Uniform(1, 4),
    Triangular(1, 2, 6),
    Triangular(1, 1, 6),
    Triangular(1, 6, 6),
    Triangular(3, 3, 3),
    Pert(1, 2, 6),
    Pert(3, 3, 3),
    Exponential(3),
    Discrete((1, 2, 6), (1, 2, 1)),
    Erlang(3, 4),
    Gamma(3, 0.7),
    Gamma(3, 0),
    Lognormal(1, 0.3),
    Lognormal(2, 1.5),
    Weibull(2, 1.7),
    Empirical((1, 2, 2, 9)),
    Empirical((4,)),
]


def test_every_word_is_tried():
    """The list above holds one of each distribution that planners can write."""
    assert {type(each) for each in ONE_OF_EACH} == set(DISTRIBUTIONS.values())


@pytest.mark.parametrize("distribution", ONE_OF_EACH, ids=repr)
def test_the_mean_is_that_of_the_draws(distribution):
    """The stated mean is the average of the quantiles over (0, 1)."""
    u = (np.arange(400_000) + 0.5) / 400_000
    assert distribution.quantile(u).mean() == pytest.approx(distribution.mean, rel=2e-4)


@pytest.mark.parametrize("distribution", ONE_OF_EACH, ids=repr)
def test_more_luck_never_takes_longer(distribution):
    """Quantiles rise with the number drawn, are never negative and finite at both extremes."""
    u = np.array([2.0**-53, 1e-9, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-9, 1 - 2.0**-53])
    values = distribution.quantile(u)
    assert (np.diff(values) >= -1e-12).all()
    assert (values >= 0).all()
    assert np.isfinite(values).all()
    assert values.shape == u.shape


def test_quantiles_are_those_of_scipy():
    """Half of the draws, and one in ten, lie below the values that scipy states."""
    from scipy import stats

    u = np.array([0.1, 0.5, 0.9])
    sigma = math.sqrt(math.log1p(0.3**2))
    pairs = [
        (Triangular(1, 2, 6), stats.triang(0.2, 1, 5)),
        (Pert(1, 2, 6), stats.beta(1.8, 4.2, 1, 5)),
        (Exponential(3), stats.expon(scale=3)),
        (Erlang(3, 4), stats.gamma(4, scale=0.75)),
        (Gamma(3, 0.5), stats.gamma(4, scale=0.75)),
        (Lognormal(1, 0.3), stats.lognorm(sigma, scale=math.exp(-(sigma**2) / 2))),
        (Weibull(2, 1.7), stats.weibull_min(1.7, scale=2)),
    ]
    for ours, theirs in pairs:
        assert ours.quantile(u) == pytest.approx(theirs.ppf(u), rel=1e-12)


def test_coefficient_of_variation_is_kept():
    """Gamma and lognormal draws vary by the stated share of their mean."""
    u = (np.arange(1_000_000) + 0.5) / 1_000_000
    for distribution in (Gamma(5, 0.4), Lognormal(5, 0.4)):
        draws = distribution.quantile(u)
        assert draws.std() / draws.mean() == pytest.approx(0.4, rel=1e-3)


@pytest.mark.parametrize(
    ("word", "parameters", "message"),
    [
        ("trangular", {}, "'trangular' is not a distribution (did you mean 'triangular'?)"),
        ("normal", {"mean": -1}, "'normal' is not a distribution (did you mean 'lognormal'?)"),
        ("fixed", {}, "'fixed' needs the parameter 'value'"),
        ("fixed", {"value": -3}, "value: -3 is negative; 0 or more was expected"),
        ("fixed", {"value": "3"}, "value: '3' is not a number"),
        ("fixed", {"value": True}, "value: True is not a number"),
        ("fixed", {"value": math.nan}, "value: nan is not a finite number below 1e12"),
        ("exponential", {"mean": math.inf}, "mean: inf is not a finite number below 1e12"),
        ("gamma", {"mean": 1, "cv": -0.1}, "cv: -0.1 is negative; 0 or more was expected"),
        ("uniform", {"min": 3, "max": 2}, "min: 3 is above max 2; 'uniform' needs min <= max"),
        (
            "pert",
            {"min": 1, "mode": 5, "max": 4},
            "mode: 5 is above max 4; 'pert' needs min <= mode <= max",
        ),
        ("erlang", {"mean": 1, "stages": 0}, "stages: 0 is not a whole number of at least 1"),
        ("weibull", {"scale": 1, "shape": 0}, "shape: 0 is not a number of 0.01 or more"),
        ("empirical", {"values": []}, "values: none given; at least one was expected"),
        (
            "empirical",
            {"values": [2, 1]},
            "values: 2 stands before 1; rising order was expected",
        ),
        ("empirical", {"values": [1, "x"]}, "values, one of them: 'x' is not a number"),
        ("empirical", {"values": 3}, "values: 3 is not a list of numbers"),
    ],
)
def test_each_mistake_gets_one_clear_line(word, parameters, message):
    """A mistake is told in one line with what was found and what was expected."""
    assert problems_of(word, parameters) == [message]
    with pytest.raises(ValueError, match="^" + message.split(":")[0].split("(")[0].strip()[:9]):
        distribution_of(word, parameters)


def test_all_mistakes_are_told_at_once():
    """An unknown and a missing parameter are two lines."""
    assert problems_of("lognormal", {"mean": 1, "cvv": 0.3}) == [
        "'lognormal' has no parameter 'cvv' (did you mean 'cv'?)",
        "'lognormal' needs the parameter 'cv'",
    ]


@given(
    st.sampled_from(sorted(DISTRIBUTIONS)),
    st.dictionaries(
        st.sampled_from(["min", "max", "mode", "mean", "cv", "value", "values", "shape", "scale"]),
        st.none()
        | st.integers()
        | st.floats()
        | st.sampled_from(["", "3"])
        | st.lists(st.floats(), max_size=3),
        max_size=4,
    ),
)
def test_what_is_accepted_can_be_drawn(word, parameters):
    """Whatever a planner writes is either refused with a line or gives numbers of 0 or more."""
    if problems := problems_of(word, parameters):
        assert all(line and "\n" not in line.replace("\\n", "") for line in problems)
    else:
        draws = distribution_of(word, parameters).quantile(np.array([0.25, 0.75]))
        assert (draws >= 0).all()


OFFICE = Calendar.office(
    date(2025, 10, 10), WorkingDays.weekly(), ((9 * 3600, 17 * 3600),), date(2026, 10, 31)
)


def test_cases_at_once_come_at_the_first_opening():
    """Three cases at once all come at nine on the first day."""
    assert AtOnce().times(np.full(3, 0.5), OFFICE).tolist() == [9 * 3600] * 3


def test_one_case_a_working_day_comes_every_morning():
    """A case due at closing time comes when the door next opens: Friday, then Monday."""
    times = Spaced(8 * 3600).times(np.full(3, 0.5), OFFICE)
    assert [OFFICE.datetime_of(int(t)).isoformat() for t in times] == [
        "2025-10-10T09:00:00",
        "2025-10-13T09:00:00",
        "2025-10-14T09:00:00",
    ]


def test_poisson_cases_come_in_open_hours_only():
    """A thousand random arrivals are sorted, in open hours, and of the stated mean gap."""
    u = (np.random.default_rng(5).permutation(1000) + 0.5) / 1000
    times = Poisson(1800.0).times(u, OFFICE)
    assert (np.diff(times) >= 0).all()
    assert all(OFFICE.is_open(int(t)) for t in times)
    assert OFFICE.worked(0, int(times[-1])) / 1000 == pytest.approx(1800, rel=0.01)


def test_streams_are_48_bits_and_apart():
    """Ten thousand step keys have ten thousand streams below two to the 48th."""
    streams = {stream_of(f"S{i}") for i in range(10_000)}
    assert len(streams) == 10_000
    assert min(streams) >= 0
    assert max(streams) < 2**48
    assert stream_of("联合踏勘") == 174_672_286_666_265
