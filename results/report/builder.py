"""Building a report: everything is worked out first, then written in one of three forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from results.attribution import Attribution, NotARedesign, attribute
from results.comparison import Comparison, differences_of
from results.report.promised import TITLE, Promised
from results.report.switches import Switches, switches_between
from results.sentences import facts, reasons
from results.summary import summarise
from rules import did_you_mean
from scenarios import Scenario, compile_plan
from simulator import Run, simulate

FORMS = (".html", ".md", ".xlsx", ".pdf")
"""Endings of a report."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A comparison with all that its page shows.

    Attributes
    ----------
    comparison : Comparison
        With its attribution, where levers lead from the first design to the last.
    runs : tuple of Run
        Of each design; empty for the paper view alone.
    switches : Switches or int
        All combinations of lever groups; else how many groups there are (0: none).
    promised : tuple of Promised
        Promises that were checked for the report.
    """

    comparison: Comparison
    runs: tuple[Run, ...]
    switches: Switches | int
    promised: tuple[Promised, ...] = ()

    @property
    def attribution(self) -> Attribution | None:
        """What each lever of the last design is worth, where that can be told."""
        return self.comparison.attribution

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The designs, in the order of the comparison."""
        return tuple(each.scenario for each in self.comparison.summaries)


def build_report(
    scenarios: Sequence[Scenario],
    *,
    replications: int | None = None,
    seed: int | None = None,
    levers_simulated: bool = False,
    engine: str = "auto",
    workers: int | None = 1,
) -> Report:
    """Compare designs and work out all that a report shows.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Two or more; the first is what the others are compared with.
    replications : int, optional
        Zero: paper view only. By default what the first scenario says.
    seed : int, optional
        By default what the first scenario says.
    levers_simulated : bool
        Whether the attribution also shares out simulated days, which takes as many
        simulations as there are combinations of levers.
    engine : str
        ``auto``, ``simpy`` or ``fast``; no number depends on it.
    workers : int, optional
        How many processes; see :func:`simulator.simulate`.
    """
    replications = scenarios[0].replications if replications is None else replications
    seed = scenarios[0].seed if seed is None else seed
    runs: tuple[Run, ...] = ()
    if replications:
        runs = tuple(
            simulate(compile_plan(each), replications, seed, engine=engine, workers=workers)
            for each in scenarios
        )
        summaries = tuple(map(summarise, scenarios, runs))
    else:
        summaries = tuple(map(summarise, scenarios))
    comparison = Comparison(summaries, differences_of(summaries))
    return _with_levers(comparison, runs, replications if levers_simulated else 0, seed, engine)


def report_of(comparison: Comparison) -> Report:
    """Return the report of a comparison; its designs are simulated once more, with its seed."""
    runs = tuple(
        simulate(compile_plan(each.scenario), each.replications, each.seed, engine=each.engine)
        for each in comparison.summaries
        if each.replications
    )
    return _with_levers(comparison, runs, 0, comparison.summaries[0].seed)


def report_bytes(report: Report, suffix: str, language: str = "en") -> bytes:
    """Return the report in the form of a suffix; the same report gives the same bytes.

    Parameters
    ----------
    report : Report
        What is written.
    suffix : str
        One of :data:`FORMS`.
    language : str
        ``en`` or ``zh``; a page holds both and opens in this one.

    Raises
    ------
    ValueError
        If the suffix is another; the message names the known ones.
    """
    comparison = report.comparison
    match suffix.lower():
        case ".html":
            from results.report.page import page

            return page(report, language).encode()
        case ".pdf":
            from results.report.sheets import report_pdf

            return report_pdf(report, language)
        case ".md":
            return _markdown(report, language).encode()
        case ".xlsx":
            from results.exports.xlsx import comparison_workbook

            told = [line.sentence for line in comparison.sentences()] + [*reasons(comparison)]
            notes = [*facts(comparison, language), *(s.in_language(language) for s in told)]
            return comparison_workbook(comparison.to_json(), notes, language)
    raise ValueError(
        f"reports are saved as {', '.join(FORMS)}, not '{suffix}'{did_you_mean(suffix, FORMS)}"
    )


def save_report(comparison: Comparison, path: Path, language: str = "en") -> Path:
    """Write the report of a comparison by the path's suffix; whole or not at all."""
    from rules.files import write_whole

    if path.suffix.lower() not in FORMS:
        report_bytes(Report(comparison, (), 0), path.suffix)
    page_wanted = path.suffix.lower() in (".html", ".pdf")
    report = report_of(comparison) if page_wanted else Report(comparison, (), 0)
    write_whole(path, report_bytes(report, path.suffix, language))
    return path


def _with_levers(
    comparison: Comparison,
    runs: tuple[Run, ...],
    replications: int,
    seed: int,
    engine: str = "auto",
) -> Report:
    first, last = (comparison.summaries[at].scenario for at in (0, -1))
    switches = switches_between(first, last)
    if comparison.attribution is None:
        try:
            shared = attribute(first, last, replications=replications, seed=seed, engine=engine)
        except NotARedesign:
            pass
        else:
            comparison = replace(comparison, attribution=shared)
    return Report(comparison, runs, switches)


def with_promises(report: Report, promised: Sequence[Promised]) -> Report:
    """Return the report with what became of promises."""
    return replace(report, promised=tuple(promised))


def _markdown(report: Report, language: str) -> str:
    comparison = report.comparison
    names = " → ".join(each.scenario.name.in_language(language) for each in comparison.summaries)
    known = comparison.notes(language)
    more = [f"- {line}" for line in facts(comparison, language) if line not in known]
    lines = [f"# {names}", "", comparison.markdown(language), "", *more, ""]
    if report.promised:
        from results.promises.reports import markdown

        found = [each.finding for each in report.promised]
        lines += [f"## {TITLE.in_language(language)}", "", markdown(found, language), ""]
    return "\n".join(lines)
