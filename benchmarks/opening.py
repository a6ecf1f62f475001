"""How long a person waits from opening the page to the first answer, in a real browser.

Each time the app is started anew, on a library that holds the samples; the clock runs from the moment at which its
address is opened. The question is the first of those that the page offers, asked by a click as soon as it can be.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import ROOT, say, spread, table, write_section

TIMES = 5
PORT = 8601
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> None:
    """Open, ask, and write the section."""
    from playwright.sync_api import sync_playwright

    from rag.assistant import Assistant
    from rag.settings import Settings

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("no Chromium: install one, or set CHROMIUM to its path")
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        with Assistant.open(Settings(store=Path(folder))) as assistant:
            for event in assistant.ingest([Settings().samples / "articles"]):
                assert event.outcome == "added", event
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        offered, answered, served = [], [], []
        for number in range(TIMES):
            say(f"opening {number + 1} of {TIMES}")
            environment = os.environ | {"SECOND_SOURCE_STORE": folder, "SECOND_SOURCE_PORT": str(PORT)}
            began = time.perf_counter()
            with subprocess.Popen(
                [sys.executable, "-m", "rag.ui.serve"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
            ) as process:
                try:
                    assert process.stdout
                    line = process.stdout.readline()
                    while " is open at " not in line:
                        line = process.stdout.readline()
                    address = next(word for word in line.split() if word.startswith("http://"))
                    served.append(time.perf_counter() - began)
                    page = browser.new_context().new_page()
                    opened = time.perf_counter()
                    page.goto(address)
                    question = page.locator(".st-key-offered button").first
                    question.wait_for(timeout=120_000)
                    offered.append(time.perf_counter() - opened)
                    question.click()
                    page.locator(".answer a.cite").first.wait_for(timeout=120_000)
                    answered.append(time.perf_counter() - opened)
                    page.context.close()
                finally:
                    process.terminate()
                    process.wait(30)
        browser.close()
    rows = [
        ["the app started, to its address told", spread(served)],
        ["the page opened, to the questions it offers", spread(offered)],
        ["the page opened, to the first answer", spread(answered)],
    ]
    say(f"page open to first answer: {statistics.median(answered):.2f} s")
    write_section("Page open to first answer, the app just started", table(("", f"median of {TIMES}"), rows))


if __name__ == "__main__":
    main()
