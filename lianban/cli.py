"""The command line: builds the parser, runs one command, turns its end into an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.commands import (
    calibrate,
    check,
    compare,
    demo,
    diagram,
    discover,
    doctor,
    foreign,
    optimize,
    promises,
    report,
    rule_tables,
    run,
    runs,
    satisfaction,
    schedule,
    serve,
    shipped,
    verify,
)
from lianban.commands.options import Act, UsageError, everywhere
from lianban.messages import language_of, speaking
from lianban.terminal import Console, HelpText, Outcome, forgiving

if TYPE_CHECKING:
    from rules import Problem

_GROUPS = (
    demo, shipped, check, run, compare, calibrate, report, serve, promises, runs, diagram,
    schedule, optimize, satisfaction, rule_tables, verify, discover, foreign, doctor,
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    out, err = forgiving(sys.stdout), forgiving(sys.stderr)
    language = language_of(arguments, os.environ)
    with speaking(language):
        parser = _parser()
        try:
            options = parser.parse_args(arguments)
        except SystemExit as stop:  # argparse leaves this way after --help and usage errors
            return stop.code if isinstance(stop.code, int) else Outcome.INPUT_ERROR
        act: Act | None = getattr(options, "act", None)
        if act is None:
            parser.print_help(err)
            return Outcome.INPUT_ERROR
        console = Console(out, err, language, getattr(options, "json", False))
        return _end(lambda: act(options, console), console)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lianban",
        description=_("Simulate and improve administrative approvals."),
        epilog=_(
            "exit codes: 0 good, 1 finding, 2 input error, 3 unsure, 4 infeasible, 70 fault,"
            " 130 interrupted"
        ),
        parents=[everywhere()],
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help=_("print the version and leave")
    )
    commands = parser.add_subparsers(title=_("commands"), metavar="COMMAND")
    for group in _GROUPS:
        group.add_to(commands)
    return parser


class _Version(argparse.Action):
    """Look the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_unused: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"lianban {version('lianban')}\n")
        parser.exit()


def _end(act: Callable[[], Outcome], console: Console) -> int:
    """Run a command; every way in which it can end has its code."""
    try:
        outcome = act()
        console.out.flush()
    except KeyboardInterrupt:
        console.note(_("interrupted; nothing was left half written"))
        return Outcome.INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Outcome.GOOD
    except UsageError as error:
        console.note(_("lianban: %s") % error)
        return Outcome.INPUT_ERROR
    except OSError as error:
        reason = _spoken(error.strerror or type(error).__name__, console)
        console.note(_("lianban: %s") % ": ".join(map(str, filter(None, (error.filename, reason)))))
        return Outcome.INPUT_ERROR
    except Exception as error:
        return _complaint(error, console)
    return outcome


def _complaint(error: Exception, console: Console) -> int:
    """Tell a planner's mistake from the program's."""
    from rules import InputError
    from rules.calendars import BeyondCalendar

    if isinstance(error, InputError):
        return _problems(error.problems, console)
    if isinstance(error, BeyondCalendar):
        console.note(_("lianban: %s") % _spoken(str(error), console))
        return Outcome.INPUT_ERROR
    if os.environ.get("LIANBAN_DEBUG"):
        raise error
    console.note(
        _("lianban: internal error: %(error)s; details in %(file)s")
        % {"error": f"{type(error).__name__}: {error}".splitlines()[0], "file": _trace(error)}
    )
    return Outcome.INTERNAL


def _problems(problems: Sequence[Problem], console: Console) -> int:
    """Show everything that is wrong with a planner's files, one line each."""
    if console.json:
        found = [
            {"file": problem.place.file, "line": problem.place.line, "message": problem.message}
            for problem in problems
        ]
        console.answer({"problems": found}, "")
    for problem in problems:
        console.note(f"{problem.place}: {_spoken(problem.message, console)}")
    return Outcome.INPUT_ERROR


def _spoken(message: str, console: Console) -> str:
    """Return a problem in the reader's language."""
    if console.language != "zh":
        return message
    from lianban.problem_words import in_chinese

    return in_chinese(message)


def _trace(error: Exception) -> str:
    """Save the traceback and return the file's name."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="lianban-trace-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.writelines(traceback.format_exception(error))
    return file.name


if __name__ == "__main__":
    sys.exit(main())
