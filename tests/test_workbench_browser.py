"""The workbench in a real browser: what a planner sees, clicks, types and prints."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("selenium", reason="the test extra brings the browser's driver")

from workbench_browser import CHROMIUM, DRIVER, Window, window
from workbench_server import Bench, bench

from results.font import missing
from results.lever_board import lever_board
from scenarios import copy_to, load

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium and chromedriver here"),
]

ROOT = Path(__file__).resolve().parents[1]
START = "/?a=jiaxing&b=jiaxing/reform&lang=en"
SCREENS = ("/", "/flow", "/gantt", "/distribution", "/queues", "/promises", "/replay", "/optimize",
           "/catalogue", "/files")  # fmt: skip
DAYS = "return document.querySelector('[data-measure=paper_days]').textContent"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    folder = tmp_path_factory.mktemp("opened")
    copy_to("jiaxing", folder / "county")
    with bench(folder) as page:
        yield page, folder


@pytest.fixture(scope="module")
def chrome(served: tuple[Bench, Path]) -> Iterator[Window]:
    page, _ = served
    with window(page.port, page.passes.token) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_complaints(chrome: Window) -> Iterator[None]:
    """Whatever a test does, the browser has nothing to complain about: no policy, no script."""
    chrome.faults()
    yield
    assert chrome.faults() == []


def test_the_first_view_asks_for_little_and_for_nothing_outside(chrome: Window):
    """At most five requests, all of them to the workbench itself."""
    chrome.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    chrome.requests()
    chrome.open(START)
    chrome.run("return document.fonts.ready.then(() => 1)")
    asked = [each for each in chrome.requests() if "/jobs" not in each]
    assert 0 < len(asked) <= 5, asked
    for screen in SCREENS:
        chrome.open(f"{screen}?a=jiaxing&b=jiaxing/reform&lang=zh")
    own = f"http://127.0.0.1:{chrome.port}/"
    assert [each for each in chrome.requests() if not each.startswith(own)] == []


def test_chinese_is_drawn(chrome: Window):
    """The shipped font draws Chinese where the machine has none: no two signs look the same."""
    chrome.open("/?a=jiaxing&b=jiaxing/reform&lang=zh")
    chrome.until("return document.fonts.status === 'loaded'")
    assert chrome.run("return document.fonts.check(\"12px 'Noto Sans SC lianban'\", '审批')")
    drawn = chrome.run(
        """return [...'审批踏勘'].map(sign => {
          const canvas = document.createElement('canvas');
          canvas.width = canvas.height = 40;
          const pen = canvas.getContext('2d');
          pen.font = "32px 'Noto Sans SC lianban'";
          pen.fillText(sign, 2, 34);
          return [...pen.getImageData(0, 0, 40, 40).data].join();
        })"""
    )
    assert len(set(drawn)) == 4
    for screen in SCREENS:
        chrome.open(f"{screen}?a=jiaxing&b=jiaxing/reform&lang=zh")
        assert missing(chrome.text("body")) == "", screen


BOXES = """
  const box = r => {
    const b = r.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
  return [...document.querySelectorAll('svg .flow g.step')].map(g => ({
    key: g.dataset.id, box: box(g.querySelector('rect')),
    critical: !!g.querySelector('rect.critical'),
    words: [...g.querySelectorAll('text')].map(box)}));
"""
LANES = """
  return [...document.querySelectorAll('svg .flow g.lane')].map(g => {
    const b = g.querySelector('rect').getBoundingClientRect();
    return [b.left, b.top, b.right, b.bottom]; });
"""


@pytest.mark.parametrize(
    "design", ["jiaxing/reform", "anshan-realestate/staged", "anshan-pharmacy/one-form"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_boxes_stand_in_their_lanes(chrome: Window, design: str, language: str):
    """Each step is drawn once, in one lane, over no other, with its words inside its box."""
    chrome.open(f"/flow?a={design}&b={design}&view=after&lang={language}")
    steps = chrome.run(BOXES)
    procedure = load(design).procedure
    assert sorted(each["key"] for each in steps) == sorted(procedure.keys)
    slack = procedure.critical_path().slack
    assert {s["key"] for s in steps if s["critical"]} == {k for k, v in slack.items() if not v}
    for number, one in enumerate(steps):
        left, top, right, bottom = one["box"]
        for other in steps[:number]:
            apart = (
                right <= other["box"][0] + 0.5 or other["box"][2] <= left + 0.5
                or bottom <= other["box"][1] + 0.5 or other["box"][3] <= top + 0.5
            )  # fmt: skip
            assert apart, (one["key"], other["key"])
        for word in one["words"]:
            assert left - 1 <= word[0], one["key"]
            assert word[2] <= right + 1, one["key"]
            assert top - 2 <= word[1], one["key"]
            assert word[3] <= bottom + 2, one["key"]
        if lanes := chrome.run(LANES):
            y = (top + bottom) / 2
            assert sum(lane[1] <= y <= lane[3] for lane in lanes) == 1, one["key"]


def test_a_switch_changes_numbers_address_and_history(chrome: Window):
    """A toggle gives the numbers of that design; reload, back and a bookmark give them again."""
    board = lever_board(load("jiaxing"), load("jiaxing/reform"))
    assert board is not None
    chrome.open(START)
    assert chrome.run(DAYS) == "109"
    chrome.click("[data-key=lever-parallel]")
    chrome.until("return location.search.includes('off=parallel')")
    chrome.settle()
    expected = board.design([k for k in board.keys if k != "parallel"]).procedure.paper_days
    without = f"{float(expected):g}"
    assert chrome.run(DAYS) == without != "109"
    bookmark = chrome.run("return location.pathname + location.search")
    chrome.driver.refresh()
    chrome.settle()
    assert chrome.run(DAYS) == without
    chrome.driver.back()
    chrome.until(f"return (() => {{ {DAYS} }})() === '109'")
    assert "off" not in chrome.run("return location.search")
    chrome.driver.forward()
    chrome.until(f"return (() => {{ {DAYS} }})() === '{without}'")
    chrome.open("/files?lang=zh")
    chrome.open(bookmark)
    assert chrome.run(DAYS) == without


def test_quick_toggles_leave_no_stale_view(chrome: Window):
    """However quickly switches are clicked, the page ends with what its address says."""
    chrome.open(START)
    chrome.run(
        """const keys = ['parallel', 'cancel', 'joint_review', 'parallel', 'joint_survey'];
        for (const key of keys) document.querySelector(`[data-key=lever-${key}]`).click();"""
    )
    chrome.settle()
    time.sleep(0.5)
    assert "off=cancel%2Cjoint_review%2Cjoint_survey&" in chrome.run("return location.search")
    shown, address = chrome.run(DAYS), chrome.run("return location.pathname + location.search")
    pressed = chrome.run(
        "return [...document.querySelectorAll('[role=switch]')].map(s => s.ariaChecked).join()"
    )
    chrome.open(address)
    assert chrome.run(DAYS) == shown
    again = chrome.run(
        "return [...document.querySelectorAll('[role=switch]')].map(s => s.ariaChecked).join()"
    )
    assert again == pressed


def test_a_refused_lever_cannot_be_switched(chrome: Window):
    """A disabled switch does nothing, shows why, and comes back when the reason goes."""
    board = lever_board(load("anshan-pharmacy"), load("anshan-pharmacy/one-matter"))
    assert board is not None
    off, refused = next(
        (off, refusal)
        for off in board.keys
        for refusal in board.design([k for k in board.keys if k != off]).refusals
    )
    chrome.open(f"/?a=anshan-pharmacy&b=anshan-pharmacy/one-matter&lang=en&off={off}")
    switch = f"[data-key='lever-{refused.group}']"
    before = chrome.run("return location.href")
    assert chrome.run(f'return document.querySelector("{switch}").ariaDisabled') == "true"
    chrome.click(switch)
    assert chrome.run("return location.href") == before
    assert refused.sentence.en in chrome.text(f"[id='lever-{refused.group}-why']")
    chrome.click(f"[data-key='lever-{off}']")
    chrome.until(f"return document.querySelector(\"{switch}\").ariaChecked === 'true'")


def test_the_keyboard_reaches_everything(chrome: Window):
    """Tab comes to every switch, link, field and step; Enter and blank use them; focus shows."""
    from selenium.webdriver.common.keys import Keys

    chrome.open("/flow?a=jiaxing&b=jiaxing/reform&lang=en")
    wanted = set(
        chrome.run(
            "return [...document.querySelectorAll('[data-key]')].filter(e => e.checkVisibility())"
            ".map(e => e.dataset.key)"
        )
    )
    chrome.run("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    reached, unseen = set(), set()
    for _ in range(160):
        chrome.keys(Keys.TAB)
        key, outline = chrome.run(
            "const e = document.activeElement;"
            "return [e.dataset.key, getComputedStyle(e).outlineStyle]"
        )
        if key:
            if key in reached and key == "language-en":
                break
            reached.add(key)
            if outline == "none":
                unseen.add(key)
    assert wanted <= reached, wanted - reached
    assert not unseen
    chrome.run("document.querySelector('[data-key=step-R09]').focus()")
    chrome.keys(Keys.ENTER)
    chrome.until("return document.querySelector('.details h2')?.textContent.startsWith('R09')")
    assert chrome.run("return document.activeElement.dataset.key") == "step-R09"
    chrome.run("document.querySelector('[data-key=lever-parallel]').focus()")
    chrome.keys(" ")
    chrome.until("return location.search.includes('off=parallel')")
    chrome.settle()
    assert chrome.run("return document.activeElement.dataset.key") == "lever-parallel"


ACCESS = """
  const faults = [], seen = e => e.checkVisibility();
  const named = e => (e.ariaLabel || e.textContent || e.title || '').trim();
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('two #' + id);
  for (const e of document.querySelectorAll('a, button, [role=switch], [role=button], summary'))
    if (seen(e) && !named(e)) faults.push('no name: ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!e.labels.length && !e.ariaLabel) faults.push('no label: ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('main svg'))
    if (e.getAttribute('role') !== 'img' || !(e.ariaLabel && e.querySelector('title')))
      faults.push('unnamed picture');
  for (const e of document.querySelectorAll('th')) if (!e.scope) faults.push('th without scope');
  for (const e of document.querySelectorAll('[aria-describedby]'))
    if (!document.getElementById(e.getAttribute('aria-describedby'))) faults.push('describedby');
  for (const e of document.querySelectorAll('.roll, .drawing'))
    if (e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0 && !e.querySelector('[tabindex], a'))
      faults.push('cannot be scrolled by keyboard: ' + e.className);
  if (document.querySelectorAll('main').length !== 1) faults.push('one main');
  if (document.querySelectorAll('h1').length !== 1) faults.push('one h1');
  const heads = [...document.querySelectorAll('main h1, main h2, main h3')];
  const levels = heads.map(h => +h.tagName[1]);
  levels.reduce((a, b) => { if (b > a + 1) faults.push('heading skipped'); return b; }, 1);
  const colour = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(e)) continue;
    if (e.closest('svg, script, noscript')) continue;
    if (e.closest(':disabled')) continue;
    const pair = [light(colour(getComputedStyle(e).color)), light(ground(e))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(1)}: ` + e.outerHTML.slice(0, 90));
  }
  return faults;
"""


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_can_be_used_by_everybody(chrome: Window, screen: str):
    """Everything has a name, fields have labels, pictures are told, text stands out enough."""
    chrome.open(f"{screen}?a=jiaxing&b=jiaxing/reform&step=R09&off=joint_survey&lang=en")
    chrome.settle(jobs=True)
    assert chrome.run(ACCESS) == []


SPOKEN = """
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('#page'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (e.closest('.cells, select, .languages, noscript, [lang=zh]:not(.part)')) continue;
    // laws are cited as they are called
    if (e.closest('svg title, .details dd, .details td')) continue;
    found.push(walker.currentNode.textContent);
  }
  for (const e of document.querySelectorAll('[aria-label]:not(.languages)'))
    found.push(e.ariaLabel);
  return found.join(' \\n ');
"""
KEPT = re.compile(
    r"lianban(?: \d[\w.]*)?|\bjiaxing[\w/-]*|P50|P90|BPMN|CSV|XLSX|\b[A-Z]{1,2}\d{1,2}\b|`[^`]*`"
    r"|[\w./-]+\.(?:toml|csv|xlsx|bpmn|xml|html|md)(?::\d+)?|\.\w+(?:\.\w+)?|p\d\d\([^)]*\)"
    r"|\b(?:SimPy|simpy|fast|Shapley|Bonferroni|Willink|Esc|Ctrl-C|wd|cd|art|kB|[xn])\b"
    r"|[a-z_]+\([^)]*\) (?:<=|>=) [\d.]+ ?(?:wd|%)?|\b(?:steps|paper_days|visits) <= \d+|[a-z]+-\d+"
    r"|\w+\.(?:reviewer|window)|M\d\d"
)


@pytest.mark.parametrize("screen", SCREENS)
def test_each_page_speaks_one_language(chrome: Window, screen: str):
    """The Chinese page holds no English words but names of files and measures; nor the reverse."""
    chrome.open(f"{screen}?a=jiaxing&b=jiaxing/reform&lang=zh")
    chrome.settle(jobs=True)
    assert chrome.run("return document.documentElement.lang") == "zh"
    told = KEPT.sub(" ", chrome.run(SPOKEN))
    # the data's own provisions and reasons are in the language of their source
    words = re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]{2,})*", told)
    assert words == [], words[:20]
    chrome.click("[data-key=language-en]")
    chrome.until("return document.documentElement.lang === 'en'")
    chrome.settle(jobs=True)
    assert "b=jiaxing%2Freform" in chrome.run("return location.search")
    told = chrome.run(SPOKEN)
    assert not re.search(
        r"[\u4e00-\u9fff]", re.sub(r"\S*[\u4e00-\u9fff]\S*法?\S* art\.\S*", "", told)
    )


def test_simulated_days_come_when_asked(chrome: Window):
    """The simulated table appears by itself; a toggle drops what was under way and asks anew."""
    chrome.open(START)
    chrome.click("[data-key=simulate] a")
    chrome.until("return document.querySelector('.times td')")
    first = chrome.text(".times")
    chrome.click("[data-key=lever-parallel]")
    chrome.until("return location.search.includes('off=parallel')")
    chrome.click("[data-key=lever-cancel]")
    chrome.until("return location.search.includes('parallel%2Ccancel')")
    chrome.settle(jobs=True)
    assert chrome.text(".times") not in ("", first)
    assert "P90" in chrome.text(".times")


def test_long_work_can_be_stopped(chrome: Window, served: tuple[Bench, Path]):
    """The stop button cancels the job, and the page offers to start again."""
    chrome.open("/optimize?a=jiaxing&lang=en")
    chrome.click("[data-key=start-optimize]")
    chrome.until("return document.querySelector('.waiting:not([hidden]) [data-stop]')")
    time.sleep(0.4)
    chrome.click(".waiting [data-stop]")
    chrome.until("return document.querySelector('[data-start]')")
    states = {job.state for job in served[0].workbench.jobs.jobs.values()}
    assert "cancelled" in states


def test_a_cell_is_edited_checked_and_saved(chrome: Window, served: tuple[Bench, Path]):
    """Typing shows at once what changes; a wrong number is marked; saving keeps a backup."""
    from selenium.webdriver.common.keys import Keys

    folder = served[1] / "county"
    chrome.open("/catalogue?a=county&lang=en")
    column = chrome.run(
        "return [...document.querySelectorAll('.cells thead th')]"
        ".findIndex(t => t.textContent === 'days')"
    )
    chrome.run(f"document.querySelector('[data-at=\"1,{column - 1}\"]').focus()")
    chrome.keys("x")
    chrome.until("return document.querySelector('tr.wrong')")
    assert chrome.run("return document.querySelector('[data-save]').disabled")
    chrome.keys(Keys.BACKSPACE, "9", Keys.ENTER)
    chrome.until("return document.querySelector('.verdict td')?.textContent.includes('236')")
    assert "242" in chrome.text(".verdict")
    assert not chrome.run("return document.querySelector('tr.wrong')")
    chrome.click("[data-save]:not([disabled])")
    chrome.until("return document.querySelector('.good')")
    assert load(folder).procedure["S01"].days == 9
    assert len(list(folder.glob("items.csv.*.bak"))) == 1


def test_a_case_plays_along_the_flow(chrome: Window):
    """Moving the slider marks steps as waiting, in work and done; the button plays to the end."""
    chrome.open("/replay?a=jiaxing&b=jiaxing/reform&lang=en")
    chrome.settle(jobs=True)
    looks = (
        "return [...document.querySelectorAll('g.step')].map(g => [...g.classList].pop()).join()"
    )
    chrome.until("return document.querySelector('g.step.works')")
    chrome.run(
        "const c = document.querySelector('[data-clock]'); c.value = c.max;"
        "c.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert set(chrome.run(looks).split(",")) == {"over"}
    chrome.click("[data-play]")
    chrome.until("return +document.querySelector('[data-clock]').value > 3")
    assert "works" in chrome.run(looks)
    assert "One case of one run, not the average" in chrome.text("main")


def test_hostile_names_stay_text(tmp_path: Path):
    """A catalogue whose names are scripts runs none of them, in pages, tables and pictures."""
    folder = tmp_path / "hostile"
    copy_to("jiaxing", folder)
    evil = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
    items = folder / "items.csv"
    text = items.read_text(encoding="utf-8-sig")
    items.write_text(text.replace("Enterprise investment project filing", evil), "utf-8-sig")
    with bench(tmp_path) as page, window(page.port, page.passes.token) as opened:
        for screen in SCREENS:
            opened.open(f"{screen}?a=hostile&step=S01&view=before&lang=en")
            opened.settle(jobs=True)
            assert opened.run("return [window.hacked ?? null, document.images.length]") == [None, 0]
        opened.open("/flow?a=hostile&step=S01&view=before&lang=en")
        assert evil in opened.text(".details h2")
        assert opened.faults() == []


def test_it_prints_on_one_side(chrome: Window):
    """On A4 and A3 across, no drawing is wider than the sheet, and switches are left out."""
    for screen in ("/", "/flow", "/gantt"):
        chrome.open(f"{screen}?a=jiaxing&b=jiaxing/reform&lang=zh")
        for width, height in ((11.69, 8.27), (16.54, 11.69)):
            printed = chrome.driver.execute_cdp_cmd(
                "Page.printToPDF",
                {"paperWidth": width, "paperHeight": height, "preferCSSPageSize": False,
                 "printBackground": True},
            )["data"]  # fmt: skip
            assert len(printed) > 20_000
        chrome.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        try:
            wide = chrome.run(
                "return [...document.querySelectorAll('main svg')].map(s => s.clientWidth"
                " - s.parentElement.clientWidth)"
            )
            assert max(wide) <= 1
            assert not chrome.run("return document.querySelector('nav').checkVisibility()")
        finally:
            chrome.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX here")
def test_ctrl_c_ends_it_with_a_page_open(tmp_path: Path):
    """One Ctrl-C while a page is open and work is under way: exit 130, no trace, no orphan."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "lianban.cli", "serve", "--no-browser"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "Ctrl-C" in process.stdout.readline()
        found = re.search(r":(\d+)/\?token=([\w-]+)", process.stdout.readline())
        assert found
        with window(int(found[1]), found[2]) as opened:
            opened.open("/optimize?a=jiaxing&lang=en")
            opened.click("[data-key=start-optimize]")
            opened.until("return document.querySelector('.waiting:not([hidden])')")
            children = _children(process.pid)
            began = time.monotonic()
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(20) == 130
            print(f"stopped after {time.monotonic() - began:.2f} s")
        assert process.stderr is not None
        told = process.stderr.read()
        assert "Traceback" not in told
        assert "interrupted" in told
        last = time.monotonic() + 10
        while any(Path(f"/proc/{child}").exists() and _alive(child) for child in children):
            assert time.monotonic() < last
            time.sleep(0.1)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _children(pid: int) -> list[int]:
    if shutil.which("ps") is None:
        return []
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in listed.stdout.split()]


def _alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def test_an_event_log_becomes_a_scenario(
    chrome: Window, served: tuple[Bench, Path], tmp_path: Path
):
    """Uploaded, its measures appear and a draft is offered; taken over, the draft is shown."""
    from selenium.webdriver.common.by import By

    rows = ["case,activity,start,end"]
    for day in range(4, 9):
        rows += [
            f"{day},check,2024-03-0{day} 09:00,2024-03-0{day} 09:30",
            f"{day},sign,2024-03-0{day} 10:00,2024-03-0{day} 11:00",
        ]
    log = tmp_path / "hall-log.csv"
    log.write_text("\n".join(rows), encoding="utf-8")
    chrome.open("/files?a=county&lang=en")
    chrome.driver.find_element(By.CSS_SELECTOR, "[data-upload]").send_keys(str(log))
    chrome.until("return document.querySelector('.uploads .result table')")
    assert "hall-log.csv" in chrome.text(".uploads .result")
    assert chrome.run("return !document.querySelector('[data-take]').hidden")
    assert chrome.run("return typeof document.querySelector('[data-blob=\"hall-log-draft.zip\"]')"
                      ".onclick") == "function"  # fmt: skip
    assert chrome.run("return document.documentElement.scrollWidth <= innerWidth")
    chrome.click("[data-take]")
    chrome.until("return location.search.includes('a=hall-log')")
    chrome.settle()
    assert "hall-log" in chrome.text("h1")
    assert chrome.text("[data-measure=steps]") == "2"


def test_a_catalogue_of_a_thousand_items_stays_quick(chrome: Window, served: tuple[Bench, Path]):
    """A hundred rows are laid out at once; the last row is reached, edited, checked and saved."""
    folder = served[1] / "thousand"
    copy_to("county-filing", folder)
    items = folder / "items.csv"
    head, *rows = items.read_text(encoding="utf-8-sig").splitlines()
    more = [
        rows[n % len(rows)].replace(rows[n % len(rows)].partition(",")[0], f"N{n:03d}", 1)
        for n in range(1000 - len(rows))
    ]
    items.write_text("\n".join([head, *rows, *more]) + "\n", encoding="utf-8-sig")
    try:
        chrome.open("/catalogue?a=thousand&b=thousand&lang=en")
        assert chrome.run("return document.querySelectorAll('.cells tbody tr').length") == 100
        for _ in range(9):
            chrome.click("[data-turn='1']")
        assert chrome.run("return document.querySelector('.pager output').value") == (
            "901–1000 / 1000"
        )
        assert chrome.run("return document.querySelector('[data-turn=\"1\"]').disabled")
        days = head.split(",").index("days")
        chrome.click(f'[data-at="1000,{days}"]')
        chrome.keys("3", "\ue007")
        chrome.until("return document.querySelector('.verdict h2')")
        assert "N988" in chrome.text(".verdict")
        box = "const b = arguments[0].getBoundingClientRect(); return [b.top, b.bottom]"
        inside = chrome.run("return document.querySelector('.tall')")
        cell = chrome.run(f"return document.querySelector('[data-at=\"1000,{days}\"]')")
        (top, bottom), (low, high) = chrome.run(box, inside), chrome.run(box, cell)
        assert top <= low < high <= bottom
        headed = chrome.run(box, chrome.run("return document.querySelector('.cells thead th')"))
        assert abs(headed[0] - top) <= 2  # the head stays where rows are scrolled
        assert chrome.run("return document.documentElement.scrollWidth <= innerWidth")
        chrome.run(
            "const f = document.querySelector('[data-filter]'); f.value = 'n98';"
            "f.dispatchEvent(new Event('input', {bubbles: true}))"
        )
        assert chrome.run("return document.querySelectorAll('.cells tbody tr').length") == 9
        assert chrome.run("return document.querySelectorAll('.cells td.edited').length") == 1
        chrome.until("return !document.querySelector('[data-save]').disabled")
        chrome.click("[data-save]")
        chrome.until("return document.querySelector('.good')")
        with items.open(encoding="utf-8-sig", newline="") as file:
            assert list(csv.reader(file))[1000][days] == "3"
    finally:
        shutil.rmtree(folder)


SMALLEST = """
  return Math.min(...[...document.querySelectorAll('.picture svg text')].map(word =>
    word.getAttribute('font-size') * word.ownerSVGElement.getBoundingClientRect().width
      / word.ownerSVGElement.viewBox.baseVal.width));
"""
WIDE = (
    "const d = document.querySelector('.picture .drawing'); return [d.scrollWidth, d.clientWidth]"
)


@pytest.mark.parametrize("width", [1280, 1920])
def test_drawings_fit_the_page_and_can_be_read(chrome: Window, width: int):
    """Words are at least 9 px; the page never scrolls sideways; a click shows it whole."""
    chrome.driver.set_window_size(width, 900)
    try:
        for screen in ("/", "/flow", "/gantt"):
            chrome.open(f"{screen}?a=jiaxing&b=jiaxing/reform&lang=en")
            chrome.until("return document.querySelector('.zoom output').value")
            assert chrome.run(SMALLEST) >= 8.99, screen
            assert chrome.run("return document.documentElement.scrollWidth <= innerWidth"), screen
            chrome.click("[data-zoom=whole]")
            wide, room = chrome.run(WIDE)
            assert wide <= room, screen
            chrome.click("[data-zoom=in]")
            chrome.click("[data-zoom=in]")
            assert chrome.run(WIDE)[0] > room, screen
            assert chrome.run("return document.documentElement.scrollWidth <= innerWidth"), screen
            chrome.click("[data-zoom=fit]")
    finally:
        chrome.driver.set_window_size(1280, 900)


def test_a_planner_is_not_left_in_the_lurch(chrome: Window, served: tuple[Bench, Path]):
    """Another A brings its own B; a chosen step's details come into sight; edits are not lost."""
    chrome.open("/?a=county&b=county/reform&lang=en")
    chrome.run(
        "const s = document.querySelector('select[name=a]'); s.value = 'anshan-pharmacy';"
        "s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    chrome.until("return location.search.includes('a=anshan-pharmacy')")
    chrome.settle()
    chosen = chrome.run("return document.querySelector('select[name=b]').value")
    assert chosen.startswith("anshan-pharmacy/")
    chrome.open("/flow?a=county&b=county/reform&lang=en")
    chrome.run(
        "document.querySelector('g.step').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    chrome.until("return document.querySelector('.details:not([hidden])')")
    chrome.until(
        "return document.querySelector('.details').getBoundingClientRect().top < innerHeight - 50"
    )
    chrome.settle(jobs=True)
    chrome.open("/catalogue?a=county&lang=en")
    chrome.click('[data-at="1,6"]')
    chrome.keys("77", "\ue007")
    chrome.run("document.querySelector(\"nav a[href^='/?']\").click()")
    alert = chrome.driver.switch_to.alert
    assert "not saved" in alert.text
    alert.dismiss()
    assert chrome.text('[data-at="1,6"]') == "77"
    chrome.click("[data-undo]")
    chrome.until("return document.querySelector('[data-at=\"1,6\"]').textContent !== '77'")
    chrome.run("document.querySelector(\"nav a[href^='/?']\").click()")
    chrome.until("return document.querySelector('[data-measure=steps]')")


def test_a_broken_scenario_does_not_shut_the_door(chrome: Window, served: tuple[Bench, Path]):
    """The start shows one that can be read; the broken one says its line and leads elsewhere."""
    broken = served[1] / "a-broken"
    copy_to("county-filing", broken)
    (broken / "items.csv").write_text("key,days\nE01,-3\n", encoding="utf-8")
    try:
        chrome.open("/?lang=en")
        assert chrome.run("return document.querySelector('select[name=a]').value") == "county"
        chrome.open("/?a=a-broken&lang=en")
        chrome.faults()
        assert "items.csv:2" in chrome.text("main")
        assert chrome.run("return !!document.querySelector('main a[href^=\"/?a=county&\"]')")
    finally:
        shutil.rmtree(broken)
