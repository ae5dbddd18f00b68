"""Processes with BPSim parameters (WfMC, BPMN 2.0 with simulation scenarios inside) as plans.

Read are inter-trigger times, processing times, chances of flows, durations and time limits
on tasks. Properties, resources, priorities, costs and conditions over properties have no
place in a plan: a condition is refused with its flow until its chance is given by hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from rules import Calendar
from rules.problems import InputError, Place, Problem, did_you_mean
from rules.xml_reading import Element
from scenarios.arrivals import Gaps
from scenarios.bounded_distributions import Below, TruncatedNormal, share_within
from scenarios.bpmn_model import EVENTS, Model, Node, read_model
from scenarios.distributions import (
    Distribution,
    Erlang,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)
from scenarios.flow_graph import blocks_of
from scenarios.flow_plan import Activity, Imported, plan_of_blocks
from scenarios.plan import Part

SPACE = re.compile(r"^http://www\.bpsim\.org/schemas/")
UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "hour": 3600.0, "day": 86_400.0, "year": 31_536_000.0}
FIRST_DAY = date(2025, 1, 6)
MOST_CASES = 1_000_000

_ISO = re.compile(
    r"^P(?:(?P<D>[\d.]+)D)?(?:T(?:(?P<H>[\d.]+)H)?(?:(?P<M>[\d.]+)M)?(?:(?P<S>[\d.]+)S)?)?$"
)
_NEEDED = {
    "TriangularDistribution": ("min", "mode", "max"),
    "UniformDistribution": ("min", "max"),
    "TruncatedNormalDistribution": ("mean", "standardDeviation", "min", "max"),
    "NegativeExponentialDistribution": ("mean",),
    "ErlangDistribution": ("mean", "k"),
    "GammaDistribution": ("shape", "scale"),
    "WeibullDistribution": ("shape", "scale"),
    "LogNormalDistribution": ("mean", "standardDeviation"),
}
_REFUSED = ("ResourceParameters", "PriorityParameters", "CostParameters")


def read_bpsim(
    drawing: Path,
    scenario: str = "",
    chances: Mapping[str, float] | None = None,
    cases: int = 0,
) -> Imported:
    """Return a process with BPSim parameters as a plan.

    Parameters
    ----------
    drawing : Path
        The BPMN file that holds the scenarios.
    scenario : str
        Id of the scenario; empty: the first one.
    chances : mapping, optional
        Chances of flows by id, for choices whose conditions cannot be read.
    cases : int
        So many come and are all run to their end; 0: as many as come in the scenario's
        duration, and the run ends with it.

    Raises
    ------
    InputError
        With everything that is missing, makes no sense or cannot be expressed.
    """
    try:
        data = drawing.read_bytes()
    except OSError as error:
        raise InputError.at(str(drawing), 0, f"cannot be read: {error.strerror or error}") from None
    model = read_model(data, str(drawing))
    model.notes.clear()  # they say what a procedure cannot hold; a plan can hold more
    return _Said(model, scenario, dict(chances or {})).imported(cases)


class _Said:
    """One scenario's parameters, read with every complaint collected."""

    def __init__(self, model: Model, scenario: str, chances: dict[str, float]) -> None:
        self.model, self.file = model, model.file
        self.problems: list[Problem] = []
        self.chances = chances
        self.by_hand = set(chances)
        flows = {flow.id for flow in model.flows}
        for id_ in chances:
            if id_ not in flows:
                self._say(0, f"no flow has the id '{id_}'{did_you_mean(id_, flows)}")
        found = [
            element
            for element in model.root.every()
            if element.name == "Scenario" and SPACE.match(element.space)
        ]
        named = [each for each in found if not scenario or each.get("id") == scenario]
        if not named:
            known = ", ".join(each.get("id") for each in found) or "none"
            what = f"no BPSim scenario '{scenario}'" if scenario else "no BPSim scenario"
            raise InputError.at(self.file, 0, f"holds {what}; it has {known}")
        self.scenario = named[0]
        if self.scenario.get("inherits"):
            self._say(
                self.scenario.line,
                f"scenario '{self.scenario.get('id')}' inherits from"
                f" '{self.scenario.get('inherits')}': inheritance cannot be expressed",
            )
        self.head = next(iter(self.scenario.all("ScenarioParameters")), None)
        self.unit = self._unit()

    def _say(self, line: int, message: str) -> None:
        self.problems.append(Problem(Place(self.file, line), message))

    def _unit(self) -> float:
        word = self.head.get("baseTimeUnit") if self.head is not None else ""
        if word and word not in UNITS:
            line = self.head.line if self.head is not None else 0
            self._say(line, f"baseTimeUnit '{word}'{did_you_mean(word, UNITS)}")
        return UNITS.get(word, 0.0)

    def imported(self, cases: int) -> Imported:
        times: dict[str, Distribution] = {}
        gaps: dict[str, Distribution] = {}
        for about in self.scenario.all("ElementParameters"):
            self._element(about, times, gaps)
        start = self._start(gaps)
        duration = self._duration()
        if start is not None and not cases and not duration:
            self._say(self.scenario.line, "has no duration; say how many cases shall come")
        self._waits(times, gaps)
        late = self._limits(times)
        if start is None or self.problems:
            raise InputError(self.problems)
        block = blocks_of(self.model, self.chances, late)
        activities = self._activities(times, late)
        gap = gaps[start]
        number = cases or _enough(gap, duration)
        if number > MOST_CASES:
            raise InputError.at(self.file, self.scenario.line, f"{number} cases would come")
        first_day = self._first_day()
        span = max(duration, int(gap.mean * number))
        last = first_day + timedelta(math.ceil(span / 86_400) * 2 + 3660)
        key = f"{Path(self.file).stem}/{self.scenario.get('id')}"
        made = plan_of_blocks(
            block,
            activities,
            (),
            (Calendar.natural(first_day, last),),
            (Gaps(gap, at_once=True), number, 0 if cases else duration + 1),
            key,
        )
        notes = (*(str(note) for note in sorted(self.model.notes)), *made.notes)
        return Imported(made.plan, notes)

    # --- parameters of elements ---------------------------------------------------------

    def _element(
        self, about: Element, times: dict[str, Distribution], gaps: dict[str, Distribution]
    ) -> None:
        id_ = about.get("elementRef")
        flow = any(each.id == id_ for each in self.model.flows)
        node = self.model.nodes.get(id_)
        if node is None and not flow:
            if any(self._given(part) for part in about.children):
                self.model.note(about.line, f"'{id_}' is no task, event or flow: not read")
            return
        name = node.name or id_ if node is not None else f"flow '{id_}'"
        for part in about.children:
            if part.name in _REFUSED and self._given(part):
                self._say(part.line, f"{name}: {part.name} cannot be expressed")
            for said in part.children:
                if part.name == "PropertyParameters" and said.name == "Property":
                    message = f"{name}: the property '{said.get('name')}' is not kept"
                    self.model.note(said.line, message)
                elif part.name == "TimeParameters" and self._given(said):
                    if said.name != "ProcessingTime":
                        self._say(said.line, f"{name}: {said.name} cannot be expressed")
                    else:
                        times[id_] = self._time(name, said)
                elif part.name == "ControlParameters" and self._given(said):
                    self._control(name, id_, node, said, gaps)

    def _control(
        self,
        name: str,
        id_: str,
        node: Node | None,
        said: Element,
        gaps: dict[str, Distribution],
    ) -> None:
        if said.name == "Probability":
            if id_ not in self.by_hand:
                self.chances[id_] = self._number(name, said)
        elif said.name == "Condition":
            if id_ not in self.by_hand:
                text = next((each.get("value") for each in said.children), "")
                self._say(
                    said.line,
                    f"{name}: the condition {text!r} reads properties, which a plan has not;"
                    " give the flow's chance",
                )
        elif said.name == "InterTriggerTimer" and node is not None:
            gaps[id_] = self._time(name, said)
        else:
            self._say(said.line, f"{name}: {said.name} cannot be expressed")

    @staticmethod
    def _given(said: Element) -> bool:
        """Whether it says a value, rather than asking for results only."""
        return any(
            each.name.endswith(("Parameter", "Distribution")) or each.name == "Property"
            for each in said.every()
            if each is not said
        )

    def _value(self, said: Element) -> Element:
        return next(each for each in said.children if each.name != "ResultRequest")

    def _number(self, name: str, said: Element) -> float:
        value = self._value(said)
        try:
            return float(value.get("value"))
        except ValueError:
            self._say(value.line, f"{name}: '{value.get('value')}' is not a number")
            return 0.0

    def _time(self, name: str, said: Element) -> Distribution:
        """Return a duration in ticks."""
        value = self._value(said)
        if value.name == "DurationParameter":
            ticks = _ticks(value.get("value"))
            if ticks is None:
                self._say(
                    value.line, f"{name}: '{value.get('value')}' is no duration such as PT24M"
                )
            return Fixed(ticks or 0)
        if not self.unit:
            self._say(value.line, f"{name}: the scenario says no baseTimeUnit for it")
            return Fixed(0)
        if value.name in ("NumericParameter", "FloatingParameter"):
            return Fixed(self._number(name, said) * self.unit)
        needed = _NEEDED.get(value.name)
        if needed is None:
            self._say(value.line, f"{name}: {value.name} cannot be expressed")
            return Fixed(0)
        numbers = {}
        for key in needed:
            try:
                numbers[key] = float(value.get(key))
            except ValueError:
                self._say(value.line, f"{name}: {value.name} without a number '{key}'")
                return Fixed(0)
        time = _made(value.name, numbers, self.unit)
        for line in time.wrong():
            self._say(value.line, f"{name}: {value.name}: {line}")
        return time

    # --- the whole ------------------------------------------------------------------------

    def _start(self, gaps: Mapping[str, Distribution]) -> str | None:
        starts = [
            node
            for node in self.model.nodes.values()
            if node.kind == "startEvent" and not node.inside and not node.left_out
        ]
        if len(starts) != 1 or starts[0].id not in gaps:
            self._say(self.scenario.line, "one start event with an InterTriggerTimer was expected")
            return None
        return starts[0].id

    def _duration(self) -> int:
        return next(
            (
                _ticks(each.get("value")) or 0
                for box in (self.head.all("Duration") if self.head is not None else [])
                for each in box.children
            ),
            0,
        )

    def _first_day(self) -> date:
        for box in self.head.all("Start") if self.head is not None else []:
            for each in box.children:
                try:
                    return datetime.fromisoformat(each.get("value")).date()
                except ValueError:
                    continue
        return FIRST_DAY

    def _waits(self, times: dict[str, Distribution], gaps: Mapping[str, Distribution]) -> None:
        """Say what triggers in the middle of the flow are taken for."""
        for id_, gap in gaps.items():
            node = self.model.nodes[id_]
            if node.kind == "boundaryEvent":
                times[id_] = gap
            elif node.kind == "startEvent" and (node.inside or node.left_out):
                self._say(node.line, f"'{node.name or id_}' starts on its own: cannot be expressed")
            elif id_ in times:
                message = f"'{node.name or id_}': its processing time counts, not its trigger's"
                self.model.note(node.line, message)
            elif node.kind != "startEvent":
                self._say(node.line, f"'{node.name or id_}' has a trigger, but no processing time")

    def _limits(self, times: Mapping[str, Distribution]) -> dict[str, tuple[str, float]]:
        """Return tasks that an interrupting timer may break off, with the chance of that."""
        found: dict[str, tuple[str, float]] = {}
        self.limit: dict[str, int] = {}
        for node in self.model.nodes.values():
            if node.kind != "boundaryEvent" or node.left_out:
                continue
            task = node.element.get("attachedToRef")
            timer = node.definition("timerEventDefinition")
            texts = [each.text for each in timer.all("timeDuration")] if timer else []
            # what a scenario says of the event counts more than the drawing
            said = times.get(node.id)
            limit = int(said.mean) if isinstance(said, Fixed) else None
            if limit is None and texts:
                limit = _ticks(texts[0].strip().strip("\"'"))
            name = node.name or node.id
            if timer is None or node.element.get("cancelActivity") == "false":
                self._say(node.line, f"'{name}' is no interrupting timer: cannot be expressed")
            elif limit is None:
                self._say(node.line, f"'{name}': its timer says no duration such as PT1H")
            elif task not in times:
                self._say(node.line, f"'{name}': the task under it has no duration")
            elif task in found:
                self._say(node.line, f"'{name}' is the task's second timer: cannot be expressed")
            else:
                self.limit[task] = limit
                found[task] = node.id, 1 - share_within(times[task], limit)
        return found

    def _activities(
        self, times: Mapping[str, Distribution], late: Mapping[str, tuple[str, float]]
    ) -> dict[str, Activity]:
        found = {}
        idle = []
        for node in self.model.nodes.values():
            name = node.name or node.id
            time = times.get(node.id)
            if time is None:
                if node.kind not in EVENTS and "Gateway" not in node.kind and not node.left_out:
                    idle.append(node)
                time = Fixed(0)
            part = Part.APPLICANT if node.kind == "intermediateCatchEvent" else Part.WORK
            if node.id in late:
                found[f"{node.id}!late"] = Activity(name, Fixed(self.limit[node.id]), part=part)
                time = Below(time, 1 - late[node.id][1])
            found[node.id] = Activity(name, time, part=part)
        if idle:
            message = f"{len(idle)} tasks have no processing time: they take none"
            self.model.note(idle[0].line, message)
        return found


def _ticks(text: str) -> int | None:
    """Return an ISO duration in whole seconds."""
    found = _ISO.match(text)
    if not found or not any(found.groups()):
        return None
    width = {"D": 86_400, "H": 3600, "M": 60, "S": 1}
    try:
        return round(sum(float(found[key] or 0) * size for key, size in width.items()))
    except ValueError:
        return None


def _made(word: str, at: Mapping[str, float], unit: float) -> Distribution:
    if word == "TriangularDistribution":
        return Triangular(at["min"] * unit, at["mode"] * unit, at["max"] * unit)
    if word == "UniformDistribution":
        return Uniform(at["min"] * unit, at["max"] * unit)
    if word == "TruncatedNormalDistribution":
        mean, sd = at["mean"] * unit, at["standardDeviation"] * unit
        return TruncatedNormal(mean, sd, at["min"] * unit, at["max"] * unit)
    if word == "NegativeExponentialDistribution":
        return Exponential(at["mean"] * unit)
    if word == "ErlangDistribution":
        return Erlang(at["mean"] * unit, int(at["k"]))
    if word == "GammaDistribution":
        return Gamma(at["shape"] * at["scale"] * unit, at["shape"] ** -0.5)
    if word == "WeibullDistribution":
        return Weibull(at["scale"] * unit, at["shape"])
    return Lognormal(at["mean"] * unit, at["standardDeviation"] / at["mean"])


def _enough(gap: Distribution, duration: int) -> int:
    """Return so many cases that the last ones come after the end."""
    if isinstance(gap, Fixed):
        return int(duration // gap.value) + 1
    most = duration / gap.mean
    return math.ceil(most + 10 * math.sqrt(most) + 20)
