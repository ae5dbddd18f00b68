"""Graphviz DOT, for networkx users and for Graphviz: nodes carry what the table says."""

from __future__ import annotations

from collections.abc import Mapping

from results.cards import office_name
from results.critical import critical_of
from results.exports.network import network_of
from results.exports.text import clean, days_of, decimal, name_of
from results.lexicon import checked, lines
from rules import Kind, Name, Procedure

_SHAPES = {Kind.NOTICE: "note", Kind.JOINT: "box3d", Kind.WAIT: "oval", Kind.SURVEY: "hexagon"}


def to_dot(
    procedure: Procedure,
    *,
    language: str = "both",
    offices: Mapping[str, Name] | None = None,
) -> str:
    r"""Return a procedure as a DOT digraph, departments as clusters.

    Every node is named by its step's key and has ``department``, ``stage``, ``kind``,
    ``days`` (working days on paper) and ``slack``; those with none to spare are bold.

    Raises
    ------
    ValueError
        If the language is unknown, there is no step, or steps wait in a circle.

    Examples
    --------
    >>> from rules import Duration, Step
    >>> step = Step("a", Name(en='The "first"'), "drc", duration=Duration(5))
    >>> print(to_dot(Procedure(Name(en="x"), (step,), ())).splitlines()[3][:35])
      "a" [label="a · 5 wd\nThe \"first
    """
    speech = checked(language)
    network = network_of(procedure)
    slack, critical = procedure.critical_path().slack, critical_of(procedure).steps
    text = [
        f"digraph {_quoted(name_of(procedure.name, speech))} {{",
        "  rankdir=LR;",
        '  node [shape=box, fontname="Noto Sans SC"];',
    ]
    for step in procedure.steps:
        label = "\n".join([f"{step.key} · {days_of(step)}", *lines(step.name, speech)])
        about = {
            "label": label,
            "shape": _SHAPES.get(step.kind, "box"),
            "department": step.department,
            "stage": step.stage,
            "kind": step.kind.value,
            "days": decimal(step.days),
        }
        if not procedure.mixed:  # a path through a mix of case types is no case's
            about["slack"] = decimal(slack[step.key])
        if step.key in critical:
            about |= {"penwidth": "3", "color": "#b00020"}
        text.append(f"  {_quoted(step.key)} [{_attributes(about)}];")
    for key, wait in network.lags.items():
        about = {"label": name_of(wait.name, speech), "shape": "oval", "days": decimal(wait.days)}
        text.append(f"  {_quoted(key)} [{_attributes(about)}];")
    text += [
        f'  {_quoted(key)} [label="", shape=point, width="0.15"];' for key in network.junctions
    ]
    departments = dict.fromkeys(step.department for step in procedure.steps if step.department)
    for index, department in enumerate(departments):
        inside = " ".join(
            f"{_quoted(step.key)};" for step in procedure.steps if step.department == department
        )
        label = _quoted(office_name(department, offices or {}, speech))
        text.append(f"  subgraph cluster_{index + 1} {{ label={label}; {inside} }}")
    text += [f"  {_quoted(before)} -> {_quoted(after)};" for before, after in network.arrows]
    return "\n".join([*text, "}"]) + "\n"


def _attributes(about: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={_quoted(value)}" for key, value in about.items())


def _quoted(text: str) -> str:
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\r", "")
    return '"' + escaped.replace("\n", "\\n") + '"'
