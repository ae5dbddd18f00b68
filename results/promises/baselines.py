"""The saved run that a broken promise is compared with."""

from __future__ import annotations

from pathlib import Path

from results.promises.checking import Baseline, FindBaseline
from results.promises.files import Promise
from results.run_store import RUN_FILE, find_run, saved_runs
from scenarios import Scenario


def baselines_in(store: Path, beside: Path) -> FindBaseline:
    """Return a function that finds the baseline of a promise.

    Parameters
    ----------
    store : Path
        Folder of saved runs.
    beside : Path
        Folder of the promises file; a baseline may be a run's folder given from there.

    Notes
    -----
    A promise that names its baseline must find it there. Without a name it is the newest
    readable run of the same design, if the store holds one.
    """

    def find(promise: Promise, scenario: Scenario) -> Baseline | None:
        if promise.baseline:
            folder = beside / promise.baseline
            text = str(folder) if (folder / RUN_FILE).exists() else promise.baseline
            run = find_run(text, store)
        else:
            runs = [run for run in saved_runs(store)[0] if run.key == scenario.key]
            if not runs:
                return None
            run = runs[-1]
        return Baseline(f"@{run.number}", run.saved_at, run.document["design"])

    return find
