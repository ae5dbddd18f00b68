"""The process of :mod:`benchmarks.approval_model` in Prosimos; run by :mod:`benchmarks.peers`.

Runs under an interpreter that has Prosimos and prints a JSON line. No log is written.
Prosimos moves a case that comes outside opening hours to the next opening, so its arrivals
are a little denser in the morning.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import approval_model as model
from prosimos.simulation_engine import run_simulation

CALENDAR = [
    {"from": "MONDAY", "to": "FRIDAY", "beginTime": "09:00:00.000", "endTime": "17:00:00.000"}
]
NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def diagram() -> str:
    """Return the process as BPMN: parallel gateways wherever several come or go."""
    followers = [
        [after for after, needs in enumerate(model.NEEDS) if at in needs]
        for at in range(len(model.NEEDS))
    ]
    nodes, flows = [], []

    def flow(source: str, target: str) -> None:
        flows.append((f"flow_{len(flows)}", source, target))

    nodes.append(("startEvent", "start", ""))
    nodes.append(("endEvent", "end", ""))
    for at, (needs, after) in enumerate(zip(model.NEEDS, followers, strict=True)):
        nodes.append(("task", f"task_{at}", f"Task {at}"))
        if len(needs) > 1:
            nodes.append(("parallelGateway", f"join_{at}", ""))
            flow(f"join_{at}", f"task_{at}")
        if len(after) > 1:
            nodes.append(("parallelGateway", f"split_{at}", ""))
            flow(f"task_{at}", f"split_{at}")
        for each in after:
            source = f"split_{at}" if len(after) > 1 else f"task_{at}"
            flow(source, f"join_{each}" if len(model.NEEDS[each]) > 1 else f"task_{each}")
    flow("start", "task_0")
    flow(f"task_{len(model.NEEDS) - 1}", "end")
    lines = [f'<definitions xmlns="{NAMESPACE}" targetNamespace="approval"><process id="p">']
    for kind, key, name in nodes:
        ends = [f"<incoming>{f}</incoming>" for f, _, target in flows if target == key]
        ends += [f"<outgoing>{f}</outgoing>" for f, source, _ in flows if source == key]
        # Prosimos asks gateways which way they open
        way = "Diverging" if key.startswith("split") else "Converging"
        about = f' gatewayDirection="{way}"' if kind == "parallelGateway" else ""
        lines.append(f'<{kind} id="{key}" name="{name}"{about}>{"".join(ends)}</{kind}>')
    lines += [
        f'<sequenceFlow id="{f}" sourceRef="{source}" targetRef="{target}"/>'
        for f, source, target in flows
    ]
    return "\n".join([*lines, "</process></definitions>"])


def exponential(seconds: float) -> dict:
    """Return Prosimos' words for an exponential duration that is cut nowhere that matters."""
    values = (seconds, 0, 1e9)
    return {
        "distribution_name": "expon",
        "distribution_params": [{"value": each} for each in values],
    }


def parameters() -> dict:
    """Return pools, calendars, durations and arrivals as Prosimos reads them."""
    return {
        "resource_profiles": [
            {
                "id": f"profile_{pool}",
                "name": f"Pool {pool}",
                "resource_list": [
                    {
                        "id": f"pool_{pool}",
                        "name": f"Pool {pool}",
                        "cost_per_hour": 0,
                        "amount": people,
                        "calendar": "office",
                        "assignedTasks": [
                            f"task_{at}"
                            for at, (_, of) in enumerate(model.MINUTES_AND_POOL)
                            if of == pool
                        ],
                    }
                ],
            }
            for pool, people in enumerate(model.PEOPLE)
        ],
        "arrival_time_distribution": exponential(60 * model.GAP),
        "arrival_time_calendar": CALENDAR,
        "gateway_branching_probabilities": [],
        "task_resource_distribution": [
            {
                "task_id": f"task_{at}",
                "resources": [{"resource_id": f"pool_{pool}", **exponential(60 * minutes)}],
            }
            for at, (minutes, pool) in enumerate(model.MINUTES_AND_POOL)
        ],
        "resource_calendars": [{"id": "office", "name": "office", "time_periods": CALENDAR}],
        "event_distribution": [],
        "batch_processing": [],
    }


def main() -> None:
    """Print processor seconds of each run, and its mean hours in process."""
    turns = int(sys.argv[1])
    times, hours = [], []
    with tempfile.TemporaryDirectory() as folder:
        bpmn, about = Path(folder) / "p.bpmn", Path(folder) / "p.json"
        bpmn.write_text(diagram(), encoding="utf-8")
        about.write_text(json.dumps(parameters()), encoding="utf-8")
        for _ in range(turns):
            began = time.process_time()
            found = run_simulation(
                str(bpmn), str(about), model.CASES, starting_at="2024-01-01T00:00:00+00:00"
            )
            times.append(time.process_time() - began)
            hours.append(_mean_hours(found))
    print(json.dumps({"version": "2.1", "seconds": times, "hours": hours}))


def _mean_hours(found: tuple) -> float:
    # its "cycle time" leaves closed hours out in part; the idle one is from first to last
    return found[0][0].idle_cycle_time.avg / 3600


if __name__ == "__main__":
    main()
