"""Checks of the indexes against the database, in a separate process, because a damaged index can crash it.

`python -m rag.doctor.index_checks FOLDER` prints the problems as a JSON list of sentences. It changes nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from rag.article import Article
from rag.doctor.database_checks import is_vector
from rag.doctor.finding import Finding, repairable
from rag.errors import ChromaAway, LibraryError
from rag.library.chroma import server_of
from rag.library.database import Database
from rag.library.index import TornIndex
from rag.library.indexes import WHOLE
from rag.library.keywords import KeywordIndex
from rag.library.records import Records
from rag.library.vectors import VectorIndex
from rag.settings import ROOT, read_settings

PROBED = 500
"""The number of passages searched for in each index."""
NEAREST = 50
SECONDS = 900


def examine_indexes(folder: Path) -> Iterator[Finding]:
    """Find problems in the indexes of the library in `folder`."""
    try:
        command = [sys.executable, "-m", "rag.doctor.index_checks", str(folder.resolve())]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        problems = (
            json.loads(run.stdout)
            if run.returncode == 0
            else [f"Opening the indexes crashes the program ({run.returncode})."]
        )
    except subprocess.TimeoutExpired:
        problems = [f"The indexes could not be read within {SECONDS} seconds."]
    for each in problems:
        yield repairable(each, "rebuild")


def complaints(folder: Path) -> Iterator[str]:
    """Find problems in the indexes of the library in `folder`, in this process."""
    with closing(Database(folder / "library.db")) as database:
        records = Records(database)
        expected = {id for (id,) in database.rows("SELECT id FROM passages")}
        if pending := records.count("outbox"):
            yield f"{pending} changes are not in the indexes yet."
        for name, look in (("vectors", _vectors), ("keywords", _keywords)):
            try:
                yield from look(folder, records, expected)
            except (TornIndex, ChromaAway) as error:
                yield f"The {name} index cannot be read: {error}."


def _vectors(folder: Path, records: Records, expected: set[str]) -> Iterator[str]:
    with closing(VectorIndex(folder, server_of(read_settings()))) as index:
        index.open()
        yield from _vectors_of(index, records, expected)


def _vectors_of(index: VectorIndex, records: Records, expected: set[str]) -> Iterator[str]:
    yield from _compared("vectors", index.ids(), expected)
    sample = [(id, vector) for id, vector in records.sample(PROBED) if is_vector(vector)]
    if (share := index.share_found(sample)) < WHOLE:
        yield f"Only {share:.0%} of the passages are found by their vectors."
    sampled = {passage.article_id for passage in records.passages([id for id, _ in sample]).values()}
    contents = [(article, each) for article in _readable(records, sampled) for each in records.embedded(article.id)]
    if differing := index.differing(contents[:PROBED]):
        yield f"The vectors index differs from the database for {len(differing)} passages."


def _keywords(folder: Path, records: Records, expected: set[str]) -> Iterator[str]:
    index = KeywordIndex(folder)
    index.open()
    yield from _compared("keywords", index.ids(), expected)
    found = asked = 0
    passages = records.passages([id for id, _ in records.sample(PROBED)]).values()
    texts = {each.id: each.text for each in _readable(records, {passage.article_id for passage in passages})}
    for passage in passages:
        hits = index.search(texts.get(passage.article_id, "")[passage.start : passage.end], NEAREST)
        if hits:  # a text of only stop words is not found
            asked += 1
            found += passage.id in dict(hits)
    if asked and found / asked < WHOLE:
        yield f"Only {found / asked:.0%} of the passages are found by their words."


def _readable(records: Records, ids: Iterable[str]) -> Iterator[Article]:
    """The readable articles of `ids`; the others are reported by the database checks."""
    for id in ids:
        with suppress(LibraryError):
            yield records.article(id)


def _compared(name: str, held: set[str], expected: set[str]) -> Iterator[str]:
    if missing := len(expected - held):
        yield f"The {name} index lacks {missing} of {len(expected)} passages."
    if extra := len(held - expected):
        yield f"The {name} index has {extra} passages that are not in the database."


if __name__ == "__main__":
    print(json.dumps(list(complaints(Path(sys.argv[1])))))
