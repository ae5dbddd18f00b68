"""What is said before a run: who is asked for more than his people can do."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import gettext as _
from typing import TYPE_CHECKING, Any

from lianban.terminal import Console

if TYPE_CHECKING:
    from scenarios import Scenario


def warn_of_load(console: Console, scenarios: Iterable[Scenario]) -> list[dict[str, Any]]:
    """Note every group of people whose queue grows for ever; return the same for ``--json``."""
    from scenarios import compile_plan
    from simulator import loads

    warnings = []
    for scenario in scenarios:
        for load in loads(compile_plan(scenario), scenario.seed):
            if not load.unstable:
                continue
            text = _(
                "%(scenario)s: %(resource)s is asked for %(percent).0f %% of what its people can"
                " do; its queue grows by %(growth).2g cases a working day"
            ) % {
                "scenario": scenario.key,
                "resource": load.key,
                "percent": 100 * load.utilisation,
                "growth": load.growth,
            }
            console.note(text)
            warnings.append(
                {
                    "scenario": scenario.key,
                    "resource": load.key,
                    "utilisation": round(load.utilisation, 6),
                    "growth_per_working_day": round(load.growth, 6),
                    "text": text,
                }
            )
    return warnings
