"""Words of tables and reports in English and Chinese (glossary of the field's terms)."""

from __future__ import annotations

_CHINESE = {
    "measure": "指标",
    "value": "数值",
    "steps": "环节",
    "paper days": "纸面工作日",
    "serial days": "串联工作日",
    "visits": "跑动次数",
    "documents": "材料",
    "mean": "均值",
    "P50": "P50",
    "P90": "P90",
    "elapsed wd": "实际历时，工作日",
    "within paper days": "在纸面天数内办结",
    "people": "人员",
    "number": "人数",
    "in use": "占用率",
    "wait wd": "等待（工作日）",
    "window": "窗口",
    "reviewer": "审查",
    "scenario": "方案",
    "change of mean": "均值变化",
    "government": "政府审批",
    "notice": "法定公示",
    "intermediary": "中介服务",
    "applicant": "申请人准备",
    "given": "给定",
    "damaged-reading": "残损读数",
    "reconstruction": "重构",
    "comparator": "参照",
    "assumption": "假设",
}


def word(english: str, language: str) -> str:
    """Return a word of a table in ``"en"`` or ``"zh"``.

    Examples
    --------
    >>> word("steps", "zh"), word("steps", "en")
    ('环节', 'steps')
    """
    return _CHINESE[english] if language == "zh" else english
