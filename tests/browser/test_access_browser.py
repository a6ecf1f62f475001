"""Logging in, in Chromium, with a provider on this machine: who sees what, and who may change the library."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.chromium import WIDE, chromium, playwright
from tests.support.provider import Provider
from tests.support.served import address_in, free_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
__all__ = ["chromium"]
READER, EDITOR, STRANGER = "ada@reader.example", "Ben@desk.example", "eve@elsewhere.example"
CLAIMED = "cleo@desk.example"
"""An editor's domain, claimed by somebody of whom the provider does not know that it is theirs."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    people = [{"email": each, "email_verified": each != CLAIMED} for each in (READER, EDITOR, STRANGER, CLAIMED)]
    provider = Provider(*people)
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, provider: Provider, chromium: playwright.Browser
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("access")
    port = free_port()
    provider.secrets_file(folder, f"http://127.0.0.1:{port}")
    environment = {
        "HOME": str(folder),
        "SECOND_SOURCE_STORE": str(folder / "store"),
        "SECOND_SOURCE_HOST": "0.0.0.0",
        "SECOND_SOURCE_EDITORS": "@desk.example",
        "SECOND_SOURCE_READERS": f"{READER}, {CLAIMED}",
    }
    with serving(port, environment) as output:
        assert address_in(output) == f"http://0.0.0.0:{port}"
        yield f"http://127.0.0.1:{port}"


def page_of(chromium: playwright.Browser, address: str) -> playwright.Page:
    page = chromium.new_context(viewport=WIDE).new_page()
    page.goto(address)
    return page


def log_in(page: playwright.Page, email: str) -> None:
    page.get_by_role("button", name="Log in").click(timeout=60_000)
    page.get_by_role("link", name=email).click()


def test_editors_fill_the_library_and_readers_ask(
    chromium: playwright.Browser, address: str, provider: Provider
) -> None:
    reader, editor = page_of(chromium, address), page_of(chromium, f"{address}/library")
    playwright.expect(reader.get_by_text("Log in to ask")).to_be_visible(timeout=60_000)
    assert reader.locator(".stMain").inner_text().split() == [
        "Second",
        "Source",
        "Log",
        "in",
        "to",
        "ask",
        "this",
        "news",
        "library.",
        "Log",
        "in",
    ]
    log_in(reader, READER)
    playwright.expect(reader.get_by_text("This library is still empty.")).to_be_visible(timeout=60_000)

    log_in(editor, EDITOR)  # and comes back to the first page, which reads the samples in
    playwright.expect(editor.locator(".st-key-offered button")).to_have_count(6, timeout=60_000)
    editor.get_by_role("link", name="Library", exact=True).click()
    playwright.expect(editor.get_by_text("Add articles")).to_be_visible(timeout=60_000)

    reader.reload()
    box = reader.get_by_placeholder("Ask a question")
    box.fill("How many people were injured when the barge hit?", timeout=60_000)
    box.press("Enter")
    playwright.expect(reader.locator(".answer a.cite").first).to_be_visible(timeout=30_000)
    reader.get_by_role("link", name="Library", exact=True).click()
    playwright.expect(reader.get_by_text(re.compile("14 articles from"))).to_be_visible(timeout=30_000)
    assert reader.get_by_text("Add articles").count() == 0
    assert reader.get_by_role("button", name="Remove").count() == 0

    reader.get_by_role("button", name="Log out").click()
    playwright.expect(reader.get_by_text("Log in to ask")).to_be_visible(timeout=60_000)
    assert not any(each["name"].startswith("_streamlit_user") for each in reader.context.cookies())
    assert provider.refused == []


@pytest.mark.parametrize("email", [STRANGER, CLAIMED])
def test_who_is_not_known_sees_nothing(chromium: playwright.Browser, address: str, email: str) -> None:
    page = page_of(chromium, f"{address}/library")
    log_in(page, email)

    playwright.expect(page.get_by_text("you have no access to this library")).to_be_visible(timeout=60_000)
    assert page.locator(".st-key-masthead, .st-key-shelf, [data-testid=stChatInput]").count() == 0
    page.get_by_role("button", name="Log out").click()
    playwright.expect(page.get_by_text("Log in to ask")).to_be_visible(timeout=60_000)


def test_a_forged_log_in_is_none(chromium: playwright.Browser, address: str) -> None:
    context = chromium.new_context()
    forged = json.dumps({"email": EDITOR, "email_verified": True, "is_logged_in": True, "origin": address})
    context.add_cookies([{"name": "_streamlit_user", "value": forged.replace('"', "%22"), "url": address}])
    page = context.new_page()
    page.goto(address)

    playwright.expect(page.get_by_text("Log in to ask")).to_be_visible(timeout=60_000)


def test_metrics_are_not_for_others(address: str) -> None:
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        assert b"second_source_questions" in answer.read()
    passed_on = urllib.request.Request(f"{address}/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(passed_on)
