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


@pytest.mark.parametrize(
    ("first", "last"),
    [("anshan-pharmacy", "one-matter"), ("national-frame", "target-90"), ("jiaxing", "reform")],
)
def test_a_lever_that_is_refused_is_disabled_with_its_reason(page: Bench, first: str, last: str):
    """What the law or the other levers do not allow cannot be switched on, and says why.

    A group of which only some levers are refused is used in part, as in report and attribution.
    """
    board = lever_board(load(first), load(f"{first}/{last}"))
    assert board is not None
    sizes = {group.key: len(group.levers) for group in board.groups}
    found = 0
    for off in board.keys:
        design = board.design([key for key in board.keys if key != off])
        text = unescape(page.ask(f"/?a={first}&b={first}/{last}&off={off}&lang=en").text)
        for refusal in design.refusals:
            found += 1
            assert refusal.sentence.en in text
            assert f'id="lever-{refusal.group}-why"' in text
            refused = sum(each.group == refusal.group for each in design.refusals)
            whole = refused == sizes[refusal.group]
            assert switches(text)[refusal.group] == (False, whole)
            assert (f'aria-checked="mixed" data-go data-lever="{refusal.group}"' in text) != whole
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
    assert "没有名为“jaixing”的场景" in page.ask("/?a=jaixing&lang=zh").text


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
    more = {"least": "paper_days", "steps": "35", "simulate": "1"}
    asked = json.dumps({"work": "optimize", "query": "a=jiaxing", "more": more})
    first = json.loads(page.ask("/jobs", "POST", body=asked.encode()).body)
    assert json.loads(page.ask(f"/jobs/{first['key']}", "DELETE").body)["state"] == "cancelled"
    assert json.loads(page.ask(f"/jobs/{first['key']}").body)["state"] == "cancelled"
    assert job(page, "compare", "a=county-filing-small", what="times")["state"] == "done"


def test_work_that_fails_says_why(page: Bench):
    """A flow without days cannot be simulated: the job says so in words."""
    told = job(page, "compare", "a=jaixing", what="times")
    assert told["state"] == "failed"
    assert "did you mean 'jiaxing'?" in told["problems"][0]


SCREENS = ("/", "/flow", "/gantt", "/distribution", "/queues", "/promises", "/replay", "/optimize",
           "/catalogue", "/files")  # fmt: skip


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scenario", ["jiaxing", "anshan-realestate", "nanjing-enterprise"])
def test_every_screen_shows_every_flow(page: Bench, screen: str, scenario: str):
    """Each screen can be shown of each flow, in both languages, and its part is the same."""
    for language in ("en", "zh"):
        address = f"{screen}?a={scenario}&lang={language}"
        whole, part = page.ask(address), page.ask("/part" + address)
        assert whole.status == part.status == 200, whole.text[-500:]
        assert part.text in whole.text
        assert f'<html lang="{language}">' in whole.text


def test_a_step_tells_in_the_pages_language_why_it_waits(page: Bench):
    """Reasons of prerequisites stand in the page's language, in both."""
    edges = [edge for edge in load("jiaxing/reform").procedure.edges if edge.after == "R09"]
    for language in ("en", "zh"):
        text = unescape(page.ask(f"/flow?a=jiaxing&b=jiaxing/reform&step=R09&lang={language}").text)
        details = text.partition('class="details"')[2].partition("</section>")[0]
        for edge in edges:
            assert edge.reason.in_language(language) in details
    assert any(edge.reason.zh != edge.reason.en for edge in edges)


def test_a_step_tells_what_it_waits_for(page: Bench):
    """The chosen step shows its days, its basis and its prerequisites with their strength."""
    text = unescape(page.ask("/flow?a=jiaxing&b=jiaxing/reform&step=R09&lang=en").text)
    step = load("jiaxing/reform").procedure["R09"]
    edges = [edge for edge in load("jiaxing/reform").procedure.edges if edge.after == "R09"]
    details = text[
        text.index('class="details"') : text.index("</section>", text.index('class="details"'))
    ]
    assert step.basis.citation in details
    assert len(edges) > 1
    for edge in edges:
        assert re.search(rf"{edge.before} [^<]*</th><td>{edge.strength.value}</td>", details)
        assert edge.basis in details
    assert text.count('data-step="') >= 14
    assert 'class="step chosen" data-id="R09"' in text


def test_before_and_after_are_drawn_apart(page: Bench):
    """Before shows today's steps, after the redesign's, the overlay also those that are gone."""

    def steps(view: str) -> tuple[int, int]:
        text = page.ask(f"/flow?a=jiaxing&b=jiaxing/reform&view={view}").text
        found = re.findall(r'class="((?:ghost-)?step)[^"]*" data-id', text)
        return found.count("step"), found.count("ghost-step")

    assert steps("before") == (35, 0)
    assert steps("after") == (14, 0)
    shown, gone = steps("overlay")
    assert shown == 14
    assert gone > 0
    changed, gone_too = steps("changes")
    assert 0 < changed < 14
    assert gone_too == gone
    same = page.ask("/flow?a=jiaxing&b=jiaxing&view=changes&lang=en")
    assert same.status == 200
    assert "there is no change to draw" in same.text


@pytest.mark.parametrize(
    ("work", "more", "holds"),
    [
        ("compare", {"what": "worth"}, "chart"),
        ("flow", {"step": "R09"}, "somebody works on it"),
        ("distribution", {}, "chart"),
        ("queues", {"what": "pools"}, "chart"),
        ("promises", {}, "paper-109"),
        ("replay", {"case": 3}, 'data-clock'),
        ("files", {"what": "log"}, "120 cases"),
    ],
)  # fmt: skip
def test_long_work_gives_its_picture(page: Bench, work: str, more: dict[str, Any], holds: str):
    """Every screen's long work ends, with what the screen is about and nothing styled inline."""
    told = job(page, work, "a=jiaxing&b=jiaxing/reform&lang=en", **more)
    assert told["state"] == "done", told
    assert holds in told["html"]
    assert "<style" not in told["html"]
    assert " style=" not in re.sub(r">[^<]*<", "><", told["html"])


def test_a_replayed_case_is_that_of_the_run(page: Bench):
    """The instants on the slider are those of the simulated case, in working days."""
    from lianban.workbench.views.replay import case_steps
    from scenarios import compile_plan
    from simulator import simulate

    reform = load("jiaxing/reform")
    told = job(page, "replay", "a=jiaxing&b=jiaxing/reform", case=5)
    events = json.loads(unescape(re.search(r'data-events="([^"]*)"', told["html"])[1]))  # type: ignore[index]
    run = simulate(compile_plan(reform), reform.replications, reform.seed)
    steps = case_steps(run, 4)
    assert events == [[key, *(round(each, 2) for each in times)] for key, *times in steps]
    ends = {key: end for key, _, _, end in steps}
    for edge in reform.procedure.work_edges:
        begun = next(start for key, _, start, _ in steps if key == edge.after)
        assert ends[edge.before] <= begun + 1e-9


def test_promises_are_asked_of_the_levers_as_they_stand(page: Bench):
    """With a lever off the redesign has more days, and the promise of 109 is broken."""
    query = "a=jiaxing&b=jiaxing/reform&lang=en"
    kept = job(page, "promises", query)["html"]
    broken = job(page, "promises", f"{query}&off=parallel")["html"]
    row = re.compile(r'paper-109</th><td><b class="\w+">(\w+)</b>')
    assert row.search(kept)[1] == "kept"  # type: ignore[index]
    assert row.search(broken)[1] == "BROKEN"  # type: ignore[index]


@pytest.mark.slow
def test_the_search_finds_the_best_redesign(page: Bench):
    """The best redesign on the page is the one that the command line proves."""
    from optimizer.redesign import redesign

    told = job(page, "optimize", "a=jiaxing&lang=en", least="paper_days", steps="20", money="20")
    assert told["state"] == "done", told
    best = redesign(load("jiaxing"), limits={"steps": 20, "money": 20}, sizes=-1, front="")
    assert best.found.design is not None
    days = f"{float(best.book.paper_days(best.found.design)):g}"
    assert f'<tr><th scope="row">1</th><td>{days}</td>' in told["html"]
    assert "proved best" in told["html"]
    refused = job(page, "optimize", "a=jiaxing", least="paper_days", steps="x")
    assert refused["state"] == "failed"
    assert "not a number" in refused["problems"][0]


@pytest.mark.parametrize(
    ("form", "start"),
    [
        (".svg", b"<svg"), (".bpmn", b"<?xml"), (".xlsx", b"PK"), (".csv", b"\xef\xbb\xbf"),
        (".mspdi.xml", b"<?xml"), (".drawio", b"<"), (".mmd", b"flowchart"), (".dot", b"digraph"),
    ],
)  # fmt: skip
def test_designs_are_given_out_as_files(page: Bench, form: str, start: bytes):
    """Every form is a file to save, made of the design as its levers stand."""
    query = f"/export?a=jiaxing&b=jiaxing/reform&design=b&form={form}"
    answer = page.ask(query)
    assert answer.status == 200
    assert answer.body.lstrip().startswith(start), answer.body[:60]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert page.ask(f"{query}&off=parallel").body != answer.body
    assert page.ask("/export?a=jiaxing&design=b&form=.exe").status == 400


@pytest.mark.parametrize(
    "screen", ["", "flow", "gantt", "distribution", "queues", "promises", "replay", "optimize"]
)
def test_a_mix_of_case_types_has_no_totals(page: Bench, screen: str):
    """Every screen takes a mix of types, and none adds up the steps of all types."""
    answer = page.ask(f"/{screen}?a=county-mix&b=county-mix/parallel&lang=en")
    assert answer.status == 200
    assert "41" not in measures(answer.text).values()
    if not screen:
        assert measures(answer.text)["paper_days"] == "unknown"
    if screen == "optimize":
        assert "mix of case types" in answer.text
