"""What may be told to the page about something that went wrong: never where in the program."""

from __future__ import annotations

import logging

_log = logging.getLogger("lianban.workbench")

FAULT = "something went wrong here; the terminal says what"


def told(error: Exception, language: str) -> list[str]:
    """Return a planner's mistakes in words; of ours only that there was one."""
    from lianban.workbench.workspace import Unknown
    from rules import InputError
    from rules.calendars import BeyondCalendar

    if isinstance(error, InputError):
        return [
            f"{problem.place}: {spoken(problem.message, language)}" for problem in error.problems
        ]
    if isinstance(error, BeyondCalendar | Unknown):
        return [spoken(str(error), language)]
    _log.error("work failed", exc_info=error)
    return [spoken(FAULT, language)]


def spoken(message: str, language: str) -> str:
    """Return a message in the reader's language, as far as it is known there."""
    if language != "zh":
        return message
    from lianban.problem_words import in_chinese

    return in_chinese(message)
