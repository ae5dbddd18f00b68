"""Fees (收费, M35): read from the published field, added up, made least, compared and promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_office import AB, office, shipped_design

from lianban.cli import main
from optimizer.lever_offers import Offer
from optimizer.redesign import redesign
from optimizer.sensitivity import sensitivity
from results import compare
from results.attribution import attribute
from rules import Name
from rules.duration_rules import parse_rule
from rules.fees import yuan
from rules.levers import CancelSteps, HandleInParallel, Join

PAID = AB.replace("documents", "documents,fee,basis_type").replace(
    "2,3\n", "2,3,1200 元,practice\n"
).replace("2,4\n", "2,4,80,law\n")  # fmt: skip
"""A costs 1,200 yuan and rests on custom, B 80 and on a law."""


@pytest.mark.parametrize(
    ("text", "sum_"),
    [
        ("200", 200), ("200 元", 200), ("¥ 1,200", 1200), ("12，000元", 12_000), ("RMB 5", 5),
        ("none", 0), ("不收费", 0), ("0", 0), ("", None), ("0.3 %", None), ("12.50", None),
        ("200-300 元", None), ("200 元/亩", None), ("-5", None),
    ],
)  # fmt: skip
def test_a_published_fee_is_a_sum_or_untold(text: str, sum_: int | None):
    """A plain sum and "none" can be added up; a rate, a range or cents cannot and are untold."""
    assert yuan(text) == sum_


def test_fees_add_up_only_where_all_tell_theirs(tmp_path: Path):
    """1,200 and 80 yuan are 1,280; where one item is silent there is no total, not 1,200."""
    whole = office(tmp_path / "a", items=PAID).procedure
    assert whole.fees == 1280
    silent = office(tmp_path / "b", items=PAID.replace(",80,", ",,")).procedure
    assert silent.fees is None
    assert silent.without_fee == ("B",)


def test_levers_change_fees_as_they_change_items(tmp_path: Path):
    """A cancelled item is paid for no more; a joint step costs what its members cost."""
    today = office(tmp_path / "a", items=PAID).procedure
    assert CancelSteps(("A",)).apply(today)[0].fees == 80
    joint = Join(("A", "B"), "J", Name("合", "Joint"), days=parse_rule("max(A, B)"))
    assert joint.apply(today)[0].fees == 1280
    assert HandleInParallel().apply(today)[0].fees == 1280


def test_the_optimizer_makes_fees_least(tmp_path: Path):
    """Asked for least fees it cancels the dear custom; a limit that none keeps is infeasible."""
    scenario = office(tmp_path / "a", items=PAID)
    offers = (
        Offer("a", Name("甲", "a"), (CancelSteps(("A",)),)),
        Offer("p", Name("并", "p"), (HandleInParallel(),)),
    )
    found = redesign(scenario, offers, measures=("fees", "levers"), front="")
    assert found.found.design is not None
    assert found.found.design.choice == {"a"}
    assert (found.found.status, found.found.value, found.found.bound) == ("optimal", 80, 80)
    assert found.to_json()["design"]["fees"] == 80
    none = redesign(scenario, offers, limits={"fees": 79}, front="")
    assert none.found.status == "infeasible"
    assert [str(each) for each in none.conflict] == ["fees <= 79"]


def test_the_shipped_measures_know_their_fees():
    """Least fees in Jiaxing's measures: zone and cancelled assessment, 326,550 less 79,000 yuan."""
    found = redesign(
        shipped_design("jiaxing-measures"),
        measures=("fees", "paper_days"), front="", sizes=-1, shortlist=1,
    )  # fmt: skip
    assert found.found.design is not None
    assert found.found.design.choice == {"zone", "traffic", "parallel", "intermediaries"}
    assert found.found.status == "optimal"
    assert found.book.today.fees == 326_550
    assert found.found.value == 326_550 - (15_000 + 6_000 + 8_000 + 20_000) - 30_000
    cheap = redesign(
        shipped_design("jiaxing-measures"),
        measures=("levers",), limits={"fees": 300_000}, front="", sizes=-1, shortlist=1,
    )  # fmt: skip
    assert cheap.found.design is not None
    assert cheap.found.design.choice in ({"traffic"}, {"zone"})
    assert cheap.found.design.procedure.fees <= 300_000


def test_untold_fees_cannot_be_made_least(capsys: pytest.CaptureFixture[str]):
    """Jiaxing's report gives no fees: to minimise them is refused with what to write."""
    assert main(["optimize", "redesign", "jiaxing", "--least", "fees"]) == 2
    said = capsys.readouterr().err
    assert "S01, S02, S03, S04, S05 and 30 more" in said
    assert "column fee" in said
    with pytest.raises(ValueError, match="do not tell their fees"):
        redesign(shipped_design("jiaxing"), limits={"fees": 5})


def test_a_comparison_tells_fees_where_they_are_told(tmp_path: Path):
    """Column, difference, sentence and each lever's share; without fees no trace of them."""
    lever = 'kind = "cancel"\nsteps = ["A"]'
    after = office(tmp_path / "a", lever, items=PAID)
    today = office(tmp_path / "a", items=PAID)
    comparison = compare(today, after, replications=0)
    head, *rows = comparison.table()
    assert (head[-1], [row[-1] for row in rows]) == ("fees (yuan)", ["1280", "80"])
    document = comparison.to_json()
    assert [each["fees"] for each in document["scenarios"]] == [1280, 80]
    assert document["differences"][0]["fees"] == -1200
    (told,) = [each for each in comparison.sentences() if each.measure == "fees"]
    assert "costs the applicant 80 yuan, 1200 less than the 1280 before" in told.sentence.en
    assert "向申请人收取 80 元，减少 1200 元" in told.sentence.zh
    assert attribute(today, after).to_json()["totals"]["fees"] == -1200
    silent = compare(shipped_design("jiaxing"), shipped_design("jiaxing/zone"), replications=0)
    assert "fee" not in str(silent)
    assert "fees" not in json.dumps(silent.to_json())


def test_sensitivity_asks_what_an_item_less_would_save(tmp_path: Path):
    """The item on custom saves its days and its 1,200 yuan; a person saves none; law is kept."""
    busy = "key,name,windows,reviewers\none,一局,1,1\ntwo,二局,1,1\n"
    cases = "[cases]\nnumber = 60\nper_year = 200\n"
    found = sensitivity(
        office(tmp_path / "a", items=PAID, offices=busy, cases=cases), replications=5
    )
    by_key = {(each.kind, each.key): each for each in found.savings}
    item = by_key["item", "A"]
    assert item.fees == 1200
    assert item.mean.estimate > 1.5
    assert ("item", "B") not in by_key
    assert all(each.fees == 0 for (kind, _), each in by_key.items() if kind != "item")
    untold = sensitivity(office(tmp_path / "b", cases=cases), replications=5)
    assert all(each.fees is None and each.kind != "item" for each in untold.savings)
    assert "fees_saved" not in json.dumps(untold.to_json())


def test_a_promise_about_fees(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """1,280 yuan keep 1,500 and break 1,000, with the dear step named; untold fees are refused."""
    office(tmp_path / "a", items=PAID)
    path = tmp_path / "a" / "promises.toml"
    top = 'schema = 1\n[[promise]]\nid = "fees"\nholds = "fees <= '
    path.write_text(f'{top}1500"\n', "utf-8")
    assert main(["promises", str(path)]) == 0
    path.write_text(f'{top}1000"\n', "utf-8")
    assert main(["promises", str(path)]) == 1
    assert "A " in capsys.readouterr().out
    office(tmp_path / "a")
    assert main(["promises", str(path)]) == 2
    assert "unknown" in capsys.readouterr().err
