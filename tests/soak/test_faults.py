"""Kills, torn files, full and read-only disks, a clock that goes back, two processes: nothing lost, nothing half there.

`make soak` does it as often as the README says; here are samples.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rag.library.catalogue
from rag.assistant import Assistant
from rag.evaluation.evaluate import evaluate, run_of
from rag.evaluation.question_file import parse_questions
from rag.evaluation.report import compare, keep, kept
from rag.library.library import Library
from rag.settings import ROOT
from tests.conftest import SOAK, Run, Tell
from tests.support.checks import assert_whole, generated_articles, outcomes, put_in
from tests.support.crashing import (
    DONE,
    Expected,
    Journal,
    States,
    assert_holds,
    do_on_a_bad_disk,
    open_assistant,
    work,
    write_article,
)
from tests.support.fakes import WordCountEmbedding
from tests.support.programs import ingest_into, open_and_check, start

FEW, BEFORE = 60, 340
"""Articles of three passages each. From a thousand passages on Chroma keeps vectors in files."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Gives a folder with a library of so many articles, `store`, and the `articles` that are in it."""

    @cache
    def make(number: int) -> Path:
        folder = tmp_path_factory.mktemp("template")
        (folder / "articles").mkdir()
        for each in range(number):
            write_article(folder / "articles", each, 1)
        with open_assistant(folder / "store") as assistant:
            put_in(assistant.library, assistant.embedding, folder / "articles")
        return folder

    return make


def copied(template: Path, tmp_path: Path) -> Path:
    """A copy of it, whose articles are known by where they are now."""
    shutil.copytree(template, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "store" / "library.db")) as db, db:
        db.execute("UPDATE articles SET path = replace(path, ?, ?)", (str(template), str(tmp_path / "copy")))
    return tmp_path / "copy"


# Killed


@pytest.mark.parametrize(("kills", "articles"), [(3, FEW), pytest.param(100, BEFORE, marks=SOAK)])
def test_killed_at_any_moment_of_any_work(
    templates: Callable[[int], Path], tmp_path: Path, kills: int, articles: int, tell: Tell
) -> None:
    """Two in five times nobody looks in between: the next one works on what the kill has left."""
    copy = copied(templates(articles), tmp_path)
    store, chance, told = copy / "store", random.Random(kills), Counter[str]()
    states: States = dict.fromkeys(range(articles), 1)
    journal = Journal(tmp_path / "journal")
    for turn in range(kills):
        seen = len(list(journal.lines()))
        process = start(work, store, copy / "articles", journal.path, Path(str(turn)))
        if chance.random() < 0.2:
            process.join(chance.uniform(0.05, 1.0))
        else:  # not before it has opened the library
            while process.is_alive() and len(list(journal.lines())) == seen:
                time.sleep(0.01)
            process.join(chance.uniform(0, 2.0 if kills > 10 else 0.5))
        assert process.is_alive(), "the work came to an end by itself"
        os.kill(process.pid, chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
        process.join()
        lines = list(journal.lines())
        told[lines[-1]["did"] if len(lines) > seen else "open"] += 1
        if turn + 1 < kills and chance.random() < 0.4:
            continue
        states = assert_holds(store, Expected.after(states, journal), turn)
        journal.path.unlink(missing_ok=True)
    done = ", ".join(f"{count} {name}" for name, count in told.most_common())
    tell(f"{kills} kills, when this was under way: {done}; nothing lost, doubled, unfindable or wrongly cited")


# Torn files


def torn(path: Path, chance: random.Random) -> str:
    """Damage a file in one of the ways in which files are damaged; in words."""
    content = path.read_bytes()
    at = chance.randrange(len(content)) if content else 0
    kind = chance.choice(["deleted", "emptied", "cut off", "zeroed in the middle", "scrambled in the middle"])
    if kind == "deleted":
        path.unlink()
    elif kind == "emptied":
        path.write_bytes(b"")
    elif kind == "cut off":
        path.write_bytes(content[:at])
    else:
        length = min(4096, len(content) - at)
        patch = bytes(length) if kind.startswith("zeroed") else np.random.default_rng(at).bytes(length)
        path.write_bytes(content[:at] + patch + content[at + length :])
    return f"{path.name} {kind}"


@pytest.mark.parametrize(("files", "articles"), [(2, FEW), pytest.param(20, BEFORE, marks=SOAK)])
def test_torn_index_files(
    templates: Callable[[int], Path], tmp_path: Path, files: int, articles: int, tell: Tell
) -> None:
    chance, repaired, template = random.Random(files), 0, templates(articles)
    for turn in range(files):
        store, report = tmp_path / f"store-{turn}", tmp_path / "report.json"
        shutil.copytree(template / "store", store)
        paths = sorted(path for name in ("chroma*", "keywords") for path in all_files(store.glob(name)))
        what = torn(chance.choice([path for path in paths if not path.name.startswith(".tantivy")]), chance)
        for _ in range(2):  # a torn one can bring down the first who opens it
            process = start(open_and_check, store, report)
            process.join()
            if process.exitcode == 0:
                break
        assert process.exitcode == 0, what
        repaired += bool(json.loads(report.read_text())["repaired"])
        shutil.rmtree(store)
    tell(f"{files} index files torn or missing: all passages found, {repaired} times after the indexes were built anew")


def all_files(places: Iterator[Path]) -> Iterator[Path]:
    for place in places:
        yield from (path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]


# Disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of so many megabytes, in memory; skipped where nothing may be mounted."""
    made: list[Path] = []

    def make(megabytes: int) -> Path:
        folder = tmp_path / f"disk-{len(made)}"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("a disk of its own cannot be mounted: that takes the right to mount")
        made.append(folder)
        return folder

    yield make
    for folder in made:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def fill(folder: Path, left: int) -> Path:
    """Fill a disk until it has so many bytes left; the file to delete to have room again."""
    stuffing = folder / "stuffing"
    with stuffing.open("wb") as file:
        file.truncate(0)
        wanted = shutil.disk_usage(folder).free - left
        for _ in range(0, wanted, 4096):
            file.write(bytes(4096))
    return stuffing


@pytest.mark.parametrize(("points", "articles"), [(2, FEW), pytest.param(20, BEFORE, marks=SOAK)])
def test_the_disk_is_full(
    templates: Callable[[int], Path],
    tmp_path: Path,
    disk: Callable[[int], Path],
    points: int,
    articles: int,
    tell: Tell,
) -> None:
    """What was there is there, what was asked for is done or said not to be, and it goes on when there is room."""
    template = templates(articles)
    size = size_of(template / "store")
    place, said, undone = disk(4 * size // 1_000_000 + 30), [], 0
    new = generated_articles(tmp_path / "new", 30)
    for path in sorted(new.iterdir(), reverse=True):
        path.rename(path.with_stem(f"{int(path.stem) + articles:04}"))
    for point in range(points):
        what = [*DONE][point % len(DONE)] if points > 2 else ["ingest", "rebuild"][point]
        store, report = place / "store", tmp_path / "report.json"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(template / "store", store)
        report.unlink(missing_ok=True)
        stuffing = fill(place, point * size // points // 2)
        process = start(do_on_a_bad_disk, store, new, report, Path(what))
        process.join()
        assert process.exitcode == 0, f"{what} with {point * size // points // 2} bytes left"
        found = json.loads(report.read_text())["said"]
        stuffing.unlink()
        if found:
            undone += 1
            said.append(found)
            assert re.search("is safe|are safe|could not be written|cannot be opened", found), found
        with Library.open(store, WordCountEmbedding().identity, "word-count") as library:
            there = {int(Path(str(article.path)).stem) for article in library.articles()}
            assert there - set(range(articles, articles + 30)) == set(range(articles)) or what == "remove"
            assert what != "remove" or len(there) in (articles, articles - 40), len(there)
            assert what != "ingest" or found or len(there) == articles + 30
            assert_whole(library)
            put_in(library, WordCountEmbedding(), new)
            assert {articles, articles + 29} <= {int(Path(str(article.path)).stem) for article in library.articles()}
            assert_whole(library)
    assert undone, "the disk was never full"
    kinds = Counter(re.sub(r"\S*/(\S+)", r"\1", each.split(":")[0]) for each in said)
    tell(f"disk full at {points} points: {points - undone} times there was room enough, else it said {dict(kinds)}")


def test_a_folder_that_cannot_be_written(
    templates: Callable[[int], Path], disk: Callable[[int], Path], run: Callable[..., Run]
) -> None:
    template = templates(FEW)
    place = disk(4 * size_of(template / "store") // 1_000_000 + 8)
    shutil.copytree(template / "store", place / "store")
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)

    for arguments in (
        ("ask", "What did word3 meet?"),
        ("ingest", str(template / "articles")),
        ("doctor",),
        ("reindex",),
    ):
        ran = run(*arguments, "--store", place / "store")
        assert ran.code == 2
        assert ran.err == (
            f"{place / 'store'} cannot be used for a library: Read-only file system. "
            "Choose another folder (--store, or SECOND_SOURCE_STORE).\n"
        )
    assert run("backup", place / "b.zip", "--store", template / "store").err == (
        f"{place / 'b.zip'} could not be written: Read-only file system. Check that the disk has free space.\n"
    )


# The clock


def test_a_clock_that_goes_back(
    library: Library, embedding: WordCountEmbedding, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of versions, changes and removals rests on no clock."""
    hours = iter(range(0, -100, -1))

    def back() -> str:
        return (datetime(2031, 3, 29, tzinfo=UTC) + timedelta(hours=next(hours))).isoformat(timespec="seconds")

    monkeypatch.setattr(rag.library.catalogue, "now", back)
    for version in (1, 2, 3):
        (event,) = put_in(library, embedding, write_article(articles, 7, version))
    id = str(event.article_id)

    assert [version.version for version, _ in library.versions(id)] == [1, 2]
    assert "word7v3" in library.article(id).text
    assert outcomes(put_in(library, embedding, articles)) == ["unchanged"]
    library.edit(id, {"outlet": "The first"})
    library.edit(id, {"outlet": "The second"})
    assert library.article(id).outlet == "The second"
    library.remove([id])
    put_in(library, embedding, articles)
    assert [article.version for article in library.articles()] == [1]
    assert_whole(library)


def test_chats_and_runs_on_a_clock_that_goes_back(
    assistant: Assistant, embedding: WordCountEmbedding, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came last is shown first, and is compared with what came before it."""
    put_in(assistant.library, embedding, write_article(articles, 7, 1))
    chats = assistant.chats
    first = chats.ask(None, "What did word7 meet?")
    monkeypatch.setattr("rag.chats.chats.now", lambda: "1999-01-01T00:00:00+00:00")
    second = chats.ask(None, "What did article7 say?")
    for chat in (first, second):
        (exchange,) = chats.exchanges(chat)
        chats.answered(exchange.id, assistant.ask(exchange.question))
    assert [each.id for each in chats.chats()] == [second, first]
    assert [each.waiting for each in chats.exchanges(first)] == [False]

    folder = assistant.library.folder
    results = list(evaluate(assistant, parse_questions(b'{"question": "Why?", "answerable": false}', "q.jsonl")))
    keep(run_of(assistant, "q.jsonl", (), results), folder)

    class Back(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # noqa: ARG003
            return datetime(1999, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("rag.evaluation.evaluate.datetime", Back)
    latest = run_of(assistant, "q.jsonl", (), results)
    keep(latest, folder)
    runs = kept(folder)
    assert (len(runs), runs[0].date) == (2, latest.date)
    change = compare(latest, runs)
    assert change is not None
    assert change.before.date == runs[1].date


# Other processes


def test_two_processes_at_once(tmp_path: Path) -> None:
    """One of them has the library; the other says so, and nothing is lost."""
    new = generated_articles(tmp_path / "new", 60)
    process = start(ingest_into, tmp_path / "store", new)
    while not (tmp_path / "store" / "open").exists():
        time.sleep(0.01)
    other = start(ingest_into, tmp_path / "store", new)
    other.join()
    process.join()

    assert (process.exitcode, other.exitcode) == (0, 1)
    with open_assistant(tmp_path / "store") as assistant:
        assert assistant.library.status().articles == 60
        assert_whole(assistant.library)


def test_asked_to_end(tmp_path: Path) -> None:
    """SIGTERM ends the program as Ctrl-C does: in a sentence, with the library closed."""
    new, store = generated_articles(tmp_path / "new", 300), tmp_path / "store"
    command = [sys.executable, "-m", "rag", "ingest", str(new), "--store", str(store)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(3)]
    process.terminate()
    rest = process.communicate()[1]

    assert process.returncode == 143, rest
    assert all(line.startswith("[") for line in lines)
    assert rest.splitlines()[-1] == "Stopped. Everything reported so far is saved."
    assert not (store / "open").exists()
    reported = sum(": added" in line or "] added" in line for line in [*lines, *rest.splitlines()])
    with Library.open(store, "", "", any_model=True) as library:
        assert library.status().articles >= reported
        assert_whole(library)
