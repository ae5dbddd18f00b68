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
    "fees (yuan)": "收费（元）",
    "mean": "均值",
    "P50": "P50",
    "P90": "P90",
    "elapsed wd": "实际历时，工作日",
    "within paper days": "在纸面天数内办结",
    "people": "人员",
    "number": "人数",
    "in use": "占用率",
    "wait wd": "等待（工作日）",
    "waiting": "排队件数",
    "where the days of a case go": "一件的时间去向",
    "counted by law": "法定计时",
    "between_steps": "环节之间",
    "side_by_side": "并行环节重叠（扣除）",
    "together": "合计即实际历时",
    "stopped": "依法不计时",
    "steps that decide the end": "决定办结的环节",
    "of cases %": "占件数 %",
    "window": "窗口",
    "reviewer": "审查",
    "approver": "审批",
    "crew": "踏勘组",
    "agents": "代办员",
    "scenario": "方案",
    "change of mean": "均值变化",
    "lever": "举措",
    "run": "运行",
    "working days": "个工作日",
    "government": "政府审批",
    "notice": "法定公示",
    "intermediary": "中介服务",
    "applicant": "申请人准备",
    "promise": "承诺",
    "how long cases take": "办结历时分布",
    "share of cases closed": "累计办结占比",
    "elapsed working days": "实际历时（工作日）",
    "share of cases %": "件数占比 %",
    "touch": "办理",
    "queue": "排队",
    "dwell": "搁置",
    "where the days go": "时间去向",
    "working days of steps": "各环节工作日之和",
    "working days on paper": "纸面工作日",
    "working days since the start": "开始后的工作日",
    "work waiting": "等待办理的件数",
    "files": "件",
    "how busy people are": "人员占用率",
    "in use %": "占用率 %",
    "in use % while their cases come": "收件期间的占用率 %",
    "before": "改革前",
    "after": "改革后",
    "critical path": "关键线路",
    "other steps": "其他环节",
    "slack": "机动时间",
    "what each lever is worth": "各项举措的贡献",
    "what one change alone brings": "单项改变的效果",
    "beaten": "被其他方案占优",
    "best for some purpose": "帕累托前沿",
    "what cannot be had both": "不可兼得",
    "case type": "办件类型",
    "cases": "件数",
    "counted wd": "计时工作日",
    "promise kept %": "承诺时限内 %",
    "within statute %": "法定时限内 %",
    "extended %": "延期 %",
    "step": "环节",
    "desk": "岗位",
    "yellow lights": "黄灯（预警）",
    "red lights": "红灯（超时）",
    "lower review": "下级审查",
    "limit": "时限",
    "wd to hand-over": "报送前工作日",
    "clock stopped for": "不计入时限的程序",
    "article": "依据",
    "wd a case": "每件工作日",
    "given": "给定",
    "damaged-reading": "残损读数",
    "reconstruction": "重构",
    "comparator": "他地公开资料",
    "assumption": "假设",
}

_ENGLISH = {
    "comparator": "published by another place",
    "stopped": "clock stopped",
    "between_steps": "between steps",
    "side_by_side": "less: steps side by side",
    "together": "together: elapsed",
}
"""Keys of data that do not say by themselves what they mean."""


def word(english: str, language: str) -> str:
    """Return a word of a table in ``"en"`` or ``"zh"``.

    Examples
    --------
    >>> word("steps", "zh"), word("steps", "en")
    ('环节', 'steps')
    >>> word("comparator", "en")
    'published by another place'
    """
    return _CHINESE[english] if language == "zh" else _ENGLISH.get(english, english)
