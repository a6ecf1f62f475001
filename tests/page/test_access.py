"""Serving to others: who is refused before it starts, who may change the library, and how fast one may ask."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.requests import HTTPConnection
from streamlit.testing.v1 import AppTest

import rag.assistant
from rag.errors import UsageError
from rag.settings import Settings
from rag.ui import access, serve
from rag.ui.rate_limit import MINUTE, RateLimit
from tests.page.test_library_page import button, held, samples, shown
from tests.support.apps import app_at
from tests.support.fakes import WordCountEmbedding

__all__ = ["samples"]
SECRET = "0123456789abcdef0123456789abcdef"
LOG_IN = {
    "redirect_uri": "https://news.example/oauth2callback",
    "cookie_secret": SECRET,
    "client_id": "us",
    "client_secret": "secret",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a section [auth] into Streamlit's secrets."""

    def put(**section: object) -> None:
        monkeypatch.setattr(access.st, "secrets", _Secrets({"auth": section}))

    return put


class _Secrets(dict[str, Any]):
    def load_if_toml_exists(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("news.example", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_another_address_wants_a_log_in_or_a_proxy(host: str, here: bool) -> None:
    access.check(Settings(host="0.0.0.0", behind_proxy=True))
    if here:
        access.check(Settings(host=host))
        return
    with pytest.raises(UsageError) as raised:
        access.check(Settings(host=host))

    told = str(raised.value)
    assert told.startswith(f"The setting SECOND_SOURCE_HOST is {host!r}, which other machines can reach")
    assert "[auth] in .streamlit/secrets.toml" in told
    assert "SECOND_SOURCE_BEHIND_PROXY=true" in told


def test_it_is_told_before_serving(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SECOND_SOURCE_HOST", "0.0.0.0")
    with pytest.raises(SystemExit) as stopped:
        serve.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("The setting SECOND_SOURCE_HOST is '0.0.0.0'")

    with pytest.raises(UsageError, match=r"cannot be served on '192\.0\.2\.7' \(SECOND_SOURCE_HOST\)"):
        serve.free_socket("192.0.2.7", 8501)


def test_a_log_in_is_whole_or_none(secrets: Callable[..., None]) -> None:
    assert access.providers() == []
    secrets(**LOG_IN)
    assert access.providers() == ["default"]
    access.check(Settings(host="0.0.0.0"))
    both = {key: LOG_IN[key] for key in ("redirect_uri", "cookie_secret")}
    provider = {key: LOG_IN[key] for key in access.PROVIDER}
    secrets(**both, google=provider, desk=provider)
    assert access.providers() == ["google", "desk"]

    secrets(**both, google={"client_id": "us"})
    with pytest.raises(UsageError, match=r"lacks google\.client_secret, google\.server_metadata_url\."):
        access.providers()
    secrets()
    with pytest.raises(UsageError, match="lacks redirect_uri, cookie_secret, client_id"):
        access.check(Settings())
    secrets(**LOG_IN | {"cookie_secret": "xxx"})
    with pytest.raises(UsageError, match=r"cookie_secret is too short, so it could be guessed. Make it at least 32"):
        access.providers()


def connection(host: str, client: str = "127.0.0.1", **headers: str) -> HTTPConnection:
    sent = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in sent.items()]}
    return HTTPConnection(scope | {"client": (client, 50_000)})


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (connection("127.0.0.1:8501"), True),
        (connection("localhost:8501", origin="http://localhost:8501"), True),
        (connection("[::1]:8501", client="::1"), True),
        (connection("evil.example:8501"), False),  # a name of theirs that leads here
        (connection("evil.example:8501", origin="http://evil.example:8501"), False),
        (connection("localhost:8501", origin="http://evil.example"), False),
        (connection("localhost:8501", origin="null"), False),
        (connection("localhost:8501", client="203.0.113.9"), False),
        (connection("localhost:8501", x_forwarded_for="127.0.0.1"), False),
        (connection(""), False),
        (connection("[:8501"), False),
    ],
)
def test_only_programs_on_this_machine_use_what_asks_nobody(asked: HTTPConnection, allowed: bool) -> None:
    assert access.may_use_api(asked, Settings()) is allowed


def test_behind_a_proxy_whom_it_lets_through_unless_people_log_in_here(secrets: Callable[..., None]) -> None:
    passed_on = connection("news.example", x_forwarded_for="203.0.113.9")
    behind = Settings(host="0.0.0.0", behind_proxy=True)
    assert access.may_use_api(passed_on, behind)
    assert not access.may_use_api(connection("news.example", origin="https://evil.example"), behind)
    assert access.own_origin(connection("news.example", origin="https://news.example"), behind)

    secrets(**LOG_IN)
    assert not access.may_use_api(passed_on, behind)
    assert access.may_use_api(connection("localhost:8501"), behind)


@pytest.mark.parametrize(
    ("person", "edits"),
    [
        ({"email": "ada@desk.example"}, True),
        ({"email": "ADA@Desk.example", "email_verified": True}, True),
        ({"email": "ada@desk.example", "email_verified": False}, False),
        ({"email": "ben@other.example"}, True),
        ({"email": "eve@desk.example.evil.example"}, False),
        ({"email": "eve@notdesk.example"}, False),
        ({"email": ""}, False),
        ({}, False),
    ],
)
def test_the_listed_ones_edit(
    person: dict[str, object], edits: bool, secrets: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets(**LOG_IN)
    monkeypatch.setattr(access.st, "user", person)
    assert not access.may_edit()  # nobody is listed
    monkeypatch.setenv("SECOND_SOURCE_EDITORS", " @desk.example,ben@other.example, ")

    assert access.may_edit() is edits


@pytest.fixture
def library(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], AppTest]]:
    """Opens a page of the app on a library of the samples."""
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    st.cache_resource.clear()
    shutil.copytree(samples, tmp_path / "store")

    def open_(title: str) -> AppTest:
        return app_at(title).run()

    yield open_
    st.cache_resource.clear()


def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this person is a reader."""
    monkeypatch.setenv("SECOND_SOURCE_BEHIND_PROXY", "true")
    monkeypatch.setenv("SECOND_SOURCE_EDITORS", "ada@desk.example")


def test_a_reader_is_not_offered_what_changes_the_library(
    library: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only(monkeypatch)
    page = library("Library")
    assert "14 articles from" in shown(page)
    assert [each.label for each in page.expander] == ["Filter"]
    page.query_params["article"] = held().library.listed()[0].id
    page.run()

    assert not page.exception
    assert [each.label for each in page.button] == ["All articles"]
    assert all(field.disabled for field in page.text_input)
    assert [each.label for each in library("Evaluation").expander] == []


def test_a_reader_changes_nothing_whatever_was_drawn(
    library: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What an editor's page offers is used after the editor was taken off the list."""
    page = library("Library")
    before = held().library.listed()
    page.query_params["article"] = before[0].id
    page.run()
    with monkeypatch.context() as patched:
        read_only(patched)
        button(page, "Remove").click().run()
    page.run()
    page.text_input[0].set_value("Another headline")
    with monkeypatch.context() as patched:
        read_only(patched)
        page.run()
    page.query_params.pop("article", None)
    page.run()
    next(each for each in page.text_area if each.label == "The article's text").set_value("It rained in Hollin. " * 9)
    read_only(monkeypatch)
    button(page, "Add text").click().run()

    assert not page.exception
    assert held().library.listed() == before
    tried = [record.getMessage().rpartition(" ")[2] for record in caplog.records if "a reader tried" in record.message]
    assert tried == ["remove_articles", "_save", "_add_text"]


def test_a_reader_of_an_empty_library_does_not_fill_it(
    library: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "empty"))
    read_only(monkeypatch)
    page = library("Ask")

    assert "This library is still empty." in shown(page)
    assert not page.button
    assert held().library.status().articles == 0


def test_nobody_asks_faster_than_the_setting_says() -> None:
    pace = RateLimit()
    assert [pace.wait("ada", 3, now) for now in (100, 101, 110)] == [0, 0, 0]
    assert pace.wait("ada", 3, 120) == 40
    assert pace.wait("ben", 3, 120) == 0
    assert pace.wait("ada", 3, 100 + MINUTE) == 0
    assert pace.wait("ada", 3, 100 + MINUTE) == 1
    assert pace.wait("ben", 3, 100_000) == 0
    assert list(pace._asked) == ["ben"]


def test_a_flood_gets_a_sentence(library: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_QUESTIONS_A_MINUTE", "2")
    monkeypatch.setattr("rag.ui.jobs.suggestion_job.suggestions", lambda *_: iter(()))
    monkeypatch.setattr("rag.ui.rate_limit.who", lambda: None)  # AppTest logs everybody in
    page = library("Ask")
    for _ in range(3):
        page.chat_input[0].set_value("How many people were injured?").run()

    assert not page.exception
    assert len(page.session_state.exchanges) == 2
    assert "You can ask 2 questions per minute. Wait " in shown(page)
    other = library("Ask")
    other.chat_input[0].set_value("How many people were injured?").run()
    assert len(other.session_state.exchanges) == 1
