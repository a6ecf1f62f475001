"""Fetching a model's file from a local hub: whole, broken off and gone on with, altered, not allowed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag.errors import LanguageModelError
from rag.models import download
from rag.models.download import Published, fetch
from tests.conftest import Run

BODY = bytes(range(256)) * 400
FILE = Published("someone/model", "abc123", "small.gguf", len(BODY), hashlib.sha256(BODY).hexdigest())


class Hub(ThreadingHTTPServer):
    """Serves BODY at FILE's address; `cut` breaks the first answers off, `status` refuses them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.cut: list[int] = []
        self.status: list[int] = []
        self.body = BODY
        self.ranges: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        if self.path != "/someone/model/resolve/abc123/small.gguf":
            self.send_error(404)
            return
        if self.server.status:
            self.send_error(self.server.status.pop(0))
            return
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.server.body) - start))
        self.end_headers()
        end = self.server.cut.pop(0) if self.server.cut else len(self.server.body)
        self.wfile.write(self.server.body[start:end])

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    yield hub
    hub.shutdown()
    hub.server_close()


def test_a_file_is_fetched_once_and_kept(hub: Hub, tmp_path: Path) -> None:
    told: list[int] = []

    path = fetch(FILE, hub.address, tmp_path, told.append)
    again = fetch(FILE, hub.address, tmp_path, told.append)

    assert path == again == tmp_path / "small.gguf"
    assert path.read_bytes() == BODY
    assert (told[-1], len(hub.ranges)) == (len(BODY), 1)
    assert not list(tmp_path.glob("*.part"))


def test_what_was_broken_off_is_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    hub.cut = [5000, 70000]

    assert fetch(FILE, hub.address, tmp_path, lambda done: None, wait=0.01).read_bytes() == BODY
    assert hub.ranges[0] is None
    assert hub.ranges[1:] == ["bytes=5000-", "bytes=70000-"]


def test_an_overloaded_hub_is_asked_again(hub: Hub, tmp_path: Path) -> None:
    hub.status = [429, 503]

    assert fetch(FILE, hub.address, tmp_path, lambda done: None, wait=0.01).read_bytes() == BODY


def test_what_was_not_published_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.body = b"x" * len(BODY)

    with pytest.raises(LanguageModelError, match="is not the file that was published"):
        fetch(FILE, hub.address, tmp_path, lambda done: None, wait=0.01)
    assert not list(tmp_path.glob("small*gguf*part"))
    assert not (tmp_path / "small.gguf").exists()


def test_a_network_that_does_not_allow_it_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(LanguageModelError) as raised:
        fetch(FILE, "http://127.0.0.1:9", tmp_path, lambda done: None, wait=0.01)

    said = str(raised.value)
    assert "http://127.0.0.1:9/someone/model/resolve/abc123/small.gguf" in said
    assert all(word in said for word in (str(tmp_path), FILE.sha256, "--hub", "ollama:NAME"))


def test_the_command(hub: Hub, run: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "RECOMMENDED", FILE)
    monkeypatch.setenv("SECOND_SOURCE_MODELS", str(tmp_path / "models"))
    assert callable(run)

    done: Run = run("model", "pull", "--hub", hub.address)
    failed: Run = run("model", "pull", "--hub", f"{hub.address}/elsewhere")

    assert (done.code, f"SECOND_SOURCE_LANGUAGE_MODEL={tmp_path / 'models' / 'small.gguf'}" in done.out) == (0, True)
    assert (tmp_path / "models" / "small.gguf").read_bytes() == BODY
    assert failed.code == 0  # it is there already: nothing is asked of the hub


def test_the_recommended_file_is_pinned() -> None:
    file = download.RECOMMENDED

    assert (len(file.revision), len(file.sha256), file.size > 10**8) == (40, 64, True)
