"""What one lever is worth in one measure, and how two of them go together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from results.lever_groups import LeverGroup
from results.words import word
from simulator import Interval

PAPER = ("steps", "paper_days", "serial_days", "visits", "documents", "fees")
TIMES = ("mean", "p50", "p90")
HEADINGS = {
    "steps": "steps", "paper_days": "paper days", "serial_days": "serial days", "visits": "visits",
    "documents": "documents", "fees": "fees (yuan)", "mean": "mean", "p50": "P50", "p90": "P90",
}  # fmt: skip
NOTICEABLE = 0.5
"""Days by which two levers must help or hinder each other to be named."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one group of levers is worth in one measure; negative is shorter or fewer.

    Attributes
    ----------
    value : Fraction
        The Shapley value; the values of all groups add up to the total.
    interval : Interval or None
        95 % interval where the value was simulated or orders were sampled; None where
        it is exact.
    """

    value: Fraction
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """How two groups of levers help or hinder each other in one measure.

    Attributes
    ----------
    measure : str
        For instance ``paper_days``.
    one, other : LeverGroup
        The two, in the redesign's order.
    value : float
        Shapley interaction index: by how much they do more together than apart;
        negative: they save more together.
    one_apart, one_together : float
        What the first adds on average without and with the other.
    other_apart, other_together : float
        The same of the second.
    interval : Interval or None
        95 % interval of ``value`` where it was simulated.
    """

    measure: str
    one: LeverGroup
    other: LeverGroup
    value: float
    one_apart: float
    one_together: float
    other_apart: float
    other_together: float
    interval: Interval | None = None

    def sentence(self, language: str) -> str:
        """Say how they go together: one only pays with the other, they help, they overlap."""
        zh = language == "zh"
        unit = word(HEADINGS[self.measure], language)
        for group, partner, apart, together in (
            (self.one, self.other, self.one_apart, self.one_together),
            (self.other, self.one, self.other_apart, self.other_together),
        ):
            a, b = group.name.in_language(language), partner.name.in_language(language)
            if (together < -NOTICEABLE / 2) != (apart < -NOTICEABLE / 2):
                pays = together < apart
                if zh:
                    head = f"{a}只有与{b}同用才见效" if pays else f"有了{b}，{a}不再见效"
                    return f"{head}（{unit}：同用 {together:+.1f}，不同用 {apart:+.1f}）"
                head = f"{a} only pays with {b}" if pays else f"{a} no longer pays with {b}"
                return f"{head} ({unit}: {together:+.1f} with it, {apart:+.1f} without)"
        a, b = (group.name.in_language(language) for group in (self.one, self.other))
        if zh:
            how = "相互促进" if self.value < 0 else "效果重叠"
            return f"{a}与{b}{how}（{unit}：同用再 {self.value:+.1f}）"
        how = "help each other" if self.value < 0 else "overlap"
        return f"{a} and {b} {how} ({unit}: {self.value:+.1f} together)"
