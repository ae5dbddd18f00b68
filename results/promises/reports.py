"""What was found about promises, as text, Markdown, JSON, JUnit XML and GitHub annotations."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

from results.numbers import json_interval, json_number
from results.promises.checking import Finding, gap
from results.promises.claims import Claim, number_text
from results.promises.diagnosis import Fix
from results.promises.verdicts import Verdict
from results.words import word
from simulator import Interval

FORMATS = ("text", "github", "junit", "json", "md")
"""Forms that a list of findings can take."""

_MOST_CHANGES = 5
_MOST_FIXES = 2


def verdict_word(verdict: Verdict, language: str) -> str:
    """Return a verdict as people read it."""
    if language != "zh":
        return str(verdict)
    return {Verdict.KEPT: "达标", Verdict.BROKEN: "未达标", Verdict.UNSURE: "不确定"}[verdict]


def measured_text(claim: Claim, measured: Interval) -> str:
    """Return a measured value with its interval.

    Examples
    --------
    >>> from results.promises.claims import parse_claim
    >>> measured_text(parse_claim("p90(total) <= 120"), Interval(124, 122.3, 125.9, 0.98, 20))
    '124.0 wd (122.3..125.9)'
    >>> measured_text(parse_claim("steps <= 14"), Interval(14, 14, 14, 1, 0))
    '14'
    """
    unit = f" {claim.unit}" if claim.unit else ""
    if not measured.n:
        return f"{number_text(Fraction(measured.estimate))}{unit}"
    digits = 3 if claim.is_share else 1
    if measured.low is None or measured.high is None:
        return f"{measured.estimate:.{digits}f}{unit} (n < 5)"
    low, high = (f"{end:.{digits}f}" for end in (measured.low, measured.high))
    return f"{measured.estimate:.{digits}f}{unit} ({low}..{high})"


def repeat_command(finding: Finding) -> str:
    """Return the command that repeats a check."""
    promise = finding.promise
    words = ["lianban promises", shlex.quote(promise.place.file), f"--promise {promise.id}"]
    if promise.asked_of:
        words.append(f"--design {promise.asked_of}")
    if finding.replications:
        words += [f"--seed {finding.seed}", f"--replications {finding.most}"]
    return " ".join(words)


def table(findings: Sequence[Finding], language: str) -> list[list[str]]:
    """Return a row for each promise: verdict, line, id, claim, measured value."""
    return [
        [
            verdict_word(each.verdict, language),
            f":{each.promise.place.line}",
            each.promise.id,
            str(each.promise.claim),
            measured_text(each.promise.claim, each.measured),
        ]
        for each in findings
    ]


def explanation(finding: Finding, language: str) -> list[str]:
    """Return the lines that say more about a promise that is not kept; none for a kept one."""
    if finding.verdict is Verdict.KEPT:
        return []
    zh = language == "zh"
    promise, claim = finding.promise, finding.promise.claim
    unit = ("个工作日" if zh else "wd") if claim.unit else ""
    lines = []
    if finding.verdict is Verdict.BROKEN:
        digits = 3 if claim.is_share else 1
        miss = f"{f'{float(gap(finding)):.{digits}f}'.removesuffix('.0')} {unit}".strip()
        lines.append(
            f"{promise.id}（{promise.place}）：{claim} 未达标，相差 {miss}"
            if zh
            else f"{promise.id} ({promise.place}) misses {claim} by {miss}."
        )
    else:
        lines.append(
            f"{promise.id}（{promise.place}）：{claim} 尚不能判定"
            if zh
            else f"{promise.id} ({promise.place}): {claim} cannot be told yet."
        )
    if basis := promise.basis.in_language(language):
        lines.append(
            f"  {'依据' if zh else 'basis'}: {basis} [{word(promise.provenance, language)}]"
        )
    lines.append(f"  {'实测' if zh else 'measured'}: {_measured_line(finding, language)}")
    if finding.verdict is Verdict.UNSURE:
        lines.append(f"  {_advice(finding, language)}")
    if finding.cost is not None:
        head = "主要在" if zh else "most of it"
        lines.append(f"  {head}: {finding.cost.sentence(language)}")
    if finding.baseline:
        head = f"自 {finding.baseline} 以来" if zh else f"since {finding.baseline}"
        changes = [each.sentence(language) for each in finding.changes]
        more = len(changes) - _MOST_CHANGES
        if not changes:
            lines.append(f"  {head}: {'无变化' if zh else 'nothing changed'}")
        lines += [f"  {head}: {change}" for change in changes[:_MOST_CHANGES]]
        if more > 0:
            lines.append(f"  {head}: {'另有' if zh else 'and'} {more} {'处' if zh else 'more'}")
    if finding.fixes:
        tried = "; ".join(_fix_text(claim, fix, language) for fix in finding.fixes[:_MOST_FIXES])
        lines.append(f"  {'已试的最近改进' if zh else 'nearest fix tried'}: {tried}")
    lines.append(f"  {'重现' if zh else 'repeat'}: {repeat_command(finding)}")
    return lines


def verdict_line(findings: Sequence[Finding], language: str) -> str:
    """Return the last line of a report: how many are broken, unsure and kept.

    Examples
    --------
    >>> verdict_line([], "en")
    '0 broken, 0 unsure, 0 kept'
    """
    counts = [
        sum(each.verdict is verdict for each in findings)
        for verdict in (Verdict.BROKEN, Verdict.UNSURE, Verdict.KEPT)
    ]
    words = ("未达标", "不确定", "达标") if language == "zh" else ("broken", "unsure", "kept")
    if language == "zh":
        return "，".join(f"{word} {n}" for word, n in zip(words, counts, strict=True))
    return ", ".join(f"{n} {word}" for word, n in zip(words, counts, strict=True))


def to_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the document of ``promises --json``."""
    return {
        "verdicts": {
            verdict.value.lower(): sum(each.verdict is verdict for each in findings)
            for verdict in Verdict
        },
        "promises": [finding_json(each) for each in findings],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return what a document says of one promise."""
    promise, claim, cost = finding.promise, finding.promise.claim, finding.cost
    return {
        "id": promise.id,
        "file": promise.place.file,
        "line": promise.place.line,
        "design": finding.design,
        "metric": str(claim.metric),
        "comparison": claim.order.value,
        "limit": json_number(claim.limit),
        "confidence": promise.confidence,
        "basis": {"zh": promise.basis.zh, "en": promise.basis.en},
        "provenance": promise.provenance,
        "verdict": finding.verdict.value,
        "measured": json_interval(finding.measured),
        "seed": finding.seed,
        "replications": finding.replications,
        "cases": finding.cases,
        "looks": finding.n_looks,
        "replications_needed": finding.needs,
        "cost": None
        if cost is None
        else {
            "step": cost.step,
            "name": {"zh": cost.name.zh, "en": cost.name.en},
            "amount": round(cost.amount, 6),
            "unit": cost.unit,
            "critical": round(cost.critical, 6),
            "pool": cost.pool,
            "wait_days": round(cost.wait, 6),
        },
        "baseline": finding.baseline,
        "changes": [
            {
                "zh": each.what.zh,
                "en": each.what.en,
                "file": each.place.file,
                "line": each.place.line,
            }
            for each in finding.changes
        ],
        "fixes": [
            {
                "zh": fix.what.zh,
                "en": fix.what.en,
                "measured": json_interval(fix.measured),
                "keeps": fix.keeps,
            }
            for fix in finding.fixes
        ],
        "repeat": repeat_command(finding),
    }


def markdown(findings: Sequence[Finding], language: str) -> str:
    """Return the table as Markdown, for a pull request, with what is not kept below it."""
    zh = language == "zh"
    head = (
        ["结论", "行", "承诺", "要求", "实测"]
        if zh
        else ["verdict", "line", "promise", "claim", "measured"]
    )
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, table(findings, language)), ""]
    for finding in findings:
        if more := explanation(finding, language):
            lines += [f"- {more[0]}", *(f"  - {line.strip()}" for line in more[1:]), ""]
    return "\n".join([*lines, verdict_line(findings, language)])


def github(findings: Sequence[Finding], language: str) -> str:
    """Return workflow commands that annotate the lines of promises not kept."""
    lines = []
    for finding in findings:
        if finding.verdict is Verdict.KEPT:
            continue
        level = "error" if finding.verdict is Verdict.BROKEN else "warning"
        place, id_ = finding.promise.place, finding.promise.id
        title = f"{verdict_word(finding.verdict, language)}: {id_}"
        properties = f"file={_escaped(place.file)},line={place.line},title={_escaped(title)}"
        message = "%0A".join(_escaped_message(each) for each in explanation(finding, language))
        lines.append(f"::{level} {properties}::{message}")
    return "\n".join([*lines, verdict_line(findings, language)])


def junit(findings: Sequence[Finding], language: str, *, strict: bool = False) -> str:
    """Return JUnit XML: a test case for each promise, its numbers as properties."""
    broken = sum(each.verdict is Verdict.BROKEN for each in findings)
    unsure = sum(each.verdict is Verdict.UNSURE for each in findings)
    suite = ElementTree.Element(
        "testsuite",
        name="lianban promises",
        tests=str(len(findings)),
        failures=str(broken + unsure * strict),
        skipped=str(0 if strict else unsure),
        errors="0",
    )
    for finding in findings:
        promise = finding.promise
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=promise.place.file,
            name=promise.id,
            file=promise.place.file,
            line=str(promise.place.line),
        )
        properties = ElementTree.SubElement(case, "properties")
        for name, value in finding_properties(finding):
            ElementTree.SubElement(properties, "property", name=name, value=value)
        text = "\n".join(explanation(finding, language))
        if finding.verdict is Verdict.BROKEN or (strict and finding.verdict is Verdict.UNSURE):
            message = f"{finding.verdict}: {promise.claim}"
            ElementTree.SubElement(case, "failure", message=message).text = text
        elif finding.verdict is Verdict.UNSURE:
            ElementTree.SubElement(case, "skipped", message=f"UNSURE: {promise.claim}").text = text
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(
        suite, encoding="unicode"
    )


def finding_properties(finding: Finding) -> list[tuple[str, str]]:
    """Return what JUnit reports keep of a finding."""
    measured = finding.measured
    return [
        ("verdict", finding.verdict.value),
        ("claim", str(finding.promise.claim)),
        ("design", finding.design),
        ("measured", f"{measured.estimate:.6g}"),
        ("low", "" if measured.low is None else f"{measured.low:.6g}"),
        ("high", "" if measured.high is None else f"{measured.high:.6g}"),
        ("replications", str(finding.replications)),
        ("seed", str(finding.seed)),
    ]


def _measured_line(finding: Finding, language: str) -> str:
    zh = language == "zh"
    value = measured_text(finding.promise.claim, finding.measured)
    if not finding.replications:
        return f"{value}，{finding.design}" if zh else f"{value}, {finding.design}"
    level = f"{100 * finding.measured.level:g} %"
    return (
        f"{value}，{level} 区间，{finding.design}，重复 {finding.replications} 次、"
        f"每次 {finding.cases} 件，种子 {finding.seed}"
        if zh
        else f"{value}, {level} interval, {finding.design}, {finding.replications} replications "
        f"of {finding.cases} cases, seed {finding.seed}"
    )


def _advice(finding: Finding, language: str) -> str:
    zh = language == "zh"
    if finding.needs is None:
        return (
            "实测值就在限值上：再多的重复也难以判定，请改限值或方案"
            if zh
            else "the measured value lies at the limit: no number of replications will tell; "
            "change the limit or the design"
        )
    return (
        f"再试：--replications {finding.needs}"
        if zh
        else f"add replications: --replications {finding.needs} would probably tell"
    )


def _fix_text(claim: Claim, fix: Fix, language: str) -> str:
    keeps = fix.keeps
    word = (
        ("可达标" if keeps else "仍不达标")
        if language == "zh"
        else ("would keep it" if keeps else "not enough")
    )
    return f"{fix.what.in_language(language)} -> {measured_text(claim, fix.measured)} [{word}]"


def _escaped_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped(text: str) -> str:
    return _escaped_message(text).replace(":", "%3A").replace(",", "%2C")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
