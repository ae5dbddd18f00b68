"""Makes portfolio files of our own kind of problem, for whoever wants to compare schedulers.

Run from the checkout: ``python benchmarks/make_portfolio.py --projects 40 --seed 1 > p40.json``.
A project has 35 steps over 8 departments, crews that joint surveys need at once, notices on
natural days and weekly meetings with few seats; a new project comes every five days. With
``--small`` the instances are tiny and draw on everything the format knows (several ways of
a step, longest lags, absences, centres, pre-approval, a budget): food for validators.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import date, timedelta

FIRST = date(2026, 1, 5)
_WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def large(projects: int, seed: int, steps: int = 35) -> dict[str, object]:
    """Return a portfolio of one long procedure, loaded like a busy city."""
    draw = random.Random(seed)
    offices = {
        f"department-{n}": {"people": people} for n, people in enumerate((3, 3, 2, 2, 2, 2, 1, 1))
    }
    offices["crew"] = {"people": 3, "calendar": "crew"}
    rows: list[dict[str, object]] = []
    waits: list[dict[str, object]] = []
    usual: dict[str, int] = {}
    for number in range(steps):
        key = f"S{number + 1:02d}"
        kind = draw.random()
        if kind < 0.14:
            needs = {"crew": draw.choice((1, 1, 2))}
            usual[key] = 2
        elif kind < 0.2:
            needs, usual[key] = {"joint-meeting": 1}, 1
        else:
            needs, usual[key] = {f"department-{draw.randrange(8)}": 1}, draw.randint(2, 9)
        rows.append({"key": key, "days": usual[key], "needs": needs})
        for before in sorted(
            draw.sample(range(max(0, number - 6), number), min(number, draw.choice((1, 1, 2))))
        ):
            wait: dict[str, object] = {"before": f"S{before + 1:02d}", "after": key}
            if draw.random() < 0.06:
                wait["least"] = draw.choice((10, 20, 30))
            waits.append(wait)
    cases = []
    for number in range(projects):
        release = FIRST + timedelta(5 * number)
        days = {
            key: max(1, round(usual[key] * draw.uniform(0.7, 1.3)))
            for key in usual
            if usual[key] > 2
        }
        due = release + timedelta(365 + draw.randrange(60))
        cases.append(
            {
                "key": f"P{number + 1:02d}",
                "procedure": "industrial",
                "release": release.isoformat(),
                "due": due.isoformat(),
                "weight": draw.choice((1, 1, 1, 3)),
                "days": days,
            }
        )
    return {
        "schema": "portfolio/2",
        "first_day": FIRST.isoformat(),
        "last_day": (FIRST + timedelta(900 + 60 * projects)).isoformat(),
        "working_days": {"weekdays": _WEEK},
        "calendars": {"crew": {"weekdays": [*_WEEK, "Saturday"]}},
        "offices": offices,
        "meetings": {"joint-meeting": {"weekday": "Wednesday", "slots": 3}},
        "procedures": {"industrial": {"steps": rows, "waits": waits}},
        "projects": cases,
        "objective": ["flow_time"],
    }


def small(seed: int) -> dict[str, object]:
    """Return a tiny portfolio with a bit of everything."""
    draw = random.Random(seed)
    holiday = FIRST + timedelta(draw.randrange(3, 20))
    swapped = FIRST + timedelta(5 + 7 * draw.randrange(3))  # a Saturday that is worked
    centres = ["north", "south"] if draw.random() < 0.4 else []
    offices: dict[str, object] = {"planning": {"people": draw.randint(1, 2)}}
    offices["review"] = {"people": draw.randint(1, 3)}
    if draw.random() < 0.4:
        away = FIRST + timedelta(draw.randrange(20))
        offices["review"] = {
            "people": 2,
            "away": [
                {"from": str(away), "to": str(away + timedelta(4)), "people": draw.randint(1, 2)}
            ],
        }
    offices["crew"] = {"people": draw.randint(1, 2), "calendar": "crew"}
    if centres:
        offices["window"] = {"centres": {c: {"people": draw.randint(1, 2)} for c in centres}}
    else:
        offices["window"] = {"people": 1}
    procedures = {}
    for name in ("industrial", "housing")[: draw.randint(1, 2)]:
        procedures[name] = _procedure(draw, list(offices))
    projects = []
    for number in range(draw.randint(1, 4)):
        name = draw.choice(list(procedures))
        release = FIRST + timedelta(draw.randrange(12))
        case: dict[str, object] = {
            "key": f"P{number + 1}",
            "procedure": name,
            "release": str(release),
        }
        if draw.random() < 0.6:
            case["due"] = str(release + timedelta(draw.randrange(5, 40)))
            case["weight"] = draw.randint(1, 3)
        if centres and draw.random() < 0.3:
            case["centres"] = [draw.choice(centres)]
        projects.append(case)
    objective = draw.sample(
        ["makespan", "flow_time", "weighted_tardiness", "p90"], draw.randint(1, 2)
    )
    return {
        "schema": "portfolio/2",
        "first_day": str(FIRST),
        "last_day": str(FIRST + timedelta(500)),
        "working_days": {"weekdays": _WEEK, "closed": [str(holiday)], "open": [str(swapped)]},
        "calendars": {"crew": {"weekdays": ["Monday", "Tuesday", "Wednesday", "Saturday"]}},
        "offices": offices,
        "meetings": {"meeting": {"weekday": draw.choice(_WEEK), "slots": draw.randint(1, 2)}},
        "stocks": {"budget": 6 * len(projects)},
        "centres": centres,
        "procedures": procedures,
        "projects": projects,
        "objective": objective,
    }


def _procedure(draw: random.Random, offices: list[str]) -> dict[str, object]:
    steps: list[dict[str, object]] = []
    waits: list[dict[str, object]] = []
    preapprovals: list[dict[str, object]] = []
    single: set[str] = set()
    for number in range(draw.randint(2, 6)):
        key = f"S{number + 1}"
        kind = draw.random()
        if kind < 0.15:
            steps.append({"key": key, "days": 1, "needs": {"meeting": 1}})
        elif kind < 0.3:
            steps.append(
                {"key": key, "days": draw.randint(1, 2), "needs": {"crew": 1, "review": 1}}
            )
        elif kind < 0.4:
            steps.append({"key": key, "days": draw.choice((0, 0, 3))})
        elif kind < 0.55:
            ways = [
                {"days": 4, "needs": {"review": 1}, "uses": {"budget": 1}},
                {"days": 2, "needs": {"review": 1, "planning": 1}, "uses": {"budget": 3}},
            ]
            steps.append({"key": key, "ways": ways})
        else:
            needs = dict.fromkeys(draw.sample(offices, draw.choice((1, 1, 2))), 1)
            steps.append({"key": key, "days": draw.randint(1, 4), "needs": needs})
        if "ways" not in steps[-1]:
            single.add(key)
        simulated = False
        for before in range(number):
            if draw.random() > 0.45:
                continue
            wait: dict[str, object] = {"before": f"S{before + 1}", "after": key}
            if draw.random() < 0.4:
                wait["least"] = draw.choice((1, 3, 10))
                wait["unit"] = draw.choice(("natural", "working"))
                if draw.random() < 0.3:
                    wait["from"] = "start"
            if draw.random() < 0.12:
                wait["most"] = int(str(wait.get("least", 0))) + draw.choice((8, 15, 30))
            waits.append(wait)
            is_plain = "most" not in wait and "from" not in wait
            if key in single and is_plain and not simulated and draw.random() < 0.3:
                simulated = True
                preapprovals.append(
                    {
                        "before": wait["before"],
                        "after": key,
                        "start_after": draw.choice((0, 0.2, 0.5)),
                        "convert": draw.randint(0, 1),
                        "rework": {"probability": draw.choice((0, 0.2, 0.5)), "share": 0.5},
                    }
                )
    return {"steps": steps, "waits": waits, "preapprovals": preapprovals}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    made = small(options.seed) if options.small else large(options.projects, options.seed)
    print(json.dumps(made, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
