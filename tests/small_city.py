"""A city small enough to simulate in an instant: three steps, two offices, thirty cases."""

from __future__ import annotations

from pathlib import Path

SCENARIO = """\
schema = 1
name = {zh = "小城", en = "Small city"}
first_day = 2013-01-04
provenance = "assumption"
counts = ["government"]

[[stage]]
key = "all"
name = {zh = "全程", en = "All"}

[hours]
office = ["09:00-12:00", "13:00-17:00"]

[handling]
window_minutes = 0
closing = "pause"
spread = {distribution = "triangular", min = 0.5, mode = 1.0, max = 1.5}

[handling.review_share]
default = 0.5

[cases]
number = 30
per_year = 100

[simulation]
replications = 10
seed = 1
"""
ITEMS = """\
key,name_zh,name_en,department,kind,stage,days,unit,basis_type,basis,visits,documents
A,受理,Intake,hall,government_approval,all,2,wd,practice,custom,1,3
B,审查,Review,board,government_approval,all,8,wd,practice,custom,1,4
C,发证,Licence,hall,government_approval,all,3,wd,practice,custom,1,1
"""
PREREQUISITES = """\
before,after,strength,basis,preworkable
A,B,practice,custom,no
B,C,data,needs the report,no
"""
OFFICES = """\
key,name_zh,name_en,windows,reviewers,hours
hall,大厅,Hall,0,2,office
board,委员会,Board,0,2,office
"""
PARALLEL = """\
name = {zh = "并联", en = "Parallel"}

[[lever]]
kind = "drop_prerequisite"
before = "A"
after = "B"
why = "review may begin at once"

[[lever]]
kind = "parallel"
"""


def build(folder: Path, promises: str = "", *, days: int = 8) -> Path:
    """Write the city into a new folder and return it."""
    folder.mkdir()
    (folder / "redesigns").mkdir()
    for name, text in (
        ("scenario.toml", SCENARIO),
        ("items.csv", ITEMS.replace("all,8,wd", f"all,{days},wd")),
        ("prerequisites.csv", PREREQUISITES),
        ("offices.csv", OFFICES),
        ("redesigns/parallel.toml", PARALLEL),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    if promises:
        (folder / "promises.toml").write_text(promises, encoding="utf-8")
    return folder
