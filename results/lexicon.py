"""The words on pictures, in English and Chinese."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, get_args

from rules import Duration, Kind, Limit, Name, Procedure, Unit, did_you_mean

Language = Literal["en", "zh", "both"]

WORDS: dict[str, Name] = {
    "flow": Name("流程图", "flow"),
    "before": Name("改革前", "before"),
    "after": Name("改革后", "after"),
    "department": Name("部门", "Department"),
    "no-department": Name("未定部门", "no department"),
    "no-stage": Name("未分阶段", "no stage"),
    "stage": Name("阶段", "Stage"),
    "continued": Name("续", "cont."),
    "steps": Name("环节", "steps"),
    "working-days": Name("工作日", "working days"),
    "promised": Name("承诺 {days} 工作日", "promised {days} wd"),
    "promise": Name("承诺时限", "promise"),
    "over": Name("超 {days}", "{days} over"),
    "within": Name("达标", "kept"),
    "folded": Name("连续环节合画一框", "several steps in a row, drawn as one"),
    "folded-runs": Name("合画：{runs}", "drawn as one: {runs}"),
    "left-out": Name(
        "未画保留不变的 {n} 个环节：{keys}", "{n} steps kept as they were are not drawn: {keys}"
    ),
    "through-edge": Name("经未画出的环节", "through steps not drawn"),
    "days-unknown": Name("时限不详", "days unknown"),
    "days-by-type": Name("时限因类型而异", "days differ by type"),
    "visits": Name("跑动次数", "visits"),
    "documents": Name("申报材料", "documents"),
    "many-offices": Name("另有 {n} 个部门参与", "with {n} other offices"),
    "participants": Name("参与", "with"),
    "joins": Name("合并", "joins"),
    "provenance": Name("数据来源", "data"),
    "provenance.given": Name("原始资料", "given by the source"),
    "provenance.damaged-reading": Name("残损资料判读", "read from a damaged source"),
    "provenance.reconstruction": Name(
        "推演重构，非该地实际数据", "reconstruction, not the place's own"
    ),
    "provenance.comparator": Name("他地公开资料", "published by another place"),
    "provenance.assumption": Name("假设", "assumption"),
    "legend": Name("图例", "Legend"),
    "critical": Name("关键线路（粗框、实角）", "critical path (thick, filled corner)"),
    "several-chains": Name(
        "有 {n} 条一样长的关键线路", "{n} chains are the longest, all marked as critical"
    ),
    "statute-edge": Name("法定或资料前置", "prerequisite: statute or data"),
    "practice-edge": Name("惯例前置", "prerequisite: practice"),
    "lags": Name("环节之间另等：{lags}", "time between steps: {lags}"),
    "formal-edge": Name("转正式时才需要", "needed only for conversion"),
    "order-edge": Name("办理顺序", "handling order"),
    "practice-or-order": Name("惯例前置或办理顺序", "prerequisite by practice, or handling order"),
    "mix": Name(
        "多类事项同图：每件只办其中几环，箭头只对同办两环者有效",
        "several types of cases in one picture: each takes some of the steps; "
        "an arrow holds where a case takes both",
    ),
    "gate": Name("阶段关口：前一阶段办结后开始", "gate: next stage opens when this one is done"),
    "connector": Name("→ ← 连到另一行的环节", "→ ← goes on in another row"),
    "connector-chain": Name("→ ← 连到不相邻的环节", "→ ← goes on at a box further on"),
    "hidden-edges": Name(
        "另有 {n} 条前置可由图推出，未画", "{n} more prerequisites follow from those drawn"
    ),
    "units": Name("wd 工作日，cd 自然日", "wd working day, cd natural day"),
    "total": Name("合计", "Total"),
    "clock": Name("计时口径", "Clock"),
    "paper-clock": Name(
        "按办理时限推算的最长线路（不含排队），自然日按 7 折 5",
        "longest path over time limits, no queues; 7 natural days count as 5",
    ),
    "removed-steps": Name("不再办理", "No longer handled"),
    "wait-row": Name("申请人与外部", "applicant, outside"),
    "axis": Name("工作日", "working days"),
    "saved": Name("少 {days} 工作日（{share}）", "{days} working days less ({share})"),
    "longer": Name("多 {days} 工作日（{share}）", "{days} working days more ({share})"),
    "by-law": Name("法定", "by law"),
    "serial-note": Name(
        "一环接一环办理；框顶为承办部门", "one after another; office on top of each box"
    ),
    "critical-bar": Name("关键线路（粗框、实角）", "critical path (thick, filled corner)"),
    "timeline": Name("工作日对照图", "on one working-day axis"),
    "status.kept": Name("保留", "kept"),
    "status.changed": Name("调整", "changed"),
    "status.moved": Name("改为并联", "now in parallel"),
    "status.merged": Name("多合一", "merged"),
    "status.split": Name("拆分", "split"),
    "status.added": Name("新增", "added"),
    "status.removed": Name("取消或前移", "removed"),
    "change.days": Name("天数 {old} → {new}", "days {old} -> {new}"),
    "change.department": Name("部门 {old} → {new}", "office {old} -> {new}"),
    "change.kind": Name("类型改变", "kind changed"),
    "change.stage": Name("阶段改变", "stage changed"),
    "change.before": Name("前置改变", "prerequisites changed"),
    "kind.government_approval": Name("审批", "approval"),
    "kind.government_filing": Name("备案", "filing"),
    "kind.public_notice": Name("公示公告", "public notice"),
    "kind.intermediary_service": Name("中介服务", "intermediary service"),
    "kind.survey": Name("踏勘", "site survey"),
    "kind.meeting": Name("会议", "meeting"),
    "kind.joint_step": Name("联合办理", "joint step"),
    "kind.conversion": Name("转正式", "conversion"),
    "kind.external_wait": Name("外部等待", "external wait"),
}

_UNITS: dict[Unit, Name] = {
    Unit.WORKING_DAY: Name("工作日", "wd"),
    Unit.NATURAL_DAY: Name("自然日", "cd"),
    Unit.HOUR: Name("小时", "h"),
    Unit.MINUTE: Name("分钟", "min"),
}


def checked(language: str) -> Language:
    """Return the language if pictures speak it.

    Raises
    ------
    ValueError
        Naming the known ones.
    """
    for known in get_args(Language):
        if language == known:
            return known  # type: ignore[no-any-return]  # get_args is untyped
    known = ", ".join(get_args(Language))
    hint = did_you_mean(language, get_args(Language))
    raise ValueError(f"language: '{language}' is none of {known}{hint}")


def lines(name: Name, language: Language) -> tuple[str, ...]:
    """Return the name as one line for each language asked for.

    Examples
    --------
    >>> lines(Name("联合踏勘", "Joint survey"), "both")
    ('联合踏勘', 'Joint survey')
    >>> lines(Name(en="Joint survey"), "zh")
    ('Joint survey',)
    """
    if language == "both":
        return tuple(dict.fromkeys(text for text in (name.zh, name.en) if text))
    return (name.in_language(language),)


def say(word: str, language: Language, **values: object) -> str:
    """Return a word of :data:`WORDS` with its values, both languages side by side if asked.

    Examples
    --------
    >>> say("steps", "both"), say("saved", "en", days=127, share="-54 %")
    ('环节 steps', '127 working days less (-54 %)')
    """
    return " ".join(lines(WORDS[word], language)).format(**values)


def kind_word(kind: Kind, language: Language) -> str:
    """Return what a step of this kind is called."""
    return say(f"kind.{kind.value}", language)


def days_text(duration: Duration, language: Language) -> str:
    """Return a duration with its unit; in both languages the short English unit.

    Examples
    --------
    >>> days_text(Duration(14), "zh"), days_text(Duration(20, Unit.NATURAL_DAY), "both")
    ('14 工作日', '20 cd')
    """
    return (
        f"{duration.amount} {_UNITS[duration.unit].in_language('zh' if language == 'zh' else 'en')}"
    )


def limit_text(limit: Limit, language: Language | str) -> str:
    """Return a statutory limit; a floor (notices) is told as such.

    Examples
    --------
    >>> limit_text(Limit(Duration(20), floor=True), "zh"), limit_text(Limit(Duration(20)), "en")
    ('≥ 20 工作日', '20 wd')
    """
    if language != "zh":
        return str(limit)
    return f"{'≥ ' if limit.floor else ''}{days_text(limit.duration, 'zh')}"


_ORIGINS = {
    "given": "给定",
    "damaged-reading": "残损判读",
    "reconstruction": "重构",
    "comparator": "他地公开资料",
    "assumption": "假设",
    "assumed": "假设",
    "named in the source": "原文提及",
    "duration reconstructed": "时限为重构",
    "days reconstruction": "时限为重构",
    "delegated in writing [given]": "书面委托［给定］",
    "the source names no items here": "原文此处未列事项",
    "given by the drawing": "取自流程图",
}
"""Chinese of what shipped tables say of a value's origin."""


def origin(provenance: str) -> Name:
    """Return where a step's values come from, in both languages as far as known.

    Examples
    --------
    >>> origin("named in the source; duration reconstructed").zh
    '原文提及；时限为重构'
    """
    parts = [part.strip() for part in provenance.split(";") if part.strip()]
    return Name("；".join(_ORIGINS.get(part, part) for part in parts), provenance)


def unknown_word(procedure: Procedure) -> str:
    """Return the word for why a procedure has no total of days."""
    return "days-by-type" if procedure.mixed else "days-unknown"


def paper_text(procedure: Procedure, language: Language) -> str:
    """Return a procedure's days on paper with their unit, or that no source gives them."""
    if not procedure.days_known:
        return say(unknown_word(procedure), language)
    return f"{number(procedure.paper_days)} {say('working-days', language)}"


def number(value: Fraction) -> str:
    """Return working days as people write them, with one decimal at most.

    Examples
    --------
    >>> number(Fraction(109)), number(Fraction(31, 2)), number(Fraction(1, 480))
    ('109', '15.5', '0.0')
    """
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.1f}"
