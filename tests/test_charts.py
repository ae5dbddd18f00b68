"""Charts: the numbers behind them, our font in them, and nothing global touched."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from results import charts, series, summarise
from scenarios import compile_plan, load
from simulator import Interval, mean_interval, simulate
from simulator.clocks import clocks

REFORM = load("jiaxing/reform")
RUN = simulate(compile_plan(REFORM), 6)


def words_of(ax) -> str:
    """Return every text of the axes."""
    texts = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label]
    legend = ax.get_legend()
    texts += legend.get_texts() if legend else []
    return "\n".join(text.get_text() for text in texts)


def test_the_distribution_counts_every_case():
    """All cases of all replications are in the histogram, and P50, P90 are the summary's."""
    found = series.elapsed(RUN, "reform")
    summary = summarise(REFORM, RUN)
    assert len(found.days) == 6 * 120
    assert found.p50 == mean_interval(summary.times.p50.tolist())
    assert found.p90 == mean_interval(summary.times.p90.tolist())
    ax = charts.plot_distribution([found], promise=120)
    share = 100 * (found.days <= 120).mean()
    assert f"promise 120: {share:.1f} %" in words_of(ax)
    assert f"P90 {found.p90.estimate:.1f}" in words_of(ax)


def test_days_by_stage_add_up_to_the_time_of_all_steps():
    """The parts of all stages are the working time of all desks."""
    stages = series.days_by_stage(REFORM, RUN)
    counting = RUN.plan.calendars[0]
    total = sum(
        int(counting.worked_many(trace.ready.ravel(), trace.end.ravel()).sum())
        for trace in RUN.replications
    )
    told = sum(s.touch + s.queue + s.dwell + s.applicant + s.notice + s.stopped for s in stages)
    assert told == pytest.approx(total / (6 * 120) / counting.day_ticks)
    assert [s.name.zh for s in stages] == [stage.name.zh for stage in REFORM.procedure.stages]
    assert "立项" in words_of(charts.plot_days(stages, language="zh"))


def test_queues_begin_and_end_empty():
    """Before the first arrival and after the last end nobody waits."""
    queue = series.queue_length(RUN, "construction.reviewer")
    assert queue.mean[0] == queue.mean[-1] == 0
    assert (queue.low <= queue.mean + 1e-9).all()
    assert queue.mean.max() > 0
    assert charts.plot_queue([queue]).get_ylim()[0] == 0
    with pytest.raises(KeyError):
        series.queue_length(RUN, "nobody.reviewer")


def test_the_waterfall_ends_where_the_contributions_lead():
    """236 less 20.5, 30.25 and 76.25 is 109: the last bar says so."""
    ax = charts.plot_waterfall(
        236, [("zone", -20.5), ("joint", -30.25), ("parallel", -76.25)], unit="wd"
    )
    assert [bar.get_width() for bar in ax.patches][-1] == 109
    assert "-76.2" in words_of(ax)


def test_gantt_marks_the_critical_path_and_shows_the_baseline():
    """Each step is a bar of its days; today's place of its members lies beneath."""
    ax = charts.plot_gantt(REFORM.procedure, baseline=REFORM.today)
    bars = [bar for bar in ax.patches if bar.get_height() == 0.5]
    assert sorted(bar.get_width() for bar in bars) == sorted(
        float(step.days) for step in REFORM.procedure.steps
    )
    assert sum(bar.get_linewidth() > 2 for bar in bars) == len(
        REFORM.procedure.critical_path().keys
    )
    origins = sum(len(step.origin) for step in REFORM.procedure.steps)
    assert len(ax.patches) == len(bars) + origins


def test_use_tornado_and_front_say_their_numbers():
    """Labels carry the numbers; the front holds exactly the designs that nothing beats."""
    pools = summarise(REFORM, RUN).pools
    busiest = max(pools, key=lambda pool: pool.utilisation.estimate)
    said = words_of(charts.plot_utilisation(pools))
    assert f"{100 * busiest.utilisation.estimate:.0f} % × {busiest.capacity}" in said
    effects = [("a", Interval(-2.0, -3.0, -1.0, 0.95, 9)), ("b", Interval(5.0, 4.0, 6.0, 0.95, 9))]
    widths = [bar.get_width() for bar in charts.plot_tornado(effects, unit="wd").patches]
    assert widths == [-2.0, 5.0]
    ax = charts.plot_pareto([("p", 1, 9), ("q", 2, 9), ("r", 3, 1)], x="x", y="y")
    front = next(line for line in ax.lines if line.get_label() == "best for some purpose")
    assert list(np.asarray(front.get_xdata())) == [1, 3]


def test_no_axis_numbers_less_than_nothing():
    """Room left of zero, for names, has no numbers: no case takes -10 days, nobody -1 levers."""
    quick = replace(series.elapsed(RUN, "reform"), days=np.linspace(0.0, 40.0, 99))
    for ax in (
        charts.plot_distribution([quick]),
        charts.plot_pareto([("p", 0, 9), ("q", 5, 1)], x="levers used", y="days"),
    ):
        low, high = ax.get_xlim()
        ticks = ax.get_xticks()
        assert low < 0
        assert len(ticks) > 2
        assert all(0 <= tick <= high for tick in ticks)
    below = charts.plot_pareto([("p", -4, 9), ("q", 5, 1)], x="saved", y="days")
    assert min(below.get_xticks()) < 0


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_charts_are_written_whole_and_the_same_each_time(tmp_path, ending, recwarn):
    """Two drawings of the same data are byte-equal; Chinese finds its glyphs; no global change."""
    before = dict(mpl.rcParams)
    stages = series.days_by_stage(REFORM, RUN)
    written = [
        charts.save(charts.plot_days(stages, language="zh"), tmp_path / f"{n}.{ending}")
        for n in (1, 2)
    ]
    assert written[0].read_bytes() == written[1].read_bytes()
    assert not [w for w in recwarn if "Glyph" in str(w.message)]
    assert dict(mpl.rcParams) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"1.{ending}", f"2.{ending}"]


def test_an_unknown_form_is_refused(tmp_path):
    """A chart cannot be saved as .bmp; the known forms are listed."""
    with pytest.raises(ValueError, match=r"'.bmp' is not a form of charts \(.png, .svg, .pdf\)"):
        charts.save(charts.plot_pareto([("p", 1, 1)], x="x", y="y"), tmp_path / "x.bmp")


def test_reading_results_does_not_load_matplotlib():
    """Tables and comparisons answer without matplotlib; only charts load it."""
    code = "import sys, results; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("names", [("jiaxing", "reform"), ("zhongshan", "collaborative")])
def test_words_of_a_distribution_stay_within_their_place(names: tuple[str, str], language: str):
    """Names of quantiles lie inside the axes, the legend inside the picture, however long."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    today = load(names[0])
    designs = [today, load(f"{names[0]}/{names[1]}")]
    taken = [
        series.elapsed(simulate(compile_plan(each), 2, 1), each.name.in_language(language))
        for each in designs
    ]
    promise = float(np.median(taken[0].days))
    ax = charts.plot_distribution(taken, promise=promise, language=language)
    figure = ax.get_figure()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    inside, page = ax.get_window_extent(), figure.bbox
    for text in ax.texts:
        box = text.get_window_extent()
        assert inside.x0 <= box.x0, text.get_text()
        assert box.x1 <= inside.x1, text.get_text()
    legend = ax.get_legend().get_window_extent()
    assert page.x0 <= legend.x0
    assert legend.x1 <= page.x1
    assert legend.y0 >= page.y0
    assert inside.width > 0.75 * page.width, "the legend must not squeeze the picture"


@pytest.mark.parametrize("name", ["jiaxing/reform", "anshan-pharmacy", "zhongshan"])
def test_each_part_of_the_days_is_what_the_clocks_count(name: str):
    """Touch, dwell, applicant, notice and stopped time are those of the legal clocks."""
    scenario = load(name)
    run = simulate(compile_plan(scenario), 2, 1)
    stages = series.days_by_stage(scenario, run)
    counted_by = [clocks(run.plan, trace) for trace in run.replications]
    day = run.plan.calendars[0].day_ticks * run.plan.cases * 2
    for part in ("applicant", "notice", "stopped"):
        told = sum(getattr(stage, part) for stage in stages)
        counted = sum(int(getattr(each, part).sum()) for each in counted_by) / day
        assert told == pytest.approx(counted), part
    office = sum(stage.touch + stage.dwell for stage in stages)
    counted = sum(int((each.touch + each.dwell).sum()) for each in counted_by) / day
    assert office == pytest.approx(counted)


def drawn_boxes(ax, texts) -> list:
    """Return where texts stand on the page once the chart is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(ax.get_figure()).draw()
    return [text.get_window_extent() for text in texts]


def test_a_promise_between_the_quantiles_hides_none_of_their_names():
    """The promise has a row of its own above the quantiles, whose names stand before its line."""
    taken = [series.elapsed(RUN, "reform")]
    limit = taken[0].p50.estimate - 0.5
    ax = charts.plot_distribution(taken, promise=limit)
    boxes = drawn_boxes(ax, ax.texts)
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert not one.overlaps(other)
    highest = max(patch.get_window_extent().y1 for patch in ax.patches)
    assert min(box.y0 for box in boxes) > highest, "no words lie on the histogram"
    names = [text for text in ax.texts if text.get_text().strip().startswith("P")]
    assert all(text.get_bbox_patch() is not None for text in names)


def test_the_legend_stands_below_the_axis_however_low_the_axes_are():
    """One stage makes a flat chart: its legend still leaves the axis and its name free."""
    stages = series.days_by_stage(REFORM, RUN)
    for shown in (stages[:1], stages):
        ax = charts.plot_days(shown, design="reform")
        legend, label, *ticks = drawn_boxes(
            ax, [ax.get_legend(), ax.xaxis.label, *ax.get_xticklabels()]
        )
        assert legend.y1 <= label.y0
        assert all(legend.y1 <= tick.y0 for tick in ticks)
        assert ax.get_title(loc="left") == "where the days go: reform"


def test_gantt_and_tornado_explain_themselves():
    """Every look of the Gantt is in its legend once; each bar of the tornado has its number."""
    ax = charts.plot_gantt(REFORM.procedure, baseline=REFORM.today, language="zh")
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(told) == sorted(["改革前", "关键线路", "其他环节", "机动时间"])
    assert ax.get_title(loc="left").endswith(": 109 纸面工作日")
    effects = [("a", Interval(-2.0, -3.0, -1.0, 0.95, 9)), ("b", Interval(0.0, None, None, 1.0, 1))]
    assert [t.get_text() for t in charts.plot_tornado(effects, unit="wd").texts] == [
        " +0.0 ",
        " -2.0 ",
    ]


def test_two_queues_of_one_office_have_two_names():
    """The window's queue and the reviewers' are told apart in legend and table."""
    queues = [series.queue_length(RUN, f"construction.{part}") for part in ("reviewer", "window")]
    told = words_of(charts.plot_queue(queues, language="en"))
    assert "Construction (reviewer)" in told
    assert "Construction (window)" in told
    assert queues[0].name.zh.endswith("(审查)")


def test_levers_are_counted_in_whole_numbers():
    """No tick stands between one lever and two."""
    ax = charts.plot_pareto([("", 0, 9), ("", 1, 5)], x="levers used", y="wd")
    assert all(float(tick).is_integer() for tick in ax.get_xticks())
