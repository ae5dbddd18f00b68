"""The state of a page is its address: two designs, levers switched off, what is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from lianban.workbench.speech import Language

VIEWS = ("before", "after", "overlay", "changes")
_LONGEST = 120
_MOST = 64


@dataclass(frozen=True, slots=True)
class State:
    """What an address says.

    Attributes
    ----------
    a, b : str
        Keys of the first and second design.
    off : tuple of str
        Lever groups that are switched off, in the order of the address.
    simulate : bool
        Whether the page also simulates what it shows.
    view : str
        Of the flow: ``before``, ``after``, ``overlay`` or ``changes`` alone.
    step : str
        The step whose details are open; empty: none.
    case : int
        Which case is replayed, from 1.
    file : str
        Which table of the catalogue is open.
    language : str
        ``en`` or ``zh``.
    """

    a: str = ""
    b: str = ""
    off: tuple[str, ...] = ()
    simulate: bool = False
    view: str = "overlay"
    step: str = ""
    case: int = 1
    file: str = ""
    language: Language = "en"

    @classmethod
    def of(cls, query: Mapping[str, str], language: Language) -> State:
        """Read an address; what it does not say, or says oddly, is left at its default."""
        off = [part for part in query.get("off", "").split(",") if part][:_MOST]
        case = query.get("case", "1")
        view = query.get("view", "overlay")
        return cls(
            a=query.get("a", "")[:_LONGEST],
            b=query.get("b", "")[:_LONGEST],
            off=tuple(dict.fromkeys(off)),
            simulate=query.get("sim") == "1",
            view=view if view in VIEWS else "overlay",
            step=query.get("step", "")[:_LONGEST],
            case=int(case) if case.isascii() and case.isdecimal() and len(case) < 7 else 1,
            file=query.get("file", "")[:_LONGEST],
            language=language,
        )

    def query(self, **changed: object) -> str:
        """Return the address's query, some parts changed.

        Examples
        --------
        >>> State("jiaxing", "jiaxing/reform", off=("parallel",)).query(language="zh")
        'a=jiaxing&b=jiaxing%2Freform&off=parallel&lang=zh'
        """
        state = replace(self, **changed)  # type: ignore[arg-type]  # names of fields
        pairs: list[tuple[str, str]] = [("a", state.a), ("b", state.b)]
        pairs += [("off", ",".join(state.off)), ("sim", "1" if state.simulate else "")]
        pairs += [("view", "" if state.view == "overlay" else state.view)]
        pairs += [("step", state.step), ("case", "" if state.case == 1 else str(state.case))]
        pairs += [("file", state.file), ("lang", state.language)]
        return urlencode([(name, value) for name, value in pairs if value])

    @staticmethod
    def mark(group: str) -> str:
        """Return how an address names a lever group; commas part the names."""
        return group.replace(",", ";")

    def toggled(self, group: str) -> State:
        """Return the state with one lever group switched the other way."""
        mark = self.mark(group)
        if mark in self.off:
            return replace(self, off=tuple(key for key in self.off if key != mark))
        return replace(self, off=(*self.off, mark))

    def chosen(self, groups: Iterable[str]) -> tuple[str, ...]:
        """Return the groups that are not switched off."""
        return tuple(key for key in groups if self.mark(key) not in self.off)
