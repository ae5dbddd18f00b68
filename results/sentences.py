"""Comparisons in words: one sentence for each line, how sure it is, and why a design is slower.

Where more than two designs are compared, each measure asks several questions at once. Then the
intervals of its differences hold all at once, by Bonferroni's inequality, and a difference is
called one exactly where its interval leaves out zero. (Holm's method would call more, but has
no such intervals: those that fit it say no more than "below zero" of the differences called.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from typing import TYPE_CHECKING

from results.numbers import change_of, days_text, leaves_out_zero
from results.summary import LEVEL, PoolUse, Summary
from results.words import word
from rules import Name
from simulator import Interval, mean_interval, paired_difference
from simulator.statistics import each_level

if TYPE_CHECKING:
    from results.comparison import Comparison

_PAPER = ("steps", "paper_days", "serial_days", "visits", "documents")
_TIMES = ("mean", "p50", "p90", "on_time")
_HALVINGS = 50
"""Bisections of a probability: far below what is printed."""

_GROWN = 0.05
"""Working days by which a queue must grow to be blamed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison, in words.

    Attributes
    ----------
    to : str
        Key of the design that is compared with the first.
    measure : str
        ``steps``, ``paper_days``, ``serial_days``, ``visits``, ``documents``, ``fees``, ``mean``,
        ``p50``, ``p90`` (elapsed working days) or ``on_time`` (share within the paper
        days of the design, in per cent).
    change : Fraction, Interval or None
        The difference from the first design, exact on paper; negative is shorter or fewer;
        None where days are unknown.
    probability : float or None
        Chance of a difference at least so far from zero if there were none, times the number
        of designs compared (Bonferroni); None on paper and below five replications.
    sentence : Name
        In Chinese and English.
    """

    to: str
    measure: str
    change: Fraction | Interval | None
    probability: float | None
    sentence: Name

    @property
    def shown(self) -> bool:
        """Whether a difference is shown: exact and not zero, or too large to be luck."""
        if self.change is None or isinstance(self.change, Fraction):
            return bool(self.change)
        return leaves_out_zero(self.change)


def probability(differences: Sequence[float]) -> float | None:
    """Return the chance of a mean so far from zero if the true mean were zero.

    It is the one that belongs to :func:`simulator.mean_interval`: one minus the highest
    confidence whose interval leaves zero out. None below five values.

    Examples
    --------
    >>> probability([-1.0, 1.0, -1.0, 1.0, 0.0])
    1.0
    >>> probability([5.0, 5.1, 4.9, 5.0, 5.2, 4.8]) < 1e-6
    True
    """
    if not mean_interval(differences, 0.5).known:
        return None
    if not any(differences):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        interval = mean_interval(differences, 1 - middle)
        if interval.low is None or interval.high is None or interval.low <= 0 <= interval.high:
            low = middle
        else:
            high = middle
    return high


def sentences(comparison: Comparison) -> tuple[Line, ...]:
    """Return a sentence for each measure of each design after the first."""
    first, *others = comparison.summaries
    lines: list[Line] = []
    for other in others:
        mixed = first.paper.mixed or other.paper.mixed
        # of a mix of case types only the catalogue's steps can be counted
        lines += [_on_paper(first, other, m) for m in (_PAPER[:1] if mixed else _PAPER)]
        if None not in (first.paper.fees, other.paper.fees):
            lines.append(_on_paper(first, other, "fees"))
        if first.times is None or other.times is None:
            continue
        asked = _TIMES[:-1] if None in (first.paper.paper_days, other.paper.paper_days) else _TIMES
        lines += [_in_time(first, other, m, len(others)) for m in asked]
    return tuple(lines)


def in_words(comparison: Comparison, language: str) -> list[list[str]]:
    """Return for each design after the first its lines in words: what differs, and the times.

    Numbers on paper that stay as they were are left to the table; of simulated times the
    mean and the P90 are always said, even where no difference is shown.
    """
    lines = comparison.sentences()
    slower = dict(zip(*_slower(comparison), strict=True))
    told = []
    for summary in comparison.summaries[1:]:
        key = summary.scenario.key
        said = [
            line.sentence.in_language(language)
            for line in lines
            if line.to == key
            and (line.shown or line.change is None or line.measure in ("mean", "p90"))
        ]
        if key in slower:
            said.append(slower[key].in_language(language))
        told.append(said or [_as_before(summary).in_language(language)])
    return told


def _as_before(summary: Summary) -> Name:
    zh, en = _called(summary)
    if summary.paper.mixed:
        return Name(
            f"{zh}含多类办件，纸面上没有合计：请看模拟结果。",
            f"{en} has several types of cases and no totals on paper: compare the simulation.",
        )
    return Name(f"{zh}在纸面上与第一个方案没有差别。", f"{en} is on paper as the first design is.")


def reasons(comparison: Comparison) -> tuple[Name, ...]:
    """Say of each design that takes longer than the first where the time is lost."""
    return _slower(comparison)[1]


def _slower(comparison: Comparison) -> tuple[tuple[str, ...], tuple[Name, ...]]:
    """Return the keys of designs that take longer than the first, and why each does."""
    first, *others = comparison.summaries
    told = {}
    for other, difference in zip(others, comparison.differences, strict=True):
        if difference is None:
            continue
        low = [each.low for each in (difference.mean, difference.p90)]
        if any(end is not None and end > 0 for end in low):
            told[other.scenario.key] = _why_slower(first, other)
    return tuple(told), tuple(told.values())


def facts(comparison: Comparison, language: str) -> list[str]:
    """Return what must be known to read a comparison: clock, luck, correction, data, version."""
    zh = language == "zh"
    lines = comparison.notes(language)
    first = comparison.summaries[0]
    version = metadata.version("lianban")
    engine = f" · {first.engine}" if first.engine else ""
    lines.append(
        f"版本：lianban {version}{engine}" if zh else f"version: lianban {version}{engine}"
    )
    return lines


def _corrected(first: Summary, other: Summary, measure: str, comparisons: int) -> float | None:
    if first.times is None or other.times is None:
        return None
    found = probability(_off(first, other, measure))
    return None if found is None else min(1.0, comparisons * found)


def _called(design: Summary) -> tuple[str, str]:
    """Return a design's name in quotation marks, in Chinese and English."""
    name = design.scenario.name
    return f"“{name.in_language('zh')}”", f'"{name.in_language("en")}"'


def _off(first: Summary, other: Summary, measure: str) -> list[float]:
    mine, theirs = (getattr(each.times, measure).tolist() for each in (other, first))
    scale = 100 if measure == "on_time" else 1
    return [scale * (x - y) for x, y in zip(mine, theirs, strict=True)]


def _on_paper(first: Summary, other: Summary, measure: str) -> Line:
    zh, en = _called(other)
    was, now = (getattr(each.paper, measure) for each in (first, other))
    if was is None or now is None:
        name = _unknown(zh, en, measure, now)
        return Line(other.scenario.key, measure, None, None, name)
    was, now = Fraction(was), Fraction(now)
    change = now - was
    less, count = days_text(abs(change)), days_text(now)
    part = f"{100 * float(change / was):+.0f} %" if was else ""
    zh_unit, en_unit, what_zh, what_en = {
        "steps": ("个环节", "steps", "共有", "has"),
        "paper_days": ("个工作日", "working days", "纸面上需", "takes"),
        "serial_days": ("个工作日", "working days", "各环节时限合计", "adds up over all steps to"),
        "visits": ("次", "visits", "申请人需跑动", "asks the applicant for"),
        "documents": ("份材料", "documents", "申请人需提交", "asks the applicant for"),
        "fees": ("元", "yuan", "向申请人收取", "costs the applicant"),
    }[measure]
    fewer = "less" if measure == "fees" else "fewer"
    if change:
        tail_zh = f"，{'减少' if change < 0 else '增加'} {less} {zh_unit}（原 {days_text(was)}"
        tail_en = f", {less} {fewer if change < 0 else 'more'} than the {days_text(was)} before"
        tail_zh += f"，{part}）" if part else "）"
        tail_en += f" ({part})" if part else ""
    else:
        tail_zh, tail_en = "，没有变化", ", as before"
    on_paper = " on paper" if measure == "paper_days" else ""
    name = Name(
        f"{zh}{what_zh} {count} {zh_unit}{tail_zh}。",
        f"{en} {what_en} {count} {_plural(en_unit, now)}{on_paper}{tail_en}.",
    )
    return Line(other.scenario.key, measure, change, None, name)


def _unknown(zh: str, en: str, measure: str, now: Fraction | None) -> Name:
    """Say whose days no source gives: the design's own, or those it is compared with."""
    what_zh, what_en = {
        "paper_days": ("纸面天数", "days on paper"),
        "serial_days": ("各环节时限合计", "sum of all steps' days"),
    }[measure]
    if now is None:
        return Name(
            f"{zh}的{what_zh}不详：没有环节写明时限。",
            f"The {what_en} of {en} {'are' if measure == 'paper_days' else 'is'} unknown: "
            "no step says how long it takes.",
        )
    return Name(
        f"{zh}的{what_zh}为 {days_text(now)} 个工作日；原方案时限不详，无从比较。",
        f"The {what_en} of {en}: {days_text(now)} working days; those before are unknown.",
    )


def _plural(unit: str, count: Fraction) -> str:
    return unit.removesuffix("s") if count == 1 else unit


def _in_time(first: Summary, other: Summary, measure: str, comparisons: int) -> Line:
    chance = _corrected(first, other, measure, comparisons)
    scale = 100 if measure == "on_time" else 1
    mine, theirs = ((scale * getattr(e.times, measure)).tolist() for e in (other, first))
    change = paired_difference(mine, theirs, each_level(comparisons, LEVEL))
    was, now = (mean_interval(values, LEVEL).estimate for values in (theirs, mine))
    sure_zh, sure_en = _sureness(change)
    zh, en = _called(other)
    if measure == "on_time":
        limit, old_limit = (days_text(each.paper.paper_days) for each in (other, first))
        head_zh = f"{zh}有 {now:.1f} % 的件在其纸面 {limit} 个工作日内办结"
        head_en = f"{en} closes {now:.1f} % of cases within its {limit} working days on paper"
        was_zh = f"原为 {was:.1f} %，限 {old_limit} 个工作日"
        was_en = f"before: {was:.1f} % within {old_limit}"
        unit_zh, unit_en, up, down = "个百分点", "percentage points", "more", "fewer"
    else:
        head_zh, head_en = {
            "mean": (
                f"{zh}平均历时 {now:.1f} 个工作日",
                f"{en} takes {now:.1f} working days on average",
            ),
            "p50": (
                f"{zh}有一半的件在 {now:.1f} 个工作日内办结",
                f"{en} closes half of the cases within {now:.1f} working days",
            ),
            "p90": (
                f"{zh}有九成的件在 {now:.1f} 个工作日内办结",
                f"{en} closes nine cases in ten within {now:.1f} working days",
            ),
        }[measure]
        was_zh, was_en = f"原为 {was:.1f}", f"before: {was:.1f}"
        unit_zh, unit_en, up, down = "个工作日", "", "more", "less"
    size = f"{abs(change.estimate):.1f}"
    if change.low == change.high == 0:
        tail_zh, tail_en = "每次重复都与原来相同", "the same as before in every replication"
    elif change.known and not leaves_out_zero(change):
        tail_zh = f"未显示出差异（{was_zh}{sure_zh}）"
        tail_en = f"no difference is shown ({was_en}{sure_en})"
    else:
        tail_zh = (
            f"{'减少' if change.estimate < 0 else '增加'} {size} {unit_zh}（{was_zh}{sure_zh}）"
        )
        how_much = f"{size} {unit_en}".rstrip()
        tail_en = f"{how_much} {down if change.estimate < 0 else up} ({was_en}{sure_en})"
    name = Name(f"{head_zh}，{tail_zh}。", f"{head_en}, {tail_en}.")
    return Line(other.scenario.key, measure, change, chance, name)


def _sureness(change: Interval) -> tuple[str, str]:
    """Return how sure a difference is: its interval, largest change last, or that there is none."""
    if change.low is None or change.high is None:
        return "；重复次数不足 5 次，没有区间", "; too few replications for an interval"
    ends = change.low, change.high
    # as many decimals as it takes to see whether zero is left out
    digits = next((d for d in range(1, 5) if round(min(map(abs, ends)), d) or 0 in ends), 1)
    if max(ends) <= 0:
        low, high = (f"{abs(end):.{digits}f}" for end in reversed(ends))
    else:
        low, high = (f"{end:+.{digits}f}" if min(ends) < 0 else f"{end:.{digits}f}" for end in ends)
    level = f"{100 * change.level:.1f}".removesuffix(".0") + " %"
    return (
        f"；差值的 {level} 区间：{low} 至 {high}",
        f"; {level} interval of the difference {low} to {high}",
    )


def _why_slower(first: Summary, other: Summary) -> Name:
    """Name the step and the people that are waited for longer, or say that nobody is."""
    before = {pool.key: pool for pool in first.pools}
    grown = [
        (pool.wait.estimate - before[pool.key].wait.estimate, pool.key, pool)
        for pool in other.pools
        if pool.key in before
    ]
    zh, en = _called(other)
    gain, _, pool = max(grown, default=(0.0, "", None), key=lambda each: each[:2])
    step = _held_up(first, other, pool.key if pool is not None and gain >= _GROWN else "")
    if pool is not None and gain >= _GROWN:
        was = before[pool.key]
        name = Name(
            f"{zh}更慢，因为{_pool(pool, 'zh')}前的队伍变长："
            f"每次等待从 {was.wait.estimate:.2f} 增至 {pool.wait.estimate:.2f} 个工作日，"
            f"占用率 {100 * pool.utilisation.estimate:.0f} %。",
            f"{en} is slower because the queue grew at {_pool(pool, 'en')}: from "
            f"{was.wait.estimate:.2f} to {pool.wait.estimate:.2f} working days each time, "
            f"{100 * pool.utilisation.estimate:.0f} % in use.",
        )
        if step is None:
            return name
        return Name(
            f"{name.zh}主要在“{step.name('zh')}”，每件多等 {step.days:.1f} 个工作日。",
            f"{name.en} Most of it is at {step.name('en')}: {step.days:.1f} working days more"
            " a case.",
        )
    if step is not None:
        return _overtaken(step, first, other)
    more = change_of(first.paper.paper_days, other.paper.paper_days) or Fraction(0)
    return Name(
        f"{zh}更慢，但没有哪个队伍变长：差别在各环节本身（纸面上 {float(more):+.1f} 个工作日）。",
        f"{en} is slower although no queue grew: the steps themselves take longer "
        f"({float(more):+.1f} working days on paper).",
    )


@dataclass(frozen=True, slots=True)
class _HeldUp:
    """A step that decides the end and queues longer than before."""

    summary: Summary
    key: str
    days: float

    def name(self, language: str) -> str:
        procedure = self.summary.scenario.procedure
        known = self.key in procedure.keys
        return procedure[self.key].name.in_language(language) if known else self.key


def _held_up(first: Summary, other: Summary, pool: str) -> _HeldUp | None:
    """Return the step whose longer queue costs most, of those served by a pool if one is named."""
    if first.flow is None or other.flow is None:
        return None
    found = []
    for key, days in other.flow.waited.items():
        if key in first.flow.waited and (not pool or pool in other.flow.people[key]):
            more = mean_interval((days - first.flow.waited[key]).tolist()).estimate
            share = mean_interval(other.flow.critical[key].tolist()).estimate
            found.append((more * share, key, more))
    cost, key, more = max(found, default=(0.0, "", 0.0))
    return _HeldUp(other, key, more) if cost >= _GROWN else None


def _overtaken(step: _HeldUp, first: Summary, other: Summary) -> Name:
    """Say that a step waits longer though no queue grew: other work comes before it (Graham).

    A list of work may take longer with more people, shorter steps or fewer prerequisites:
    R. L. Graham, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied
    Mathematics 17 (1969) 416-429.
    """
    zh, en = _called(other)
    keys = other.flow.people[step.key] if other.flow is not None else ()
    before = {pool.key: pool.capacity for pool in first.pools}
    pools = [pool for pool in other.pools if pool.key in keys]
    more = [pool for pool in pools if pool.capacity > before.get(pool.key, pool.capacity)]
    named = (more or pools)[:1]
    at_zh = "、".join(_pool(pool, "zh") for pool in named)
    at_en = ", ".join(_pool(pool, "en") for pool in named)
    though_zh = though_en = ""
    for pool in more[:1]:
        though_zh = f"，尽管那里有 {pool.capacity} 人而不是 {before[pool.key]} 人"
        though_en = f" although {pool.capacity} people instead of {before[pool.key]} work there"
    return Name(
        f"{zh}更慢，因为“{step.name('zh')}”等待{at_zh}的时间每件多 {step.days:.1f} 个工作日"
        f"{though_zh}：别的工作更早到那里，排在它前面，而它决定办结时间。",
        f"{en} is slower because {step.name('en')} waits {step.days:.1f} working days more for"
        f" {at_en}{though_en}: other work now comes there sooner and goes first, and this step"
        " decides the end.",
    )


def _pool(pool: PoolUse, language: str) -> str:
    role = word(pool.key.split(".")[-1], language)
    name = pool.name.in_language(language)
    return f"{name}（{role}）" if language == "zh" else f"{name} ({role})"
