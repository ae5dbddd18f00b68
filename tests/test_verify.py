"""The simulator against closed forms: ``lianban verify``'s engine room."""

import json
from pathlib import Path

import numpy as np
import pytest

from rules import InputError
from simulator.verify import verify_case, verify_file
from simulator.verify_estimates import CONTROL, add_quantile, estimate, mean_of

CASES = Path(__file__).resolve().parents[2] / "shared" / "data" / "queueing_cases.json"
with_cases = pytest.mark.skipif(
    not CASES.exists(), reason="reference cases not beside the checkout"
)

QUICK = (
    "dm1-rho80", "mm3-loss", "batch3-mm1", "outage-resume", "calendar-9to5-24x7-arrivals",
    "tandem-2", "forkjoin-2", "pert-wheatstone-exp", "lk-reliability", "cpm-12", "graham-1969",
    "workcal-2025-10",
)  # fmt: skip
LONGER = (
    "mm1-rho50", "mm2-rho75", "mm2-k6", "repair-6-2", "erlang-a-withdraw", "md1-rho70",
    "md3-rho80", "mu1-rho75", "mtri1-rho66", "e2m1-rho70", "me2-2-rho80", "prio-pr-mm1",
    "survey-1-5", "vacation-exp", "calendar-9to5-office-arrivals", "tandem-promise-3",
    "closed-12", "pert-parallel-5-exp", "pert-discrete-8", "pert-serpar",
)  # fmt: skip
"""Another of each family, together about a minute."""


@with_cases
@pytest.mark.parametrize("name", QUICK)
def test_textbook_values_come_out(name):
    """A simulated textbook case has its closed form inside a 99.9 % interval of under 2 %."""
    (verified,) = verify_file(CASES, only=[name])
    assert verified.verdict == "pass", [m for m in verified.metrics if m.verdict != "pass"]


@with_cases
@pytest.mark.slow
@pytest.mark.parametrize("name", LONGER)
def test_more_textbook_values_come_out(name):
    """So do the closed forms of the other families, which take longer."""
    (verified,) = verify_file(CASES, only=[name], seconds=60)
    assert verified.verdict == "pass", [m for m in verified.metrics if m.verdict != "pass"]


@with_cases
@pytest.mark.long
def test_every_textbook_case_comes_out():
    """All cases of the reference file pass, whatever their family."""
    verified = list(verify_file(CASES, workers=2, seconds=300))
    assert len(verified) == 52
    assert [each.id for each in verified if each.verdict != "pass"] == []


def _mm1(**expected: float) -> dict[str, object]:
    return {
        "id": "mine",
        "model": {
            "kind": "open_single_station",
            "arrivals": {"process": "poisson", "rate": 0.5},
            "service": {"dist": "exponential", "mean": 1.0},
            "servers": 1,
            "discipline": "FCFS",
        },
        "expected": expected,
    }


def test_a_wrong_value_fails():
    """A file that expects half a percent too much waiting fails, with estimate and distance."""
    verified = verify_case(_mm1(W=2.0, P_wait=0.51))
    verdicts = {each.name: each.verdict for each in verified.metrics}
    assert verdicts == {"W": "pass", "P_wait": "fail"}
    assert verified.verdict == "fail"
    off = verified.metrics[1]
    assert off.z is not None
    assert off.z < -3.3


def test_what_is_unknown_is_said_to_be():
    """Unknown models and values are unsupported, never passed over."""
    strange = {"id": "x", "model": {"kind": "polling_loop"}, "expected": {"W": 1.0}}
    verified = verify_case(strange)
    assert (verified.verdict, verified.note) == (
        "unsupported",
        "no model of the kind 'polling_loop'",
    )
    case = _mm1(W=2.0, skewness=3.0)
    assert [each.verdict for each in verify_case(case).metrics] == ["pass", "unsupported"]
    case["model"]["service"] = {"dist": "pareto", "alpha": 2}
    assert verify_case(case).note == "cannot be expressed: the distribution 'pareto'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ('{"schema": "other/1"}', "'queueing-cases/1' was expected"),
        ('{"schema": "queueing-cases/1"}', "cases: a list was expected"),
        ('{"schema": "queueing-cases/1", "cases": [{"id": "a"}]}', "case 1: 'model' is missing"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, text, message):
    """What is no file of reference cases is refused with one line."""
    path = tmp_path / "cases.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        list(verify_file(path))


def test_the_same_seed_gives_the_same_verdicts_on_any_number_of_workers(tmp_path):
    """Two processes give what one gives, number by number."""
    path = tmp_path / "cases.json"
    document = {"schema": "queueing-cases/1", "cases": [_mm1(W=2.0), _mm1(P_wait=0.5)]}
    path.write_text(json.dumps(document), "utf-8")
    one, two = (list(verify_file(path, workers=workers)) for workers in (1, 2))
    assert [each.metrics for each in one] == [each.metrics for each in two]


def test_controls_narrow_an_interval_and_leave_it_true():
    """A control with known mean 0 takes its share of the luck out of an estimate."""
    generator = np.random.default_rng(5)
    inside = {"plain": 0, "controlled": 0}
    for _ in range(400):
        luck = generator.normal(size=60)
        values = 10 + 3 * luck + generator.normal(size=60)
        plain = estimate(mean_of("x"), {"x": values}, 0.9)
        controlled = estimate(mean_of("x"), {"x": values, f"{CONTROL}luck": luck}, 0.9)
        assert controlled.half_width < plain.half_width / 2
        for name, each in (("plain", plain), ("controlled", controlled)):
            inside[name] += abs(each.value - 10) <= each.half_width
    assert all(340 <= number <= 380 for number in inside.values()), inside


def test_a_quantile_is_found_where_it_is():
    """The estimate of a quantile is the sample's own, wherever it was thought to be."""
    values = np.random.default_rng(1).exponential(size=(200, 2000))
    for near in (2.9, 3.0, 3.1):
        columns: dict[str, np.ndarray] = {}
        metric = add_quantile(columns, "p95", values, near, 0.95)
        assert estimate(metric, columns, 0.999).value == pytest.approx(
            np.quantile(values, 0.95), rel=0.005
        )


def test_a_queue_that_grows_for_ever_has_no_steady_state():
    """A load of 100 % or more is said to be no steady state instead of being simulated."""
    case = _mm1(W=2.0)
    case["model"]["arrivals"]["rate"] = 1.0
    assert verify_case(case).note == "cannot be expressed: a steady state at a load of 1"
