"""Whatever is sent to the workbench, it answers in time and never with a fault of its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbench_server import Bench, bench

from scenarios import copy_to

pytestmark = pytest.mark.slow

TEXT = st.text(max_size=40)
KNOWN = st.sampled_from(
    ["jiaxing", "jiaxing/reform", "county", "county/reform", "anshan-realestate", "../county", ""]
)
QUERY = st.fixed_dictionaries(
    {},
    optional={
        "a": KNOWN | TEXT,
        "b": KNOWN | TEXT,
        "off": st.sampled_from(["parallel", "parallel,cancel", ",,"]) | TEXT,
        "view": st.sampled_from(["before", "after", "overlay"]) | TEXT,
        "step": st.sampled_from(["S01", "R09"]) | TEXT,
        "case": st.sampled_from(["1", "-1", "999999", "1e9"]) | TEXT,
        "file": st.sampled_from(["items.csv", "../scenario.toml"]) | TEXT,
        "lang": st.sampled_from(["en", "zh"]) | TEXT,
        "sim": st.sampled_from(["1", "0"]),
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
EDIT = st.tuples(st.integers(0, 40), st.integers(0, 20), TEXT)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "query": TEXT | st.just("a=county"),
        "file": st.sampled_from(["items.csv", "offices.csv", "scenario.toml"]) | JSON,
        "stamp": TEXT,
        "edits": JSON | st.lists(EDIT, max_size=3),
        "work": st.sampled_from(["os", "../x", ""]) | JSON,
        "more": JSON,
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    folder = tmp_path_factory.mktemp("fuzzed")
    copy_to("jiaxing", folder / "county")
    with bench(folder) as served:
        yield served, folder


def quiet(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what went wrong inside: every such thing is logged with its traceback."""
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


FILES = ["x.csv", "x.xlsx", "x.bpmn", "x.xes", "x.xes.gz"]
PLAIN = ["/", "/flow", "/gantt", "/replay", "/catalogue", "/files"]
LAX = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAX
@given(query=QUERY, screen=st.sampled_from(PLAIN), part=st.booleans())
def test_any_address_is_answered(page: Any, caplog: Any, query: Any, screen: str, part: bool):
    """An address that means nothing gives a page that says so, never a fault."""
    from urllib.parse import quote, urlencode

    text = urlencode(query, errors="replace", quote_via=quote)
    answer = page[0].ask(f"{'/part' if part else ''}{screen}?{text}")
    assert answer.status in (200, 400, 414)
    assert quiet(caplog) == []


@LAX
@given(asked=ASKED | JSON, path=st.sampled_from(["/jobs", "/catalogue/check", "/catalogue/save"]))
def test_any_document_is_answered(page: Any, caplog: Any, asked: Any, path: str):
    """A document that means nothing is refused in words, and no table is written."""
    served, folder = page
    before = (folder / "county" / "items.csv").read_bytes()
    answer = served.ask(path, "POST", body=json.dumps(asked).encode())
    assert answer.status in (200, 202, 400, 429), answer
    assert isinstance(json.loads(answer.body), dict)
    assert (folder / "county" / "items.csv").read_bytes() == before
    assert quiet(caplog) == []


@LAX
@given(data=st.binary(max_size=300), name=st.sampled_from(FILES) | TEXT)
def test_any_file_is_answered(page: Any, caplog: Any, data: bytes, name: str):
    """A file that is none is refused in words."""
    from urllib.parse import quote

    headers = {"Content-Type": "application/octet-stream"}
    target = f"/import?a=county&name={quote(name, errors='replace')}"
    answer = page[0].ask(target, "POST", headers, data)
    assert answer.status in (200, 202, 400, 429)  # 202: an event log is read as long work
    assert quiet(caplog) == []


SCHEMA: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "workbench", "version": "1"},
    "paths": {
        path: {
            "get": {
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "string", "maxLength": 60}}
                    for name in ("a", "b", "off", "view", "step", "case", "file", "lang")
                ],
                "responses": {code: {"description": "page"} for code in ("200", "400", "414")},
            }
        }
        for path in ("/", "/flow", "/gantt", "/distribution", "/replay", "/catalogue", "/files")
    }
    | {
        path: {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "responses": {
                    code: {"description": "answer"}
                    for code in ("200", "202", "400", "411", "413", "415", "429")
                },
            }
        }
        for path in ("/jobs", "/catalogue/check", "/catalogue/save")
    }
    | {
        "/import": {
            "post": {
                "parameters": [
                    {"name": "name", "in": "query", "schema": {"type": "string", "maxLength": 60}},
                    {"name": "take", "in": "query", "schema": {"enum": ["", "1", "x"]}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/octet-stream": {
                            "schema": {"type": "string", "format": "binary"}
                        }
                    },
                },
                "responses": {
                    code: {"description": "answer"}
                    for code in ("200", "202", "400", "411", "413", "415", "429")
                },
            }
        },
    },
}


def sent_from_the_description(page: Any, examples: int) -> None:
    """Send requests made from the description of the routes, so many for each of them."""
    schemathesis = pytest.importorskip("schemathesis")
    served = page[0]
    schema = schemathesis.openapi.from_dict(SCHEMA)
    own = f"http://127.0.0.1:{served.port}"
    headers = {"Cookie": served.cookie, "Origin": own}
    for operation in schema.get_all_operations():

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
        @given(case=operation.ok().as_strategy())
        def sends(case: Any) -> None:
            answer = case.call(base_url=own, headers=headers)
            assert answer.status_code in (200, 202, 400, 411, 413, 414, 415, 429, 431), case

        sends()


def test_schemathesis_finds_nothing(page: Any, caplog: Any):
    """Fifty requests to each route find no failure."""
    sent_from_the_description(page, 50)
    assert quiet(caplog) == []


@pytest.mark.long
def test_schemathesis_finds_nothing_in_a_thousand(page: Any, caplog: Any):
    """More than a thousand requests find no failure."""
    sent_from_the_description(page, 1000 // len(SCHEMA["paths"]) + 1)
    assert quiet(caplog) == []
