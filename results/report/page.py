"""The report as one page: its own style, script and glyphs, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib import metadata, resources

from results.display import PAINTS
from results.font import FAMILY, missing, subset_woff
from results.report import gallery, parts
from results.report.builder import Report
from results.report.markup import said, section, spoken
from results.report.promised import promised
from results.report.switches import Switches
from rules import Kind, Name

_TITLES = {
    "words": Name("结论", "In words"),
    "table": Name("比较", "Side by side"),
    "axis": Name("同一工作日轴", "On one working-day axis"),
    "levers": Name("举措开关", "Lever switches"),
    "worth": Name("每项举措的贡献", "What each lever is worth"),
    "flows": Name("流程图", "Flow diagrams"),
    "times": Name("历时与等待", "Times and queues"),
    "method": Name("方法", "Method"),
}
_SWITCHES_HELP = Name(
    "勾选采用的举措组；数字与图为纸面值（关键路径，无排队）。被拒绝的举措不计入，并说明理由。",
    "Tick the groups of levers that are used; numbers and bars are those on paper (critical path, "
    "no queues). A lever that is refused is left out, and the reason is given.",
)
_NO_SCRIPT = Name(
    "开关需要脚本；其余内容无需脚本。", "The switches need scripts; all else works without."
)
_SOME_DRAWN = Name(
    "方案较多，只画第一个与最后一个。", "There are many designs: the first and the last are drawn."
)
_PAPER_ONLY = Name("未作模拟：没有历时与排队。", "Not simulated: there are no times and no queues.")


def page(report: Report, language: str) -> str:
    """Return the page; it opens in ``language`` and holds both."""
    comparison, scenarios = report.comparison, report.scenarios
    switches, drawn = report.switches, gallery.drawn_of(report.scenarios)
    some = f"<p>{said(_SOME_DRAWN)}</p>" if len(drawn) < len(scenarios) else ""
    body = [
        section("words", _TITLES["words"], parts.numbers(comparison), parts.in_words(comparison)),
        section("table", _TITLES["table"], parts.side_by_side(comparison)),
        section("axis", _TITLES["axis"], some, gallery.axis(drawn), classes="wide"),
        section(
            "levers",
            _TITLES["levers"],
            f"<p>{said(_SWITCHES_HELP)}</p><noscript><p>{said(_NO_SCRIPT)}</p></noscript>"
            if isinstance(switches, Switches)
            else "",
            parts.switchboard(switches),
        ),
    ]
    if report.attribution is not None:
        charts = [gallery.waterfall(report.attribution)] if _takes_days(report) else []
        if charts and isinstance(switches, Switches):
            charts += [gallery.alone(switches), gallery.tradeoff(switches)]
        told = parts.worth(report.attribution)
        body.append(section("worth", _TITLES["worth"], told, _grid(charts)))
    if report.promised:
        body.append(promised(report.promised))
    body.append(section("flows", _TITLES["flows"], some, gallery.diagrams(drawn), classes="wide"))
    body.append(section("times", _TITLES["times"], _times(report)))
    body.append(parts.method(comparison, report.attribution))
    if isinstance(switches, Switches):
        body.append(parts.json_block("designs", parts.switch_data(switches, scenarios)))
    title = {
        each: " → ".join(s.name.in_language(each) for s in (scenarios[0], scenarios[-1]))
        for each in ("en", "zh")
    }
    return _document(title, parts.banner(scenarios) + "".join(body), language)


def _times(report: Report) -> str:
    summaries, runs = report.comparison.summaries, report.runs
    scenarios = report.scenarios
    charts = [gallery.gantt(scenarios[0], scenarios[-1])] if _takes_days(report) else []
    if not runs:
        return f"<p>{said(_PAPER_ONLY)}</p>" + _grid(charts)
    ends = [(0, summaries[0], runs[0]), (len(runs) - 1, summaries[-1], runs[-1])]
    charts.insert(0, gallery.distribution(summaries, runs))
    if _takes_days(report):
        charts += [gallery.where_days_go(summary, run, n) for n, summary, run in ends]
    with_people = [(n, summary, run) for n, summary, run in ends if summary.pools]
    charts += [gallery.queues(summary, run, n) for n, summary, run in with_people]
    charts += [gallery.utilisation(summary, n) for n, summary, _ in with_people]
    return _grid(charts)


def _takes_days(report: Report) -> bool:
    """Whether there are days to draw: a matter handled on the spot takes none on paper."""
    return any(each.paper.paper_days for each in report.comparison.summaries)


def _grid(charts: list[str]) -> str:
    return f'<div class="grid">{"".join(charts)}</div>'


def _document(title: dict[str, str], body: str, language: str) -> str:
    script = _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    nav = "".join(f'<a href="#{key}">{said(name)}</a>' for key, name in _TITLES.items())
    head = (
        f"<header><h1>{spoken(lambda each: escape(title[each]), 'span')}</h1>"
        '<div class="languages" role="group" aria-label="language / 语言">'
        '<button type="button" data-language="en">English</button>'
        '<button type="button" data-language="zh">中文</button></div></header>'
        f"<nav>{nav}</nav>"
    )
    version = f"lianban {metadata.version('lianban')}"
    rest = f"{head}<main>{body}</main><footer>{escape(version)}</footer>"
    style = _asset("report.css") + _kinds()
    glyphs = set(rest) | set(script) | set(map(chr, range(32, 127)))
    font = base64.b64encode(subset_woff(sorted(glyphs - set(missing("".join(glyphs)))))).decode()
    face = (
        f"@font-face{{font-family:'{FAMILY}';src:url(data:font/woff;base64,{font}) format('woff')}}"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title[language])}</title>\n"
        f"<style>\n{face}\n{style}</style>\n</head>\n<body>\n{rest}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _kinds() -> str:
    """Return how the bars of the switches' picture look: as in every other picture."""
    looks = {kind.value: PAINTS[kind.value] for kind in Kind if kind.value in PAINTS}
    return "".join(
        f"#bench .{kind}{{fill:{look.fill};stroke:{look.stroke}}}\n" for kind, look in looks.items()
    )


@cache
def _asset(name: str) -> str:
    return (resources.files("results") / "report" / name).read_text(encoding="utf-8")
