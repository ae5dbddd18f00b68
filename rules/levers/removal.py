"""Levers that take steps out of a project's flow: shared zone preconditions, cancellation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rules.levers.change import Change, Refused
from rules.levers.contraction import consistent, require, without_steps
from rules.procedure import Procedure
from rules.steps import Name

FUNCTION_ZONE = Name("产业功能区", "industrial function zone")


@dataclass(frozen=True, slots=True)
class ShareInZone:
    """Shared preconditions of a development zone (前置审批条件联用 / 区域评估, M54).

    The zone settles the steps once for all its projects; they leave the project's
    flow and are looked up.

    Attributes
    ----------
    steps : tuple of str
        Steps that the zone has settled; each must be shareable in the catalogue.
    zone : Name
        The zone, for the report.
    bridge : bool
        Whether the order that ran through the steps is kept; see ``without_steps``.
    """

    steps: tuple[str, ...]
    zone: Name = FUNCTION_ZONE
    bridge: bool = True
    word: ClassVar[str] = "share_in_zone"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure without the shared steps.

        Raises
        ------
        Refused
            If a step is unknown or the catalogue does not let a zone settle it.
        """
        require(self.word, procedure, self.steps)
        for key in self.steps:
            step = procedure[key]
            if not step.zone_shareable:
                shareable = [s.key for s in procedure.steps if s.zone_shareable]
                raise Refused(
                    self.word,
                    Name(
                        f"{key} {step.name.zh} 不在可由区域统一办理的清单内",
                        f"{key} {step.name.in_language('en')} is not among the steps that a zone "
                        "may settle",
                    ),
                    step.basis.cited,
                    Name(
                        f"可联用的环节：{'、'.join(shareable) or '无'}",
                        f"shareable here: {', '.join(shareable) or 'none'}",
                    ),
                )
        what = Name(
            f"前置审批条件联用（{self.zone.zh}）：{'、'.join(self.steps)} 由区域一次办理",
            f"shared preconditions ({self.zone.in_language('en')}): "
            f"{', '.join(self.steps)} settled once for the zone",
        )
        note = Name(
            "失效的前置由区域成果满足；区域成果过期则恢复",
            "the zone's result meets the prerequisites that fall; they return when it expires",
        )
        return _without(self.word, procedure, self.steps, self.bridge, what, (note,))


@dataclass(frozen=True, slots=True)
class CancelSteps:
    """Cancel steps and supervise after the fact (取消，改为事后监管; M08, M55).

    Attributes
    ----------
    steps : tuple of str
        Steps to cancel; none may rest on a law, regulation or State Council decision.
    bridge : bool
        Whether the order that ran through the steps is kept.
    """

    steps: tuple[str, ...]
    bridge: bool = True
    word: ClassVar[str] = "cancel"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure without the cancelled steps.

        Raises
        ------
        Refused
            If a step rests on more than practice or a normative document, or another
            step needs its output by statute or data.
        """
        require(self.word, procedure, self.steps)
        leaving = set(self.steps)
        for key in self.steps:
            step = procedure[key]
            if not step.basis.type.cancellable:
                raise Refused(
                    self.word,
                    Name(
                        f"{key} {step.name.zh} 有法定依据，本级无权取消",
                        f"{key} {step.name.in_language('en')} rests on an act that the city "
                        "cannot set aside",
                    ),
                    step.basis.cited,
                    Name("改为区域联用、告知承诺或压缩时限", "share it in a zone or shorten it"),
                )
            for edge in procedure.edges:
                if edge.before == key and edge.after not in leaving and not edge.strength.droppable:
                    raise Refused(
                        self.word,
                        Name(
                            f"{edge.after} 仍需要 {key} 的成果，{key} 不能取消",
                            f"{edge.after} still needs what {key} delivers",
                        ),
                        edge.reason,
                        Name("先解决该前置", "settle that prerequisite first"),
                    )
        what = Name(
            f"取消 {'、'.join(self.steps)}，改事前审批为事后监管",
            f"cancels {', '.join(self.steps)}; supervised after the fact",
        )
        return _without(self.word, procedure, self.steps, self.bridge, what)


def _without(
    word: str,
    procedure: Procedure,
    keys: tuple[str, ...],
    bridge: bool,
    what: Name,
    notes: tuple[Name, ...] = (),
) -> tuple[Procedure, Change]:
    removal = without_steps(word, procedure, keys, bridge=bridge)
    changed = replace(
        procedure,
        steps=tuple(step for step in procedure.steps if step.key not in keys),
        edges=removal.edges,
        pending=tuple(key for key in procedure.pending if key not in keys),
    )
    return consistent(word, changed), Change(
        word, what, gone=keys, fallen=removal.fallen, bridged=removal.bridged, notes=notes
    )
