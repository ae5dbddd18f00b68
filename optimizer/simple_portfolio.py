"""Reads the short form ``portfolio/1``: one procedure, numbered departments, a crew, a meeting."""

from __future__ import annotations

from optimizer.file_values import Reader
from optimizer.json_lines import Json

_KINDS = ("dept", "survey", "meet")


def upgraded(reader: Reader) -> dict[str, Json]:
    """Return the document as ``portfolio/2``; what is wrong is noted in the reader."""
    reader.table(
        (),
        required=(
            "schema",
            "first_day",
            "working_days",
            "departments",
            "steps",
            "prerequisites",
            "projects",
        ),
        optional=("meeting_weekday", "meeting_slots", "survey_teams", "note"),
    )
    departments = reader.rows(("departments",))
    offices: dict[str, Json] = {
        f"department-{n}": {"people": reader.whole(("departments", n), 0)}
        for n in range(len(departments))
    }
    kinds = [
        reader.choice(("steps", n, "kind"), _KINDS) for n in range(len(reader.rows(("steps",))))
    ]
    if "survey" in kinds:
        offices["survey"] = {"people": reader.whole(("survey_teams",), 0)}
    meetings: dict[str, Json] = {}
    if "meet" in kinds:
        weekday = reader.text_at(("meeting_weekday",))
        meetings["meeting"] = {"weekday": weekday, "slots": reader.whole(("meeting_slots",), 1)}
    steps: list[Json] = []
    names: list[str] = []
    for number, kind in enumerate(kinds):
        path = ("steps", number)
        reader.table(path, required=("step", "kind"), optional=("department",))
        names.append(str(reader.whole((*path, "step"), 0)))
        office = {"survey": "survey", "meet": "meeting"}.get(kind or "", "")
        if kind == "dept":
            index = reader.whole((*path, "department"), 0)
            if index >= len(departments):
                reader.wrong((*path, "department"), f"there is no department {index}")
            office = f"department-{index}"
        steps.append({"key": names[-1], "days": 0, "needs": {office: 1}})
    waits: list[Json] = []
    for number in range(len(reader.rows(("prerequisites",)))):
        path = ("prerequisites", number)
        reader.table(path, required=("before", "after"), optional=("natural_day_lag",))
        ends: dict[str, Json] = {}
        for key in ("before", "after"):
            ends[key] = str(reader.whole((*path, key), 0))
            reader.known((*path, key), str(ends[key]), names, "step")
        if "natural_day_lag" in reader.table(path):
            ends["least"] = reader.whole((*path, "natural_day_lag"), 0)
        waits.append(ends)
    projects: list[Json] = []
    for number in range(len(reader.rows(("projects",)))):
        path = ("projects", number)
        reader.table(path, required=("release", "days"))
        days = reader.rows((*path, "days"))
        if len(days) != len(names):
            reader.wrong((*path, "days"), f"{len(days)} numbers of days for {len(names)} steps")
        own: dict[str, Json] = {
            name: reader.whole((*path, "days", n), 0) for n, name in enumerate(names[: len(days)])
        }
        projects.append(
            {
                "key": str(number + 1),
                "procedure": "all",
                "release": str(reader.date_at((*path, "release"))),
                "days": own,
            }
        )
    worked = [
        str(reader.date_at(("working_days", n))) for n in range(len(reader.rows(("working_days",))))
    ]
    last: Json = max(worked, default=None)
    if last is None:
        reader.wrong(("working_days",), "at least one date was expected")
    return {
        "schema": "portfolio/2",
        "first_day": reader.at(("first_day",)),
        "last_day": last,
        "working_days": list(worked),
        "offices": offices,
        "meetings": meetings,
        "procedures": {"all": {"steps": steps, "waits": waits}},
        "projects": projects,
        "objective": ["flow_time"],
    }
