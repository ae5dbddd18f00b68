"""A claim about a design in one line of Python, for notebooks and for people's own tests."""

from __future__ import annotations

from results.promises.checking import Checker, Finding
from results.promises.claims import ClaimSyntaxError, parse_claim
from results.promises.files import Promise, PromiseBook, problem_of
from results.promises.verdicts import MOST_REPLICATIONS, Verdict
from rules import InputError, Name, Place
from scenarios import Scenario


def check_claim(
    design: Scenario,
    claim: str,
    *,
    confidence: float = 0.95,
    seed: int | None = None,
    replications: int = MOST_REPLICATIONS,
) -> Finding:
    """Return whether a design keeps a claim, tested as a promise of a ``promises.toml`` is.

    Parameters
    ----------
    design : Scenario
        The design.
    claim : str
        For instance ``p90(total) <= 120 wd``; see docs/promises.md.
    confidence : float
        1 minus the chance of a wrong verdict.
    seed : int, optional
        By default what the scenario says.
    replications : int
        Most replications; fewer are used where they tell.

    Raises
    ------
    InputError
        If the claim cannot be read, or names what the design does not have.

    Examples
    --------
    >>> from scenarios import load
    >>> str(check_claim(load("jiaxing/reform"), "paper_days <= 109").verdict)
    'kept'
    """
    try:
        parsed = parse_claim(claim)
    except ClaimSyntaxError as error:
        raise InputError.at("claim", 0, f"'{claim}': {error}") from None
    if problem := problem_of(parsed.metric, design):
        raise InputError.at("claim", 0, f"'{claim}': {problem}")
    promise = Promise(claim, parsed, "", confidence, Name(), "assumption", "", Place(design.key))
    book = PromiseBook(design.folder, (promise,), (), {"": design})
    return Checker(book, seed, replications).check(promise)


def assert_kept(
    design: Scenario,
    claim: str,
    *,
    confidence: float = 0.95,
    seed: int | None = None,
    replications: int = MOST_REPLICATIONS,
) -> None:
    """Fail unless a design keeps a claim; see :func:`check_claim`.

    Raises
    ------
    AssertionError
        If it is broken, or cannot be told: with the measured value and interval, the step and
        people that cost most, and the nearest change tried.
    """
    from results.promises.reports import explanation

    finding = check_claim(
        design, claim, confidence=confidence, seed=seed, replications=replications
    )
    if finding.verdict is not Verdict.KEPT:
        lines = [line for line in explanation(finding, "en") if "repeat:" not in line]
        raise AssertionError(f"{finding.verdict}: " + "\n".join(lines))
