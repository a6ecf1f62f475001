"""What a library of 10^5, 10^7 and 10^9 articles takes: what is measured here, multiplied; docs/scale.md is about it.

Run as `python -m benchmarks.plan`, after `python -m benchmarks.growth`, whose library of 100,000 passages it weighs.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import common
from benchmarks.common import WORK, bench, say
from rag.assistant import Assistant
from rag.models.embedding import Embedding, Tokens
from rag.settings import Settings

SIZES = (10**5, 10**7, 10**9)
CORE_HOUR, GIGABYTE_MONTH, MEMORY_MONTH = 0.04, 0.08, 3.0
"""Dollars that a core costs an hour, a gigabyte of disk and one of memory a month, where machines are let: assumed."""
LINKS = 2 * 48 * 4
"""Bytes of a passage's links in the lowest layer of Chroma's graph (hnsw:M of 48), which lies in memory."""
CAPTION = """
Measured on {cores} cores: {passages:.2f} passages per article (development set), {embedded:.0f} passages embedded per
second and core, {kept:.0f} articles per second read, described, split and stored by one process if their vectors are
known. Per passage: {database:.1f} KB in library.db, {chroma:.1f} KB in Chroma's files and {keywords:.2f} KB in the
keyword index (measured on {weighed:,} passages). The rest is extrapolated. Prices are assumptions: {core} dollars per
core-hour, and per gigabyte and month {disk} for disk and {memory} for memory.
"""


class Known(Embedding):
    """Vectors by heart: what an importer has of what a cluster embedded."""

    def __init__(self, like: Embedding, vectors: dict[str, list[float]]) -> None:
        super().__init__(
            model_name=like.model_name,
            identity=like.identity,
            max_tokens=like.max_tokens,
            dimension=like.dimension,
            embed_batch_size=256,
        )
        self._like, self._vectors = like, vectors

    def token_counts(self, texts: list[str]) -> list[int]:
        return self._like.token_counts(texts)

    def token_vectors(self, texts: list[str]) -> list[Tokens]:
        return self._like.token_vectors(texts)

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [self._vectors[text] for text in texts]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vectors[text]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._like.get_query_embedding(query)


class Heard(Known):
    """Keeps what it is asked to embed, and how long that takes."""

    seconds: float = 0.0

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        began = time.perf_counter()
        found = self._like.get_text_embedding_batch(texts)
        self.seconds += time.perf_counter() - began
        self._vectors |= zip(texts, found, strict=True)
        return found


def main() -> None:
    """Measure, multiply, write the table."""
    heavy = WORK / "growth-100k"
    if not (heavy / "complete").exists():
        raise SystemExit(f"There is no library in {heavy}: run `python -m benchmarks.growth` first.")
    with tempfile.TemporaryDirectory() as folder:
        with Assistant.open(Settings(store=Path(folder) / "one")) as one:
            heard = Heard(one.embedding, {})
            say("Embedding the development set")
            _ingest(one, heard)
        with Assistant.open(Settings(store=Path(folder) / "two")) as two:
            say("Keeping it, its vectors known")
            seconds = _ingest(two, Known(two.embedding, heard._vectors))
            status = two.library.status()
    cores = os.cpu_count() or 1
    with Assistant.open(Settings(store=heavy)) as assistant:
        weighed = assistant.library.status().passages
    weights = {
        "database": _bytes(heavy / "library.db"),
        "chroma": sum(_bytes(each) for each in heavy.glob("chroma-*")),
        "keywords": _bytes(heavy / "keywords"),
    }
    each = {name: size / weighed for name, size in weights.items()}
    passages = status.passages / status.articles
    embedded = len(heard._vectors) / heard.seconds / cores
    kept = status.articles / seconds
    rows = []
    for articles in SIZES:
        number = articles * passages
        disk = number * sum(each.values()) / 1e9
        memory = number * (4 * 384 + LINKS) / 1e9
        hours = number / embedded / 3600
        rows.append(
            [
                f"10^{len(str(articles)) - 1}",
                f"{number:.1e}",
                f"{number * each['database'] / 1e9:,.0f} GB",
                f"{number * each['chroma'] / 1e9:,.0f} GB",
                f"{number * each['keywords'] / 1e9:,.1f} GB",
                f"{memory:,.1f} GB",
                f"{hours:,.0f} h",
                f"{hours * CORE_HOUR:,.0f} $",
                f"{articles / kept / 3600:,.1f} h",
                f"{disk * GIGABYTE_MONTH + memory * MEMORY_MONTH:,.0f} $",
            ]
        )
    header = ["articles", "passages", "library.db", "Chroma", "keywords", "vectors and graph in memory",
              "embedding, core-hours", "… once", "one importer", "disk and memory a month"]  # fmt: skip
    caption = CAPTION.format(
        cores=cores,
        passages=passages,
        embedded=embedded,
        kept=kept,
        weighed=weighed,
        core=CORE_HOUR,
        disk=GIGABYTE_MONTH,
        memory=MEMORY_MONTH,
        **{name: np.round(size / 1e3, 2) for name, size in each.items()},
    )
    common.write_section("A plan for growth", f"{caption.strip()}\n\n{common.table(header, rows)}")


def _ingest(assistant: Assistant, embedding: Embedding) -> float:
    assistant.intake.embedding = embedding
    began = time.perf_counter()
    for event in assistant.ingest([bench() / "articles"]):
        assert event.outcome in ("added", "duplicate"), event
    return time.perf_counter() - began


def _bytes(path: Path) -> int:
    return sum(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file())


if __name__ == "__main__":
    main()
