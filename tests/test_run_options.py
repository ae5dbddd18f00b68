"""What ``lianban run`` says and asks: where the time goes, precision, warnings of load."""

import json

import pytest
from test_model_offices import scenario

from lianban.cli import main
from results.sweeps import until_precise
from scenarios import compile_plan, load
from simulator import clocks, criticality, simulate


def answer(capsys, *command: str) -> dict:
    """Return the JSON document of a command that succeeds."""
    assert main([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_says_where_the_time_goes_and_what_decides(capsys):
    """Waits, criticality, queues and outcomes in JSON are those of the replications."""
    document = answer(capsys, "run", "jiaxing/reform", "--replications", "5")
    plan = compile_plan(load("jiaxing/reform"))
    traces = simulate(plan, 5).replications
    per_case = [clocks(plan, trace) for trace in traces]
    for part in ("touch", "queue", "dwell", "applicant", "notice", "stopped"):
        days = [getattr(each, part).mean() / plan.day_ticks for each in per_case]
        assert document["waits"][part]["estimate"] == pytest.approx(sum(days) / 5, abs=1e-6)
    shares = criticality(plan, traces)
    assert {key: each["estimate"] for key, each in document["criticality"].items()} == (
        pytest.approx(shares, abs=1e-6)
    )
    assert document["outcomes"]["finished"] == 5 * plan.cases
    assert sum(document["outcomes"].values()) == 5 * plan.cases
    assert document["counted"]["mean"] <= document["elapsed"]["mean"]
    for resource in document["resources"]:
        assert resource["queue_length"]["estimate"] >= 0
        assert 0 <= resource["utilisation"]["estimate"] <= 1
    assert document["warnings"] == []


def test_a_run_goes_on_until_it_is_precise(capsys):
    """``--precision`` runs the replications that the simulator needs for it, and no more."""
    document = answer(capsys, "run", "jiaxing/reform", "--precision", "2%")
    plan = compile_plan(load("jiaxing/reform"))
    expected = len(simulate(plan, 10, precision=0.02).replications)
    assert document["replications"] == expected
    low, high = document["elapsed"]["ci"]["mean"]
    mean = document["elapsed"]["mean"]
    assert max(high - mean, mean - low) <= 0.02 * mean
    narrow = until_precise(load("jiaxing/reform"), 10, 1, 0.005)
    assert narrow.replications > expected


@pytest.mark.parametrize("text", ["5 %%", "nan", "0", "100%", "-1", "five"])
def test_a_precision_is_a_part_of_the_mean(text, capsys):
    """Whatever is not between 0 and 1 is refused with one line."""
    assert main(["run", "jiaxing", "--precision", text]) == 2
    assert f"'{text}' is not a precision such as 5% or 0.05" in capsys.readouterr().err


def test_precision_is_decided_in_one_process(capsys):
    """Precision with a store or workers is refused: what is enough depends on what came before."""
    assert main(["run", "jiaxing", "--precision", "5%", "--workers", "2"]) == 2
    assert "--precision decides as it goes" in capsys.readouterr().err


def test_an_overload_is_told_before_the_run(tmp_path, capsys):
    """A survey office asked for too much is named with the growth of its queue, by each command."""
    scenario(tmp_path)
    text = (tmp_path / "scenario.toml").read_text("utf-8")
    text = text.replace("per_year = 60", "per_year = 2000").replace("number = 60", "number = 200")
    (tmp_path / "scenario.toml").write_text(text, "utf-8")
    (tmp_path / "redesigns").mkdir()
    (tmp_path / "redesigns" / "same.toml").write_text('name = "same"\n', "utf-8")
    assert main(["run", str(tmp_path), "--replications", "2", "--json"]) == 0
    said = capsys.readouterr()
    (warning, *_more) = json.loads(said.out)["warnings"]
    plan = compile_plan(load(str(tmp_path)))
    assert warning["resource"] in {pool.key for pool in plan.pools}
    assert warning["utilisation"] > 1
    # cases come at 8 a working day; what cannot be done of them is left
    assert warning["growth_per_working_day"] == pytest.approx(
        8 * (1 - 1 / warning["utilisation"]), rel=0.25
    )
    assert warning["text"] in said.err
    both = [str(tmp_path), str(tmp_path / "same")]
    document = answer(capsys, "compare", *both, "--replications", "2")
    assert {each["scenario"].rpartition("/")[2] for each in document["warnings"]} >= {"same"}
    target = str(tmp_path / "report.html")
    document = answer(capsys, "report", *both, "--replications", "2", "-o", target)
    assert document["warnings"]
    (tmp_path / "promises.toml").write_text(
        'schema = 1\n[[promise]]\nid = "late"\nholds = "p90(total) <= 1000 wd"\n'
        'provenance = "assumption"\n',
        "utf-8",
    )
    document = answer(capsys, "promises", str(tmp_path), "--replications", "10")
    assert document["warnings"][0]["resource"] == warning["resource"]
