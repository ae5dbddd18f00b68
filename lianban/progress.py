"""How far a sweep is: one bar on a screen, and nothing at all where output is piped."""

from __future__ import annotations

import math
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.terminal import width

if TYPE_CHECKING:
    from types import FrameType
    from typing import TextIO

    from simulator.sweep import Progress

_CELLS = 12


class Bar:
    """One line that is drawn over itself and wiped away at the end.

    Parameters
    ----------
    stream : TextIO
        Where to; nothing is drawn unless it is a screen.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._drawn = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw("")

    def __call__(self, progress: Progress) -> None:
        """Show how far the sweep is."""
        if self._shown:
            self._draw(fitting(bar_text(progress), shutil.get_terminal_size().columns - 1))

    def _draw(self, text: str) -> None:
        if self._shown and (text or self._drawn):
            blank = " " * max(0, self._drawn - width(text))
            self._stream.write(f"\r{text}{blank}" + ("" if text else "\r"))
            self._stream.flush()
            self._drawn = width(text)


def bar_text(progress: Progress) -> str:
    """Return the line: share done, time left, cases per second, the latest P90."""
    share = progress.done / max(1, progress.total)
    filled = "#" * int(share * _CELLS)
    parts = [f"[{filled:<{_CELLS}}] {100 * share:.0f} %"]
    if not math.isnan(progress.left):
        parts.append(_("%s left") % clock(progress.left))
    if progress.seconds > 0 and progress.cases:
        parts.append(_("%.0f cases/s") % (progress.cases / progress.seconds))
    if progress.key:
        half = "" if math.isnan(progress.half) else f" ±{progress.half:.1f}"
        facts = {"p90": f"{progress.p90:.1f}{half}", "key": progress.key}
        parts.append(_("P90 %(p90)s wd (%(key)s)") % facts)
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """Return a stretch of time as minutes and seconds, with hours where it has any.

    Examples
    --------
    >>> clock(59.6), clock(3725)
    ('1:00', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def fitting(text: str, cells: int) -> str:
    """Return the text, cut where the screen ends.

    Examples
    --------
    >>> fitting("还需 0:42", 4)
    '还需'
    """
    while width(text) > cells:
        text = text[:-1]
    return text


class Stop:
    """Whether somebody asked the program to stop, and how.

    Attributes
    ----------
    signal : int
        The signal's number, or 0.
    """

    def __init__(self) -> None:
        self.signal = 0

    def __call__(self) -> bool:
        """Return whether to stop."""
        return bool(self.signal)

    def _heard(self, number: int, _: FrameType | None) -> None:
        if self.signal:
            raise KeyboardInterrupt  # asked twice: leave whatever is being tidied up
        self.signal = number


@contextmanager
def stopping() -> Iterator[Stop]:
    """Take note of Ctrl-C and of a request to end, rather than be torn out of the middle.

    What the program was told to ignore stays ignored.
    """
    stop = Stop()
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, stop._heard)
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
