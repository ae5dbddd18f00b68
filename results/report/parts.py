"""The report's words and tables: what changed, lever by lever, and how it was worked out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from results.attribution import Attribution
from results.comparison import Comparison
from results.lexicon import WORDS, limit_text
from results.numbers import UNKNOWN, days_text, json_number
from results.report.markup import Rows, bullets, folded, said, section, spoken, table
from results.report.switches import MOST_SWITCHES, Switches
from results.report.terms import term
from results.sentences import facts, reasons
from results.summary import Summary
from results.views import offices_of
from rules import Name, Strength
from scenarios import Scenario
from simulator import mean_interval

_KPIS = ("steps", "paper_days", "visits", "documents")
_HEADS = {"steps": "steps", "paper_days": "paper days", "visits": "visits",
          "documents": "documents"}  # fmt: skip


def banner(scenarios: Sequence[Scenario]) -> str:
    """Say what the data are, unless all are given by the source."""
    origins = [
        WORDS[f"provenance.{each}"]
        for each in dict.fromkeys(s.provenance for s in scenarios)
        if each != "given" and f"provenance.{each}" in WORDS
    ]
    if not origins:
        return ""
    zh, en = "；".join(each.zh for each in origins), "; ".join(each.en for each in origins)
    return f'<p class="banner">{said(Name(f"数据：{zh}", f"Data: {en}"))}</p>'


def numbers(comparison: Comparison) -> str:
    """Return the few numbers that matter, of the first and the last design."""
    first, last = comparison.summaries[0], comparison.summaries[-1]
    cards = []
    for key in _KPIS:
        was, now = getattr(first.paper, key), getattr(last.paper, key)
        change = "" if was is None or now is None else _change(Fraction(was), Fraction(now))
        cards.append(_card(_HEADS[key], _value(was), _value(now), change))
    if first.times is not None and last.times is not None and comparison.differences:
        difference = comparison.differences[-1]
        for key, label in (("mean", "mean"), ("p90", "P90")):
            before, after = (
                mean_interval(getattr(each.times, key).tolist()).estimate for each in (first, last)
            )
            off = getattr(difference, key).estimate
            change = f"{off:+.1f}" if off else "0"
            unit = f"{label}, elapsed"
            cards.append(_card(unit, f"{before:.1f}", f"{after:.1f}", change))
    return f'<div class="cards">{"".join(cards)}</div>'


def _value(days: Fraction | None) -> str:
    """Return a number of a card; a word in both languages where it is unknown."""
    if days is None:
        return said(Name(UNKNOWN["zh"], UNKNOWN["en"]))
    return days_text(days)


def _change(was: Fraction, now: Fraction) -> str:
    share = f" ({100 * float((now - was) / was):+.0f} %)" if was and now != was else ""
    return f"{'+' if now > was else ''}{days_text(now - was)}{share}"


def _card(label: str, was: str, now: str, change: str) -> str:
    heading = spoken(lambda language: term(label, language), "span")
    more = ' class="more"' if change.startswith("+") else ""
    return (
        f'<div class="card"><b>{heading}</b><span class="was">{was}</span>'
        f'<span class="to">→</span><span class="now">{now}</span><i{more}>{change}</i></div>'
    )


def in_words(comparison: Comparison) -> str:
    """Return a sentence for every line of the comparison, design by design."""
    lines = comparison.sentences()
    parts = []
    for summary in comparison.summaries[1:]:
        told = [line.sentence for line in lines if line.to == summary.scenario.key]
        if len(comparison.summaries) > 2:
            parts.append(f"<h3>{said(summary.scenario.name)}</h3>")
        parts.append(bullets(told))
    if slower := reasons(comparison):
        parts.append(f'<div class="warn">{bullets(slower)}</div>')
    return "".join(parts)


def side_by_side(comparison: Comparison) -> str:
    """Return the comparison's table, its notes, and which key is which design."""
    names = [
        Name(f"{each.scenario.key}：{each.scenario.name.in_language('zh')}",
             f"{each.scenario.key}: {each.scenario.name.in_language('en')}")
        for each in comparison.summaries
    ]  # fmt: skip
    notes = spoken(lambda language: _list(comparison.notes(language)))
    return table(comparison.table, "numbers comparison") + bullets(names) + notes


def worth(shared: Attribution) -> str:
    """Return the waterfall as tables, and what it says in words."""
    parts = [table(shared.table, "numbers")]
    if shared.replications:
        parts.append(table(shared.times_table, "numbers"))
    parts.append(spoken(lambda language: _list(shared.notes(language))))
    return "".join(parts)


def switchboard(found: Switches | int) -> str:
    """Return the switches and an empty place where the page draws what they give."""
    if isinstance(found, int):
        why = (
            Name(f"有 {found} 组举措，超过预先计算的上限 {MOST_SWITCHES} 组，此处不设开关。",
                 f"{found} groups of levers are more than the {MOST_SWITCHES} that are worked out "
                 "beforehand: no switches here.")
            if found
            else Name("最后一个方案不是在第一个方案上增加举措而成，没有可开关的举措。",
                      "The last design is not made from the first by further levers: nothing to "
                      "switch.")
        )  # fmt: skip
        return f"<p>{said(why)}</p>"
    boxes = "".join(
        f'<div class="switch"><label><input type="checkbox" data-bit="{n}" checked> '
        f"<b>{said(group.name)}</b></label>{folded(_WHAT_IT_DOES, bullets(told))}</div>"
        for n, (group, told) in enumerate(zip(found.groups, found.sentences, strict=True))
    )
    outputs = "".join(
        f'<div class="card"><b>{spoken(lambda language, k=key: term(_HEADS[k], language), "span")}</b>'  # type: ignore[misc]  # bound now  # noqa: E501
        f'<span class="now" data-measure="{key}"></span><i data-change="{key}"></i></div>'
        for key in _KPIS
    )
    return (
        f'<div class="switches">{boxes}</div><div id="refusals" class="warn" hidden></div>'
        f'<div class="cards" aria-live="polite">{outputs}</div>'
        f'<div class="drawing"><svg id="bench" role="img"></svg></div>'
    )


_WHAT_IT_DOES = Name("做什么", "what it does")


def switch_data(found: Switches, scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Return every combination for the page's script, steps and refusals listed once."""
    steps: dict[tuple[str, ...], int] = {}
    refusals: dict[Name, int] = {}
    offices = offices_of(scenarios)
    designs = []
    for each in found.combinations:
        path = each.procedure.critical_path()
        bars: list[Any] = []
        for step in each.procedure.steps:
            office = offices.get(step.department, Name(step.department))
            names = [n.in_language(lang) for n in (step.name, office) for lang in ("en", "zh")]
            shown = (step.key, *names, step.kind.value)
            start = path.starts[step.key]
            bars.append(
                [
                    steps.setdefault(shown, len(steps)),
                    json_number(start),
                    json_number(step.days),
                    int(not path.slack[step.key]),
                ]
            )
        bars.sort(key=lambda bar: (bar[1], bar[1] + bar[2]))
        designs.append(
            {
                "m": [_plain(getattr(each.paper, key)) for key in _KPIS],
                "b": bars,
                "r": [refusals.setdefault(one, len(refusals)) for one in each.refusals],
            }
        )
    return {
        "measures": list(_KPIS),
        "longest": json_number(max([Fraction(1), *found.days])),
        "steps": [list(each) for each in steps],
        "refusals": [[each.in_language("en"), each.in_language("zh")] for each in refusals],
        "designs": designs,
    }


def _plain(days: Fraction | None) -> str | None:
    return None if days is None else days_text(days)


def method(comparison: Comparison, shared: Attribution | None) -> str:
    """Return how it was worked out: clocks, luck, intervals, data, law, version."""
    scenarios = [each.scenario for each in comparison.summaries]
    parts = [spoken(lambda language: _list([*facts(comparison, language), *_how(language)]))]
    parts.append(f"<h3>{said(Name('数据', 'Data'))}</h3>")
    abouts = dict.fromkeys(each.about for each in scenarios if each.about.zh or each.about.en)
    parts += [f"<p>{said(about)}</p>" for about in abouts]
    parts.append(table(lambda language: _settings(comparison.summaries, language), "numbers"))
    parts.append(f"<h3>{said(Name('举措', 'Levers'))}</h3>")
    for each in scenarios[1:]:
        parts.append(f"<h4>{said(each.name)}</h4>")
        parts.append(bullets([change.what for change in each.changes]))
    if shared is not None and shared.refused:
        parts.append(f"<p>{said(_REFUSED)}</p>")
    parts.append(f"<h3>{said(Name('法律依据', 'Legal notes'))}</h3>")
    parts.append(f"<p>{said(_LAW)}</p>")
    parts.append(table(lambda language: _basis(scenarios[-1], language), "law"))
    return section("method", Name("方法", "Method"), *parts)


_REFUSED = Name(
    "单独采用时被法律或资料拒绝的举措不计入该组合，理由在开关处显示。",
    "A lever that the law or the data refuse without another is left out of that combination; "
    "the switches show the reason.",
)
_LAW = Name(
    "法定前置与资料前置不得取消，只可提前办理；惯例前置可由举措取消。下表为最后一个方案的环节依据与法定前置。",
    "Prerequisites by statute or data are never dropped, only worked on early; customs may be "
    "dropped by a lever. The table lists the basis of the last design's steps and what statutes "
    "put before them.",
)


def _how(language: str) -> list[str]:
    zh = language == "zh"
    return [
        "区间在重复之间计算（Willink 偏度修正的 t 区间），不在同一次重复的件之间计算；"
        "不足 5 次重复不给区间"
        if zh
        else "intervals are over replications (Willink's skewness-corrected t), never over the "
        "cases of one replication; none below five replications",
        "每件在各方案中遇到相同的随机数，差值逐次配对"
        if zh
        else "the same case has the same luck in every design; differences are paired "
        "replication by replication",
        "相同输入得到逐字节相同的报告" if zh else "the same input gives this report byte by byte",
    ]


def _settings(summaries: Sequence[Summary], language: str) -> Rows:
    heads = ("scenario", "provenance", "first day", "replications", "cases", "seed")
    rows = [[term(each, language) for each in heads]]
    for each in summaries:
        scenario = each.scenario
        rows.append(
            [
                scenario.name.in_language(language),
                term(scenario.provenance, language) if scenario.provenance else "-",
                scenario.first_day.isoformat(),
                str(each.replications),
                str(each.cases),
                str(each.seed),
            ]
        )
    return rows


def _basis(scenario: Scenario, language: str) -> Rows:
    procedure = scenario.procedure
    rows = [[term(each, language) for each in ("step", "limit", "basis", "before it by statute")]]
    for step in procedure.steps:
        before = [
            f"{edge.before} ({edge.reason.in_language(language)})" if edge.basis else edge.before
            for edge in procedure.edges
            if edge.after == step.key and edge.strength is Strength.STATUTE
        ]
        rows.append(
            [
                f"{step.key} {step.name.in_language(language)}",
                limit_text(step.limit, language) if step.limit else "-",
                step.basis.cited.in_language(language) or "-",
                ("；" if language == "zh" else "; ").join(before) or "-",
            ]
        )
    return rows


def _list(lines: Sequence[str]) -> str:
    from html import escape

    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def json_block(key: str, document: dict[str, Any]) -> str:
    """Return data for the page's script; nothing in it can end the block."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="{key}">{text}</script>\n'
