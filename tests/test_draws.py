"""The luck of every case."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import Task, plan_of, plans

from rules.duration_rules import parse_rule
from scenarios.arrivals import Poisson
from scenarios.distributions import Fixed, Lognormal
from scenarios.plan import JointWork, OwnWork
from scenarios.streams import stream_of
from simulator import draws
from simulator.draws import ARRIVAL, LONGEST, arrival_times, desk_times, uniform, uniforms
from simulator.philox import philox

WORD = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        (
            "0000000000000000 0000000000000000 0000000000000000 0000000000000000",
            "0000000000000000 0000000000000000",
            "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b",
        ),
        (
            "ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff",
            "ffffffffffffffff ffffffffffffffff",
            "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
        ),
        (
            "243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89",
            "452821e638d01377 be5466cf34e90c6c",
            "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
        ),
    ],
)
def test_philox_gives_the_published_answers(counter, key, expected):
    """The three known answers for philox4x64-10 that Random123 publishes come out."""
    words = [np.array([int(word, 16)], dtype=np.uint64) for word in counter.split()]
    first, second = (int(word, 16) for word in key.split())
    out = philox((first, second), (words[0], words[1], words[2], words[3]))
    assert [f"{int(word[0]):016x}" for word in out] == expected.split()


@settings(deadline=None)
@given(st.tuples(WORD, WORD), st.tuples(WORD, WORD, WORD, WORD))
def test_philox_is_that_of_numpy(key, counter):
    """At any key and counter the four words are numpy's, bit for bit."""
    ours = philox(key, tuple(np.array([word], dtype=np.uint64) for word in counter))
    # numpy steps its 256-bit counter before the first block
    before = (sum(word << 64 * place for place, word in enumerate(counter)) - 1) % 2**256
    words = [before >> 64 * place & 2**64 - 1 for place in range(4)]
    numpy = np.random.Philox(
        key=np.array(key, dtype=np.uint64), counter=np.array(words, dtype=np.uint64)
    )
    assert [int(word[0]) for word in ours] == numpy.random_raw(4).tolist()


def test_an_address_is_laid_out_as_documented():
    """Case, stream, visit and purpose stand in the counter, seed and replication in the key."""
    stream, visit = stream_of("S07"), 3
    numpy = np.random.Philox(
        key=np.array([11, 5], dtype=np.uint64),
        counter=np.array([41, stream + (visit << 48), ARRIVAL, 0], dtype=np.uint64),
    )
    word = int(numpy.random_raw(1)[0])
    drawn = uniform(11, 5, case=42, stream=stream, visit=visit, purpose=ARRIVAL)
    assert drawn == (2 * (word >> 12) + 1) / 2**53


def test_numbers_are_even_and_never_0_or_1():
    """A million numbers fill twenty bins evenly, and neighbours do not follow each other."""
    drawn = uniforms(1, 0, np.arange(1000), np.arange(1000).reshape(-1, 1))
    assert 0 < drawn.min() < drawn.max() < 1
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    assert ((counts - 50_000) ** 2 / 50_000).sum() < 43.8  # chi-square, 19 degrees, 0.1 %
    for one, other in ((drawn[:, 1:], drawn[:, :-1]), (drawn[1:], drawn[:-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.0035


def test_a_draw_does_not_depend_on_what_else_is_drawn():
    """One case alone has the number that it has among a thousand."""
    many = uniforms(3, 2, np.arange(1000), np.array([17]))
    assert uniform(3, 2, case=640, stream=17) == many[640]
    assert len({*many.tolist()}) == 1000


def test_negative_seeds_are_seeds():
    """Seed -1 is the last 64-bit seed, not an error."""
    assert uniform(-1, 0, 0, 1) == uniform(2**64 - 1, 0, 0, 1) != uniform(1, 0, 0, 1)


def _spread(key: str, ticks: int) -> OwnWork:
    return OwnWork(stream_of(key), ticks, Lognormal(1, 0.5))


def test_joint_step_takes_its_members_luck():
    """A joint survey lasts as long as its longest member would have alone, plus a day."""
    alone = plan_of(
        Task("land", _spread("land", 500_000)), Task("fire", _spread("fire", 400_000)), cases=200
    )
    joint = JointWork(
        parse_rule("max(land, fire) + 1"),
        (("land", _spread("land", 500_000)), ("fire", _spread("fire", 400_000))),
        day_ticks=86_400,
    )
    together = plan_of(Task("survey", joint), cases=200)
    apart = desk_times(alone, seed=4, replication=1)
    joined = desk_times(together, seed=4, replication=1)
    assert (joined[:, 0] == apart.max(axis=1) + 86_400).all()


def test_a_rule_of_days_alone_is_the_same_for_every_case():
    """A joint step with the rule ``3`` takes three working days."""
    work = JointWork(parse_rule("3"), (("land", _spread("land", 1000)),), day_ticks=28_800)
    assert desk_times(plan_of(Task("j", work), cases=4), 1, 0).tolist() == [[86_400]] * 4


def test_desks_split_a_step_as_written():
    """Of 1,000 ticks a window takes 100, a review 30 % and the dwell all the rest."""
    task = Task("S", 1000, desks=(((), 0, 100, 0), ((), 0, 0, 300), ((), 0, 0, 0)))
    assert desk_times(plan_of(task), 1, 0).tolist() == [[100, 300, 600]]
    short = replace(task, work=80)
    assert desk_times(plan_of(short), 1, 0).tolist() == [[80, 0, 0]]


@settings(deadline=None)
@given(plans(), st.integers(0, 2**64 - 1))
def test_desks_add_up_to_the_step(plan, seed):
    """However a step is split, its desks add up to its duration to the tick."""
    times = desk_times(plan, seed, 0)
    undivided = plan_of(*(Task(step.key, step.work) for step in plan.steps), cases=plan.cases)
    whole = desk_times(undivided, seed, 0)
    assert (times >= 0).all()
    for number, step in enumerate(plan.steps):
        assert (times[:, list(step.desks)].sum(axis=1) == whole[:, number]).all()


def test_halves_round_to_even_and_time_is_bounded():
    """2.5 ticks are 2 and 3.5 are 4; a factor without bounds stays a whole number."""
    work = [OwnWork(1, 5, Fixed(0.5)), OwnWork(2, 7, Fixed(0.5)), OwnWork(3, 10**15, Fixed(1e11))]
    plan = plan_of(*(Task(str(number), each) for number, each in enumerate(work)))
    assert desk_times(plan, 1, 0).tolist() == [[2, 4, LONGEST]]


def test_an_added_step_moves_no_other_number():
    """With a step more in the plan every other step and every arrival keep their luck."""
    tasks = [Task(key, _spread(key, 10_000)) for key in ("a", "b", "c")]
    before = plan_of(tasks[0], tasks[2], cases=50, arrivals=Poisson(900.0))
    after = plan_of(*tasks, cases=50, arrivals=Poisson(900.0))
    assert (desk_times(after, 9, 3)[:, [0, 2]] == desk_times(before, 9, 3)).all()
    assert (arrival_times(after, 9, 3) == arrival_times(before, 9, 3)).all()


def test_more_cases_leave_the_first_ones_as_they_were():
    """Ten cases of a hundred are the ten of ten."""
    few, many = (plan_of(Task("a", _spread("a", 10_000)), cases=n) for n in (10, 100))
    assert (desk_times(many, 1, 0)[:10] == desk_times(few, 1, 0)).all()


@given(
    st.integers(0, 2**64 - 1), st.integers(0, 2**63), st.integers(0, 2**42), st.integers(0, 300),
    st.lists(st.integers(0, 2**48 - 1), min_size=1, max_size=4), st.integers(0, 2**16 - 1),
    st.integers(0, 13),
)  # fmt: skip
def test_compiled_numbers_are_the_same(seed, replication, first, cases, streams, visit, purpose):
    """The compiled Philox gives every number of the one written with numpy, to the last bit."""
    fast_uniforms = pytest.importorskip("simulator.fast_uniforms")
    of = np.array(streams).reshape(-1, 1)
    for keys in (first + np.arange(cases), first + np.arange(cases)[::-1] * 7):
        one, other = (
            each.uniforms(seed, replication, keys, of, visit=visit, purpose=purpose)
            for each in (draws, fast_uniforms)
        )
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        assert (one == other).all()
    assert fast_uniforms.uniforms(1, 2, np.arange(3), np.zeros(1, dtype=np.int64)).shape == (3,)
