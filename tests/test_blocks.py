"""Blocks of replications: exact sums that merge in any order, and say what traces say."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plans, station
from sweeping import small_sweep

import results
from results.sweeps import comparison_of, design_of, summary_of
from scenarios import compile_plan, load
from simulator import simulate
from simulator.blocks import DamagedBlock, Design, Tally, merged, run_block, tally_of
from simulator.design_bytes import _deciding, engine_version, fingerprint, packed, unpacked
from simulator.histograms import Histogram

TICKS = st.lists(st.integers(0, 10**7), min_size=1, max_size=60)


@given(TICKS, st.floats(0.01, 1))
def test_quantiles_of_a_histogram_are_exact(ticks: list[int], q: float):
    """With cells of one tick a quantile is the value that sorting gives."""
    rank = max(1, int(np.ceil(q * len(ticks) - 1e-9)))
    assert Histogram.of(np.array(ticks), 1).quantile(q) == sorted(ticks)[rank - 1]


@given(st.lists(TICKS, min_size=1, max_size=5), st.randoms())
def test_histograms_merge_in_any_order(groups: list[list[int]], random):
    """Counting together or apart, merged in whatever order, gives the same cells and counts."""
    together = Histogram.of(np.concatenate([np.array(g) for g in groups]), 60)
    parts = [Histogram.of(np.array(group), 60) for group in groups]
    random.shuffle(parts)
    apart = Histogram.merged([Histogram.merged(parts[:2], 60), *parts[2:]], 60)
    assert apart.cells.tolist() == together.cells.tolist()
    assert apart.counts.tolist() == together.counts.tolist()
    assert apart.total == sum(map(len, groups))


def test_histograms_of_different_widths_do_not_merge():
    """Minutes and seconds cannot be counted together."""
    with pytest.raises(ValueError, match="widths"):
        Histogram.merged([Histogram.of(np.array([1]), 1), Histogram.of(np.array([1]), 60)], 60)


def test_a_tally_says_what_the_cases_say():
    """Sum, squares, median, 90th percentile and share on time of one replication by hand."""
    design = Design("office", station(600, 500, 1, 10), 900)
    (trace,) = simulate(design.plan, 1, seed=3).replications
    took = sorted((trace.finish - trace.arrival).tolist())
    tally = run_block(design, 3, 0, 1)
    assert tally.elapsed == sum(took)
    assert tally.squares == sum(each * each for each in took)
    assert tally.column("p50").tolist() == [took[4]]
    assert tally.column("p90").tolist() == [took[8]]
    assert tally.column("within").tolist() == [sum(each <= 900 for each in took)]
    (use,) = tally.usage(design, 0)
    span = int(trace.arrival.min()), int(trace.finish.max())
    assert (use.since, use.until, use.able, use.streamed) == (*span, span[1] - span[0], 0)
    assert use.visits == 10
    assert use.held == int((trace.end - trace.start).sum())
    assert use.waited == use.queued == int((trace.start - trace.ready).sum())
    assert tally.histogram.total == tally.cases == 10


def test_squares_may_pass_64_bits():
    """The sum of squares of centuries of seconds stays exact."""
    design = Design("office", station(600, 500, 1, 3), 900)
    (trace,) = simulate(design.plan, 1, seed=3).replications
    plan = replace(design.plan, calendars=(_Endless(),))  # and no desks, so no pools
    nowhere = np.zeros((3, 0), dtype=np.int64)
    late = replace(
        trace,
        finish=trace.arrival + np.array([4 * 10**9, 5 * 10**9 + 1, 7]),
        ready=nowhere,
        start=nowhere,
        end=nowhere,
        served=nowhere == 0,
    )
    tally = tally_of(Design("office", replace(plan, desks=(), steps=()), 900), [(0, late)])
    assert tally.squares == (4 * 10**9) ** 2 + (5 * 10**9 + 1) ** 2 + 49 > 2**65


class _Endless:
    """A calendar that is always open."""

    @staticmethod
    def worked_many(begin, end):
        return end - begin


@settings(max_examples=25)
@given(plans(), st.sets(st.integers(1, 4), max_size=3))
def test_blocks_of_any_size_give_one_tally(plan, cuts: set[int]):
    """Five replications in one block or in several, merged backwards, give the same bytes."""
    design = Design("any", plan, 40_000)
    ends = [0, *sorted(cuts), 5]
    parts = [run_block(design, 1, a, b - a) for a, b in pairwise(ends)]
    whole = run_block(design, 1, 0, 5)
    assert merged(parts[::-1], design.width).digest() == whole.digest()
    again = Tally.decoded(whole.encoded())
    assert again.digest() == whole.digest()
    assert again.encoded() == whole.encoded()


def test_a_replication_is_counted_once():
    """Merging two blocks that share a replication is refused."""
    design = small_sweep().designs[0]
    with pytest.raises(ValueError, match="replication 1 occurs twice"):
        merged([run_block(design, 1, 0, 2), run_block(design, 1, 1, 2)], design.width)


@given(st.data())
def test_bytes_that_are_no_block_are_refused(data: st.DataObject):
    """Cut, lengthened or invented bytes raise one kind of error, and need little memory."""
    whole = _WHOLE
    cut = data.draw(st.integers(0, len(whole) - 1))
    invented = data.draw(st.binary(max_size=80))
    for damaged in (whole[:cut], whole + b"x", invented, whole[:20] + invented):
        with pytest.raises(DamagedBlock):
            Tally.decoded(damaged)


_WHOLE = run_block(small_sweep().designs[0], 1, 0, 2).encoded()


def test_a_comparison_from_blocks_is_the_comparison_from_traces():
    """Both ways give the same JSON and the same table, byte by byte, for two Jiaxing designs."""
    chosen = [load("jiaxing"), load("jiaxing/reform")]
    traced = [results.summarise(each, simulate(compile_plan(each), 6, 11)) for each in chosen]
    expected = comparison_of(traced)
    summaries = []
    for scenario in chosen:
        design = design_of(scenario)
        blocks = [run_block(design, 11, first, 3) for first in (3, 0)]
        tally = merged(blocks, design.width)
        summaries.append(summary_of(scenario, design, tally, 11, traced[0].engine))
    found = comparison_of(summaries)
    assert json.dumps(found.to_json()) == json.dumps(expected.to_json())
    assert found.table("zh") == expected.table("zh")
    assert json.dumps(summaries[1].to_json()) == json.dumps(traced[1].to_json())
    assert summaries[1].pool_table("en") == traced[1].pool_table("en")
    compared = results.compare(chosen, replications=6, seed=11)
    assert json.dumps(compared.to_json()) == json.dumps(expected.to_json())


@settings(max_examples=10)
@given(plans())
def test_a_design_comes_through_to_a_worker_whole(plan):
    """What a worker unpacks has the same fingerprint and the same luck."""
    design = Design("any", plan, 7)
    there = unpacked(packed(design))
    assert fingerprint(there) == fingerprint(design)
    assert run_block(there, 2, 1, 1).digest() == run_block(design, 2, 1, 1).digest()


def test_a_fingerprint_sees_every_change():
    """Another duration, capacity, calendar, case number or limit is another design."""
    plan = station(600, 500, 2, 10)
    pool = replace(plan.pools[0], capacity=3)
    changed = [
        Design("office", plan, 900),
        Design("office", plan, 901),
        Design("office", station(600, 501, 2, 10), 900),
        Design("office", station(600.5, 500, 2, 10), 900),
        Design("office", station(600, 500, 2, 11), 900),
        Design("office", replace(plan, pools=(pool,)), 900),
        Design("office", compile_plan(load("jiaxing")), 900),
        Design("office", compile_plan(load("jiaxing/reform")), 900),
    ]
    assert len({fingerprint(design) for design in changed}) == len(changed)
    assert fingerprint(changed[0]) == fingerprint(Design("office", station(600, 500, 2, 10), 900))


def test_fingerprints_do_not_depend_on_the_process():
    """Another process with another hash seed gives a design the same fingerprint."""
    code = (
        "from results.sweeps import design_of; from scenarios import load;"
        "from simulator.design_bytes import fingerprint;"
        "print(fingerprint(design_of(load('jiaxing/reform'))).hex())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == fingerprint(design_of(load("jiaxing/reform"))).hex()


def test_what_has_no_fingerprint_says_so():
    """A value that cannot be told apart from others is refused rather than passed over."""
    with pytest.raises(TypeError, match="function has no fingerprint"):
        fingerprint(lambda: 0)


def test_the_engine_version_names_release_and_source():
    """Two states of a checkout differ in version even before the release is renamed."""
    decide = _deciding()
    assert {
        "rules.calendars", "rules.working_days", "rules.duration_rules", "scenarios.distributions",
        "scenarios.arrivals", "simulator.blocks", "simulator.draws", "simulator.philox",
        "simulator.simpy_engine", "simulator.fast_engine", "simulator.fast_kernel",
    } <= set(decide)  # fmt: skip
    assert not any(module.startswith(("results", "lianban")) for module in decide)
    release, source = engine_version().split()
    assert (release[0].isdigit(), len(source)) == (True, 12)
