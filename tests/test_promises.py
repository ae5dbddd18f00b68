"""Promises: what can be claimed, how sure a verdict is, and what a failure says."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import small_city
from hypothesis import given
from hypothesis import strategies as st

from lianban.cli import main
from results import summarise
from results.promises import Checker, Verdict, parse_claim, read_promises, reports
from results.promises.claims import METRICS, ClaimSyntaxError, Order
from results.promises.files import promises_path
from results.promises.measures import values_of
from results.promises.verdicts import look, looks, replications_needed
from rules import InputError
from scenarios import compile_plan, load
from simulator import Interval, simulate
from simulator.usage import waits_of

# --- claims ---


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("steps <= 14", "steps <= 14"),
        ("paper_days < 109.5 wd", "paper_days < 109.5"),
        ("p90(total) ≤ 120 wd", "p90(total) <= 120"),
        ("on_time(109)>=90%", "on_time(109) >= 0.9"),
        ("mean( wait[ 'survey_firm' ] ) <= 2", 'mean(wait["survey_firm"]) <= 2'),
        ('p90(days["R11"]) <= 20 wd', 'p90(days["R11"]) <= 20'),
        ('utilisation["planning.reviewer"] < 0.85', 'utilisation["planning.reviewer"] < 0.85'),
        ('mean(wait["测绘"]) <= 2', 'mean(wait["测绘"]) <= 2'),
    ],
)
def test_claims_are_read_and_written_alike(text, written):
    """Every form of the grammar is read; what is written is read as the same claim."""
    claim = parse_claim(text)
    assert str(claim) == written
    assert parse_claim(str(claim)) == claim


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p99(total) <= 3", "did you mean 'p90'"),
        ("p90(totl) <= 3", "did you mean 'total'"),
        ("p90 <= 3", "'(' after p90"),
        ("p90(total) 120", "'<=', '>=', '<' or '>'"),
        ("p90(total) <= ", "a number was expected, not the end"),
        ("p90(total) <= -3", "a number was expected, not '-'"),
        ("p90(total) <= 1e3", "stands after the end"),
        ("p90(total) <= 120 and steps <= 3", "'and' stands after the end"),
        ("p90(total) <= 120 %", "is no share"),
        ("steps <= 14 wd", "is not counted in working days"),
        ("on_time(109) >= 90", "'90 %'"),
        ("wait['a'] <= 3", "no metric is called 'wait'"),
        ("mean(wait[a]) <= 3", "in quotes was expected"),
        ("__import__('os').system('x') <= 1", "cannot be read here"),
        ("", "a metric was expected, not the end"),
        ("steps <= 14" + " " * 300, "longer than"),
        ("steps ; 14", "cannot be read here"),
    ],
)
def test_what_is_no_claim_is_told(text, said):
    """A claim outside the grammar is refused with what was expected instead."""
    with pytest.raises(ClaimSyntaxError) as error:
        parse_claim(text)
    assert said in str(error.value)


@given(st.text(alphabet=st.sampled_from("steps()[]\"'<>=%.0123 wdp90total"), max_size=40))
def test_any_text_is_a_claim_or_refused(text):
    """No text crashes the reader."""
    try:
        claim = parse_claim(text)
    except ClaimSyntaxError:
        return
    assert parse_claim(str(claim)) == claim


def test_the_manual_names_every_metric():
    """docs/promises.md documents each word that a claim may begin with."""
    text = (Path(__file__).resolve().parents[1] / "docs" / "promises.md").read_text("utf-8")
    assert all(f"`{metric}" in text for metric in METRICS)


# --- measures ---


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return small_city.build(tmp_path_factory.mktemp("towns") / "city")


def test_metrics_are_those_of_the_summary(city):
    """Promises and `lianban run` measure the same numbers."""
    scenario = load(city)
    run = simulate(compile_plan(scenario), 6, 1)
    summary = summarise(scenario, run)
    for of in ("mean", "p50", "p90"):
        claim = parse_claim(f"{of}(total) <= 1")
        assert values_of(claim.metric, run) == getattr(summary.times, of).tolist()
    limit = summary.paper.paper_days
    on_time = values_of(parse_claim(f"on_time({limit}) >= 0").metric, run)
    assert on_time == summary.times.on_time.tolist()
    pool = next(use for use in summary.pools if use.key == "board.reviewer")
    use = values_of(parse_claim('utilisation["board.reviewer"] <= 1').metric, run)
    assert np.mean(use) == pytest.approx(pool.utilisation.estimate)
    for where in ("board.reviewer", "board"):
        wait = values_of(parse_claim(f'mean(wait["{where}"]) <= 1').metric, run)
        assert np.mean(wait) == pytest.approx(pool.wait.estimate)


def test_waits_and_days_of_a_step(city):
    """A step's days hold its wait; its wait is that of the only desk its people keep."""
    run = simulate(compile_plan(load(city)), 3, 1)
    waits = values_of(parse_claim('mean(wait["B"]) <= 1').metric, run)
    days = values_of(parse_claim('mean(days["B"]) <= 1').metric, run)
    # of all visits; those to the board while it is watched are fewer
    pool = next(n for n, each in enumerate(run.plan.pools) if each.key == "board.reviewer")
    for wait, trace in zip(waits, run.replications, strict=True):
        ticks = run.plan.calendars[0].worked_many(*waits_of(run.plan, trace, pool).T)
        assert wait == pytest.approx(ticks.mean() / run.plan.day_ticks)
    assert all(4 < day - wait < 12 for day, wait in zip(days, waits, strict=True))
    p90 = values_of(parse_claim('p90(wait["B"]) <= 1').metric, run)
    assert all(high >= mean for high, mean in zip(p90, waits, strict=True))


# --- verdicts ---


def test_looks_double_and_end_at_the_most():
    """The test looks at 10, 20, 40 ... replications, and last at the most allowed."""
    assert looks(160) == (10, 20, 40, 80, 160)
    assert looks(100) == (10, 20, 40, 80, 100)
    assert looks(10) == (10,)


def sequential(values, claim, confidence=0.95):
    """Return the verdict and the number of replications it took."""
    planned = looks(160)
    for count in planned:
        verdict, _ = look(values[:count], claim, confidence, len(planned))
        if verdict is not Verdict.UNSURE:
            return verdict, count
    return Verdict.UNSURE, count


@pytest.mark.parametrize(
    ("draw", "most_wrong"),
    [
        (lambda luck: luck.normal(100, 5, 160), 0.05),
        # skewed far more than a replication's mean or P90 ever is; Willink's interval
        # corrects most of it, and what is left stays below twice the stated rate
        (lambda luck: 99 + luck.exponential(1, 160), 0.10),
    ],
)
def test_the_stated_error_rates_hold(draw, most_wrong):
    """With the true mean exactly at the limit, either verdict is wrong at most so often."""
    luck = np.random.default_rng(11)
    claim = parse_claim("mean(total) <= 100")
    trials = 600
    found = [sequential(draw(luck).tolist(), claim)[0] for _ in range(trials)]
    noise = 2 * (most_wrong * (1 - most_wrong) / trials) ** 0.5
    for wrong in (Verdict.BROKEN, Verdict.KEPT):
        assert found.count(wrong) / trials <= most_wrong + noise, wrong
    assert found.count(Verdict.UNSURE) > trials * 0.75


def test_a_clear_case_needs_few_replications_and_a_close_one_more():
    """A margin of four standard deviations is told at the first look, a tenth of one is not."""
    luck = np.random.default_rng(5)
    claim = parse_claim("mean(total) <= 100")
    clear = [sequential(luck.normal(80, 5, 160).tolist(), claim) for _ in range(50)]
    assert all(found == (Verdict.KEPT, 10) for found in clear)
    broken = [sequential(luck.normal(120, 5, 160).tolist(), claim) for _ in range(50)]
    assert all(found == (Verdict.BROKEN, 10) for found in broken)
    close = [sequential(luck.normal(98, 5, 160).tolist(), claim) for _ in range(50)]
    assert Verdict.BROKEN not in [verdict for verdict, _ in close]
    assert np.mean([count for _, count in close]) > 20


def test_too_few_replications_are_unsure():
    """Four values carry no interval, so there is no verdict."""
    verdict, interval = look([1, 1, 1, 1], parse_claim("mean(total) <= 100"), 0.95, 1)
    assert verdict is Verdict.UNSURE
    assert interval.low is None


def test_shares_must_reach_their_limit():
    """`>=` is kept above the limit and broken below it; the limit itself is enough."""
    claim = parse_claim("on_time(10) >= 90 %")
    assert look([0.95] * 10, claim, 0.95, 1)[0] is Verdict.KEPT
    assert look([0.9] * 10, claim, 0.95, 1)[0] is Verdict.KEPT
    assert look([0.85] * 10, claim, 0.95, 1)[0] is Verdict.BROKEN
    assert not Order.ABOVE.holds(0.9, 0.9)


def test_unsure_says_how_many_replications_would_tell():
    """The narrower the margin the more are needed; at the limit none would do."""
    wide, close, at = (Interval(e, e - 1, e + 1, 0.98, 20) for e in (99.5, 99.9, 100.0))
    needed = [replications_needed(each, Fraction(100)) for each in (wide, close, at)]
    assert needed[0] == 100
    assert needed[1] > 1000
    assert needed[2] is None


# --- files ---

BOOK = """\
schema = 1

[[promise]]
id = "p90-fast"
holds = "p90(total) <= 9"
basis = "mayor's letter"

[[promise]]
id = "steps"
holds = "steps <= 3"

[[promise]]
id = "median"
holds = "p50(total) <= 200"
"""


def test_everything_wrong_with_a_promises_file_is_told_at_once(tmp_path):
    """Unknown metrics, steps, pools, settings and doubled ids are errors with their lines."""
    folder = small_city.build(
        tmp_path / "city",
        """\
[[promise]]
id = "a"
holds = "p99(total) <= 3"
[[promise]]
id = "b"
holds = "mean(wait['boord']) <= 3"
[[promise]]
id = "b"
holds = "utilisation['board'] <= 0.9"
confidense = 0.9
[[promise]]
id = "d"
holds = "mean(days['D']) <= 3"
provenance = "hearsay"
[[promise]]
id = "e"
""",
    )
    with pytest.raises(InputError) as error:
        read_promises(folder / "promises.toml", "promises.toml")
    text = str(error.value)
    for line in (
        "promises.toml:3: holds: no metric is called 'p99' (did you mean 'p90'?)",
        "promises.toml:4: holds: no step, office or pool is called 'boord' (did you mean 'board'?)",
        "promises.toml:7: holds: no pool is called 'board' (its pools: board.reviewer)",
        "promises.toml:7: id: 'b' stands twice (first on line 4)",
        "promises.toml:10: confidense: unknown setting (did you mean 'confidence'?)",
        "promises.toml:11: holds: no step is called 'D'",
        "promises.toml:14: provenance: 'hearsay' is not one of",
        "promises.toml:15: 'holds' is missing",
    ):
        assert line in text, line


def test_an_unknown_metric_never_passes(tmp_path, capsys):
    """A misspelt metric exits with 2, not with 0."""
    folder = small_city.build(tmp_path / "city", BOOK.replace("steps <= 3", "stepz <= 3"))
    assert main(["promises", str(folder)]) == 2
    assert "did you mean 'steps'?" in capsys.readouterr().err


def test_a_scenario_without_promises_says_so(tmp_path, capsys):
    """Asking a scenario that promises nothing is an input error."""
    folder = small_city.build(tmp_path / "city")
    assert main(["promises", str(folder)]) == 2
    assert "makes no promises" in capsys.readouterr().err
    (folder / "promises.toml").write_text("schema = 1\n", encoding="utf-8")
    assert main(["promises", str(folder)]) == 2
    assert "holds no [[promise]]" in capsys.readouterr().err


# --- failures ---


def test_a_failure_says_all_that_is_needed(tmp_path, capsys, monkeypatch):
    """It names promise, line, value, interval, step, pool, change, fix and the command."""
    monkeypatch.chdir(tmp_path)
    folder = small_city.build(tmp_path / "city", BOOK.replace("<= 9", "<= 16"), days=4)
    assert main(["promises", "city", "--save"]) == 0
    capsys.readouterr()
    items = folder / "items.csv"
    items.write_text(small_city.ITEMS.replace("all,8,wd", "all,12,wd"), encoding="utf-8")
    offices = folder / "offices.csv"
    offices.write_text(small_city.OFFICES.replace("Board,0,2", "Board,0,1"), encoding="utf-8")
    assert main(["promises", "city"]) == 1
    out = capsys.readouterr().out
    flat = " ".join(out.split())
    assert "BROKEN :3 p90-fast" in flat
    assert "p90-fast (city/promises.toml:3) misses p90(total) <= 16 by" in flat
    assert "mayor's letter" in flat
    assert "most of it: B Review (critical in 100 % of cases," in flat
    assert "wd for board.reviewer" in flat
    assert "B: days 4 wd -> 12 wd (city/items.csv:3)" in flat
    assert "board: reviewers 2 -> 1 (city/offices.csv:3)" in flat
    assert "+1 reviewer at Board ->" in flat
    assert "since @1 (" in flat
    assert "repeat: lianban promises city/promises.toml --promise p90-fast --seed 1" in out
    assert out.splitlines()[-1] == "1 broken, 0 unsure, 2 kept"
    command = next(line for line in out.splitlines() if "repeat:" in line).partition("lianban ")[2]
    assert main(command.split()) == 1
    again = capsys.readouterr().out
    assert [line for line in again.splitlines() if "measured:" in line] == [
        line for line in out.splitlines() if "measured:" in line
    ]


def test_a_redesign_that_keeps_it_is_named_as_fix(tmp_path):
    """The nearest change that keeps the limit stands first among those tried."""
    folder = small_city.build(
        tmp_path / "city", '[[promise]]\nid = "p"\nholds = "paper_days <= 11"'
    )
    book = read_promises(folder / "promises.toml")
    (fix,) = (finding := Checker(book).check(book.promises[0])).fixes
    assert finding.verdict is Verdict.BROKEN
    assert (fix.what.en, fix.measured.estimate, fix.keeps) == (
        "redesign parallel (Parallel)", 11.0, True,
    )  # fmt: skip
    assert finding.cost.step == "B"


def test_one_run_serves_all_promises_of_a_design(tmp_path, monkeypatch):
    """Promises about one design are checked on one simulation, grown only when needed."""
    folder = small_city.build(tmp_path / "city", BOOK.replace("<= 9", "<= 60"))
    book = read_promises(folder / "promises.toml")
    sizes = []

    def counting(plan, replications, seed, **how):
        sizes.append(replications)
        return simulate(plan, replications, seed, **how)

    monkeypatch.setattr("results.promises.checking.simulate", counting)
    checker = Checker(book)
    assert {checker.check(each).verdict for each in book.promises} == {Verdict.KEPT}
    assert sizes == [10]


def test_unsure_is_neither_kept_nor_broken(tmp_path, capsys, monkeypatch):
    """Four replications tell nothing: exit 0 with a warning, 3 when strict."""
    monkeypatch.chdir(tmp_path)
    small_city.build(tmp_path / "city", BOOK)
    words = ["promises", "city", "--replications", "4", "--promise", "median"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "0 broken, 1 unsure, 0 kept"
    assert "unsure" in err
    assert "--replications 10 would probably tell" in " ".join(out.split())
    assert main([*words, "--strict"]) == 3


# --- forms ---


def test_every_format_tells_the_same(tmp_path, capsys, monkeypatch):
    """Text, JSON, JUnit, GitHub and Markdown hold the same verdicts and numbers."""
    monkeypatch.chdir(tmp_path)
    small_city.build(tmp_path / "city", BOOK)

    def say(*words: str) -> str:
        assert main(["promises", "city", *words]) == 1
        return capsys.readouterr().out

    document = json.loads(say("--json"))
    assert document == json.loads(say("--format", "json"))
    assert document["schema_version"] == 1
    assert document["verdicts"] == {"kept": 2, "broken": 1, "unsure": 0}
    broken = document["promises"][0]
    assert (broken["id"], broken["line"], broken["verdict"]) == ("p90-fast", 3, "BROKEN")
    shown = f"{broken['measured']['estimate']:.1f} wd"
    assert shown in say()
    assert shown in say("--format", "md")
    annotation = say("--format", "github").splitlines()[0]
    assert annotation.startswith(
        "::error file=city/promises.toml,line=3,title=BROKEN%3A p90-fast::"
    )
    assert shown in annotation
    suite = ElementTree.fromstring(say("--format", "junit"))
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    case = suite.find("testcase")
    assert shown in case.find("failure").text
    measured = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert float(measured["measured"]) == pytest.approx(broken["measured"]["estimate"], rel=1e-5)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_fit_a_gbk_console(tmp_path, capsys, monkeypatch, language):
    """No line but the command to copy is wider than 80 cells, and all is encodable in GBK."""
    from lianban.terminal import width

    monkeypatch.chdir(tmp_path)
    long = BOOK + '[[promise]]\nid = "long"\nholds = "mean(wait[\'board.reviewer\']) <= 0.01"\n'
    small_city.build(tmp_path / "city", long)
    assert main(["promises", "city", "--lang", language]) == 1
    out = capsys.readouterr().out
    out.encode("gbk")
    lines = [line for line in out.splitlines() if "lianban promises" not in line]
    assert max(map(width, lines)) <= 80
    assert ("未达标" in out) == (language == "zh")


def test_the_reform_of_jiaxing_keeps_its_promises():
    """14 steps, 109 days on paper and 14 visits are kept, and the simulated ones hold."""
    path, _ = promises_path("jiaxing")
    book = read_promises(path)
    checker = Checker(book)
    findings = [checker.check(promise) for promise in book.promises]
    assert {finding.promise.id: finding.verdict.value for finding in findings} == dict.fromkeys(
        ("steps-14", "paper-109", "visits-14", "median-115", "p90-122", "on-time-120"), "kept"
    )
    assert all(f.promise.basis.zh and f.promise.basis.en for f in findings)
    assert all(
        f.promise.provenance in ("given", "damaged-reading", "reconstruction") for f in findings
    )
    assert reports.verdict_line(findings, "en") == "0 broken, 0 unsure, 6 kept"


def test_another_design_may_be_asked(capsys):
    """The joint steps handled serially keep 14 steps and visits but not 109 days."""
    words = ["promises", "jiaxing/merged", "--promise", "steps-14", "--promise", "paper-109"]
    assert main([*words, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["promises"]
    assert [(each["design"], each["verdict"]) for each in found] == [
        ("jiaxing/merged", "kept"),
        ("jiaxing/merged", "BROKEN"),
    ]
    assert "--design merged" in found[1]["repeat"]


def test_the_command_is_light_until_it_runs():
    """Asking for help imports nothing heavy."""
    code = (
        "import sys; from lianban.cli import main; main(['promises', '--help']); "
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
