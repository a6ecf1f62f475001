"""The command line beside the page: through the process that holds the library, and without a difference."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from rag.errors import LibraryBusy, LibraryError, UnknownArticle, UsageError
from rag.interfaces.client import Client
from rag.library.lock import DOOR, HOLDER, LOCK, Door, disown, door_of, offer, own
from rag.reply import Filters, Turn
from rag.settings import ROOT
from rag.ui.jobs.ingest_job import adding, take_in
from tests.conftest import Run
from tests.support.checks import generated_articles
from tests.support.fakes import WordCountEmbedding
from tests.support.served import address_in, free_port, serving

Command = Callable[..., Run]
SAMPLES = ROOT / "rag" / "samples" / "articles"
QUESTION = "Who counted the passengers of the tram?"


@dataclass
class Served:
    """A page that holds the library in `store`."""

    address: str
    store: Path

    @property
    def pid(self) -> int:
        return int((self.store / HOLDER).read_text().split()[1])

    def client(self) -> Client:
        door = door_of(self.store)
        assert door
        return Client(door, self.store)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page's process, holding an empty library since somebody asked for its status."""
    store = tmp_path_factory.mktemp("served") / "store"
    with page(store) as served:
        yield served


@contextmanager
def page(store: Path) -> Iterator[Served]:
    """The served page, in a process of its own, once it holds the library in `store`."""
    environment = {"SECOND_SOURCE_STORE": str(store)}
    with serving(free_port(), environment, (sys.executable, "-m", "tests.support.doors")) as output:
        address = address_in(output)
        assert f"{address}/api/openapi.json" in output.readline()
        with closing(Client(Door(f"{address}/api", "none"), store)) as client:
            assert client.status()["folder"] is None
        yield Served(address, store)


COMMANDS = [
    ("ask", QUESTION),
    ("ask", QUESTION, "--outlet", "Linnet Herald", "--since", "2031-03-01", "--until", "2031-04-01"),
    ("search", QUESTION),
    ("search", QUESTION, "--json"),
    ("coverage", QUESTION),
    ("coverage", QUESTION, "--format", "csv"),
    ("list",),
    ("list", "--json"),
    ("duplicates",),
    ("duplicates", "--json"),
    ("status",),
    ("status", "--json"),
    ("ask", ""),
    ("ask", "x" * 2000),
    ("ask", QUESTION, "--outlet", "Linnet"),
    ("coverage", " "),
    ("show", "nobody"),
    ("show", "../x"),
    ("show", ""),
    ("edit", "nobody", "outlet=Mine"),
    ("remove", "nobody"),
    ("remove", "--outlet", "Nobody's"),
    ("feeds", "add", "http://127.0.0.1/feed"),
    ("feeds", "list"),
    ("feeds", "list", "--json"),
    ("feeds", "refresh"),
    ("feeds", "refresh", "https://feed.example/"),
    ("feeds", "remove", "https://feed.example/"),
]


def untimed(ran: Run) -> Run:
    return Run(ran.code, re.sub(r'"(\w+_ms)": \d+', r'"\1": 0', ran.out), ran.err)


def test_the_command_line_goes_through_the_page_without_a_difference(
    run: Command, embedding: WordCountEmbedding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is done once through the page; then the page is killed, and all is done again without it."""
    store = tmp_path / "store"
    shutil.copytree(SAMPLES, tmp_path / "some" / "articles")
    (tmp_path / "some" / "empty.txt").touch()
    (tmp_path / "questions.jsonl").write_text(
        json.dumps({"id": 7, "question": "Who counted them?", "turns": [QUESTION]}) + "\n"
    )
    batch = ("ask", "--batch", "questions.jsonl", "--out", "answers.jsonl")
    with page(store) as served:
        assert stat.S_IMODE((store / DOOR).stat().st_mode) == 0o600
        loaded: list[object] = []
        monkeypatch.setattr("rag.assistant.load_embedding", lambda settings: loaded.append(settings) or embedding)
        ingested = run("ingest", "some/articles", "some/empty.txt", "nowhere.txt", "", "--store", store)
        ids = [each["id"] for each in json.loads(run("list", "--json").out)]
        edited = run("edit", ids[0], "place=Port Linnet")
        commands = [*COMMANDS, *((*("show", id), *form) for id in ids[:3] for form in ((), ("--json",)))]
        commands += [("ask", QUESTION, "--json"), ("coverage", QUESTION, "--json")]
        through = [untimed(run(*command)) for command in commands]
        assert run(*batch).code == 0
        answers = (tmp_path / "answers.jsonl").read_text()
        assert run("remove", ids[0], ids[0]).out == "1 removed\n"
        assert loaded == []
        not_through = run("reindex")
        assert (not_through.code, f"in use by process {served.pid} " in not_through.err) == (2, True)
        os.kill(served.pid, 9)
        time.sleep(0.2)
        assert (store / DOOR).exists()

    assert run("status").code == 0
    assert not (store / DOOR).exists()
    shutil.rmtree(store)
    again = run("ingest", "some/articles", "some/empty.txt", "nowhere.txt", "", "--store", store)
    assert (ingested.code, ingested.out, sorted(ingested.err)) == (again.code, again.out, sorted(again.err))
    assert again.code == 1
    assert run("edit", ids[0], "place=Port Linnet") == edited
    for command, expected in zip(commands, through, strict=True):
        assert untimed(run(*command)) == expected, command
    assert run(*batch).code == 0
    assert untimed(Run(0, answers, "")) == untimed(Run(0, (tmp_path / "answers.jsonl").read_text(), ""))


def test_reading_in_stops_when_nobody_listens_any_longer(served: Served, articles: Path) -> None:
    generated_articles(articles / "many", 600)
    with served.client() as client, closing(client.ingest([str(articles / "many")])) as events:
        assert next(events)["outcome"] == "added"  # type: ignore[call-overload]
        with pytest.raises(UsageError, match="Other articles are being added"), served.client() as other:
            list(other.ingest([str(articles)]))

    with served.client() as client:
        held = settled(client)
        assert 0 < held < 600
        (event,) = client.ingest([str(articles / "many" / "0000.txt")])
        assert event["outcome"] == "unchanged"


def settled(client: Client) -> int:
    """How many articles there are, once that changes no more."""
    held = -1
    while held != (held := client.status()["articles"]):
        time.sleep(0.5)
    return held


def test_the_client_says_what_the_service_says(served: Served, articles: Path) -> None:
    (articles / "ferry.txt").write_text("The ferry left Port Linnet at noon on Tuesday with 48 passengers.")
    with served.client() as client:
        (event,) = client.ingest([str(articles / "ferry.txt")])
        id = event["article_id"]
        question = "When did the ferry leave Port Linnet?"
        assert client.ask(question)["citations"][0]["article_id"] == id
        assert client.ask("And with whom?", chat=[Turn(question, "At noon.")])["query"] != "And with whom?"
        assert id in [each["article_id"] for each in client.search(question, Filters())["retrieved"]]
        assert client.versions(id) == []
        assert client.edit(id, {"title": "Ferry"})["title"] == "Ferry"
        listed = client.articles("ferry linnet tuesday 48", limit=1)
        assert (listed["total"], [each["label"] for each in listed["articles"]]) == (1, ["Ferry"])
        assert client.remove([id, id]) == 1
        for wrong, error in (
            (lambda: client.ask(""), UsageError),
            (lambda: client.article("nobody"), UnknownArticle),
            (lambda: client.edit(id, {"colour": "red"}), LibraryError),
        ):
            with pytest.raises(error):
                wrong()


def test_articles_come_page_by_page(served: Served, articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generated_articles(articles / "few", 7)
    with served.client() as client:
        list(client.ingest([str(articles / "few")]))
        whole = client.articles()
        monkeypatch.setattr("rag.interfaces.client.PAGE", 3)
        assert client.articles() == whole
        assert client.articles(offset=2, limit=4)["articles"] == whole["articles"][2:6]


def test_the_page_ends_while_articles_are_read_in(tmp_path: Path, articles: Path) -> None:
    generated_articles(articles / "many", 2000)
    with page(tmp_path / "store") as served, served.client() as client:
        events = client.ingest([str(articles / "many")])
        assert next(events)["outcome"] == "added"
        pid = served.pid
        begun = time.monotonic()
        os.kill(pid, 15)
        with pytest.raises(LibraryError):
            list(events)
        while (tmp_path / "store" / HOLDER).exists():
            assert time.monotonic() - begun < 15
            time.sleep(0.1)
    assert door_of(tmp_path / "store") is None


# The word that is left of a door


def test_a_door_is_believed_only_while_the_lock_is_held(tmp_path: Path) -> None:
    door = Door("http://127.0.0.1:9/api", "token")
    offer(door)
    try:
        lock = own(tmp_path)
        assert door_of(tmp_path) == door
        lock.release()  # as if the process had been killed: what it wrote stays
        assert (tmp_path / DOOR).exists()
        assert door_of(tmp_path) is None
    finally:
        offer_nothing()
    lock = own(tmp_path)  # by a process without a door
    assert door_of(tmp_path) is None
    assert not (tmp_path / DOOR).exists()
    disown(tmp_path, lock)
    assert sorted(path.name for path in tmp_path.iterdir()) in ([], [LOCK])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"address": "x"}', '{"address": 1, "token": 2, "more": 3}'])
def test_a_torn_word_of_a_door_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / DOOR).write_text(content)
    with FileLock(tmp_path / LOCK):
        assert door_of(tmp_path) is None


def test_a_holder_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / HOLDER).write_text("process 4711 (serve.py)")
    client = Client(Door(f"http://127.0.0.1:{free_port()}/api", "token"), tmp_path)

    with pytest.raises(LibraryBusy, match=r"in use by process 4711 \(serve.py\), which does not answer. Close it"):
        client.status()


def test_what_ends_the_reading_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> Iterator[None]:
        yield None
        raise LibraryError("The disk is full.")

    monkeypatch.setattr("rag.ui.jobs.ingest_job.IngestJob._take", lambda self, events: list(events))
    adding.clear()
    with pytest.raises(LibraryError, match="The disk is full"):
        list(take_in("a test's", failing))  # type: ignore[arg-type]
    adding.clear()


def test_what_the_client_needs_is_imported_at_once() -> None:
    """Through the page an answer takes no second; what it takes to open a library is not imported, nor for the page."""
    program = "import sys; import {0}; print(sorted({{'numpy', 'llama_index', 'chromadb'}} & set(sys.modules)))"
    for module in ("rag.__main__, rag.interfaces.client", "rag.ui.serve"):
        ran = subprocess.run(
            [sys.executable, "-c", program.format(module)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == "[]"


def offer_nothing() -> None:
    from rag.library import lock

    lock._doors.clear()
