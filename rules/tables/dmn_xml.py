"""The XML of DMN: parsed safely, its types, names of hit policies and namespaces."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn
from xml.parsers import expat

from rules.problems import InputError
from rules.tables.feel_values import Value

NAMESPACES = {
    f"{base}/spec/DMN/{day}/MODEL/"
    for base in ("http://www.omg.org", "https://www.omg.org")
    for day in ("20180521", "20191111", "20211108", "20230324", "20240513")
}
"""Model namespaces of DMN 1.2, 1.3, 1.4, 1.5 and 1.6."""

POLICIES = {
    "UNIQUE": "U", "FIRST": "F", "PRIORITY": "P", "ANY": "A", "COLLECT": "C",
    "RULE ORDER": "R", "OUTPUT ORDER": "O",
}  # fmt: skip
AGGREGATIONS = {"": "", "SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}

OURS = "urn:lianban:decision-table:1"
"""Namespace of what our export adds."""

_LARGEST_FILE = 50_000_000
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of the file: what a value is, its components, whether a list of it."""

    base: str
    listed: bool = False
    parts: Mapping[str, ItemType] = field(default_factory=dict)
    allowed: str = ""

    def fit(self, value: Value) -> Value:
        """Return a value as this type holds it: texts as dates, one value as a list of one."""
        if value is None:
            return None
        if self.listed:
            one = ItemType(self.base, False, self.parts)
            return [one.fit(v) for v in value] if isinstance(value, list) else [one.fit(value)]
        if isinstance(value, list) and len(value) == 1 and (self.base or self.parts):
            return self.fit(value[0])
        if self.base == "date" and isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                return value
        if self.parts and isinstance(value, dict):
            return {k: self.parts[k].fit(v) if k in self.parts else v for k, v in value.items()}
        return value


UNTYPED = ItemType("")


def parse_xml(data: bytes, name: str) -> ET.Element:
    """Return the tree of an XML file without document type or entities."""
    if len(data) > _LARGEST_FILE:
        raise InputError.at(name, 0, f"is larger than {_LARGEST_FILE // 1_000_000} MB")
    depth = 0
    checker = expat.ParserCreate()

    def refuse(*_: object) -> NoReturn:
        raise InputError.at(
            name, checker.CurrentLineNumber, "document types and entities are refused"
        )

    def opened(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise InputError.at(name, checker.CurrentLineNumber, "elements are nested too deep")

    def closed(*_: object) -> None:
        nonlocal depth
        depth -= 1

    checker.StartDoctypeDeclHandler = refuse
    checker.EntityDeclHandler = refuse
    checker.StartElementHandler = opened
    checker.EndElementHandler = closed
    try:
        checker.Parse(data, True)
        return ET.fromstring(data)
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise InputError.at(name, checker.CurrentLineNumber, f"is not XML: {error}") from None


def text_of(parent: ET.Element, path: str, namespace: str) -> str:
    """Return the ``text`` below an element, or nothing."""
    found = parent.find("/".join(f"{{{namespace}}}{step}" for step in (*path.split("/"), "text")))
    return (found.text or "").strip() if found is not None else ""


def policy_of(table: ET.Element) -> str:
    """Return the letters of a table's hit policy."""
    word, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation", "")
    if word not in POLICIES or aggregation not in AGGREGATIONS:
        known = ", ".join(POLICIES)
        raise InputError.at(
            "table", 0, f"unknown hit policy '{word} {aggregation}'; known are {known}"
        )
    letters = POLICIES[word]
    return letters + AGGREGATIONS[aggregation] if letters == "C" else letters


def entry_text(entry: ET.Element, namespace: str) -> str:
    """Return the text of a cell."""
    found = entry.find(f"{{{namespace}}}text")
    return (found.text or "").strip() if found is not None else ""
