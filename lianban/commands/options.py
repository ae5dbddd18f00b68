"""Options that several commands share, and how a command joins the parser."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.messages import LANGUAGES
from lianban.terminal import Console, HelpText, Outcome

if TYPE_CHECKING:
    from scenarios import Scenario

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Act = Callable[[argparse.Namespace, Console], Outcome]


class UsageError(Exception):
    """Options that each make sense but not together, or a file that cannot be written."""


def everywhere() -> argparse.ArgumentParser:
    """Return the options that every command takes, before or after its name."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument(
        "--json", action="store_true", help=_("print one JSON document instead of text")
    )
    parser.add_argument("--lang", choices=LANGUAGES, help=_("language of every message"))
    return parser


def new_command(commands: Commands, name: str, help_: str, act: Act) -> argparse.ArgumentParser:
    """Add a command and return its parser."""
    parser = commands.add_parser(
        name,
        help=help_,
        description=help_,
        parents=[everywhere()],
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.set_defaults(act=act)
    return parser


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """Let the command take one scenario."""
    parser.add_argument("scenario", metavar="SCENARIO", help=_scenario_help())


def add_scenarios(parser: argparse.ArgumentParser) -> None:
    """Let the command take several scenarios."""
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="+", help=_scenario_help())


def add_chance(parser: argparse.ArgumentParser) -> None:
    """Let the command say how often it simulates and with which luck."""
    parser.add_argument(
        "--replications",
        type=whole(1),
        metavar="N",
        help=_("independent repetitions; five or more give intervals (default: the scenario's)"),
    )
    add_seed(parser)


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Let the command take a seed."""
    parser.add_argument(
        "--seed",
        type=whole(0),
        metavar="N",
        help=_("the same seed gives the same answer (default: the scenario's)"),
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Let the command say which engine simulates; the answer does not depend on it."""
    parser.add_argument(
        "--engine",
        # simulator.engines.ENGINES, which would load numpy; a test holds them to be the same
        choices=("auto", "simpy", "fast"),
        default="auto",
        help=_("what simulates; auto: the compiled engine where it covers the plan and pays"),
    )


def note_fallback(console: Console, key: str, why: str) -> None:
    """Say why a scenario ran on the SimPy engine although the compiled one was due."""
    if why:
        console.note(_("%(key)s: simulated with SimPy: %(why)s") % {"key": key, "why": why})


def chance(options: argparse.Namespace, scenario: Scenario) -> tuple[int, int]:
    """Return replications and seed: as asked for, else the scenario's own."""
    replications = options.replications or scenario.replications
    return replications, scenario.seed if options.seed is None else options.seed


def must_have_days(scenarios: Iterable[Scenario]) -> None:
    """Refuse to simulate a flow whose source gives no days: zero would look like an answer."""
    for scenario in scenarios:
        if not any(step.days for step in scenario.procedure.steps):
            raise UsageError(
                _("%s has no days to simulate: no step says how long it takes") % scenario.key
            )


def must_be_one_type(scenarios: Iterable[Scenario]) -> None:
    """Refuse a mix of case types where one flow is asked for: no case takes all its steps."""
    for scenario in scenarios:
        if scenario.procedure.mixed:
            raise UsageError(
                _("%s is a mix of case types: no case takes all its steps") % scenario.key
            )


def must_be_writable(path: Path, endings: Sequence[str]) -> None:
    """Refuse, before anything is worked out, a file that could not be written in the end."""
    if path.suffix.lower() not in endings:
        raise UsageError(
            _("%(file)s: the name must end in one of %(endings)s")
            % {"file": path, "endings": " ".join(endings)}
        )
    if path.is_dir():
        raise UsageError(_("%s is a folder; name a file") % path)
    if not path.parent.is_dir():
        raise UsageError(_("%s: there is no such folder") % path.parent)


def is_redesign(scenario: Scenario) -> bool:
    """Whether this is a redesign rather than a scenario's today."""
    return "/" in scenario.key


def add_timing(parser: argparse.ArgumentParser) -> None:
    """Let the command put its own running time into the JSON document."""
    parser.add_argument(
        "--timing",
        action="store_true",
        help=_("write the seconds it took into the JSON document, too"),
    )


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Let the command say where saved runs are."""
    parser.add_argument(
        "--runs",
        default="runs",
        metavar="FOLDER",
        help=_("folder of saved runs (default %(default)s)"),
    )


def whole(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers not below ``least``.

    Examples
    --------
    >>> whole(1)("30")
    30
    >>> whole(1)("0")
    Traceback (most recent call last):
    ...
    argparse.ArgumentTypeError: '0' is not a whole number from 1 on
    """

    def read(text: str) -> int:
        # 18 digits fit the engines' 64-bit integers.
        if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) >= least):
            raise argparse.ArgumentTypeError(
                _("'%(text)s' is not a whole number from %(least)d on")
                % {"text": text, "least": least}
            )
        return int(text)

    return read


def _scenario_help() -> str:
    return _("a shipped name, a folder, or either with /REDESIGN")
