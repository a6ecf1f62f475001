"""A stock LlamaIndex program opens the library's Chroma collection: nothing of ours but the vectors' model."""

from __future__ import annotations

from pathlib import Path

import chromadb
from llama_index.core import VectorStoreIndex
from llama_index.core.vector_stores import ExactMatchFilter, MetadataFilters
from llama_index.vector_stores.chroma import ChromaVectorStore

from rag.library.library import Library
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding


def test_a_stock_program_retrieves_our_passages(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    (articles / "ferry.txt").write_text("Ferry late\n\nThe ferry was late on Tuesday because of fog.")
    (articles / "bridge.txt").write_text("Bridge closed\n\nEngineers inspected three pillars downstream.")
    put_in(library, embedding, articles)
    ids = {Path(str(article.path)).stem: article.id for article in library.articles()}
    store = library.folder / (library.folder / "chroma.current").read_text()
    library.close()

    client = chromadb.PersistentClient(path=str(store), settings=chromadb.Settings(anonymized_telemetry=False))
    index = VectorStoreIndex.from_vector_store(
        ChromaVectorStore(chroma_collection=client.get_collection("passages")), embed_model=embedding
    )
    first, second = index.as_retriever(similarity_top_k=2).retrieve("Was the ferry late on Tuesday?")
    only = MetadataFilters(filters=[ExactMatchFilter(key="article_id", value=ids["bridge"])])
    (filtered,) = index.as_retriever(similarity_top_k=2, filters=only).retrieve("ferry")
    client.close()

    assert first.node.get_content() == "The ferry was late on Tuesday because of fog."
    assert first.node.metadata["article_id"] == first.node.ref_doc_id == ids["ferry"]
    assert first.node.metadata["title"] == "Ferry late"
    assert (first.node.start_char_idx, first.node.end_char_idx) == (0, 45)
    assert first.node.node_id == f"{ids['ferry']}-1-0"
    assert (first.score or 0) > (second.score or 0)
    assert second.node.metadata["article_id"] == filtered.node.metadata["article_id"] == ids["bridge"]
