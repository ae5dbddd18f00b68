"""Which lever earned which days: Shapley values over the levers of a redesign.

A lever's worth depends on what else is done: parallel approval earns more while 35
steps stand than after they are joined. Its Shapley value is what it adds on average over
all orders in which the levers could be introduced; no order is preferred, and the values of
all levers add up to the whole change exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from results.lever_designs import Designs, Progress
from results.lever_groups import LeverGroup, grouped, levers_of
from results.lever_shares import HEADINGS, PAPER, TIMES, Interaction, Share
from results.numbers import adding_up, interval_text, json_interval
from results.shapley import exact, sampled
from results.words import word
from rules import Name
from scenarios import Scenario
from simulator import Interval

MOST_EXACT = 10
"""Most levers whose every combination is worked out (1,024 designs)."""

ORDERS = 200
"""Orders drawn beyond that, half of them the reverse of the other half."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The change from one design to another, shared out over groups of levers.

    Attributes
    ----------
    first, last : str
        Keys of the two designs.
    groups : tuple of LeverGroup
        In the redesign's order.
    start, end : mapping of str to Fraction
        Each measure of the two designs.
    shares : mapping of str to tuple of Share
        Of each measure one share for every group.
    interactions : tuple of Interaction
        Pairs that change each other's worth noticeably, the strongest first.
    refused : tuple of (Name, int)
        Levers that some combinations had to leave out, and in how many.
    designs : int
        Combinations of levers that were worked out.
    orders : int
        Orders drawn at random; 0: every combination was worked out.
    seed, replications : int
        How the days were simulated; zero for the paper view alone.
    """

    first: str
    last: str
    groups: tuple[LeverGroup, ...]
    start: Mapping[str, Fraction]
    end: Mapping[str, Fraction]
    shares: Mapping[str, tuple[Share, ...]]
    interactions: tuple[Interaction, ...]
    refused: tuple[tuple[Name, int], ...]
    designs: int
    orders: int
    seed: int
    replications: int

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that were shared out, in the order of tables."""
        return tuple(measure for measure in (*PAPER, *TIMES) if measure in self.shares)

    def total(self, measure: str) -> Fraction:
        """Return the whole change of a measure."""
        return self.end[measure] - self.start[measure]

    def to_json(self) -> dict[str, Any]:
        """Return the ``attribution`` of ``compare --json``; shares add up to their total."""
        rounded = {
            m: [_plain(v) for v in adding_up([s.value for s in self.shares[m]], 6)]
            for m in self.measures
        }
        return {
            "from": self.first,
            "to": self.last,
            "method": "sampled" if self.orders else "exact",
            "designs": self.designs,
            "orders": self.orders,
            "seed": self.seed,
            "replications": self.replications,
            "totals": {m: _plain(adding_up([self.total(m)], 6)[0]) for m in self.measures},
            "levers": [
                {
                    "key": group.key,
                    "name": {"zh": group.name.zh, "en": group.name.en},
                    "levers": list(group.levers),
                    "shares": {m: rounded[m][at] for m in self.measures},
                    "intervals": {
                        m: json_interval(interval)
                        for m in self.measures
                        if (interval := self.shares[m][at].interval) is not None
                    },
                }
                for at, group in enumerate(self.groups)
            ],
            "interactions": [
                {
                    "measure": each.measure,
                    "levers": [each.one.key, each.other.key],
                    "index": round(each.value, 6),
                    "zh": each.sentence("zh"),
                    "en": each.sentence("en"),
                }
                for each in self.interactions
            ],
            "left_out": [
                {"lever": {"zh": lever.zh, "en": lever.en}, "designs": count}
                for lever, count in self.refused
            ],
        }

    def table(self, language: str) -> list[list[str]]:
        """Return the waterfall on paper: from the first design, lever by lever, to the last."""
        return self._waterfall(tuple(m for m in PAPER if m in self.shares), language)

    def times_table(self, language: str) -> list[list[str]]:
        """Return the waterfall of simulated days; the header alone where none were simulated."""
        return self._waterfall(tuple(m for m in TIMES if m in self.shares), language)

    def _waterfall(self, measures: Sequence[str], language: str) -> list[list[str]]:
        columns = []
        for measure in measures:
            start, end = (round(1 * each[measure], 1) for each in (self.start, self.end))
            shown = adding_up([share.value for share in self.shares[measure]], 1, end - start)
            parts = [
                _signed(each) + _half(share.interval)
                for each, share in zip(shown, self.shares[measure], strict=True)
            ]
            heading = word(HEADINGS[measure], language)
            columns.append([heading, _plain_text(start), *parts, _plain_text(end)])
        names = [group.name.in_language(language) for group in self.groups]
        labels = [word("lever", language), self.first, *names, self.last]
        return [list(row) for row in zip(labels, *columns, strict=True)]

    def notes(self, language: str) -> list[str]:
        """Say how the shares were found, and which levers go together."""
        zh = language == "zh"
        if self.orders:
            how = (
                f"随机抽取 {self.orders} 种实施顺序的平均贡献（Shapley 值），± 为 95 % 区间"
                if zh
                else f"share: average over {self.orders} random orders of introducing the levers "
                "(Shapley value); ± is the 95 % interval"
            )
        else:
            how = (
                f"贡献：全部 {self.designs} 种举措组合下的平均（Shapley 值），与先后次序无关，"
                "合计等于总变化"
                if zh
                else f"share: average over all orders of introducing the levers (Shapley value, "
                f"{self.designs} designs); shares add up to the whole change"
            )
        lines = [how]
        for lever, count in self.refused:
            what = lever.in_language(language)
            lines.append(
                f"在 {count} 种组合中被拒绝而未计入：{what}"
                if zh
                else f"refused, so left out, in {count} of the designs: {what}"
            )
        lines += [each.sentence(language) for each in self.interactions[:_MOST_NAMED]]
        return lines

    def markdown(self, language: str) -> str:
        """Return the waterfall and its notes as Markdown."""
        tables = [self.table(language), self.times_table(language)]
        lines: list[str] = []
        for head, *rows in (each for each in tables if len(each[0]) > 1):
            lines += [_row(head), _row(["---", *["---:"] * (len(head) - 1)]), *map(_row, rows), ""]
        return "\n".join([*lines, *(f"- {note}" for note in self.notes(language))])


_MOST_NAMED = 6
"""Pairs of levers named below a table; JSON has all."""


class NotARedesign(Exception):  # noqa: N818 - says what the second design is not
    """The second design is not made from the first by more levers."""


def attribute(
    first: Scenario,
    last: Scenario,
    *,
    replications: int = 0,
    seed: int | None = None,
    orders: int = ORDERS,
    progress: Progress | None = None,
    engine: str = "auto",
    workers: int | None = None,
) -> Attribution:
    """Share out the change between two designs over the levers that make it.

    A combination is worked out by applying its levers in the redesign's order to the first
    design. A lever that names a joint step takes its members where they are not joined. One
    that is still refused (the law forbids it without another lever) is left out, and the
    combination is worth what the others reach.

    Parameters
    ----------
    first, last : Scenario
        Today or a redesign, and a redesign made from it by further levers.
    replications : int
        Zero: paper view only. Every combination is simulated so often, with the same luck.
    seed : int, optional
        By default what the first scenario says; also draws the orders.
    orders : int
        Orders drawn where there are more than :data:`MOST_EXACT` groups.
    progress : callable, optional
        Is told how many combinations are done, and of how many at most.
    engine : str
        ``auto``, ``simpy`` or ``fast``; the shares do not depend on it.
    workers : int, optional
        How many processes simulate; by default all cores where that pays. Nor on this.

    Raises
    ------
    NotARedesign
        If the last design does not begin with all levers of the first.
    """
    levers = levers_of(last)
    given = len(levers_of(first))
    same = [each.lever for each in levers_of(first)] == [e.lever for e in levers[:given]]
    if first.folder.resolve() != last.folder.resolve() or not same or given == len(levers):
        raise NotARedesign(f"{last.key} is not made from {first.key} by further levers")
    groups = grouped(levers, given)
    seed = first.seed if seed is None else seed
    designs = Designs(
        first,
        last,
        levers[given:],
        groups,
        given,
        replications,
        seed,
        progress,
        1 << len(groups) if len(groups) <= MOST_EXACT else 0,
        engine,
        workers,
    )
    if len(groups) <= MOST_EXACT:
        shares, interactions, orders = *exact(designs), 0
    else:
        shares, interactions = sampled(designs, seed, orders)
    whole = (1 << len(groups)) - 1
    return Attribution(
        first=first.key,
        last=last.key,
        groups=groups,
        start=designs.means(0),
        end=designs.means(whole),
        shares=shares,
        interactions=interactions,
        refused=designs.refusals(),
        designs=len(designs.values),
        orders=orders,
        seed=seed if replications else 0,
        replications=replications,
    )


def _plain(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)


def _plain_text(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"


def _signed(value: Fraction) -> str:
    return f"{'+' if value > 0 else ''}{_plain_text(value)}"


def _half(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return interval_text(interval).removeprefix(f"{interval.estimate:.1f}")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
