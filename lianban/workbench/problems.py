"""What may be told to the page about something that went wrong: never where in the program."""

from __future__ import annotations

import logging

_log = logging.getLogger("lianban.workbench")


def told(error: Exception) -> list[str]:
    """Return a planner's mistakes in words; of ours only that there was one."""
    from lianban.workbench.workspace import Unknown
    from rules import InputError
    from rules.calendars import BeyondCalendar

    if isinstance(error, InputError):
        return [str(problem) for problem in error.problems]
    if isinstance(error, BeyondCalendar | Unknown):
        return [str(error)]
    _log.error("work failed", exc_info=error)
    return ["something went wrong here; the terminal says what"]
