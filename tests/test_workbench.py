"""The workbench shows what the command line answers, and its address is its state."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

pytest.importorskip("starlette")

from workbench_server import Bench, bench

from lianban.workbench.app import assets
from lianban.workbench.state import State
from results import compare
from results.lever_board import lever_board
from scenarios import load


@pytest.fixture(scope="module")
def page() -> Iterator[Bench]:
    with bench() as served:
        yield served


def measures(text: str) -> dict[str, str]:
    return dict(re.findall(r'data-measure="(\w+)">([^<]*)<', text))


def job(page: Bench, work: str, query: str, **more: Any) -> dict[str, Any]:
    """Ask for long work and wait for it."""
    asked = json.dumps({"work": work, "query": query, "more": more}).encode()
    told = json.loads(page.ask("/jobs", "POST", body=asked).body)
    for _ in range(600):
        if told["state"] not in ("waiting", "running"):
            break
        time.sleep(0.1)
        told = json.loads(page.ask(f"/jobs/{told['key']}").body)
    return told


def switches(text: str) -> dict[str, tuple[bool, bool]]:
    """Return of each lever whether it is on, and whether it is disabled."""
    found = {}
    for tag in re.findall(r"<(?:a|span)[^>]*role=\"switch\"[^>]*>", text):
        key = re.search(r'data-key="lever-([^"]*)"', tag)
        assert key
        found[key[1]] = ('aria-checked="true"' in tag, 'aria-disabled="true"' in tag)
    return found


def test_the_first_page_shows_the_paper_numbers(page: Bench):
    """Steps, days, visits and documents are those of `lianban compare --paper`."""
    answer = page.ask("/?a=jiaxing&b=jiaxing/reform&lang=en")
    paper = compare(load("jiaxing"), load("jiaxing/reform"), replications=0).summaries[1].paper
    assert measures(answer.text) == {
        "steps": str(paper.steps),
        "paper_days": str(paper.paper_days),
        "visits": str(paper.visits),
        "documents": str(paper.documents),
    }
    assert (paper.steps, paper.paper_days) == (14, 109)
    assert '<span class="was" data-was="paper_days">236</span>' in answer.text


def test_the_page_is_light(page: Bench):
    """The first view needs at most 150 kB without its font, in at most five requests."""
    answer = page.ask("/?a=jiaxing&b=jiaxing/reform&lang=zh")
    linked = re.findall(r'(?:href|src)="/static/([^"?]+)\?', answer.text)
    assert sorted(linked) == ["workbench.css", "workbench.js"]
    scripts = sum(len(assets()[name]) for name in ("workbench.js", "jobs.js", "workbench.css"))
    assert len(answer.body) + scripts <= 150_000
    assert not re.findall(r"https?://(?!127\.0\.0\.1|www\.w3\.org/)", answer.text)


def test_a_lever_that_is_off_changes_the_numbers(page: Bench):
    """Switching a group off gives what the procedure without it takes."""
    board = lever_board(load("jiaxing"), load("jiaxing/reform"))
    assert board is not None
    for off in board.keys:
        answer = page.ask(f"/?a=jiaxing&b=jiaxing/reform&off={off}")
        design = board.design([key for key in board.keys if key != off])
        assert measures(answer.text)["paper_days"] == f"{float(design.procedure.paper_days):g}"
        state = switches(answer.text)
        assert state[off][0] is False
        refused = {refusal.group for refusal in design.refusals}
        for key in refused:
            assert state[key] == (False, True)


def test_a_lever_that_is_refused_is_disabled_with_its_reason(page: Bench):
    """What the law or the other levers do not allow cannot be switched on, and says why."""
    board = lever_board(load("jiaxing"), load("jiaxing/reform"))
    assert board is not None
    found = 0
    for off in board.keys:
        chosen = [key for key in board.keys if key != off]
        for refusal in board.design(chosen).refusals:
            found += 1
            text = unescape(page.ask(f"/?a=jiaxing&b=jiaxing/reform&off={off}&lang=en").text)
            assert refusal.sentence.en in text
            assert f'id="lever-{refusal.group}-why"' in text
            assert switches(text)[refusal.group] == (False, True)
    assert found


def test_designs_without_common_levers_have_no_switches(page: Bench):
    """Two unrelated flows are compared without switches, and the page says why."""
    answer = page.ask("/?a=jiaxing&b=anshan-realestate&lang=en")
    assert answer.status == 200
    assert not switches(answer.text)
    assert "not made from A by further levers" in answer.text


def test_the_address_is_the_state():
    """What an address says is read back from the address it is written to."""
    state = State("a", "b/c", ("x", "y"), True, "before", "S01", 7, "items.csv", "zh")
    from urllib.parse import parse_qsl

    assert State.of(dict(parse_qsl(state.query())), "zh") == state
    odd = {"case": "-1", "view": "sideways", "sim": "2", "off": ",,x,x", "a": "y" * 999}
    read = State.of(odd, "en")
    assert (read.case, read.view, read.simulate, read.off, len(read.a)) == (
        1, "overlay", False, ("x",), 120,
    )  # fmt: skip


def test_an_unknown_design_is_named_with_its_neighbour(page: Bench):
    """A wrong name in an address is answered with the nearest right one."""
    answer = page.ask("/?a=jaixing&lang=en")
    assert answer.status == 400
    assert "did you mean 'jiaxing'?" in unescape(answer.text)


def test_simulated_days_are_those_of_the_command_line(page: Bench):
    """The long work gives mean and P90 as `lianban compare` with the same seed does."""
    told = job(page, "compare", "a=county-filing-small&sim=1&lang=en", what="times")
    assert told["state"] == "done", told
    a, b = (load(key) for key in ("county-filing-small", "county-filing-small/parallel"))
    for row in list(compare(a, b).table("en"))[1:]:
        assert row[6] in told["html"]
        assert row[7] in told["html"]


def test_a_job_is_cancelled_and_the_next_one_runs(page: Bench):
    """Stopping long work ends it; the process behind it takes the next."""
    asked = json.dumps({"work": "compare", "query": "a=jiaxing", "more": {"what": "times"}})
    first = json.loads(page.ask("/jobs", "POST", body=asked.encode()).body)
    assert json.loads(page.ask(f"/jobs/{first['key']}", "DELETE").body)["state"] == "cancelled"
    assert json.loads(page.ask(f"/jobs/{first['key']}").body)["state"] == "cancelled"
    assert job(page, "compare", "a=county-filing-small", what="times")["state"] == "done"


def test_work_that_fails_says_why(page: Bench):
    """A flow without days cannot be simulated: the job says so in words."""
    told = job(page, "compare", "a=jaixing", what="times")
    assert told["state"] == "failed"
    assert "did you mean 'jiaxing'?" in told["problems"][0]
