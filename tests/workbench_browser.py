"""Debian's Chromium, driven for the tests of the page; nothing is fetched to drive it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@dataclass
class Window:
    """One browser window on the workbench."""

    driver: Any
    port: int

    def open(self, target: str) -> None:
        self.driver.get(f"http://127.0.0.1:{self.port}{target}")
        self.settle()

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def settle(self, jobs: bool = False) -> None:
        """Wait until the page has its part, and with ``jobs`` until long work is over."""
        pending = "[aria-busy]" if jobs else "#page[aria-busy]"
        self.until(
            f"return document.querySelector('#page') && !document.querySelector('{pending}')"
        )

    def until(self, script: str, seconds: float = 60.0) -> Any:
        """Wait until a script's answer is true, and return it."""
        last = time.monotonic() + seconds
        while not (found := self.run(script)):
            assert time.monotonic() < last, script
            time.sleep(0.05)
        return found

    def click(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).click()", selector)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def keys(self, *keys: str) -> None:
        """Press keys as a person does."""
        from selenium.webdriver.common.action_chains import ActionChains

        chain = ActionChains(self.driver, duration=0)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def faults(self) -> list[str]:
        """Return what the browser complained about since the last call."""
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] == "SEVERE"]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call, data aside."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = message["params"]["request"]["url"]
                if not address.startswith(("data:", "blob:", "about:")):
                    found.append(address)
        return found


@contextmanager
def window(port: int, token: str, width: int = 1280, height: int = 900) -> Iterator[Window]:
    """Open a browser that has been let in."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--lang=en",
        f"--window-size={width},{height}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        opened = Window(driver, port)
        opened.open(f"/?token={token}&lang=en")
        yield opened
    finally:
        driver.quit()
