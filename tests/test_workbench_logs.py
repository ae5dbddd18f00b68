"""An event log on the page: uploaded, measured in the second process, drafted, taken over."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

from workbench_server import Bench, bench

from lianban.workbench.jobs import Job, Jobs
from lianban.workbench.views import logs
from lianban.workbench.views.logs import read_in
from lianban.workbench.workspace import Workspace
from rules import InputError
from scenarios import copy_to, load

LOG = """\
case,activity,start,end,department
1,<script>x</script>,2024-03-04 09:00,2024-03-04 09:30,hall
1,sign,2024-03-04 16:00,2024-03-05 09:00,bureau
2,<script>x</script>,2024-03-05 10:00,2024-03-05 10:10,hall
2,sign,soon,2024-03-05 10:40,bureau
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    folder = tmp_path_factory.mktemp("opened")
    copy_to("jiaxing", folder / "county")
    with bench(folder) as page:
        yield page, folder


def upload(page: Bench, name: str, data: bytes, more: str = "") -> dict[str, Any]:
    """Upload a file and return what its job gives."""
    headers = {"Content-Type": "application/octet-stream"}
    answer = page.ask(f"/import?lang=en&name={name}{more}", "POST", headers, data)
    assert answer.status == 202, answer
    job = json.loads(answer.body)
    last = time.monotonic() + 60
    while job["state"] in ("waiting", "running"):
        assert time.monotonic() < last
        time.sleep(0.05)
        job = json.loads(page.ask(f"/jobs/{job['key']}").body)
    return job


def test_a_log_is_measured_and_its_draft_given(served: tuple[Bench, Path]):
    """Names are text, rejected rows have their line, the draft is a scenario in a zip file."""
    page, folder = served
    before = sorted(folder.rglob("*"))
    job = upload(page, "flow.csv", LOG.encode())
    assert job["state"] == "done", job
    assert "&lt;script&gt;" in job["html"]
    assert "<script" not in job["html"]
    assert "flow.csv:5" in job["html"]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(job["file"]))) as draft:
        names = draft.namelist()
    assert {"flow/scenario.toml", "flow/items.csv", "flow/redesigns/as-logged.toml"} <= set(names)
    assert sorted(folder.rglob("*")) == before


def test_a_draft_is_taken_over_once(served: tuple[Bench, Path]):
    """It appears in the opened folder and can be shown; a second of the name is refused."""
    page, folder = served
    job = upload(page, "taken.csv", LOG.encode(), "&take=1")
    assert job["go"] == "/?a=taken&b=taken/as-logged"
    assert load(str(folder / "taken" / "as-logged")).procedure.n_steps == 2
    assert page.ask(f"{job['go']}&lang=en").status == 200
    again = upload(page, "taken.csv", LOG.encode(), "&take=1")
    assert again["state"] == "failed"
    assert "exists already" in again["problems"][0]
    page.ask("/import?name=..%2f..%2fout.csv&take=1", "POST",
             {"Content-Type": "application/octet-stream"}, LOG.encode())  # fmt: skip
    assert not (folder.parent / "out").exists()


def test_bombs_and_long_logs_are_refused(served: tuple[Bench, Path], monkeypatch: Any):
    """A document type is not looked at; a log of too many events is not read on."""
    bomb = b"<!DOCTYPE log [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><log>&b;</log>"
    job = upload(served[0], "bomb.xes", bomb)
    assert job["state"] == "failed"
    assert "DOCTYPE" in job["problems"][0]
    monkeypatch.setattr(logs, "MOST_EVENTS", 3)
    with pytest.raises(InputError, match="more than 3 events"):
        read_in(Workspace(None), "en", "long.csv", LOG.encode(), False)


def test_without_an_opened_folder_the_draft_is_only_given():
    """There is nowhere to write; the page does not offer it."""
    found = read_in(Workspace(None), "zh", "flow.csv", LOG.encode(), False)
    assert (found["sound"], bool(found["file"])) == (False, True)


def test_finished_jobs_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch):
    """Long results push out old ones; the newest stays, however long it is."""
    monkeypatch.setattr("lianban.workbench.jobs.MOST_KEPT_BYTES", 100)
    jobs = Jobs(lambda pipe, folder: None, "")
    for number in range(5):
        jobs.jobs[str(number)] = Job(str(number), {}, "done", kept=40)
    jobs._forget()
    assert list(jobs.jobs) == ["3", "4"]
    jobs.jobs["long"] = Job("long", {}, "done", kept=1000)
    jobs._forget()
    assert list(jobs.jobs) == ["long"]
