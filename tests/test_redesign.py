"""The best lawful redesign of Jiaxing: found, proved, explained; the command; luck."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from lianban.cli import main
from optimizer.lever_offers import Design, Offer, OfferBook, Refusal, read_offers
from optimizer.redesign import lawful_floor, redesign
from optimizer.redesign_derive import derived_offers
from optimizer.redesign_model import Limit
from optimizer.redesign_sampling import Sampler, SampleSearch, quantile
from optimizer.redesign_search import Search
from optimizer.redesign_trial import try_out
from rules import Duration, Edge, InputError, Name, Procedure, Step, Strength
from rules.flows import Parallel
from rules.levers import ApproveBySimulation, HandleInParallel, Join, Shorten
from scenarios import load
from scenarios.distributions import Fixed, Lognormal

JOINTS = (
    "joint-acceptance-in", "joint-assessments", "joint-land", "joint-surveying", "joint-design",
    "joint-drawings", "joint-permits", "joint-completion-survey", "joint-acceptance",
)  # fmt: skip
REFORM = ("zone", "traffic", "swap", *JOINTS, "parallel")


@pytest.fixture(scope="module")
def book() -> OfferBook:
    today = load("jiaxing")
    return OfferBook(today.procedure, read_offers(today.folder / "offers.toml"))


@pytest.fixture(scope="module")
def search(book: OfferBook) -> Search:
    return Search(book)


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ((), 109),
        (("notice",), 102),
        (("survey",), 101),
        (("all-custom",), 94),
        (("simulated",), 80),
    ],
)
def test_the_offers_make_the_published_reform(book: OfferBook, more: tuple[str, ...], days: int):
    """The offers of the reform give 14 steps at 109 days; one more gives 102, 101, 94 or 80."""
    design = book.apply((*REFORM, *more))
    assert isinstance(design, Design)
    assert (design.procedure.n_steps, design.procedure.paper_days) == (14, days)


def test_the_search_finds_fourteen_steps_at_no_more_than_109(search: Search):
    """From the 35 steps the search finds 14 steps, in the published 109 days or fewer, proved."""
    found = search.best(["steps", "paper_days"])
    assert found.status == "optimal"
    assert found.value == found.bound == 14
    assert found.design is not None
    assert found.design.procedure.paper_days == 73


def test_the_reform_is_the_best_without_custom_dropped_or_early_work(book: OfferBook):
    """With neither further custom dropped nor simulated approval, 109 is the least for 14 steps."""
    kept = [o for o in book.offers if o.key not in ("notice", "survey", "all-custom", "simulated")]
    found = Search(OfferBook(book.today, kept)).best(["paper_days"], [Limit("steps", Fraction(14))])
    assert (found.status, found.value) == ("optimal", 109)


def test_the_best_for_every_number_of_levers_is_proved(search: Search):
    """For 0 to 8 levers the least days are proved; more levers are never worse."""
    found = search.best_of_each_size(["paper_days"], 8)
    assert [each.status for each in found] == ["optimal"] * 9
    assert [each.value for each in found] == [236, 121, 82, 82, 81, 78, 73, 71, 71]
    assert all(each.value == each.bound for each in found)


def test_small_budgets_are_right_by_trying_everything(book: OfferBook, search: Search):
    """The proved days for up to two levers are those of trying all 172 pairs."""
    keys = [offer.key for offer in book.offers]
    pairs = [frozenset({a, b}) for a in keys for b in keys]
    designs = [book.apply(p) for p in pairs if book.consistent(p)]
    least = min(d.procedure.paper_days for d in designs if isinstance(d, Design))
    assert search.best(["paper_days"], [Limit("levers", Fraction(2))]).value == least


def test_trade_offs_of_days_against_steps(search: Search):
    """No redesign beats the front: 71 days take 18 steps, 14 steps take 73 days."""
    front, proved = search.front("paper_days", "steps")
    assert proved
    assert [(f.value, f.design.procedure.n_steps) for f in front if f.design] == [
        (71, 18), (73, 14),
    ]  # fmt: skip


def test_the_floor_is_82_days_of_statute_and_data():
    """With every custom dropped the 35 steps take 82 days: statute and data hold each link."""
    days, chain = lawful_floor(load("jiaxing").procedure)
    assert days == sum(each.days for each in chain) == 82
    assert {each.strength for each in chain[1:]} == {"statute", "data"}
    assert all(each.why for each in chain[1:])
    assert "环境影响评价法" in next(e for e in chain if e.step == "S08").sentence("en")


def test_refusals_are_the_levers_own(book: OfferBook):
    """Joining scheme and design without the swap is refused by the lever, with the custom named."""
    refused = book.apply(["joint-design"])
    assert isinstance(refused, Refusal)
    assert "drop the custom S21->S22 first" in refused.sentence("en")
    assert "方案与初步设计联合评审" in refused.sentence("zh")


def test_every_rung_names_what_it_drops_or_adds():
    """The answer lists 109, 102, 101, 94 and 80 with the customs dropped or the lever added."""
    found = redesign(load("jiaxing"), sizes=-1, front="", shortlist=1)
    rungs = {found.book.paper_days(rung.design): rung for rung in found.rungs}
    assert rungs[Fraction(109)].added == ("parallel",)
    assert rungs[Fraction(102)].customs == ("S21->R11",)
    assert rungs[Fraction(101)].customs == ("R07->S19",)
    assert "all-custom" in rungs[Fraction(94)].added
    assert rungs[Fraction(80)].added == ("parallel", "simulated")
    assert all(rung.design.procedure.n_steps == 14 for rung in found.rungs)


def test_offers_that_the_catalogue_itself_allows():
    """Without a list the catalogue's marks give offers; none drops what a statute sets."""
    today = load("jiaxing").procedure
    keys = {offer.key for offer in derived_offers(today)}
    assert {"zone", "cancel-S12", "drop-S16-S19", "parallel", "staged", "simulated"} <= keys
    assert not any(key.startswith("drop-S07") for key in keys)  # a statute
    found = Search(OfferBook(today, derived_offers(today))).best(
        ["paper_days"], [Limit("levers", Fraction(2))]
    )
    assert found.status == "optimal"
    assert found.value is not None
    assert found.value <= 114


def test_conflicting_limits_are_named(search: Search):
    """14 steps with 3 levers cannot be; money, which is to spare, is not blamed."""
    limits = [
        Limit("steps", Fraction(14)),
        Limit("money", Fraction(500)),
        Limit("levers", Fraction(3)),
    ]
    assert search.best(["paper_days"], limits).status == "infeasible"
    assert [each.measure for each in search.conflict(limits)] == ["steps", "levers"]


def test_infeasible_ends_with_four_and_says_which_limits(capsys: pytest.CaptureFixture[str]):
    """The command ends with 4 and prints the limits that stand against each other."""
    assert (
        main(["optimize", "redesign", "jiaxing", "--limit", "steps=14", "--limit", "levers=3"]) == 4
    )
    printed = capsys.readouterr().out
    assert "steps <= 14" in printed
    assert "levers <= 3" in printed


def test_equal_seeds_give_equal_bytes(capsys: pytest.CaptureFixture[str]):
    """Two runs print the same document, without any wall clock in it."""
    command = ["optimize", "redesign", "jiaxing", "--json", "--sizes", "1", "--shortlist", "1"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0
    assert capsys.readouterr().out == first
    document = json.loads(first)
    assert (document["status"], document["value"], document["bound"]) == ("optimal", 71, 71)
    assert document["floor"]["days"] == 82
    assert "wall_seconds" not in document


def test_interrupted_search_prints_the_best_so_far(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Ctrl-C ends with 130 after the best lawful redesign so far is printed."""
    import optimizer.redesign_search as module

    real = module.run

    def stopped(model, solver, effort, watch=None, subsolvers=()):  # type: ignore[no-untyped-def]  # stands in for run
        return module.replace(real(model, solver, effort, watch, subsolvers), interrupted=True)

    monkeypatch.setattr(module, "run", stopped)
    assert main(["optimize", "redesign", "jiaxing", "--json"]) == 130
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == "feasible"
    assert (document["value"], document["bound"]) == (236, 71)
    assert document["interrupted"]


def test_mistakes_in_offers_have_their_lines(tmp_path: Path):
    """Unknown levers and offers are told with file, line and the nearest name."""
    file = tmp_path / "offers.toml"
    file.write_text(
        '[[offer]]\nkey = "a"\nname = "A"\nrequires = ["bb"]\n[[offer.lever]]\nkind = "paralel"\n'
        '[[offer]]\nkey = "b"\nname = "B"\n[[offer.lever]]\nkind = "parallel"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_offers(file)
    told = [str(problem) for problem in caught.value.problems]
    assert "offers.toml:4: requires: no other offer has the key 'bb' (did you mean 'b'?)" in told
    assert any(t.startswith("offers.toml:6: kind: ") and "'parallel'" in t for t in told)


def test_the_trial_reports_mean_and_p90_of_every_redesign(search: Search):
    """The shortlist is simulated with the same luck and one is chosen with its guarantee said."""
    scenario = load("jiaxing")
    designs = [search.book.apply(REFORM), search.book.apply((*REFORM, "simulated"))]
    chosen = [d for d in designs if isinstance(d, Design)]
    trial = try_out(scenario, chosen, first=5, most=6, delta=5.0)
    assert trial.best.design.choice == frozenset((*REFORM, "simulated"))
    assert trial.chosen.guaranteed
    assert all(each.mean.known and each.p90.known for each in trial.tried)
    assert all(each.mean.estimate < each.p90.estimate for each in trial.tried)


def two_tracks(rework: float) -> OfferBook:
    """Return a decision of 20 days that waits for another; early work may be redone."""
    a = Step("a", Name(en="admission"), duration=Duration(1))
    land = Step("land", Name(en="land"), duration=Duration(20))
    design = Step("design", Name(en="design"), duration=Duration(20))
    permit = Step("permit", Name(en="permit"), duration=Duration(1))
    edges = (
        Edge("a", "land", Strength.DATA),
        Edge("land", "design", Strength.STATUTE, "act", preworkable=True),
        Edge("design", "permit", Strength.STATUTE, "act"),
    )
    today = Procedure(Name(en="two tracks"), (a, land, design, permit), edges, flow=Parallel())
    lever = ApproveBySimulation("a", ("land",), ("permit",), Duration(1))
    return OfferBook(today, [Offer("early", Name(en="early work"), (lever,), rework=rework)])


@pytest.mark.parametrize(("rework", "helps_p90"), [(0.05, True), (0.2, False)])
def test_rework_above_a_tenth_shows_in_p90_but_not_in_the_mean(rework: float, helps_p90: bool):
    """Early work that fails in 20 of 100 cases still helps the mean but no longer the P90."""
    book = two_tracks(rework)
    sampler = Sampler(book, Fixed(1.0), cases=2000)
    before, after = (
        sampler.days(design)
        for design in (book.apply([]), book.apply(["early"]))
        if isinstance(design, Design)
    )
    assert after.mean() < before.mean()
    assert (quantile(after) < quantile(before)) is helps_p90


def test_sampling_without_luck_gives_the_paper_days(book: OfferBook):
    """With fixed days every sampled case takes the critical path, in every kind of flow."""
    sampler = Sampler(book, Fixed(1.0), cases=3)
    for choice in ((), ("staged",), REFORM, (*REFORM, "simulated"), (*JOINTS[:2], "zone")):
        design = book.apply(choice)
        assert isinstance(design, Design)
        assert sampler.days(design) == pytest.approx(float(design.procedure.paper_days))


def test_branch_and_bound_on_a_sample_equals_trying_everything():
    """The proved best P90 is the least over all 2 ** 9 choices, and swap search reaches it."""
    from tests.redesign_cases import random_catalogue, random_offers

    today = random_catalogue(5, 20)
    book = OfferBook(today, random_offers(today, 5, 9))
    limits = (Limit("money", Fraction(20)),)
    found = SampleSearch(Sampler(book, Lognormal(1, 0.5), 200), 0.9, limits)
    keys = [offer.key for offer in book.offers]
    every = (
        frozenset(key for at, key in enumerate(keys) if number >> at & 1) for number in range(2**9)
    )
    values = [value for choice in every if (value := found.value(choice)) is not None]
    swapped = found.swap([])
    proved = SampleSearch(Sampler(book, Lognormal(1, 0.5), 200), 0.9, limits).prove(
        swapped.design.choice
    )
    assert proved.proved
    assert proved.p90 == min(values)
    assert swapped.p90 <= 1.01 * proved.p90


def test_cases_have_the_same_luck_in_every_redesign(book: OfferBook):
    """Differences between redesigns vary far less than the days themselves."""
    sampler = Sampler(book, Lognormal(1, 0.5), cases=500)
    one, other = (
        sampler.days(design)
        for design in (book.apply(REFORM), book.apply((*REFORM, "notice")))
        if isinstance(design, Design)
    )
    assert np.var(one - other) < np.var(one) / 5


def test_an_offer_of_two_levers_is_taken_whole_or_not_at_all():
    """When the second lever of an offer is refused, so is the offer."""
    today = load("jiaxing").procedure
    wrong = Offer("both", Name(en="both"), (HandleInParallel(), Shorten((("S14", Duration(3)),))))
    result = OfferBook(today, [wrong]).apply(["both"])
    assert isinstance(result, Refusal)
    assert result.refused.lever == Shorten.word


def test_a_joint_step_is_not_offered_twice(book: OfferBook):
    """Two offers that join one step are not taken together: the second is refused."""
    join = next(lever for lever in book["joint-land"].levers if isinstance(lever, Join))
    twice = Offer("again", Name(en="again"), (join,))
    both = OfferBook(book.today, [book["joint-land"], twice])
    assert isinstance(both.apply(["joint-land", "again"]), Refusal)
    found = Search(both).best(["steps"])
    assert found.value == 33
    assert found.design is not None
    assert len(found.design.choice) == 1
