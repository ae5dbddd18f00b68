"""Says in words what a schedule of a portfolio breaks; nothing is returned unchecked."""

from __future__ import annotations

from bisect import bisect_left

from optimizer.portfolio import Portfolio, Relation, Times


def broken_rules(portfolio: Portfolio, times: Times) -> list[str]:
    """Return one line for each rule that the times break."""
    found: list[str] = []
    for number, activity in enumerate(portfolio.activities):
        start, end = times.starts[number], times.ends[number]
        mode = activity.modes[times.modes[number]]
        calendar = portfolio.calendar_of(mode)
        what = f"{portfolio.projects[activity.project].key} {activity.key}"
        if start < portfolio.projects[activity.project].release:
            found.append(f"{what}: starts before its project may begin")
        first, after = bisect_left(calendar, start), bisect_left(calendar, end)
        if after - first != mode.days:
            found.append(f"{what}: {after - first} days of work instead of {mode.days}")
        elif not mode.days and start != end:
            found.append(f"{what}: takes time without work")
        elif mode.days and (calendar[first] != start or calendar[after - 1] != end - 1):
            found.append(f"{what}: starts or ends on a closed day")
        if end > portfolio.axis.slots:
            found.append(f"{what}: ends after the last day")
    found += [
        f"{portfolio.activities[r.after].key} of {portfolio.activities[r.after].project}: {r}"
        for r in portfolio.relations
        if not _kept(portfolio, r, times)
    ]
    return (
        found + _crowded(portfolio, times) + _overdrawn(portfolio, times) + _torn(portfolio, times)
    )


def _kept(portfolio: Portfolio, relation: Relation, times: Times) -> bool:
    if relation.when and times.modes[relation.when[0]] not in relation.when[1]:
        return True
    before, start = relation.before, times.starts[relation.after]
    dates = (*portfolio.axis.dates, portfolio.axis.dates[-1] + 1)
    moment = times.starts[before] if relation.from_start else times.ends[before]
    if not relation.natural:
        counted = portfolio.axis.calendars[relation.calendar]
        passed = bisect_left(counted, start) - bisect_left(counted, moment)
        if not relation.calendar:
            passed = start - moment
        elif start < moment and not relation.at_most:
            return False
    else:
        works = any(mode.days for mode in portfolio.activities[before].modes)
        evening = works and not relation.from_start and moment > 0
        passed = dates[start] - (dates[moment - 1] + 1 if evening else dates[moment])
    return passed <= relation.lag if relation.at_most else passed >= relation.lag


def _crowded(portfolio: Portfolio, times: Times) -> list[str]:
    changes: list[dict[int, int]] = [{} for _ in portfolio.offices]
    for number, activity in enumerate(portfolio.activities):
        start, end = times.starts[number], times.ends[number]
        for office, people in activity.modes[times.modes[number]].needs if start < end else ():
            changes[office][start] = changes[office].get(start, 0) + people
            changes[office][end] = changes[office].get(end, 0) - people
    found = []
    for desk, change in zip(portfolio.offices, changes, strict=True):
        for first, last, people in desk.away:
            change[first] = change.get(first, 0) + people
            change[last] = change.get(last, 0) - people
        busy = 0
        for slot in sorted(change):
            busy += change[slot]
            if busy > desk.people:
                found.append(f"{desk.key}: {busy} needed in slot {slot}, of {desk.people}")
    return found


def _overdrawn(portfolio: Portfolio, times: Times) -> list[str]:
    used = [0] * len(portfolio.stocks)
    for activity, mode in zip(portfolio.activities, times.modes, strict=True):
        for stock, amount in activity.modes[mode].uses:
            used[stock] += amount
    return [
        f"{key}: {spent} used, of {there}"
        for spent, (key, there) in zip(used, portfolio.stocks, strict=True)
        if spent > there
    ]


def _torn(portfolio: Portfolio, times: Times) -> list[str]:
    found = []
    for project, members in zip(portfolio.projects, portfolio.members, strict=True):
        used = {portfolio.activities[a].modes[times.modes[a]].centre for a in members} - {-1}
        if len(used) > 1 or (used and not used.issubset(project.centres)):
            found.append(f"{project.key}: handled by centres {sorted(used)}")
    return found
