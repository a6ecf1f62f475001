"""1,000 articles of a feed on this machine taken in through the page, in a real browser: does the progress move, does
Cancel stop, does a second start go on, is nothing there twice, are questions answered meanwhile?

    python -m benchmarks.adding [ARTICLES]

Prints its figures. Needs Chromium, as the browser tests do.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import playwright.sync_api as playwright

from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.served import address_in, free_port, serving
from tests.support.site import Answer, Request, Site

PLACES = ["Hollin", "Vessermark", "Port Linnet", "Quernside", "Anstervale", "Creel", "Westering", "Candlemas"]
THINGS = ["ferry", "tram", "crane", "lock", "quay", "barge", "pilot boat", "lighthouse", "drawbridge", "weir"]


def news(request: Request) -> Answer:
    """An article of its own for every path."""
    if request.path == "/robots.txt":
        return Answer(status=404)
    n = int(request.path.strip("/"))
    story = "".join(
        f"<p>In {PLACES[(n + m) % 8]} the {THINGS[(n * 7 + m) % 10]} number {n} was out of order for {n + m} days, the "
        f"harbour office said on day {m}. It will be repaired for {n * (m + 3)} crowns before the {m + 1}th tide.</p>"
        for m in range(8)
    )
    title = f"The {THINGS[n % 10]} number {n} in {PLACES[n % 8]} is out of order"
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><article>{story}</article></body></html>"
    return Answer(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def watched(page: playwright.Page, until: str, most: int | None = None) -> list[float]:
    """The seconds between two changes of what is told, until `until` is there, or `most` articles were added."""
    gaps, told, last = [], "", time.monotonic()
    while not page.get_by_text(until).count():
        place = page.locator(".st-key-adding")
        now = place.inner_text() if place.count() else told
        if now != told:
            gaps.append(time.monotonic() - last)
            told, last = now, time.monotonic()
            added = re.search(r"([\d,]+) added", told)
            if most and added and int(added[1].replace(",", "")) >= most:
                break
        time.sleep(0.1)  # the browser and the server share this machine
    return gaps


def main(number: int) -> None:
    site = Site()
    site.otherwise = news
    items = "".join(f"<item><title>{n}</title><link>{site.url(f'/{n}')}</link></item>" for n in range(number))
    site.pages["/feed"] = f'<rss version="2.0"><channel><title>Harbour news</title>{items}</channel></rss>'
    folder = Path(tempfile.mkdtemp())
    environment = {"SECOND_SOURCE_STORE": str(folder / "store")}
    program = [sys.executable, "-m", "tests.support.serving", str(site.port)]
    print(f"{number} articles; load {os.getloadavg()[0]:.1f}")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with serving(free_port(), environment, program) as output:
            address = address_in(output)
            page = browser.new_page()
            page.goto(f"{address}/library")
            page.get_by_role("tab", name="Feed").click(timeout=60_000)
            page.get_by_label("Address of a feed").fill(site.url("/feed"))
            began = time.monotonic()
            page.get_by_role("button", name="Follow feed").click()
            page.locator(".st-key-adding").wait_for()
            gaps = watched(page, "Stopped by you", number // 3)
            asked = browser.new_page()
            asked.goto(address)
            seconds = []
            for question in range(3):
                box = asked.get_by_placeholder("Ask a question")
                box.fill(f"How long was the tram number {question * 10 + 1} out of order?", timeout=60_000)
                start = time.monotonic()
                box.press("Enter")
                playwright.expect(asked.locator(".answer")).to_have_count(question + 1, timeout=60_000)
                seconds.append(time.monotonic() - start)
            stop = time.monotonic()
            page.get_by_role("button", name="Cancel").click()
            page.get_by_text("Stopped by you").wait_for()
            print(f"progress told every {median(gaps):.2f} s (half), after {max(gaps):.2f} s at the latest")
            print(f"questions meanwhile answered in {', '.join(f'{each:.1f}' for each in seconds)} s")
            print(f"Cancel stopped after {time.monotonic() - stop:.1f} s, {stop - began:.0f} s after the start")
        kept = count(folder)
        with serving(free_port(), environment, program) as output:
            page = browser.new_page()
            page.goto(f"{address_in(output)}/library")
            page.get_by_text("Feeds (1)").click(timeout=60_000)
            began = time.monotonic()
            page.get_by_role("button", name="Refresh").click()
            page.locator(".st-key-adding").wait_for()
            gaps = watched(page, "Gone in")
            print(f"after a restart: {kept} were kept, {count(folder) - kept} more in {time.monotonic() - began:.0f} s")
            print(f"progress told every {median(gaps):.2f} s (half), after {max(gaps):.2f} s at the latest")
        browser.close()
    held, addresses = count(folder), count(folder, "DISTINCT url")
    print(f"in the library: {held}, with {addresses} addresses; load {os.getloadavg()[0]:.1f}")
    shutil.rmtree(folder)
    site.close()


def count(folder: Path, what: str = "*") -> int:
    """Rows of the articles' table."""
    with sqlite3.connect(folder / "store" / "library.db") as db:
        return int(db.execute(f"SELECT count({what}) FROM articles").fetchone()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
