"""C5: items that no project needs, documents that nobody issues, surveys for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import networkx as nx

from rules.catalogue import Catalogue
from rules.checks.finding import Finding, error, warning
from rules.items import Item, Material
from rules.problems import Place, did_you_mean
from rules.steps import Kind

if TYPE_CHECKING:
    from datetime import date

    from rules.tables.chain import TableSet


def documents(catalogue: Catalogue) -> Iterator[Finding]:
    """Find materials nobody issues, issued too late, or not waited for."""
    issued: dict[str, list[Item]] = {}
    for item in catalogue.items:
        for code in item.certificates:
            issued.setdefault(code, []).append(item)
    graph = prerequisite_graph(catalogue)
    listed = {material.code: material for material in catalogue.materials or ()}
    for item in catalogue.items:
        before = nx.ancestors(graph, item.key) if item.materials else set()
        for code in item.materials:
            makers = [maker for maker in issued.get(code, ()) if maker.key != item.key]
            if not makers:
                yield from _nobody(catalogue, item, code, listed, code in issued)
                continue
            if any(maker.key in before for maker in makers):
                continue
            if code in listed and listed[code].issuer:
                continue  # somebody outside the procedure issues it too
            later = [m for m in makers if m.key in nx.descendants(graph, item.key)]
            maker = (later or makers)[0]
            kind = "material-issued-later" if later else "material-not-waited-for"
            make = error if later else warning
            way = _way(graph, item.key, maker.key) if later else (item.key, maker.key)
            yield make(
                "C5",
                kind,
                catalogue.place(item),
                (item.key, maker.key, code),
                f"{_zh(item)}需要材料{code}，但其由{_zh(maker)}出具，"
                + ("而后者须等前者办结" if later else "两者之间没有前置关系"),
                f"{item.key} needs the material {code}, which {maker.key} issues"
                + (" only later" if later else ", but does not wait for it"),
                way,
            )
    yield from _unused_surveys(catalogue, graph)


def _nobody(
    catalogue: Catalogue, item: Item, code: str, listed: Mapping[str, Material], own: bool
) -> Iterator[Finding]:
    if catalogue.materials is None and not own:
        return  # without a table of documents the applicant may well write it
    material = listed.get(code)
    if material is not None and material.issuer:
        return
    if own:
        zh, en = (
            f"{_zh(item)}须提交的材料{code}正是其自身出具的证照",
            (f"{item.key} asks for the material {code} that only it issues"),
        )
    elif material is None:
        hint = did_you_mean(code, listed)
        zh = f"{_zh(item)}须提交的材料{code}不在材料表中，也没有事项出具"
        en = f"{item.key} needs the material {code}, which no table lists and nobody issues{hint}"
    else:
        zh = f"{_zh(item)}须提交的材料{code}没有任何单位出具"
        en = f"{item.key} needs the material {code}, which nobody issues"
    yield error("C5", "material-nobody-issues", catalogue.place(item), (item.key, code), zh, en,
                (code, f"issuer: {material.issuer if material else ''}"))  # fmt: skip


def _unused_surveys(catalogue: Catalogue, graph: nx.DiGraph[str]) -> Iterator[Finding]:
    served = {key for item in catalogue.items for key in (*item.surveys, *item.intermediaries)}
    asked = {code for item in catalogue.items for code in item.materials}
    known = set(catalogue.keys)
    for item in catalogue.items:
        for key in (*item.surveys, *item.intermediaries):
            if key not in known:
                yield error(
                    "C5", "unknown-item", catalogue.place(item), (item.key, key),
                    f"{_zh(item)}指向不存在的踏勘或中介事项{key}",
                    f"{item.key} names the survey or service '{key}', "
                    f"which is no item{did_you_mean(key, known)}",
                )  # fmt: skip
        if item.handled_as is not Kind.SURVEY or item.key in served:
            continue
        if graph.out_degree(item.key) == 0 and not asked & set(item.certificates):
            yield warning(
                "C5", "survey-without-item", catalogue.place(item), (item.key,),
                f"{_zh(item)}的踏勘结果没有任何事项使用",
                f"nothing waits for the survey {item.key} or uses its result",
                (item.key,),
            )  # fmt: skip


def prerequisites_known(catalogue: Catalogue) -> Iterator[Finding]:
    """Find prerequisites that name no item of any date."""
    known = set(catalogue.keys)
    for prerequisite in catalogue.prerequisites:
        for key in prerequisite.edge.ends:
            if key not in known:
                yield error(
                    "C5", "unknown-prerequisite", catalogue.place(prerequisite),
                    prerequisite.edge.ends,
                    f"前置{prerequisite.edge}指向不存在的事项{key}",
                    f"the prerequisite {prerequisite.edge} names '{key}', "
                    f"which is no item{did_you_mean(key, known)}",
                    (key,),
                )  # fmt: skip


def applicability(catalogue: Catalogue, tables: TableSet, on: date) -> Iterator[Finding]:
    """Find items that no row concludes, and conclusions that are no item or material."""
    from rules.checks.table_findings import conclusions

    concluded = conclusions(tables, on)
    known = {"item": set(catalogue.keys)}
    if catalogue.materials is not None:
        issued = {code for item in catalogue.items for code in item.certificates}
        known["material"] = {m.code for m in catalogue.materials} | issued
    needed: set[str] = set()
    for one in concluded:
        if one.refers in ("item", "survey", "intermediary"):
            needed.add(one.value)
        sort = "item" if one.refers in ("survey", "intermediary") else one.refers
        if sort in known and one.value not in known[sort]:
            yield error(
                "C5", f"unknown-{sort}", Place(one.table.place_name, one.row.line),
                (one.value,),
                f"表{one.table.id}第{one.row.id}行的结论{one.value}不在目录中",
                f"row '{one.row.id}' of table {one.table.id} concludes '{one.value}', "
                f"which the catalogue does not hold{did_you_mean(one.value, known[sort])}",
                (one.table.id, one.row.id),
            )  # fmt: skip
    if not any(one.refers == "item" for one in concluded):
        return
    helping = {key for i in catalogue.items for key in (*i.surveys, *i.intermediaries)}
    for item in catalogue.items:
        if item.key not in needed | helping:
            yield warning(
                "C5", "never-applicable", catalogue.place(item), (item.key,),
                f"没有任何项目需要{_zh(item)}：没有一张决策表能得出它",
                f"no project ever needs {item.key}: no row that can apply concludes it",
                (item.key,),
            )  # fmt: skip


def prerequisite_graph(catalogue: Catalogue) -> nx.DiGraph[str]:
    """Return all items with the prerequisites between them."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(catalogue.keys)
    known = set(catalogue.keys)
    graph.add_edges_from(
        p.edge.ends for p in catalogue.prerequisites if known.issuperset(p.edge.ends)
    )
    return graph


def _way(graph: nx.DiGraph[str], start: str, end: str) -> tuple[str, ...]:
    return tuple(nx.shortest_path(graph, start, end))


def _zh(item: Item) -> str:
    return item.name.in_language("zh") or item.key
