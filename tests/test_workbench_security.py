"""The workbench answers this machine's own browser and nobody else."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("starlette")

from workbench_server import Bench, bench, parsed

from lianban.workbench import guard
from lianban.workbench.serving import listening
from scenarios import copy_to

SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def page() -> Iterator[Bench]:
    with bench() as served:
        yield served


def test_no_answer_is_held_back_for_more_to_send():
    """A connection that stays open is answered at once, not after the kernel's 40 ms."""

    async def delays() -> list[int]:
        connected: asyncio.Queue[int] = asyncio.Queue()

        def heard(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            connected.put_nowait(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening(0) as listener:
            async with await asyncio.start_server(heard, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                writer.close()
                return [await asyncio.wait_for(connected.get(), 60)]

    assert all(asyncio.run(delays()))


def test_it_listens_on_this_machine_only():
    """No other machine can reach the port."""
    with listening(None) as first, listening(0) as second:
        assert first.getsockname()[0] == second.getsockname()[0] == "127.0.0.1"
        assert first.getsockname()[1] != second.getsockname()[1]


def test_nothing_is_shown_without_the_cookie(page: Bench):
    """Pages, parts, jobs and scripts are for the one browser that was let in."""
    for target in ("/", "/part/", "/static/workbench.js", "/jobs/x", "/flow", "/nowhere"):
        answer = page.ask(target, cookie=False)
        assert answer.status == 403, target
        assert b"jiaxing" not in answer.body
    assert page.ask("/?token=guess", cookie=False).status == 403
    for wrong in ("x", "=;", '"', "lianban"):
        headers = {"Cookie": f"{page.passes.cookie}={wrong}"}
        assert page.ask("/", headers=headers, cookie=False).status == 403


def test_a_token_opens_the_page_once(page: Bench):
    """Whoever finds the address in a history comes too late; the next browser gets a new one."""
    token = page.passes.token
    answer = page.ask(f"/?token={token}&a=jiaxing&lang=zh", cookie=False)
    assert (answer.status, answer.headers["location"]) == (303, "/?a=jiaxing&lang=zh")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert page.ask("/", headers={"Cookie": cookie.partition(";")[0]}, cookie=False).status == 200
    assert page.ask(f"/?token={token}", cookie=False).status == 403
    assert page.passes.token not in ("", token)
    # who is in already may use the old address again: a page that is loaded anew
    assert page.ask(f"/?token={token}&a=jiaxing").status == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "[::1]", ""]
)
def test_another_name_for_this_machine_is_refused(page: Bench, host: str):
    """A page that points its own name at 127.0.0.1 learns nothing (DNS rebinding)."""
    answer = page.ask("/", headers={"Host": host})
    assert answer.status == 400
    assert b"jiaxing" not in answer.body


def test_two_hosts_are_refused(page: Bench):
    """A request with two Host headers is none of ours, whichever stands first."""
    ours = f"Host: 127.0.0.1:{page.port}".encode()
    for pair in ((ours, b"Host: evil.example"), (b"Host: evil.example", ours), (ours, ours)):
        lines = [b"GET / HTTP/1.1", *pair, f"Cookie: {page.cookie}".encode(), b"", b""]
        assert parsed(page.raw(b"\r\n".join(lines))).status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_page_cannot_make_the_browser_act(page: Bench, headers: dict[str, str]):
    """What changes something must come from our own page (CSRF), cookie or not."""
    body = b'{"work": "compare", "query": ""}'
    assert page.ask("/jobs", "POST", headers, body).status == 403
    assert page.ask("/jobs/x", "DELETE", headers).status == 403
    assert not page.workbench.jobs.jobs


def test_another_page_cannot_read(page: Bench):
    """Scripts, pictures and frames of other pages get nothing; following a link is allowed."""
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert page.ask("/static/workbench.js", headers=foreign).status == 403
    assert page.ask("/", headers={**foreign, "Sec-Fetch-Mode": "cors"}).status == 403
    assert page.ask("/", headers={**foreign, "Sec-Fetch-Mode": "navigate"}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/....//app.py",
        "/static/..\\app.py",
        "/static/workbench.js%00.css",
    ],
)
def test_paths_do_not_leave_the_page(page: Bench, path: str):
    """No spelling of a path reaches a file that is not the page's own."""
    answer = page.ask(path)
    assert answer.status in (400, 404)
    assert b"import" not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    "key", ["../jiaxing", "/etc", "jiaxing/../../x", "..", "jiaxing/../reform"]
)
def test_designs_do_not_leave_the_folder(page: Bench, key: str):
    """A design is found by name among those that are open, never by path."""
    answer = page.ask(f"/?a={key}")
    assert answer.status == 400
    assert "is called" in answer.text


def test_bodies_are_bounded(page: Bench):
    """A body must say its length, be of a known kind and short enough; else it is not read."""

    def post(**headers: str) -> int:
        told = {
            "Content-Type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return page.ask("/jobs", "POST", told).status

    assert post(Content_Length=str(50 * 1024 * 1024)) == 413
    assert post(Content_Length=str(guard.MOST_JSON + 1)) == 413
    assert post() == 411
    assert post(Content_Length="2", Content_Type="application/x-www-form-urlencoded") == 415
    assert post(Content_Length="2", Content_Type="multipart/form-data; boundary=x") == 415
    assert post(Content_Length="2", Content_Type="text/plain") == 415
    assert page.ask("/", "GET", {"Content-Length": "3"}).status == 400


def test_chunked_bodies_are_refused(page: Bench):
    """A body that does not say its length is refused before it is read, however long it is."""
    head = (
        f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nCookie: {page.cookie}\r\n"
        f"Origin: http://127.0.0.1:{page.port}\r\nContent-Type: application/json\r\n"
    ).encode()
    chunked = b"Transfer-Encoding: chunked\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert parsed(page.raw(head + chunked + b"\r\n", chunk * 128)).status == 411
    both = head + b"Content-Length: 5\r\n" + chunked + b"\r\n0\r\n\r\n"
    assert parsed(page.raw(both)).status in (400, 411)
    two = head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
    assert parsed(page.raw(two)).status == 400


def test_heads_are_bounded(page: Bench):
    """A head of 200 kB is refused, in one header or in many, and so is a long address."""
    assert page.ask("/", headers={"X-Long": "x" * 200_000}).status in (400, 431)
    many = {f"X-{number}": "x" * 100 for number in range(2000)}
    assert page.ask("/", headers=many).status in (400, 431)
    assert page.ask("/", headers={"X-Long": "x" * 20_000}).status in (400, 431)
    assert page.ask("/?a=" + "x" * 12_000).status in (400, 414)


def test_half_a_head_is_not_waited_for(page: Bench):
    """A connection that never finishes its head is closed, also when it sends ever more of it."""
    began = time.monotonic()
    assert page.raw(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nX-Half: ".encode()) == b""
    assert page.raw(b"") == b""
    assert time.monotonic() - began < 15
    # after a whole answer on the same connection, too
    whole = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n".encode()
    assert page.raw(whole + whole[:20]).count(b"HTTP/1.1 200") == 1


def test_a_slow_body_is_not_waited_for(page: Bench, monkeypatch: pytest.MonkeyPatch):
    """A body that does not come in time ends the request."""
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.3)
    answer = page.ask("/jobs", "POST", {"Content-Type": "application/json", "Content-Length": "9"})
    assert answer.status == 408


def test_only_what_the_page_needs_is_answered(page: Bench):
    """Other methods are refused."""
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"):
        assert page.ask("/", method).status in (400, 405), method


def test_every_answer_forbids_what_is_foreign(page: Bench):
    """Pages, scripts and refusals carry the same policy: nothing inline, nothing foreign."""
    answers = [
        page.ask("/"),
        page.ask("/static/workbench.css"),
        page.ask("/health", cookie=False),
        page.ask("/", cookie=False),
        page.ask("/nowhere"),
        page.ask("/", headers={"Host": "evil.example"}),
    ]
    assert [a.status for a in answers] == [200, 200, 200, 403, 404, 400]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert SAFE.items() <= answer.headers.items()
        assert "uvicorn" not in str(answer.headers).lower()


def test_a_fault_of_ours_is_not_shown(page: Bench, monkeypatch: pytest.MonkeyPatch, caplog):
    """The page says that something went wrong; where in the program is for the terminal only."""
    from lianban.workbench.views import compare

    def broken(scene: object) -> list[object]:
        raise RuntimeError("secret place")

    monkeypatch.setattr(compare, "content", broken)
    log = logging.getLogger("lianban.workbench")
    monkeypatch.setattr(log, "disabled", False)  # whatever another test has made of logging
    monkeypatch.setattr(log, "propagate", True)
    monkeypatch.setattr(logging.root.manager, "disable", 0)
    answer = page.ask("/?a=jiaxing&b=jiaxing/reform&off=parallel")
    assert answer.status == 400
    assert "secret place" in caplog.text
    for word in ("secret", "Traceback", ".py", "RuntimeError"):
        assert word not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b'{"work": NaN}', b"\xff\xfe", b"[" * 100_000,
        b'{"work": "../../x", "query": ""}', b'{"work": "compare"}',
        b'{"work": "compare", "query": 1}', b'{"work": "os", "query": "", "more": {}}',
        b'{"work": "compare", "query": "", "more": []}',
    ],
)  # fmt: skip
def test_odd_jobs_are_refused(page: Bench, body: bytes):
    """A job that is not one is refused and starts nothing."""
    answer = page.ask("/jobs", "POST", body=body)
    assert answer.status == 400, answer
    assert "problem" in json.loads(answer.body)
    assert page.ask("/jobs/x").status == 404


def test_too_many_jobs_are_refused(page: Bench, monkeypatch: pytest.MonkeyPatch):
    """When much waits already the next one is told to come later."""
    monkeypatch.setattr("lianban.workbench.jobs.MOST_WAITING", 0)
    answer = page.ask("/jobs", "POST", body=b'{"work": "compare", "query": ""}')
    assert answer.status == 429


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(text: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Elements()
    parser.feed(text)
    return parser.found


HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)> style="x"'
HARMLESS = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    folder = tmp_path_factory.mktemp("named")
    copy_to("jiaxing", folder / "hostile")
    copy_to("jiaxing", folder / "harmless")
    for key, name in (("hostile", HOSTILE), ("harmless", HARMLESS)):
        quoted = json.dumps(name)
        settings = folder / key / "scenario.toml"
        text = settings.read_text(encoding="utf-8")
        head, mark, rest = text.partition("\nname")
        rest = rest.partition("\n")[2]
        settings.write_text(
            f"{head}{mark} = {{ zh = {quoted}, en = {quoted} }}\n{rest}", encoding="utf-8"
        )
        for table, column in (("items.csv", "name_en"), ("offices.csv", "name_en")):
            _rename(folder / key / table, column, name)
    outside = tmp_path_factory.mktemp("outside") / "elsewhere"
    copy_to("jiaxing", outside)
    (folder / "link").symlink_to(outside, target_is_directory=True)
    with bench(folder) as served:
        yield served, folder


def _rename(path: Path, column: str, name: str) -> None:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index(column)
    for row in rows[1:]:
        row[at] = name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def test_names_are_text(named: tuple[Bench, Path]):
    """A catalogue whose names are script tags gives the same elements as one of plain names."""
    served, _ = named
    for screen in served.workbench.views:
        pages = [
            served.ask(f"{screen}?a={key}&b={key}/reform&lang=en")
            for key in ("hostile", "harmless")
        ]
        assert [answer.status for answer in pages] == [200, 200], screen
        hostile, harmless = (elements(answer.text) for answer in pages)
        assert set(hostile) == set(harmless), screen
        shown = screen in ("/", "/flow", "/gantt", "/catalogue", "/files")
        assert ("&lt;script&gt;" in pages[0].text) or not shown
        assert "<script>alert" not in pages[0].text


def test_nothing_is_styled_or_scripted_inline(named: tuple[Bench, Path]):
    """The policy forbids styles and scripts inside markup, so none is sent."""
    served, _ = named
    for screen in served.workbench.views:
        for tag, attributes in elements(served.ask(f"{screen}?a=harmless&lang=zh").text):
            assert tag != "style"
            assert not [a for a in attributes if a == "style" or a.startswith("on")], (screen, tag)


def test_a_link_out_of_the_folder_is_not_followed(named: tuple[Bench, Path]):
    """A scenario that a link fetches from elsewhere is not opened."""
    served, _ = named
    assert {place.key for place in served.workbench.workspace.places() if not place.shipped} == {
        "hostile", "harmless",
    }  # fmt: skip
    assert served.ask("/?a=link").status == 400
