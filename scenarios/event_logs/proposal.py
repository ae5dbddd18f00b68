"""A draft scenario from a measured log: what the log shows, and what it leaves to assume.

Waits are measured with their queues in them, so the draft lets files lie that long and has
people enough; how long people really need, and how many there are, the planner knows better.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules.calendars import WorkingDays
from rules.csv_tables import key_problem, write_csv
from rules.problems import Said
from scenarios.arrival_habits import WORKING_DAYS_A_YEAR
from scenarios.event_logs.measures import Spread, StepTimes, Study
from scenarios.event_logs.moments import date_of
from scenarios.event_logs.order import Before, kinds, orders
from scenarios.reader import read_scenario

AS_LOGGED = "as-logged"
"""Name of the redesign that handles cases in the order that the log shows."""

MOST_KINDS = 12
MOST_STEPS = 120
_MOST_CASES = 1000
_PAPER_HOURS = 8
"""Hours of a working day on paper, whatever the opening hours are."""
_FALLBACK = date(2025, 1, 2)
_KEY = re.compile(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff-]{0,30}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft scenario.

    Attributes
    ----------
    study : Study
        What it rests on.
    steps : mapping of str to str
        Key of each activity.
    offices : mapping of str to str
        Key of each department.
    office_of : mapping of str to str
        Department of each activity.
    order : tuple of Before
        Prerequisites.
    kinds : tuple of (frozenset of str, int)
        Case types: the activities that a case takes, and how many cases do.
    notes : tuple of Said
        What is assumed or left out.
    """

    study: Study
    steps: Mapping[str, str]
    offices: Mapping[str, str]
    office_of: Mapping[str, str]
    order: tuple[Before, ...]
    kinds: tuple[tuple[frozenset[str], int], ...]
    notes: tuple[Said, ...]


def propose(study: Study) -> Proposal:
    """Draft a scenario from a measured log.

    Without departments in the log every activity has an office of its own. Where cases take
    different activities each set of activities becomes a case type, the rarest ones apart.
    """
    notes: list[Said] = []
    steps = [each.step for each in study.steps]
    found = kinds(study.log)
    if len(steps) > MOST_STEPS:
        many = _frequent(study.steps)[:MOST_STEPS]
        notes.append(
            Said(
                f"the draft holds the {MOST_STEPS} most frequent of {len(steps)} activities",
                f"草案只含 {len(steps)} 个环节中最常见的 {MOST_STEPS} 个",
            )
        )
        steps = [step for step in steps if step in many]
        found = tuple((had & set(steps), n) for had, n in found if had & set(steps))
    kept = found[:MOST_KINDS]
    every, taken = sum(n for _had, n in found), sum(n for _had, n in kept)
    if taken < every:
        notes.append(
            Said(
                f"{every - taken} of {every} cases take rarer sets of activities; their volume is "
                f"spread over the {len(kept)} case types of the draft",
                f"{every} 件中有 {every - taken} 件的环节组合较少见，其件量分摊到草案的 "
                f"{len(kept)} 个办件类型",
            )
        )
    used = set().union(*(had for had, _n in kept)) if kept else set(steps)
    steps = [step for step in steps if step in used]
    office_of = {
        each.step: (each.offices or (each.step,))[0] for each in study.steps if each.step in used
    }
    if all(each.touch is None for each in study.steps):
        notes.append(
            Said(
                "the log does not say when work begins: all time counts as lying",
                "日志没有开始时间：全部时间按等待计",
            )
        )
    return Proposal(
        study, _keys(steps, "S"), _keys(dict.fromkeys(office_of.values()), "D"), office_of,
        orders(study.log, steps), kept, tuple(notes),
    )  # fmt: skip


def _frequent(steps: Sequence[StepTimes]) -> list[str]:
    return [each.step for each in sorted(steps, key=lambda each: -each.cases)]


def write_proposal(proposal: Proposal, folder: Path) -> None:
    """Write a draft as a new scenario folder, read and checked before it appears.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    if folder.exists():
        raise FileExistsError(17, "exists already; choose a new folder", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{secrets.token_hex(6)}.part")
    try:
        _write_all(proposal, draft)
        read_scenario(draft, AS_LOGGED)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_all(proposal: Proposal, folder: Path) -> None:
    (folder / "redesigns").mkdir(parents=True)
    _write(folder / "scenario.toml", _scenario(proposal))
    lever = ["", "[[lever]]", 'kind = "parallel"']
    name = _name("按日志顺序办理", "In the order of the log")
    _write(folder / "redesigns" / f"{AS_LOGGED}.toml", [f"name = {name}", *lever])
    write_csv(folder / "items.csv", _items(proposal))
    write_csv(folder / "prerequisites.csv", _prerequisites(proposal))
    write_csv(folder / "offices.csv", _offices(proposal))
    if lines := _calibration(proposal):
        _write(folder / "calibration.toml", lines)


def _scenario(proposal: Proposal) -> list[str]:
    study = proposal.study
    first, projection = _first_day(study)
    origin = one_line(study.log.file)
    about_zh = f"根据事件日志 {origin} 起草：时间、件量与顺序来自日志；人员、时限与依据为假设。"
    about_en = (
        f"Drafted from the event log {origin}: times, volumes and order are those of the log; "
        "people, limits and law are assumptions."
    )
    lines = [
        f"# Drafted from the event log {origin}. Times, volumes and order are measured there;",
        "# people, limits and law are assumptions: edit them.",
        "schema = 1",
        f"name = {_name(f'日志草案：{origin}', f'Draft from {origin}')}",
        f"first_day = {first}",
        'provenance = "assumption"',
        f'redesigns = ["{AS_LOGGED}"]',
    ]
    lines += ["projection = true"] * projection
    lines += [
        "",
        "[about]",
        f"zh = {_toml(about_zh)}",
        f"en = {_toml(about_en)}",
        "",
        "[hours]",
        f"office = [{', '.join(_toml(_stretch(each)) for each in _open(study))}]",
        "",
        "[hands]",
        "window_counts = false",
        *_hands(proposal),
        "",
        "[simulation]",
        "replications = 20",
        "seed = 1",
        *_arrivals(study),
        *_cases(proposal),
    ]
    return lines


def _hands(proposal: Proposal) -> list[str]:
    """Return times of each office: minutes of work, working days of lying."""
    lines = ["touch = 0", "dwell = 0", "", "[hands.of]"]
    for office, key in proposal.offices.items():
        touch, wait = _times(proposal, office)
        lines.append(f"{_toml(key)} = {{touch = {touch}, dwell = {wait}}}")
    return lines


def _times(proposal: Proposal, office: str) -> tuple[str, str]:
    mine = [each for each in proposal.study.steps if proposal.office_of.get(each.step) == office]
    touch = _distribution([each.touch for each in mine])
    return touch, _distribution([each.wait for each in mine])


def _distribution(spreads: Iterable[Spread | None]) -> str:
    """Return a lognormal time with the mean and the spread of all that was measured.

    Examples
    --------
    >>> _distribution([Spread.of([1, 3]), Spread.of([2]), None])
    '{distribution = "lognormal", mean = 2, cv = 0.5}'
    """
    known = [each for each in spreads if each is not None]
    n = sum(each.n for each in known)
    if not n:
        return "0"
    mean = sum(each.n * each.mean for each in known) / n
    square = sum(
        (each.n - 1) * each.deviation**2 + each.n * (each.mean - mean) ** 2 for each in known
    )
    cv = math.sqrt(square / (n - 1)) / mean if n > 1 and mean else 0.0
    if mean < 1e-4:
        return "0"
    if cv < 1e-3:
        return f"{mean:.6g}"
    return f'{{distribution = "lognormal", mean = {mean:.6g}, cv = {min(cv, 20.0):.4g}}}'


def _arrivals(study: Study) -> list[str]:
    arrivals = study.arrivals
    lines = []
    means = {each.weekday: each.mean for each in arrivals.weekdays if each.days > 1}
    if arrivals.per_day and all(each in means for each in range(5)):
        weights = [means.get(day, arrivals.per_day) / arrivals.per_day for day in range(7)]
        lines.append(f"weekdays = [{', '.join(f'{each:.4g}' for each in weights)}]")
    if arrivals.dispersion is not None and arrivals.dispersion > 1:
        lines.append(f"dispersion = {min(arrivals.dispersion, 1000):.4g}")
    return ["", "[arrivals]", *lines] if lines else []


def _cases(proposal: Proposal) -> list[str]:
    study = proposal.study
    per_year = max(1.0, study.arrivals.per_day * WORKING_DAYS_A_YEAR)
    cases = min(len(study.log.visits), _MOST_CASES)
    every = set(proposal.steps)
    if len(proposal.kinds) < 2 and all(had == every for had, _n in proposal.kinds):
        return ["", "[cases]", f"number = {cases}", f"per_year = {round(per_year)}"]
    whole = sum(n for _had, n in proposal.kinds)
    lines = []
    for place, (had, n) in enumerate(proposal.kinds, start=1):
        items = ", ".join(_toml(key) for step, key in proposal.steps.items() if step in had)
        zh, en = f"类型 {place}（{len(had)} 个环节）", f"type {place} ({len(had)} steps)"
        lines += [
            "",
            "[[type]]",
            f'key = "type-{place}"',
            f"name = {_name(zh, en)}",
            f"per_year = {max(1, round(per_year * n / whole))}",
            f"number = {max(1, round(cases * n / whole))}",
            f"items = [{items}]",
        ]
    return lines


def _items(proposal: Proposal) -> list[list[str]]:
    head = ["key", "name_zh", "name_en", "department", "kind", "days", "unit", "visits",
            "documents", "site_survey", "desks", "provenance"]  # fmt: skip
    by_step = {each.step: each for each in proposal.study.steps}
    minutes = proposal.study.calendar.day_ticks / 60
    rows = []
    for step, key in proposal.steps.items():
        wait, touch = by_step[step].wait, by_step[step].touch
        days = (wait.mean if wait else 0.0) + (touch.mean / minutes if touch else 0.0)
        hours = days * _PAPER_HOURS
        office = proposal.offices[proposal.office_of[step]]
        rows.append(
            [key, step, step, office, "government_approval", str(min(10_000, round(hours))), "h",
             "0", "0", "no", "1", "assumption"]
        )  # fmt: skip
    return [head, *rows]


def _prerequisites(proposal: Proposal) -> list[list[str]]:
    rows = [
        [
            proposal.steps[each.first],
            proposal.steps[each.then],
            "practice",
            f"log: {100 * each.share:.0f} % of {each.cases} cases",
        ]
        for each in proposal.order
    ]
    return [["before", "after", "strength", "basis"], *rows]


def _offices(proposal: Proposal) -> list[list[str]]:
    rows = []
    for office, key in proposal.offices.items():
        mine = [e for e in proposal.study.steps if proposal.office_of.get(e.step) == office]
        people = {person for each in mine for person in each.people}
        reviewers = max(len(people), 1) if people else max(1, sum(e.at_once for e in mine))
        rows.append([key, office, office, "1", str(reviewers), "office", "assumption"])
    return [["key", "name_zh", "name_en", "windows", "reviewers", "hours", "provenance"], *rows]


def _calibration(proposal: Proposal) -> list[str]:
    """Return a calibration that fits the longest wait to the mean of whole cases."""
    study = proposal.study
    waits: dict[str, float] = {}
    for each in study.steps:
        if each.wait is not None and each.step in proposal.office_of and each.wait.deviation:
            office = proposal.office_of[each.step]
            waits[office] = waits.get(office, 0.0) + each.wait.mean * each.cases
    if not waits or study.whole is None or not study.whole.deviation:
        return []
    longest = max(waits, key=lambda office: (waits[office], office))
    known = [e for e in study.steps if proposal.office_of.get(e.step) == longest and e.wait]
    number = sum(e.wait.n for e in known if e.wait)
    mean = sum(e.wait.n * e.wait.mean for e in known if e.wait) / number
    chance = 1.96 * study.whole.deviation / math.sqrt(study.whole.n)
    key = proposal.offices[longest]
    place = key if re.fullmatch(r"[\w-]+", key) else _toml(key)
    name = _name(f"{longest}：搁置天数", f"{longest}: days a file lies")
    basis = _name("事件日志", "event log")
    return [
        f"# Drafted from the event log {one_line(study.log.file)}: lianban calibrate FOLDER",
        "schema = 1",
        f'redesign = "{AS_LOGGED}"',
        "replications = 20",
        "",
        "[[parameter]]",
        'id = "lying"',
        f"at = {_toml(f'hands.of.{place}.dwell.mean')}",
        f"low = {mean / 10:.6g}",
        f"high = {mean * 2:.6g}",
        f"name = {name}",
        "",
        "[[target]]",
        'id = "mean-of-the-log"',
        'measure = "mean(total)"',
        f"value = {study.whole.mean:.6g}",
        f"tolerance = {max(chance, study.whole.mean / 100):.4g}",
        f"basis = {basis}",
        'provenance = "given"',
    ]


def _first_day(study: Study) -> tuple[date, bool]:
    """Return the draft's first day, and whether its calendar has to be projected."""
    days = WorkingDays.china()
    first = date_of(study.first)
    if not days.first <= first <= days.last:
        return _FALLBACK, True
    return first, days.last.year - date_of(study.last).year < 2


def _open(study: Study) -> list[tuple[int, int]]:
    """Return the opening hours of a working day."""
    day = 24 * 3600
    spans = [(start % day, (end - 1) % day + 1) for start, end in study.calendar.intervals]
    return list(dict.fromkeys(spans))


def _stretch(span: tuple[int, int]) -> str:
    start, end = span
    return f"{start // 3600:02d}:{start // 60 % 60:02d}-{end // 3600:02d}:{end // 60 % 60:02d}"


def _keys(names: Iterable[str], letter: str) -> dict[str, str]:
    """Return a key for each name: itself where it can be one, else a letter and a number."""
    every = list(names)
    if all(_KEY.fullmatch(name) and not key_problem(name) for name in every):
        return {name: name for name in every}
    return {name: f"{letter}{place:02d}" for place, name in enumerate(every, start=1)}


def one_line(text: str) -> str:
    """Return text on one line and fit for a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _toml(text: str) -> str:
    return json.dumps(one_line(text), ensure_ascii=False)


def _name(zh: str, en: str) -> str:
    return f"{{zh = {_toml(zh)}, en = {_toml(en)}}}"


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
