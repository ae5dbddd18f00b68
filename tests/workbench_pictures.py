"""Pictures of every screen of the workbench, made by driving it: looked at, and kept in docs/.

``python tests/workbench_pictures.py`` writes ``docs/pictures/workbench`` anew;
``python tests/workbench_pictures.py FOLDER [SCREEN ...]`` writes every width, language and
sheet of paper there, to be looked at.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

from workbench_browser import Window, window
from workbench_server import bench

KEPT = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "workbench"
DESIGNS = "a=jiaxing&b=jiaxing/reform"
SCREENS = {
    "compare": f"/?{DESIGNS}&sim=1",
    "levers": "/?a=anshan-pharmacy&b=anshan-pharmacy/one-matter&off=drop_prerequisite",
    "flow": f"/flow?{DESIGNS}&step=R09",
    "gantt": f"/gantt?{DESIGNS}",
    "distribution": f"/distribution?{DESIGNS}",
    "queues": f"/queues?{DESIGNS}",
    "promises": f"/promises?{DESIGNS}",
    "one-case": f"/replay?{DESIGNS}&case=3",
    "optimize": f"/optimize?{DESIGNS}",
    "catalogue": f"/catalogue?{DESIGNS}",
    "files": f"/files?{DESIGNS}",
}
SHEETS = {"a4": (11.69, 8.27), "a3": (16.54, 11.69)}
"""Paper, across, in inches."""


def show(page: Window, name: str, language: str) -> None:
    """Bring a screen to where it shows most."""
    page.open(f"{SCREENS[name]}&lang={language}")
    if name == "optimize":
        page.click("[data-key=start-optimize]")
        page.until("return document.querySelector('.job .result')", 120)
    page.settle(jobs=True)
    page.run("return document.fonts.ready.then(() => 1)")
    if name == "one-case":
        page.run(
            "const c = document.querySelector('[data-clock]'); c.value = 52;"
            "c.dispatchEvent(new Event('input', {bubbles: true})); scrollTo(0, 0)"
        )
    if name == "catalogue":
        page.run("document.querySelector('[data-at=\"1,6\"]').click()")
        page.keys("9", "\ue007")
        page.until("return document.querySelector('.verdict h2')")


def picture(page: Window, width: int, most: int = 2600) -> bytes:
    """Return the whole page as a PNG of few colours, which is a third of the size."""
    from PIL import Image

    page.driver.set_window_size(width, 900)
    tall = page.run("return document.documentElement.scrollHeight")
    page.driver.set_window_size(width, min(tall + 140, most))
    image = Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB")
    out = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Write the pictures."""
    everything = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    names = sys.argv[2:] or list(SCREENS)
    with bench() as served, window(served.port, served.passes.token) as page:
        for name in names:
            for language in ("en", "zh"):
                show(page, name, language)
                folder = everything or KEPT
                folder.mkdir(parents=True, exist_ok=True)
                for width in (1280, 1920) if everything else (1280 if language == "en" else 1920,):
                    (folder / f"{name}-{language}-{width}.png").write_bytes(picture(page, width))
                for sheet, (across, high) in SHEETS.items() if everything else ():
                    printed = page.driver.execute_cdp_cmd(
                        "Page.printToPDF",
                        {"paperWidth": across, "paperHeight": high, "printBackground": True},
                    )["data"]
                    path = folder / f"{name}-{language}-{sheet}.pdf"
                    path.write_bytes(base64.b64decode(printed))
                sys.stdout.write(f"{name} {language}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
