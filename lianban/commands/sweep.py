"""What ``run`` and ``compare`` share: replications over processes or a cluster, kept in a store."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, add_engine, note_fallback, whole
from lianban.progress import Bar, stopping
from lianban.terminal import Console, Outcome

if TYPE_CHECKING:
    from results import Summary
    from scenarios import Scenario
    from simulator.sweep import Sweep
    from simulator.workers import Crew


class Stopped(SystemExit):
    """The sweep was stopped; what is complete is kept, and all has been said."""


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Let the command say who simulates, with which engine, and where results are kept."""
    add_engine(parser)
    parser.add_argument(
        "--workers",
        type=whole(1),
        metavar="N",
        help=_("processes that simulate (default: all cores when it pays)"),
    )
    parser.add_argument(
        "--store",
        metavar="FILE",
        help=_("keep results as they come; the same command goes on where it stopped"),
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help=_("drop what is damaged in the store and compute it again"),
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help=_("simulate on a dask.distributed cluster; tls:// unless on this machine"),
    )


def swept(
    options: argparse.Namespace,
    console: Console,
    scenarios: Sequence[Scenario],
    replications: int,
    seed: int,
) -> list[Summary]:
    """Simulate scenarios and return their summaries.

    Raises
    ------
    UsageError
        When the store or the cluster cannot be used; the message is one line.
    Stopped
        After Ctrl-C or a request to end; what is complete is kept.
    """
    from results.sweeps import design_of
    from simulator.cluster import ClusterError
    from simulator.sweep import BlocksDropped, Sweep
    from simulator.sweep_store import StoreError
    from simulator.workers import WorkersDoNotStart

    if options.cluster and options.workers:
        raise UsageError(_("--workers and --cluster: choose one"))
    if options.repair and not options.store:
        raise UsageError(_("--repair goes with --store"))
    designs = tuple(design_of(each) for each in scenarios)
    sweep = Sweep(designs, replications, seed, options.engine)
    for design, engine in zip(designs, sweep.engines(), strict=True):
        note_fallback(console, design.key, engine.why if engine.fell_back else "")
    try:
        return _summaries(options, console, scenarios, sweep)
    except (StoreError, ClusterError, BlocksDropped, WorkersDoNotStart) as error:
        raise UsageError(str(error)) from None


def _summaries(
    options: argparse.Namespace, console: Console, scenarios: Sequence[Scenario], sweep: Sweep
) -> list[Summary]:
    from results.sweeps import summaries_of
    from simulator.sweep import run_sweep
    from simulator.sweep_store import SweepStore, repair
    from simulator.workers import Here

    header = sweep.header()
    path = Path(options.store) if options.store else None
    if path is not None and options.repair and path.exists():
        kept = repair(path, header)
        if kept >= 0:
            console.note(
                _("%(file)s: repaired, %(kept)d sound blocks kept; as it was: %(file)s.damaged")
                % {"file": path, "kept": kept}
            )
    with SweepStore(path, header) as store:
        crew = _crew(options, sweep)
        try:
            if isinstance(crew, Here):
                with Bar(console.err) as bar:
                    complete = run_sweep(sweep, store, crew, tell=bar)
                number = 0
            else:
                with stopping() as stop, Bar(console.err) as bar:
                    complete = run_sweep(sweep, store, crew, stop=stop, tell=bar)
                number = stop.signal
        except KeyboardInterrupt:
            complete, number = False, 2
        if not complete:
            _say_stopped(console, path)
            raise Stopped(Outcome.INTERRUPTED if number == 2 else 128 + number)
        return summaries_of(scenarios, sweep, store)


def _crew(options: argparse.Namespace, sweep: Sweep) -> Crew:
    """Return who simulates: as asked for, else as it pays."""
    from simulator.crews import crew_for

    if options.cluster:
        import logging

        from simulator.cluster import Cluster

        # dask tells its own troubles at length; what matters of them is told in one line
        logging.disable(logging.CRITICAL)
        return Cluster(options.cluster)
    return crew_for(sweep, options.workers)


def _say_stopped(console: Console, path: Path | None) -> None:
    if path is None:
        console.note(_("interrupted; with --store FILE what is complete would be kept"))
    else:
        console.note(
            _("interrupted; what is complete is kept in %s; the same command goes on") % path
        )
