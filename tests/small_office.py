"""A folder with a few items, written for one test, and what its simulation gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scenarios import Scenario, compile_plan, load
from scenarios.library import shipped_folder
from simulator import Run, simulate

LIBRARY = shipped_folder()

HEAD = """schema = 1
name = {zh = "小局", en = "Small office"}
first_day = 2025-01-06
provenance = "assumption"
[hours]
office = ["09:00-12:00", "13:00-17:00"]
[handling]
window_minutes = 30
[handling.review_share]
default = 0.3
"""
CASES = "[cases]\nnumber = 60\nper_year = 600\n"
ITEMS = "key,name,department,days,unit,kind,visits,documents"
AB = f"""{ITEMS}
A,甲,one,2,wd,government_approval,2,3
B,乙,two,3,wd,government_approval,2,4
"""
OFFICES = "key,name,windows,reviewers\none,一局,1,9\ntwo,二局,1,9\nhall,大厅,4,2\n"


def office(
    folder: Path,
    lever: str = "",
    *,
    items: str = AB,
    edges: str = "A,B,practice,custom\n",
    offices: str = OFFICES,
    settings: str = "",
    cases: str = CASES,
    tables: dict[str, str] | None = None,
    head: str = "before,after,strength,basis\n",
) -> Scenario:
    """Write a folder and return its redesign with these levers, or today without."""
    (folder / "redesigns").mkdir(parents=True, exist_ok=True)
    top = 'tables = "tables"\n' if tables else ""
    settings_head = HEAD.replace("schema = 1\n", f"schema = 1\n{top}")
    (folder / "scenario.toml").write_text(settings_head + cases + settings, "utf-8")
    (folder / "items.csv").write_text(items, "utf-8")
    (folder / "offices.csv").write_text(offices, "utf-8")
    (folder / "prerequisites.csv").write_text(f"{head}{edges}", "utf-8")
    for name, text in (tables or {}).items():
        (folder / "tables").mkdir(exist_ok=True)
        (folder / "tables" / name).write_text(text, "utf-8")
    if not lever:
        return load(folder)
    (folder / "redesigns" / "with.toml").write_text(
        "".join(f"[[lever]]\n{each}\n" for each in lever.split(";;")), "utf-8"
    )
    return load(folder / "with")


def shipped_design(where: str, **values: float) -> Scenario:
    """Return a shipped design, with other numbers where some are given (``a__b`` for ``a.b``)."""
    return load(LIBRARY / where, values={key.replace("__", "."): at for key, at in values.items()})


def ran(scenario: Scenario, replications: int = 3) -> Run:
    """Return a run of a scenario."""
    return simulate(compile_plan(scenario), replications, seed=1, engine="auto")


def elapsed(run: Run, type_: str = "") -> float:
    """Return mean elapsed working days, of all cases or of one type."""
    from results.promises.claims import Elapsed
    from results.promises.measures import values_of

    return float(np.mean(values_of(Elapsed("mean", type_), run)))


def days(scenario: Scenario, type_: str = "", replications: int = 3) -> float:
    """Return mean elapsed working days of a scenario."""
    return elapsed(ran(scenario, replications), type_)


def waits(run: Run, pool: str) -> float:
    """Return the mean minutes that work waits for a pool."""
    from results.promises.claims import Wait
    from results.promises.measures import _pool_waits

    assert Wait("mean", pool)
    index = [n for n, each in enumerate(run.plan.pools) if each.key == pool]
    found = [each for trace in run.replications for each in _pool_waits(run, trace, index)]
    return float(np.mean(found)) * run.plan.day_ticks / 60
