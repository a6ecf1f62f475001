"""The vectors on a Chroma server: a real one, killed and started again."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from rag.errors import ChromaAway, UsageError
from rag.library.chroma import Server, server_of
from rag.library.library import Library
from rag.settings import Settings
from tests.support.checks import assert_whole, generated_articles, outcomes, put_in
from tests.support.fakes import WordCountEmbedding
from tests.support.served import free_port

EMBEDDING = WordCountEmbedding()


class Chroma:
    """`chroma run` on a port of this machine."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = Path(sys.executable).with_name("chroma")
        command = [str(program), "run", "--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.address}/api/v2/heartbeat").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("chroma run did not answer")

    def kill(self) -> None:
        """End it in the midst of whatever it does."""
        assert self._process
        self._process.kill()
        self._process.wait()


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[Chroma]:
    server = Chroma(tmp_path / "server")
    server.start()
    yield server
    server.kill()


def opened(store: Path, chroma: Chroma) -> Library:
    server = Server(chroma.address)
    return Library.open(store, EMBEDDING.identity, EMBEDDING.model_name, server=server)


def found(library: Library, word: str) -> list[str]:
    """The ids of what is found by meaning, of which the nearest shares the word."""
    return [id for id, _ in library.by_meaning(EMBEDDING.get_query_embedding(word), 5)]


def test_a_library_is_built_found_and_opened_again(tmp_path: Path, chroma: Chroma) -> None:
    articles = generated_articles(tmp_path / "articles", 12)
    with opened(tmp_path / "store", chroma) as library:
        assert outcomes(put_in(library, EMBEDDING, articles)) == ["added"] * 12
        assert_whole(library)
        before = found(library, "word7 article7")
    assert not list((tmp_path / "store").glob("chroma-*"))

    with opened(tmp_path / "store", chroma) as library:
        assert library.indexes.repaired is None
        assert found(library, "word7 article7") == before


def test_moving_to_a_server_and_back_embeds_nothing(tmp_path: Path, chroma: Chroma) -> None:
    articles = generated_articles(tmp_path / "articles", 5)
    with Library.open(tmp_path / "store", EMBEDDING.identity, EMBEDDING.model_name) as library:
        put_in(library, EMBEDDING, articles)
        before = found(library, "word3")
    embedded = len(EMBEDDING.texts)

    with opened(tmp_path / "store", chroma) as library:
        assert found(library, "word3") == before
        assert not list((tmp_path / "store").glob("chroma-*"))
    with Library.open(tmp_path / "store", EMBEDDING.identity, EMBEDDING.model_name) as library:
        assert found(library, "word3") == before

    assert len(EMBEDDING.texts) == embedded


def test_two_libraries_share_a_server(tmp_path: Path, chroma: Chroma) -> None:
    with opened(tmp_path / "one", chroma) as one, opened(tmp_path / "two", chroma) as two:
        put_in(one, EMBEDDING, generated_articles(tmp_path / "a", 3))
        put_in(two, EMBEDDING, generated_articles(tmp_path / "b", 4))
        one.indexes.rebuild()

        assert_whole(one)
        assert_whole(two)


def test_killed_and_started_again_during_questions_and_ingest(tmp_path: Path, chroma: Chroma) -> None:
    """Nothing is lost, and nothing of ours is started again."""
    articles = generated_articles(tmp_path / "articles", 300, sentences=6)
    with opened(tmp_path / "store", chroma) as library:
        put_in(library, EMBEDDING, *sorted(articles.glob("000*.txt")))
        told: list[str] = []
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                try:
                    told.append("found" if found(library, "word7 article7") else "nothing")
                except ChromaAway as error:
                    told.append(str(error))
                time.sleep(0.01)

        def fall_and_rise() -> None:
            for _ in range(2):
                time.sleep(0.4)
                chroma.kill()
                time.sleep(0.4)
                chroma.start()

        threads = [threading.Thread(target=ask), threading.Thread(target=fall_and_rise)]
        for thread in threads:
            thread.start()
        events = outcomes(put_in(library, EMBEDDING, articles))
        threads[1].join()
        library.by_meaning(EMBEDDING.get_query_embedding("word7"), 1)  # whatever waits reaches the server now
        ended.set()
        threads[0].join()

        assert events.count("added") == 290
        assert events.count("unchanged") == 10
        assert library.status().pending == 0
        assert_whole(library)
        assert set(told) - {"found"}, "the server was never missed"
        for each in set(told) - {"found"}:
            assert each.startswith(f"The Chroma server at {chroma.address} does not respond correctly: "), each


def test_started_without_its_server_it_says_so_and_builds_nothing_anew(tmp_path: Path, chroma: Chroma) -> None:
    with opened(tmp_path / "store", chroma) as library:
        put_in(library, EMBEDDING, generated_articles(tmp_path / "articles", 3))
    chroma.kill()
    with pytest.raises(ChromaAway, match=r"No article is lost, .* Start it, then try again\."):
        opened(tmp_path / "store", chroma)
    chroma.start()

    with opened(tmp_path / "store", chroma) as library:
        assert library.indexes.repaired is None
        assert_whole(library)


def test_what_a_server_has_lost_is_built_anew(tmp_path: Path, chroma: Chroma) -> None:
    with opened(tmp_path / "store", chroma) as library:
        put_in(library, EMBEDDING, generated_articles(tmp_path / "articles", 3))
        client = library.indexes.vectors._client
        for each in client.list_collections():
            client.delete_collection(each.name)

        assert found(library, "word1")
        assert library.indexes.repaired
        assert_whole(library)


def test_a_rebuild_that_the_server_did_not_see_through_is_done_again(tmp_path: Path, chroma: Chroma) -> None:
    with opened(tmp_path / "store", chroma) as library:
        put_in(library, EMBEDDING, generated_articles(tmp_path / "articles", 3))
        chroma.kill()
        with pytest.raises(ChromaAway):
            library.indexes.rebuild()
        with pytest.raises(ChromaAway):
            found(library, "word1")
        chroma.start()

        assert found(library, "word1")
        assert_whole(library)


@pytest.fixture
def gate(chroma: Chroma) -> Iterator[str]:
    """The address of a gate before the server that lets in who brings the token "open"."""

    class Gate(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != "Bearer open":
                self._answer(401, b'{"error": "AuthError", "message": "no token"}')
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            headers = {"Content-Type": "application/json"}
            answer = httpx.request(self.command, chroma.address + self.path, content=body, headers=headers)
            self._answer(answer.status_code, answer.content)

        do_POST = do_DELETE = do_PUT = do_GET  # noqa: N815

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_token_opens_the_gate(tmp_path: Path, gate: str) -> None:
    with_token = server_of(Settings(chroma=gate, chroma_token=SecretStr("open")))
    with Library.open(tmp_path / "store", EMBEDDING.identity, "model", server=with_token) as library:
        put_in(library, EMBEDDING, generated_articles(tmp_path / "articles", 3))
        assert_whole(library)

    with pytest.raises(ChromaAway, match="SECOND_SOURCE_CHROMA_TOKEN"):
        Library.open(tmp_path / "store", EMBEDDING.identity, "model", server=server_of(Settings(chroma=gate)))


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://here", "http://", "http://a:b@here", "http://here:x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="SECOND_SOURCE_CHROMA is"):
        server_of(Settings(chroma=address))
