"""``lianban serve``: the workbench in the browser, on this machine only."""

from __future__ import annotations

import argparse
import json
import sys
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, new_command, whole
from lianban.terminal import Console, Outcome

if TYPE_CHECKING:
    from lianban.commands.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("open the workbench in the browser: compare, switch levers, edit, optimize")
    parser = new_command(commands, "serve", help_, serve)
    parser.add_argument(
        "what",
        metavar="FOLDER|SCENARIO",
        nargs="?",
        help=_("a folder of scenarios, one scenario, or a shipped name (default: this folder)"),
    )
    parser.add_argument(
        "--port",
        type=whole(1),
        metavar="N",
        help=_("port on this machine (default: 8421, or a free one)"),
    )
    parser.add_argument(
        "--no-browser", action="store_true", help=_("print the address and open nothing")
    )
    parser.add_argument(
        "--job-seconds",
        type=whole(1),
        default=120,
        metavar="N",
        help=_("longest simulation or search (default %(default)s)"),
    )


def serve(options: argparse.Namespace, console: Console) -> Outcome:
    """Serve the workbench until Ctrl-C."""
    from lianban.workbench.serving import serve as serve_page

    if options.port is not None and options.port > 65535:
        raise UsageError(_("--port: there are ports up to 65535"))
    folder, query = _opened(options.what)
    language = f"lang={console.language}"
    opens = not options.no_browser and not console.json and sys.stdout.isatty()
    told = False

    def ready(address: str) -> None:
        nonlocal told, opens
        if console.json:
            console.out.write(json.dumps({"schema_version": 1, "address": address}) + "\n")
        elif told:
            console.note(_("for another browser: %s") % address)
        else:
            console.out.write(
                _("The workbench is open; Ctrl-C ends it. One browser may use this address:")
                + f"\n{address}\n"
            )
        console.out.flush()
        if opens:
            import webbrowser

            webbrowser.open(address)
        told, opens = True, False

    serve_page(folder, options.port, ready, "&".join(filter(None, (query, language))),
               float(options.job_seconds))  # fmt: skip
    return Outcome.GOOD


def _opened(what: str | None) -> tuple[Path | None, str]:
    """Return the folder to open, and the design that the address asks for."""
    from urllib.parse import quote

    from scenarios import load, shipped

    if what is None:
        here = Path.cwd()
        held = (here / "scenario.toml").is_file() or any(here.glob("*/scenario.toml"))
        return (here if held else None), ""
    folder = Path(what)
    if folder.is_dir():
        if not (folder / "scenario.toml").is_file() and not any(folder.glob("*/scenario.toml")):
            raise UsageError(_("%s holds no scenario.toml, nor does a folder in it") % folder)
        return folder, ""
    if what in shipped():
        return None, f"a={quote(what)}"
    load(what)  # says what is wrong, and what is near
    raise UsageError(_("%s is a redesign: name its scenario's folder") % what)
