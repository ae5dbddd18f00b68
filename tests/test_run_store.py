"""Saved runs: whole or not there, told when damaged, found by number, name and hash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import small_city

from lianban.cli import main
from results import summarise
from results.design_record import changes_since, design_record
from results.run_comparison import compare_runs
from results.run_store import (
    SavedRun,
    find_run,
    inputs_of,
    looks_like_run,
    promise_history,
    read_run,
    save_run,
    saved_runs,
)
from rules import InputError
from scenarios import compile_plan, load
from simulator import simulate

WHEN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return small_city.build(tmp_path / "city")


def keep(where: Path, store: Path, name: str = "", *, seed: int = 1, n: int = 6) -> SavedRun:
    scenario = load(where)
    run = simulate(compile_plan(scenario), n, seed)
    return save_run(summarise(scenario, run), run, WHEN, store, name)


def test_a_saved_run_is_read_back_as_it_was(city, tmp_path):
    """Key figures, seed, version, time and arrays come back, and the arrays hold no objects."""
    saved = keep(city, tmp_path / "runs", "before")
    again = read_run(saved.folder)
    assert again.document == json.loads(json.dumps(saved.document))
    assert (again.number, again.name, again.key) == (1, "before", "city")
    assert again.saved_at == "2026-01-05T09:30:00+00:00"
    assert again.folder.name == f"0001-{again.hash[:8]}"
    arrays = again.arrays()
    assert arrays["elapsed_wd"].shape == (6, 30)
    assert arrays["mean"] == pytest.approx(arrays["elapsed_wd"].mean(axis=1))
    assert not arrays["outcome"].any()
    assert arrays["pool_wait_wd"].shape == (len(arrays["pools"]), 6)
    assert np.mean(arrays["mean"]) == pytest.approx(
        again.document["summary"]["kpis"]["elapsed_mean_wd"]["estimate"], abs=1e-6
    )


def test_runs_are_found_by_number_name_hash_scenario_and_folder(city, tmp_path):
    """@1, @before, @hash, the newest of a scenario and the folder all mean the run."""
    store = tmp_path / "runs"
    first, second = keep(city, store, "before"), keep(city, store)
    for word in ("@1", "@before", str(first.folder)):
        assert find_run(word, store).number == 1, word
    for word in ("@2", "@city", f"@{second.hash[:6]}"):  # the newest of equals
        assert find_run(word, store).number == 2, word
    assert first.hash == second.hash
    with pytest.raises(InputError, match="did you mean 'before'"):
        find_run("@befor", store)
    with pytest.raises(InputError, match="holds none"):
        find_run("@1", tmp_path / "elsewhere")
    assert looks_like_run(str(first.folder))


def test_the_hash_follows_the_content(city, tmp_path):
    """Another day, seed or number of replications gives another hash; a promise does not."""
    store = tmp_path / "runs"
    base = keep(city, store)
    (city / "promises.toml").write_text("# nothing yet\n", encoding="utf-8")
    assert keep(city, store).hash == base.hash
    assert keep(city, store, seed=2).hash != base.hash
    assert keep(city, store, n=7).hash != base.hash
    (city / "redesigns" / "other.toml").write_text('name = "Other"\n', encoding="utf-8")
    assert keep(city, store).hash == base.hash
    assert "redesigns/parallel.toml" in inputs_of(load(city / "parallel"))
    (city / "items.csv").write_text(small_city.ITEMS.replace("all,8,", "all,9,"), encoding="utf-8")
    assert keep(city, store).hash != base.hash


@pytest.mark.parametrize("name", ["12", "a b", "@x", "a/b", "a\\b"])
def test_names_that_would_mislead_are_refused(city, tmp_path, name):
    """A name is not a number, a path or an @word; nothing is written then."""
    with pytest.raises(InputError, match="is no name"):
        keep(city, tmp_path / "runs", name)
    assert not (tmp_path / "runs").exists()


def test_damage_is_told_in_one_line_wherever_it_is(city, tmp_path):
    """run.json cut anywhere or with a byte changed anywhere is an error, never other numbers."""
    saved = keep(city, tmp_path / "runs")
    path = saved.folder / "run.json"
    whole = path.read_bytes()
    for at in range(0, len(whole) - 1, 997):
        path.write_bytes(whole[:at])
        with pytest.raises(InputError) as error:
            read_run(saved.folder)
        assert len(str(error.value).splitlines()) == 1
    for at in range(0, len(whole) - 1, 997):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(InputError) as error:
            read_run(saved.folder)
        assert len(str(error.value).splitlines()) == 1
    path.write_bytes(b"[1, 2]")
    with pytest.raises(InputError, match="is no saved run"):
        read_run(saved.folder)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read_run(saved.folder)


def test_damaged_arrays_are_told(city, tmp_path):
    """A changed byte in samples.npz is an error, and so is a missing file."""
    saved = keep(city, tmp_path / "runs")
    path = saved.folder / "samples.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(InputError, match="is damaged"):
        saved.arrays()
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        saved.arrays()


def test_a_crash_leaves_no_half_run(city, tmp_path, monkeypatch):
    """If writing fails at any moment before the rename, the store is as it was."""
    store = tmp_path / "runs"
    keep(city, store)
    before = sorted(path.name for path in store.iterdir())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for what in ("results.run_store.os.fsync", "results.run_store.os.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(what, fail)
            with pytest.raises(OSError, match="No space"):
                keep(city, store)
        assert sorted(path.name for path in store.iterdir()) == before
    assert keep(city, store).number == 2


def test_a_torn_or_lost_index_loses_nothing(city, tmp_path):
    """Runs are read from their folders; a torn line is ended before the next is appended."""
    store = tmp_path / "runs"
    keep(city, store)
    index = store / "runs.jsonl"
    index.write_bytes(index.read_bytes() + b'{"number": 2, "ha')
    assert keep(city, store).number == 2
    assert json.loads(index.read_text("utf-8").splitlines()[-1])["number"] == 2
    index.unlink()
    assert [run.number for run in saved_runs(store)[0]] == [1, 2]
    assert keep(city, store).number == 3


def test_many_processes_save_at_once(city, tmp_path):
    """Two processes with three runs each give six numbers, none twice, none lost."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[3])\n"
        "from test_run_store import keep\n"
        "for _ in range(3): keep(Path(sys.argv[1]), Path(sys.argv[2]), n=5)\n"
    )
    store = tmp_path / "runs"
    here = Path(__file__).parent
    path = os.pathsep.join([str(here.parent), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, "-c", code, str(city), str(store), str(here)]
    environment = {**os.environ, "PYTHONPATH": path}
    processes = [subprocess.Popen(words, env=environment) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    runs, damaged = saved_runs(store)
    assert [run.number for run in runs] == [1, 2, 3, 4, 5, 6]
    assert damaged == ()
    lines = (store / "runs.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["number"] for line in lines) == [1, 2, 3, 4, 5, 6]


def test_runs_with_the_same_luck_are_paired(city, tmp_path):
    """The same seed pairs replications; another seed does not, and the notes say so."""
    store = tmp_path / "runs"
    today = keep(city, store, n=12)
    same = keep(city / "parallel", store, n=10)
    other = keep(city / "parallel", store, n=12, seed=9)
    comparison = compare_runs([today, same, other])
    assert [comparison.paired(at) for at in (1, 2)] == [True, False]
    paired, apart = (comparison.difference(at, "mean") for at in (1, 2))
    assert paired.n == 10
    assert paired.high < 0
    assert paired.high - paired.low < apart.high - apart.low
    notes = comparison.notes("en")
    assert any("first 10 replications" in note for note in notes)
    assert any("different luck" in note for note in notes)
    document = json.loads(json.dumps(comparison.to_json()))
    assert document["differences"][0]["paper_days"] == -2
    assert f"{paired.estimate:.1f} ±" in comparison.table("en")[2][-1]


def test_what_changed_since_a_run_is_told_with_its_line(city):
    """Days, people, prerequisites, levers and volumes that changed are named, nothing else."""
    before = json.loads(json.dumps(design_record(load(city / "parallel"))))
    assert changes_since(before, load(city / "parallel")) == ()
    for file, old, new in (
        ("items.csv", "all,3,wd", "all,5,wd"),
        ("offices.csv", "Hall,0,2", "Hall,0,3"),
        ("prerequisites.csv", "A,B,practice", "A,B,data"),
        ("scenario.toml", "per_year = 100", "per_year = 150"),
        ("redesigns/parallel.toml", "", ""),
    ):
        text = (city / file).read_text(encoding="utf-8")
        (city / file).write_text(text.replace(old, new), encoding="utf-8")
    lever = '[[lever]]\nkind = "parallel"\n'
    (city / "redesigns" / "parallel.toml").write_text(f'name = "P"\n\n{lever}', encoding="utf-8")
    found = [str(each.sentence("en")) for each in changes_since(before, load(city / "parallel"))]
    told = "\n".join(found)
    assert "C: days 3 wd -> 5 wd  (" in told
    assert "items.csv:4)" in told
    assert "A->B: strength practice -> data" in told
    assert "prerequisites.csv:2)" in told
    assert "hall: reviewers 2 -> 3" in told
    assert "offices.csv:2)" in told
    assert "cases: per_year 100 -> 150" in told
    assert "lever gone" in told
    assert len(found) == 5


def test_the_commands_work_together(city, tmp_path, monkeypatch, capsys):
    """Run --save, runs, compare @1 @2 and a promise's history, as a planner uses them."""
    monkeypatch.chdir(tmp_path)
    (city / "promises.toml").write_text(
        '[[promise]]\nid = "days"\nholds = "paper_days <= 13"\n', encoding="utf-8"
    )
    assert main(["run", "city", "--save", "--name", "before", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["run"]["number"] == 1
    assert main(["promises", "city", "--save"]) == 0
    assert main(["run", "city/parallel", "--save"]) == 0
    capsys.readouterr()
    assert main(["runs"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()[1:]] == ["@1", "@2", "@3"]
    assert main(["compare", "@before", "@3"]) == 0
    assert "@3 city/parallel" in capsys.readouterr().out
    assert main(["runs", "--promise", "days", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["history"]
    assert (entry["run"], entry["verdict"], entry["limit"]) == (2, "kept", 13)
    assert promise_history(saved_runs(Path("runs"))[0], "none") == []
    assert main(["runs", "--promise", "none"]) == 2
    assert "known: days" in capsys.readouterr().err
    assert main(["compare", "@1", "city"]) == 2
    assert main(["run", "city", "--name", "x"]) == 2
    capsys.readouterr()
    (tmp_path / "runs" / document["run"]["folder"].rpartition("/")[2] / "run.json").write_text("{")
    assert main(["runs"]) == 2
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 1
    assert "@2" in out
