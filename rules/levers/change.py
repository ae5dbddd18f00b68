"""What a lever did, and why a lever may not.

Every lever returns the new procedure with a :class:`Change`; one that would
break the law, or cannot be done, raises :class:`Refused` and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.citations import in_chinese
from rules.steps import Duration, Edge, Name, Strength, Unit

STRENGTH_WORDS: dict[Strength, Name] = {
    Strength.STATUTE: Name("法定", "statute"),
    Strength.DATA: Name("数据", "data"),
    Strength.PRACTICE: Name("惯例", "practice"),
}
"""What the three strengths are called in sentences."""

_UNITS_ZH = {
    Unit.WORKING_DAY: "个工作日",
    Unit.NATURAL_DAY: "日",
    Unit.HOUR: "小时",
    Unit.MINUTE: "分钟",
}


def in_zh(duration: Duration) -> str:
    """Return a duration as Chinese sentences say it.

    Examples
    --------
    >>> in_zh(Duration(20)), in_zh(Duration(7, Unit.NATURAL_DAY))
    ('20 个工作日', '7 日')
    """
    return f"{duration.amount} {_UNITS_ZH[duration.unit]}"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A prerequisite that takes the place of a chain through a step that left.

    Attributes
    ----------
    edge : Edge
        The new prerequisite; as strong as the weakest link of the chain.
    chain : tuple of Edge
        The links it replaces, first to last.
    """

    edge: Edge
    chain: tuple[Edge, ...]

    def sentence(self) -> Name:
        """Say what the bridge replaces, its strength and why it has it."""
        links = [(link, STRENGTH_WORDS[link.strength]) for link in self.chain]
        strength = STRENGTH_WORDS[self.edge.strength]
        zh = "，".join(f"{link}（{word.zh}）" for link, word in links)
        en = ", ".join(f"{link} ({word.en})" for link, word in links)
        return Name(
            f"{self.edge} 桥接 {zh}：强度为{strength.zh}，与链上最弱的一环相同",
            f"{self.edge} bridges {en}: {strength.en}, as strong as the weakest link",
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What one lever did to a procedure.

    Attributes
    ----------
    lever : str
        The lever's word, as planners write it.
    what : Name
        One sentence for the report.
    gone, came : tuple of str
        Keys of steps that left and that are new.
    fallen : tuple of Edge
        Prerequisites that no longer exist.
    bridged : tuple of Bridge
        Prerequisites that took the place of fallen ones.
    added : tuple of Edge
        Prerequisites that the lever itself adds.
    moved : tuple of Edge
        Prerequisites that now bind the conversion and no longer the start of work.
    notes : tuple of Name
        What a planner should also know.
    """

    lever: str
    what: Name
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    fallen: tuple[Edge, ...] = ()
    bridged: tuple[Bridge, ...] = ()
    added: tuple[Edge, ...] = ()
    moved: tuple[Edge, ...] = ()
    notes: tuple[Name, ...] = ()

    def sentence(self, language: str) -> str:
        """Return the lever's one sentence in ``"zh"`` or ``"en"``."""
        return self.what.in_language(language)

    def details(self, language: str) -> tuple[str, ...]:
        """Return a line for each prerequisite that fell, was bridged, added or moved."""
        zh = language == "zh"
        lines = [
            f"{'失效' if zh else 'falls'}: {edge} ({_reason(edge, language)})"
            for edge in self.fallen
        ]
        lines += [bridge.sentence().in_language(language) for bridge in self.bridged]
        lines += [
            f"{'新增' if zh else 'adds'}: {edge} ({_reason(edge, language)})" for edge in self.added
        ]
        lines += [
            f"{'改约束转正式' if zh else 'now binds ' + edge.formal_at}: {edge} "
            f"({_reason(edge, language)})"
            for edge in self.moved
        ]
        lines += [note.in_language(language) for note in self.notes]
        return tuple(lines)


def _reason(edge: Edge, language: str) -> str:
    word = STRENGTH_WORDS[edge.strength].in_language(language)
    reason = edge.reason.in_language(language)
    return f"{word}: {reason}" if reason else word


class Refused(Exception):  # noqa: N818 - a refusal is the law's answer, not an error
    """A lever is unlawful or impossible; nothing was changed.

    Attributes
    ----------
    lever : str
        The lever's word.
    reason : Name
        Why, naming steps.
    article : str
        The act or reason that stands against it, or empty.
    cited : Name
        The same in both languages.
    instead : Name
        What to do instead, or empty names.
    """

    def __init__(
        self,
        lever: str,
        reason: Name,
        article: str | Name = "",
        instead: Name | None = None,
    ) -> None:
        self.lever = lever
        self.reason = reason
        self.cited = article if isinstance(article, Name) else Name(in_chinese(article), article)
        self.article = self.cited.en
        self.instead = instead or Name()
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """Return the refusal in one line, in ``"zh"`` or ``"en"``."""
        zh = language == "zh"
        text = self.reason.in_language(language)
        if article := self.cited.in_language(language):
            text += f" [{article}]"
        if instead := self.instead.in_language(language):
            text += f"；{'可改为'}：{instead}" if zh else f"; instead: {instead}"
        return text
