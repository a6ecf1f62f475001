"""An ingestion killed at random moments: what is there is whole, and going on ends where an unbroken run does."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from rag.library.library import Library
from tests.support.checks import assert_whole, contents, generated_articles, put_in
from tests.support.fakes import NothingMayBeEmbedded, WordCountEmbedding
from tests.support.programs import ingest_into, start

ARTICLES, BEFORE = 70, 310
"""So many articles are ingested, of three passages each; into a library of so many where Chroma is about to write its
files, which it does at a thousand passages."""


class Ingestion:
    """What is ingested, what comes of it unbroken, how long that takes, and processes that do it."""

    def __init__(self, folder: Path) -> None:
        embedding = WordCountEmbedding()
        self.folder = folder
        self.empty, self.nearly_full = folder / "empty", folder / "nearly full"
        self.articles = generated_articles(folder / "articles", BEFORE + ARTICLES)
        self.earlier = folder / "earlier"
        self.earlier.mkdir()
        for path in sorted(self.articles.iterdir())[ARTICLES:]:
            path.rename(self.earlier / path.name)
        with Library.open(self.nearly_full, embedding.identity, embedding.model_name) as library:
            put_in(library, embedding, self.earlier)
            self.expected = contents(library)
            assert library.status().passages == 3 * BEFORE < 1000 < 3 * (BEFORE + ARTICLES)
        self.killed_after(self.empty, None)  # the first start warms the caches
        shutil.rmtree(self.empty)
        start = time.monotonic()
        self.killed_after(self.empty, None)
        self.seconds = time.monotonic() - start
        with Library.open(self.empty, embedding.identity, embedding.model_name) as library:
            self.expected |= contents(library)
        shutil.rmtree(self.empty)
        assert len(self.expected) == BEFORE + ARTICLES

    def killed_after(self, store: Path, seconds: float | None) -> None:
        """Ingest into `store` in a process of its own, killed after so many seconds, or not at all."""
        process = start(ingest_into, store, self.articles)
        process.join(seconds)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)

    def assert_nothing_is_torn(self, store: Path) -> int:
        """Open what was left and check it; how many articles there are."""
        model = NothingMayBeEmbedded()
        with Library.open(store, model.identity, model.model_name) as library:
            assert_whole(library)
            found = contents(library)
            assert found == {id: self.expected[id] for id in found}
            for id in list(found)[:3]:
                ((passage, _), *_) = library.by_words(f"word{int(Path(str(found[id][0].path)).stem)}", 1)
                assert passage.startswith(id)
        return len(found)

    def assert_goes_on(self, store: Path, number: int) -> None:
        """Ingest the rest and check that nothing tells the library from an unbroken one."""
        embedding = WordCountEmbedding()
        with Library.open(store, embedding.identity, embedding.model_name) as library:
            put_in(library, embedding, self.articles)
            found = contents(library)
            assert found == {id: self.expected[id] for id in found}
            assert len(found) == number
            assert library.catalogue.count("versions") == 0
            assert_whole(library)


@pytest.fixture(scope="module")
def ingestion(tmp_path_factory: pytest.TempPathFactory) -> Ingestion:
    return Ingestion(tmp_path_factory.mktemp("killed"))


@pytest.mark.parametrize("seed", range(6))
def test_killed_in_a_fresh_folder(ingestion: Ingestion, tmp_path: Path, seed: int) -> None:
    store = tmp_path / "store"
    ingestion.killed_after(store, random.Random(seed).uniform(0, ingestion.seconds))
    ingestion.assert_nothing_is_torn(store)
    ingestion.assert_goes_on(store, ARTICLES)


@pytest.mark.parametrize("seed", range(8))
def test_killed_where_chroma_writes_its_files(ingestion: Ingestion, tmp_path: Path, seed: int) -> None:
    store = tmp_path / "store"
    shutil.copytree(ingestion.nearly_full, store)
    ingestion.killed_after(store, random.Random(100 + seed).uniform(0, ingestion.seconds))
    assert ingestion.assert_nothing_is_torn(store) >= BEFORE
    ingestion.assert_goes_on(store, BEFORE + ARTICLES)


def test_killed_again_and_again(ingestion: Ingestion, tmp_path: Path) -> None:
    """Every second time nobody looks in between: the next run finds it as the kill left it."""
    store, chance, held = tmp_path / "store", random.Random(7), 0
    for turn in range(6):
        ingestion.killed_after(store, chance.uniform(0, ingestion.seconds / 2))
        if turn % 2:
            now = ingestion.assert_nothing_is_torn(store)
            assert now >= held
            held = now
    ingestion.assert_goes_on(store, ARTICLES)
