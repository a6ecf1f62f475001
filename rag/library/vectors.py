"""The vector index: a Chroma collection in the format of LlamaIndex's ChromaVectorStore, derived from the catalogue.

The file `chroma.current` names the generation in use, a folder of the library or a collection of a Chroma server. A
rebuild fills a new one and then replaces that file, so that there is a complete index at any time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.schema import NodeRelationship, ObjectType, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.utils import node_to_metadata_dict

from rag.article import Article
from rag.library.article_rows import Embedded
from rag.library.chroma import Folder, Place, Server
from rag.library.index import UNDATED, TornIndex, day_number, guarded
from rag.reply import Filters

MOST_RECORDS = 5000
"""Chroma takes at most 5,461 records a call."""


def passage_node(article: Article, embedded: Embedded) -> TextNode:
    """The passage as a LlamaIndex node; its metadata has its place in the article."""
    passage = embedded.passage
    node = TextNode(
        id_=passage.id,
        text=article.text[passage.start : passage.end],
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        embedding=np.frombuffer(embedded.vector, np.float32).tolist(),
        metadata={
            "article_id": article.id,
            "title": article.title or "",
            "outlet": article.outlet or "",
            "published": article.published or "",
            "day": day_number(article.published),
            "url": article.url or "",
        },
    )
    node.excluded_embed_metadata_keys = [key for key in node.metadata if key != "title"]
    node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=article.id, node_type=ObjectType.DOCUMENT)
    return node


class VectorIndex:
    """The collection in use. Every Chroma fault comes out as TornIndex; a server's that may pass as ChromaAway."""

    def __init__(self, folder: Path, server: Server | None = None) -> None:
        self._folder = folder
        self._place: Place = server or Folder(folder)
        self._pointer = folder / "chroma.current"
        self._client: Any = None
        self._collection: Any = None

    def open(self) -> None:
        """Open the generation that the pointer names. Raises TornIndex where there is none or it does not open."""
        self._client, self._collection = self._place.connect(self._current(), create=False)

    def _current(self) -> str:
        try:
            return self._pointer.read_text(errors="replace").strip()
        except OSError as error:
            raise TornIndex("it has no current generation") from error

    def strays(self) -> list[Path]:
        """The folders of other generations than the one in use. Raises TornIndex where none is named."""
        return [self._folder / name for name in Folder(self._folder).others(self._current())]

    def sweep(self) -> None:
        """Delete other generations than the one in use. Raises TornIndex where none is named."""
        current = self._current()
        for stray in self.strays():
            shutil.rmtree(stray, ignore_errors=True)
        for name in self._place.others(current):
            self._place.drop(name)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._collection = None

    def rebuild(self, articles: Iterable[tuple[Article, Sequence[Embedded]]]) -> None:
        """Fill a new generation with all articles, then replace the old one."""
        self.close()
        before = self._current() if self._pointer.exists() else ""
        name = self._place.following(before)
        self._place.drop(name)  # left unfinished on a server
        try:
            self._fill(name, articles)
            _replace(self._pointer, name)
        except BaseException:
            self.close()
            self._place.drop(name)  # a partial index is useless, and the disk may be full
            raise
        self.sweep()

    def _fill(self, name: str, articles: Iterable[tuple[Article, Sequence[Embedded]]]) -> None:
        self._client, self._collection = self._place.connect(name, create=True)
        waiting: list[tuple[Article, Embedded]] = []
        for article, embedded in articles:
            waiting.extend((article, passage) for passage in embedded)
            if len(waiting) >= MOST_RECORDS:
                self._add(waiting)
                waiting = []
        self._add(waiting)

    def update(self, gone: Sequence[str], articles: Sequence[tuple[Article, Sequence[Embedded]]]) -> int:
        """Delete all passages of the articles `gone` (ids), then add those of `articles`; how many were deleted."""
        before = self.count()
        for first in range(0, len(gone), 200):
            self._place.guarded(self._in_use().delete, where={"article_id": {"$in": list(gone[first : first + 200])}})
        deleted = before - self.count()
        self._add([(article, passage) for article, embedded in articles for passage in embedded])
        return deleted

    def _add(self, passages: Sequence[tuple[Article, Embedded]]) -> None:
        for first in range(0, len(passages), MOST_RECORDS):
            nodes = [passage_node(*pair) for pair in passages[first : first + MOST_RECORDS]]
            self._place.guarded(
                self._in_use().upsert,
                ids=[node.node_id for node in nodes],
                embeddings=[node.embedding for node in nodes],
                metadatas=[_metadata(node) for node in nodes],
                documents=[node.text for node in nodes],
            )

    def _in_use(self) -> Any:
        """The collection in use. Raises TornIndex if there is none, because a rebuild was interrupted."""
        if self._collection is None:
            raise TornIndex("a rebuild was interrupted")
        return self._collection

    def count(self) -> int:
        """The number of passages."""
        return int(self._place.guarded(self._in_use().count))

    def search(self, vector: Sequence[float], limit: int, filters: Filters = Filters()) -> list[tuple[str, float]]:
        """The ids of the `limit` nearest passages with their cosine similarity, nearest first.

        A condition on dates lets undated articles through: what is not known to be outside is not dropped.
        """
        found = self._place.guarded(
            self._in_use().query,
            query_embeddings=[list(vector)],
            n_results=limit,
            where=_where(filters),
            include=["distances"],
        )
        return [(id, 1 - distance) for id, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def ids(self) -> set[str]:
        """The ids of all passages."""
        return set(self._place.guarded(self._in_use().get, include=[])["ids"])

    def differing(self, passages: Sequence[tuple[Article, Embedded]]) -> list[str]:
        """The ids of those passages of which the index holds another text, or says something else, than it should."""
        expected = {node.node_id: node for node in (passage_node(*pair) for pair in passages)}
        held = self._place.guarded(self._in_use().get, ids=list(expected), include=["documents", "metadatas"])
        found = dict(zip(held["ids"], zip(held["documents"], held["metadatas"], strict=True), strict=True))
        return [id for id, node in expected.items() if found.get(id) != (node.text, _metadata(node))]

    def share_found(self, samples: Sequence[tuple[str, bytes]]) -> float:
        """Of sampled passages (id, vector) the share whose vector finds them, or their equal; 1 for no samples."""
        found = 0
        for first in range(0, len(samples), 64):
            some = samples[first : first + 64]
            queries = [guarded(np.frombuffer, vector, np.float32).tolist() for _, vector in some]
            nearest = self._place.guarded(
                self._in_use().query, query_embeddings=queries, n_results=1, include=["distances"]
            )
            found += sum(bool(distances) and distances[0] <= 1e-3 for distances in nearest["distances"])
        return found / len(samples) if samples else 1.0


def _metadata(node: TextNode) -> dict[str, Any]:
    return node_to_metadata_dict(node, remove_text=True, flat_metadata=True)


def _where(filters: Filters) -> dict[str, Any] | None:
    conditions: list[dict[str, Any]] = []
    if filters.outlets:
        conditions.append({"outlet": {"$in": list(filters.outlets)}})
    if filters.within:
        conditions.append({"article_id": {"$in": list(filters.articles)}})
    days: list[dict[str, Any]] = []
    if filters.since:
        days.append({"day": {"$gte": day_number(filters.since)}})
    if filters.until:
        days.append({"day": {"$lte": day_number(filters.until)}})
    if days:
        within = {"$and": days} if len(days) > 1 else days[0]
        conditions.append({"$or": [within, {"day": {"$eq": UNDATED}}]})
    if not conditions:
        return None
    return {"$and": conditions} if len(conditions) > 1 else conditions[0]


def _replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    with new.open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(new, file)
