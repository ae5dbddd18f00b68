"""Words that only the report needs, in English and Chinese."""

from __future__ import annotations

from results.words import word

_CHINESE = {
    "step": "环节",
    "office": "部门",
    "stage": "阶段",
    "days": "天数",
    "start": "开始",
    "finish": "结束",
    "slack": "机动",
    "on the critical path": "在关键路径上",
    "shortest": "最短",
    "longest": "最长",
    "share within": "办结占比，天数不超过",
    "levers used": "采用的举措数",
    "steps with slack": "环节与机动时间",
    "mean, elapsed": "均值，实际历时",
    "P90, elapsed": "P90，实际历时",
    "provenance": "数据来源",
    "first day": "起始日",
    "replications": "重复次数",
    "cases": "每次件数",
    "seed": "种子",
    "limit": "法定时限",
    "basis": "依据",
    "before it by statute": "法定前置",
    "promise": "承诺",
    "verdict": "结论",
    "claim": "要求",
    "measured": "实测",
    "run": "运行",
    "saved": "保存时间",
}


def term(english: str, language: str) -> str:
    """Return a word of the report in ``"en"`` or ``"zh"``.

    Examples
    --------
    >>> term("slack", "zh"), term("steps", "zh"), term("slack", "en")
    ('机动', '环节', 'slack')
    """
    if english in _CHINESE:
        return _CHINESE[english] if language == "zh" else english
    return word(english, language)
