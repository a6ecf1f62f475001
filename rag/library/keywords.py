"""The keyword index: BM25 over the passages' and headlines' words (tantivy), derived from the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tantivy

from rag.article import Article
from rag.library.article_rows import Embedded
from rag.library.index import UNDATED, TornIndex, day_number, guarded
from rag.reply import Filters
from rag.text.words import STOP_WORDS

HEAP_BYTES = 50_000_000
HEADLINE_BOOST = 1.0
_WORDS = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).build()
"""Splits a question into words like the index does; otherwise a "word" could be a phrase that is never found."""


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("passage", "article", "outlet"):
        builder.add_text_field(name, stored=name == "passage", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("day", indexed=True, fast=True)
    for name in ("title", "text"):
        builder.add_text_field(name, stored=False, tokenizer_name="en_stem", index_option="freq")
    return builder.build()


class KeywordIndex:
    """The index in `keywords/`. All tantivy errors are raised as TornIndex."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "keywords"
        self._schema = _schema()
        self._index: Any = None
        self._writer: Any = None

    def open(self) -> None:
        """Open the index. Raises TornIndex if it is missing or cannot be opened."""
        if not self._path.is_dir() or not guarded(tantivy.Index.exists, str(self._path)):
            raise TornIndex("it is missing")
        self._index = guarded(tantivy.Index, self._schema, path=str(self._path), reuse=True)
        guarded(self._index.reload)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.wait_merging_threads()
        self._index = self._writer = None

    def rebuild(self, articles: Iterable[tuple[Article, Sequence[Embedded]]]) -> None:
        """Start over with these articles."""
        self._index = self._writer = None
        shutil.rmtree(self._path, ignore_errors=True)
        self._path.mkdir(parents=True)
        self._index = guarded(tantivy.Index, self._schema, path=str(self._path))
        self.update([], articles)

    def update(self, gone: Sequence[str], articles: Iterable[tuple[Article, Sequence[Embedded]]]) -> None:
        """Delete all passages of the articles `gone` (ids), then add those of `articles`: one commit."""

        def write() -> None:
            if self._writer is None:
                self._writer = self._index.writer(heap_size=HEAP_BYTES, num_threads=1)
            for id in gone:
                self._writer.delete_documents_by_term("article", id)
            for article, embedded in articles:
                for passage in (e.passage for e in embedded):
                    self._writer.add_document(
                        tantivy.Document(
                            passage=passage.id,
                            article=article.id,
                            outlet=article.outlet or "",
                            day=day_number(article.published),
                            title=article.title or "",
                            text=article.text[passage.start : passage.end],
                        )
                    )
            self._writer.commit()
            self._index.reload()

        guarded(write)

    def count(self) -> int:
        """The number of passages."""
        return int(guarded(lambda: self._index.searcher().num_docs))

    def ids(self) -> set[str]:
        """The ids of all passages."""

        def run() -> set[str]:
            searcher = self._index.searcher()
            every = searcher.search(tantivy.Query.all_query(), max(searcher.num_docs, 1)).hits
            return {searcher.doc(address)["passage"][0] for _, address in every}

        return guarded(run)

    def search(self, query: str, limit: int, filters: Filters = Filters()) -> list[tuple[str, float]]:
        """The ids of the `limit` best passages with their BM25 scores, best first; none where no word is found."""
        words = [word for word in dict.fromkeys(_WORDS.analyze(query)) if word not in STOP_WORDS]
        if not words:
            return []

        def run() -> list[tuple[str, float]]:
            # Only letters and digits reach the query parser, so that nothing in the question is an operator.
            quoted = " ".join(f'"{word}"' for word in words)
            parsed, _ = self._index.parse_query_lenient(
                quoted, ["title", "text"], field_boosts={"title": HEADLINE_BOOST, "text": 1.0}
            )
            parts = [(tantivy.Occur.Must, parsed), *((tantivy.Occur.Must, each) for each in self._conditions(filters))]
            searcher = self._index.searcher()
            hits = searcher.search(tantivy.Query.boolean_query(parts), limit).hits
            return [(searcher.doc(address)["passage"][0], score) for score, address in hits]

        return guarded(run)

    def passages_with(self, stem: str) -> int:
        """The number of passages with a word, in the index's form (`rag.querying.query.stem`)."""
        return int(guarded(self._index.searcher().doc_freq, "text", stem))

    def _conditions(self, filters: Filters) -> list[Any]:
        conditions = []
        if filters.outlets:
            outlets = tantivy.Query.term_set_query(self._schema, "outlet", list(filters.outlets))
            conditions.append(tantivy.Query.const_score_query(outlets, 0.0))
        if filters.within:
            chosen = tantivy.Query.term_set_query(self._schema, "article", list(filters.articles))
            conditions.append(tantivy.Query.const_score_query(chosen, 0.0))
        if filters.since or filters.until:
            first = day_number(filters.since) if filters.since else 1
            last = day_number(filters.until) if filters.until else 2**31
            integer = tantivy.FieldType.Integer
            within = tantivy.Query.range_query(self._schema, "day", integer, first, last)
            undated = tantivy.Query.range_query(self._schema, "day", integer, UNDATED, UNDATED)
            should = [(tantivy.Occur.Should, within), (tantivy.Occur.Should, undated)]
            conditions.append(tantivy.Query.const_score_query(tantivy.Query.boolean_query(should), 0.0))
        return conditions
